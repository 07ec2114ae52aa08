// SPDX-License-Identifier: Apache-2.0
//
// An answer token as it comes in a URL (design section 5). This layer cannot make one: the key is
// not on the web host. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace countersign {

/// Returns the canonical spelling of an answer token: 26 upper-case Crockford digits (130 bits).
/// Lower case, hyphens, and I, L, O for 1, 1, 0 are taken. Errors: invalid (anything else).
Result<std::string> parse_answer_token(std::string_view text);

/// Returns the 32 hex digits that bind a proof to the message of this token, without telling the
/// token: what stands in a challenge or a stamp may be logged or copied. `token` is canonical.
std::string proof_binding(const std::string& token);

}  // namespace countersign
