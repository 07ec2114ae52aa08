// SPDX-License-Identifier: Apache-2.0
//
// What a line of an MTA's log tells of who handed it a message. Strangers write much of such a
// line, so each form is read from its left in the order in which the MTA writes it, and no further
// than to what was asked; a line that can be read in two ways tells nothing. Pure, thread-safe.
#pragma once

#include <optional>
#include <string_view>

namespace countersign::admin {

/// Views into the line.
struct Arrival {
  std::string_view client;     ///< IP address; "" if it is not told for certain
  bool authenticated = false;  ///< by SMTP AUTH
};

/// "client=NAME[IP], sasl_method=PLAIN, sasl_username=joe, sasl_sender=..." of Postfix's smtpd.
/// What follows the name of the user is written by the client (AUTH= of MAIL), logged in or not.
/// Nothing for other text.
std::optional<Arrival> parse_postfix_client(std::string_view text);

/// What Exim writes behind "<= SENDER": "H=NAME (HELO) [IP] P=esmtpsa X=... A=plain:joe S=900
/// id=... T=\"SUBJECT\" for ...". Authenticated are those whose protocol says so (RFC 3848) and who
/// have A= at its place, before the size.
Arrival parse_exim_arrival(std::string_view text);

/// Returns the address at the start of `text`, which ends at `end` outside of a quoted local part
/// (RFC 5321 §4.1.2) and is taken off `text`; nothing if there is no end.
std::optional<std::string_view> take_address(std::string_view& text, char end);

}  // namespace countersign::admin
