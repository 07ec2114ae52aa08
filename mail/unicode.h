// SPDX-License-Identifier: Apache-2.0
//
// Unicode text in header fields and addresses (RFC 6531, RFC 6532). Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace countersign {

/// Whether the bytes are UTF-8 (RFC 3629): no overlong forms, no surrogates.
bool is_utf8(std::string_view bytes);

/// Whether a code point can mislead whoever reads the text in one line: controls, line and
/// paragraph separators, and those that set the direction of what follows (UAX #9 §2).
bool is_misleading(char32_t code_point);

/// Whether UTF-8 text holds a misleading code point.
bool has_misleading(std::string_view utf8);

/// Returns the text in lower case and NFC; applying it again changes nothing.
/// Errors: invalid (no UTF-8).
Result<std::string> lower_nfc(std::string_view text);

/// Returns ASCII letters in lower case, all else as it is.
std::string ascii_lower(std::string_view text);

}  // namespace countersign
