// SPDX-License-Identifier: Apache-2.0
//
// Ways in which a stranger may write an Authentication-Results field under our authserv-id: what
// RFC 8601 allows, and what verifiers are known not to remove. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace countersign::admin {

struct ForgedField {
  std::string_view name;  ///< for people: "SPF alone"
  std::string mark;       ///< stands in `text` and in no other field
  std::string text;       ///< the whole field with its CRLF
};

/// Returns one field of each spelling, all of which claim that mail of `author` (an address) is
/// authentic. `nonce` stands in every mark.
std::vector<ForgedField> forged_fields(const std::string& author, const std::string& authserv_id,
                                       const std::string& nonce);

}  // namespace countersign::admin
