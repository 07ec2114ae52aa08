// SPDX-License-Identifier: Apache-2.0
//
// Bytes as text: hex, base64 (RFC 4648 §4), Crockford base32. Pure, thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace countersign {

/// Returns lower-case hex, two digits a byte.
std::string hex_encode(std::string_view bytes);
/// Errors: invalid (odd length, or a character that is no hex digit; either case is taken).
Result<std::string> hex_decode(std::string_view text);

/// Returns padded base64 without line breaks.
std::string base64_encode(std::string_view bytes);
/// Errors: invalid (wrong padding, foreign characters, white space).
Result<std::string> base64_decode(std::string_view text);

/// Returns the first `bits` bits of `bytes` in upper-case Crockford base32 (no I, L, O, U), most
/// significant first, the last digit padded with zero bits. Needs bytes.size() * 8 >= bits.
std::string crockford_encode(std::string_view bytes, std::size_t bits);

/// Returns the canonical (upper-case) spelling of Crockford text: I and L read as 1, O as 0,
/// hyphens are dropped. Errors: invalid (a character that is no digit).
Result<std::string> crockford_canonical(std::string_view text);

}  // namespace countersign
