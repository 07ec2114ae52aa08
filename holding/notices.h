// SPDX-License-Identifier: Apache-2.0
//
// The mails that we write: challenge, delivery status notification, digest. Written with GMime,
// MAIL FROM:<>, Auto-Submitted, nothing quoted (RFC 3834); given to the notice port. What strangers
// wrote (subject, addresses, replies) stands in them in one line, without controls.
//
// Thread-safe. Times are said in UTC. Each notice has a Message-ID made of its kind and the held
// id, so that a second copy after a crash can be known as one.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "holding/leak_alarm.h"
#include "language/catalogue.h"
#include "relay/smtp_client.h"
#include "spool/spool.h"

namespace countersign {

struct NoticeSettings {
  std::string from = "countersign@{domain}";  ///< {domain}: that of the recipient
  std::string base_url;                       ///< without final slash
  /// Behind which a reply's address says what it answers; "": replies are no answers.
  std::string reply_delimiters{};
  const language::Catalogue* in = &language::english();              ///< the language of challenges
  std::map<std::string, std::string, std::less<>> domain_urls = {};  ///< as PageUrls::of
  std::map<std::string, const language::Catalogue*, std::less<>> domain_languages = {};
};

/// A mail ready to be sent.
struct Notice {
  std::string to;     ///< address; "": there is nobody whom we may write to, nothing to be sent
  std::string bytes;  ///< CRLF lines
};

/// The challenge by mail to the author of `message` (design section 6, wording):
/// multipart/alternative, In-Reply-To, References, Auto-Submitted: auto-replied,
/// X-Auto-Response-Suppress: All. To the reverse-path (RFC 3834 §4); nobody unless that is the
/// author, so that a forged one is never mailed. `reply_to`: where a reply counts as the answer,
/// and is then said to; "": nowhere.
Notice challenge_notice(const HeldMessage& message, const std::string& url,
                        const NoticeSettings& settings, WallTime now,
                        const std::string& reply_to = {});
/// The DSN (RFC 3464) to the authenticated author for the recipients that were refused for good:
/// multipart/report with `header_section` of the message (CRLF lines), whatever RET asked for. The
/// replies are those in its log. To the author, not the reverse-path, as only the author is
/// authenticated (docs/quirks.md). Nobody: an unauthenticated author, a null reverse-path (RFC 5321
/// §4.5.5), no refused recipient whose NOTIFY lets failures be told (RFC 3461 §4.1).
Notice failure_notice(const HeldMessage& message, const std::string& header_section,
                      const NoticeSettings& settings, const std::string& reporting_mta,
                      WallTime now);
/// Whether the list of `owner` (Mailbox::key()) names this message: it is held for him, and he does
/// not have it yet.
bool is_listed_for(const std::string& owner, const HeldMessage& message);
/// The daily plain list of what is held for `owner_address`, in the order of `held`; all of it, as
/// nothing may expire that was not listed. It says nothing of other recipients.
Notice digest_notice(const std::string& owner_address, const std::vector<HeldMessage>& held,
                     const NoticeSettings& settings, WallTime now);

/// Tells the owner of an address token that somebody else used it.
Notice leak_notice(const LeakAlarm& alarm, const NoticeSettings& settings);

/// Gives a notice to the notice port. Errors: unavailable (surely not taken: try later); invalid
/// (refused for good); corrupt (the connection was lost after the final dot: nobody knows).
Status send_notice(Relay& relay, const Notice& notice);

}  // namespace countersign
