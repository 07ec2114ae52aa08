// SPDX-License-Identifier: Apache-2.0
//
// Content as it stands between DATA's 354 and the final dot (RFC 5321 §4.5.2), from pieces with any
// borders. Pure: no I/O. Not thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace countersign {

/// Looks for a CR without LF, and an LF without CR: octets that a lax next hop could take for a
/// line end, and so for the end of the message.
class LineEndCheck {
 public:
  /// Errors: invalid (names the offset of the octet).
  Status add(std::string_view piece);
  /// To be called after the last piece. Errors: invalid (the content ends with a CR).
  Status finish() const;

 private:
  bool after_cr_ = false;
  std::size_t offset_ = 0;
};

/// Doubles the dot at the start of each line, and ends the content.
class DotStuffer {
 public:
  /// Appends the wire form of `piece` to `out`.
  void add(std::string_view piece, std::string& out);
  /// Appends the CRLF that the content lacks, if it lacks it, and the line of the final dot.
  void finish(std::string& out);

 private:
  bool line_start_ = true;
};

}  // namespace countersign
