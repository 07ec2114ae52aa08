// SPDX-License-Identifier: Apache-2.0
//
// The text of our commands (RFC 5321 §4.1.1), and what the peer lets stand in them. Pure,
// thread-safe.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"
#include "relay/smtp_client.h"

namespace countersign {

/// The keywords of a reply to EHLO, upper case: "PIPELINING", "DSN".
class Extensions {
 public:
  Extensions() = default;
  /// `ehlo` is PeerReply::text; its first line names the peer and is no keyword.
  static Extensions parse(std::string_view ehlo);
  bool offers(std::string_view keyword) const { return keywords_.contains(keyword); }
  /// Returns the most octets of content that the peer takes (RFC 1870 §6); 0: it names no limit.
  std::uint64_t size() const { return size_; }

 private:
  std::set<std::string, std::less<>> keywords_;
  std::uint64_t size_ = 0;
};

/// Whether reverse-path and parameters of MAIL can stand in a command line. Errors: invalid (a path
/// not in angle brackets; a control character, CR and LF and NUL foremost, by which a path would
/// become a command; a parameter with a blank).
Status check_mail(const Delivery& delivery);
/// The same of a RCPT.
Status check_rcpt(const Delivery::Recipient& recipient);

/// Whether only a peer with SMTPUTF8 can take it (RFC 6531 §3.4): it is asked for, and a path has
/// octets outside ASCII. Where it is not asked for, the MTA took such a path without, as Sendmail
/// does, and gets it back as it was.
bool needs_smtputf8(const Delivery& delivery);

/// Returns "MAIL FROM:<...> ..." with CRLF, after check_mail. SIZE says `size_bytes` (RFC 1870 §6),
/// not what was received. Parameters that `peer` does not offer, and those we do not know, are left
/// out; content that was announced as 8BITMIME then goes as it is all the same (docs/quirks.md).
std::string mail_command(const Delivery& delivery, const Extensions& peer);
/// Returns "RCPT TO:<...> ..." with CRLF, after check_rcpt.
std::string rcpt_command(const Delivery& delivery, std::size_t i, const Extensions& peer);

}  // namespace countersign
