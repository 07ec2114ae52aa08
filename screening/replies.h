// SPDX-License-Identifier: Apache-2.0
//
// What we say to MTAs and put into mail: SMTP replies and values of the field `Countersign`. Public
// (design section 4). Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "mail/smtp_reply.h"
#include "screening/screen.h"

namespace countersign {

/// Name of the field that we add, and remove from what comes in.
inline constexpr std::string_view kFieldName = "Countersign";

/// The texts of our replies: what is said in English by default (design section 4), and what a site
/// says in its own words (config/). ASCII without '%', control or final dot in the line that ends
/// with a URL; each line, its holes filled, fits SmtpReply.
struct ReplyTexts {
  /// Line by line, one or two. Hole {url} at the end of the first line; in the others may stand
  /// {date}.
  std::vector<std::string> kept = {
      "Not delivered yet, but kept for you. To deliver it open {url}",
      "and type your address. Kept until {date}. No need to send it again."};
  std::vector<std::string> refused = {
      "Not delivered. To be let in open {url}",
      "and type your address. Then please send your message once more."};
  std::vector<std::string> deferred = {
      "First message to this address; waiting for the recipient. To speed up open {url}"};
  /// What {date} is: holes {day}, {month} and {year}; and the twelve months.
  std::string date = "{day} {month} {year}";
  std::vector<std::string> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
};

/// 554: held and challenged. `url` is printable ASCII without '%', at most 300 octets.
SmtpReply kept_reply(const std::string& url, WallTime expires, const ReplyTexts& texts = {});
/// 554: to be sent again, once answered.
SmtpReply refused_reply(const std::string& url, const ReplyTexts& texts = {});
/// 450: the sender's server keeps it for now.
SmtpReply deferred_reply(const std::string& url, const ReplyTexts& texts = {});
SmtpReply blocked_reply();          ///< 554: this recipient does not accept mail from you
SmtpReply token_refused_reply();    ///< 554: this address is no longer in use (rule 7)
SmtpReply try_later_reply();        ///< 451: any doubt of ours
SmtpReply no_room_reply();          ///< 450: over a share or cap of the spool
SmtpReply too_large_reply();        ///< 552: over max_message, or the header section over its limit
SmtpReply field_too_large_reply();  ///< 552: a field that the MTA may have cut, to be held
SmtpReply bad_bytes_reply();        ///< 554: bare CR or bare LF in mail that is to be held

/// Returns the field's value, without leading space: "pass; reason=contact; author=example.com",
/// "observed; would=hold; reason=first-contact", "aside; reason=first-contact" (of an author who is
/// not authenticated), "pass; reason=answered; author=unverified". `fingerprint` is
/// Authentication::fingerprint.
std::string field_value(const Decision& decision, std::string_view fingerprint);
/// The same for several recipients, none of whom may learn how another stands: "pass".
std::string field_value_for_several(Disposition disposition);

}  // namespace countersign
