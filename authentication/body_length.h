// SPDX-License-Identifier: Apache-2.0
//
// How long a body is once it is canonicalized (RFC 6376 §3.4.3, §3.4.4): what l= of a signature
// must reach to leave nothing out. libopendkim tells only what it hashed. Not thread-safe.
#pragma once

#include <cstdint>
#include <string_view>

namespace countersign {

class BodyLength {
 public:
  /// Takes the next piece, cut anywhere.
  void take(std::string_view bytes);
  /// Returns the octets of the body so far by "simple", with the CRLF that it adds.
  std::uint64_t simple() const;
  /// The same by "relaxed".
  std::uint64_t relaxed() const;

 private:
  void end_line();

  std::uint64_t simple_ = 0;       ///< up to the last line that is not empty
  std::uint64_t simple_line_ = 0;  ///< of the line so far
  std::uint64_t empty_lines_ = 0;  ///< since then, by simple
  std::uint64_t relaxed_ = 0;      ///< the same by relaxed
  std::uint64_t relaxed_line_ = 0;
  std::uint64_t relaxed_empty_ = 0;
  bool blank_ = false;  ///< white space stands before what comes
  bool after_cr_ = false;
};

}  // namespace countersign
