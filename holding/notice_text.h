// SPDX-License-Identifier: Apache-2.0
//
// Words and values that our notices share. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "holding/notices.h"
#include "language/catalogue.h"
#include "spool/spool.h"

namespace countersign {

/// What a stranger wrote, in one line, without controls, for people: at most `most` code points.
std::string in_one_line(std::string_view text, std::size_t most = 120);

/// "Monday 3 May, 14:02 UTC"
std::string spoken_time(WallTime t, const language::Catalogue& in = language::english());
/// When a message was sent, for its author: as his own clock had it, "Monday 3 May, 14:02"; or, if
/// its Date cannot be read, when it came.
std::string spoken_sent(const HeldEnvelope& envelope, const language::Catalogue& in);
/// "2 June"
std::string spoken_day(WallTime t, const language::Catalogue& in = language::english());

/// `text` broken at blanks into lines of at most 72 octets, where its words allow; ends with LF.
std::string wrapped(std::string_view text);

/// "joe@example.org", "a@b, c@d and e@f", "a@b, c@d and 7 others".
std::string spoken_list(const std::vector<std::string>& items,
                        const language::Catalogue& in = language::english());

/// The recipient's address for people.
std::string address_of(const ForwardPath& path);
/// The domain of an address, in A-labels; "localhost" if there is none.
std::string domain_of(std::string_view address);

/// `"Offer for 40 chairs", Monday 3 May, 14:02 UTC`: by which a sender knows his message.
std::string spoken_message(const HeldEnvelope& envelope, const language::Catalogue& in);
/// "Re: Offer for 40 chairs" (RFC 5322 §3.6.5: one "Re: " only); `otherwise` without a subject.
std::string reply_subject(const HeldEnvelope& envelope, std::string_view otherwise);

/// The name and address that notices to or about a mailbox of `domain` come from.
struct NoticeSender {
  std::string name;  ///< "example.org mail desk"
  std::string address;
};
NoticeSender sender_for(const NoticeSettings& settings, const std::string& domain,
                        const language::Catalogue& in = language::english());

/// The language of notices to or about a mailbox of `domain`.
const language::Catalogue& language_for(const NoticeSettings& settings, const std::string& domain);

/// `settings` for the author of a message with this header section (CRLF lines): in the first
/// language of its field Content-Language (RFC 3282) that we speak, whatever the site's is; without
/// one as they are.
NoticeSettings in_language_of(std::string_view header_section, NoticeSettings settings);

/// In-Reply-To and References, for MimeMail::fields; none if `message_id` is no msg-id (RFC 5322
/// §3.6.4) of printable ASCII, or longer than 250 octets.
std::vector<std::pair<std::string, std::string>> threading_fields(const std::string& message_id);

}  // namespace countersign
