// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace countersign {

/// Names a held message on every node for ever: 26 characters of lower-case Crockford base32 (130
/// random bits), so that it can be a file name, a key and a word in a log line. Immutable value.
class HeldId {
 public:
  static HeldId random();
  /// Errors: invalid (not 26 characters [0-9a-hjkmnp-tv-z]).
  static Result<HeldId> parse(std::string_view text);

  const std::string& text() const { return text_; }
  auto operator<=>(const HeldId&) const = default;

 private:
  explicit HeldId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace countersign
