// SPDX-License-Identifier: Apache-2.0
//
// Who handed a message on, as the Authenticated Received Chain tells it (RFC 8617 §4). Read, not
// verified: only an earlier milter's `arc=pass` says that it is true. Pure, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mail/authentication_results.h"
#include "mail/header_section.h"

namespace countersign {

/// One set of ARC fields: a host that took the message and sealed it.
struct ArcSet {
  std::string sealer;  ///< d= of its ARC-Seal, A-labels
  /// What it found itself (ARC-Authentication-Results); none: the field is malformed.
  std::optional<AuthenticationResults> found;
};

/// Returns the sets, the first instance first. Empty: there is no chain, or no whole one (each
/// instance from 1 on has just one ARC-Seal and one ARC-Authentication-Results; 50 at most).
std::vector<ArcSet> read_arc_chain(const HeaderSection& header);

}  // namespace countersign
