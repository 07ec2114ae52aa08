// SPDX-License-Identifier: Apache-2.0
//
// What a choice of proofs means for those who are to answer. Pure, thread-safe.
#pragma once

#include <string>
#include <vector>

namespace countersign {

/// Returns who can give none of these proofs, of `challenge.proofs`: "people without JavaScript";
/// "" if everybody can give one.
std::string left_out(const std::vector<std::string>& proofs);

/// Returns what to say of them: "challenge.proofs: ... can answer nothing; ..."; "" if nobody is
/// left out.
std::string left_out_warning(const std::vector<std::string>& proofs);

}  // namespace countersign
