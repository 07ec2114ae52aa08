// SPDX-License-Identifier: Apache-2.0
//
// Whose a field Authentication-Results claims to be (RFC 8601 §2.5), for those who must remove
// forged ones (§5). Pure, thread-safe.
#pragma once

#include <string_view>
#include <vector>

#include "mail/header_section.h"

namespace countersign {

/// Whether some reader might take a field of this value for one that `authserv_id` wrote. Wider
/// than the grammar: letters of any case, comments and white space anywhere, quotes, escapes, a
/// final dot, U-labels. A value that is no Authentication-Results at all claims to be of whoever
/// is named in it. False for an empty `authserv_id`.
bool claims_authserv_id(std::string_view value, std::string_view authserv_id);

/// Returns the places, from 1 among the fields Authentication-Results and in order, of those that
/// claim to be of `authserv_id`: the index by which an MTA removes them.
std::vector<int> claiming_fields(const HeaderSection& header, std::string_view authserv_id);

/// Returns `header` without them.
HeaderSection without_claiming_fields(const HeaderSection& header, std::string_view authserv_id);

}  // namespace countersign
