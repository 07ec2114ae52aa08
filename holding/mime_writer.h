// SPDX-License-Identifier: Apache-2.0
//
// Writes a mail of ours (RFC 5322, RFC 2045) with GMime. Thread-safe.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"

namespace countersign {

struct MimePart {
  std::string type;  ///< "text/plain", "message/delivery-status"
  std::string text;  ///< lines end with LF or CRLF; UTF-8 where it is text
};

struct MimeMail {
  std::string from_name;   ///< UTF-8; may be empty
  std::string from;        ///< address
  std::string to;          ///< address
  std::string subject;     ///< UTF-8
  std::string message_id;  ///< "local@domain", without brackets
  WallTime date{};
  /// Further fields, name and value, in ASCII, each value in one line.
  std::vector<std::pair<std::string, std::string>> fields;
  /// "alternative" or "report"; "" for a mail of one part.
  std::string multipart;
  std::vector<MimePart> parts;  ///< at least one
};

/// Returns the mail: CRLF lines of at most 998 octets, ASCII only but for addresses that are not.
/// Parts outside ASCII, with controls or with long lines become quoted-printable. A control
/// character in anything that goes into the header section becomes a blank: no value can start a
/// field of its own.
std::string write_mime(const MimeMail& mail);

}  // namespace countersign
