// SPDX-License-Identifier: Apache-2.0
//
// The SMTP client of a connection, as the MTA told it, and the field that says so.
#pragma once

#include <string>

#include "base/clock.h"
#include "mail/envelope.h"

namespace countersign {

struct Client {
  std::string name;  ///< confirmed by DNS, or what the MTA says instead: "unknown", "[192.0.2.1]"
  std::string address;  ///< "192.0.2.1", "2001:db8::1"; "" if it has none (a Unix socket)
  std::string helo;     ///< HELO's or EHLO's argument; "" if there was none
  std::string mta;      ///< the MTA's own host name (macro j); may be ""
};

/// Returns our Received field (RFC 5321 §4.4) for a message that is held, with final CRLF. The
/// word "{id}" stands where the held id is to stand (IntakeDesk::begin). `for` is told only to a
/// single recipient. What outsiders chose is left out unless it is harmless.
std::string received_field(const Client& client, const Envelope& envelope, WallTime arrived);

}  // namespace countersign
