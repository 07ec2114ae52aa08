// SPDX-License-Identifier: Apache-2.0
//
// Looks for bytes that cannot be delivered again as they came: a CR without LF, an LF without CR
// (RFC 5321 §2.3.8; a lax next hop could see two messages). NUL in a body is no such byte: what the
// MTA took it takes again. Not thread-safe.
#pragma once

#include <string_view>

namespace countersign {

class ByteCheck {
 public:
  /// Takes the next piece; returns whether all so far is clean.
  bool take(std::string_view bytes);
  /// Returns whether the whole is clean: nothing may come after it.
  bool finish() const { return clean_ && !after_cr_; }

 private:
  bool clean_ = true;
  bool after_cr_ = false;
};

}  // namespace countersign
