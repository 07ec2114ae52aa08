// SPDX-License-Identifier: Apache-2.0
//
// Whether mail is turned away, or soon will be, because the spool's limit, a share of it, or a cap
// is used up (design section 5, Spool).
#pragma once

#include "admin/finding.h"
#include "spool/spool.h"

namespace countersign::admin {

/// Reads every held message once. `limits` as the daemon has them.
void check_shares(const SpoolLimits& limits, SpoolFs& fs, Finder& finder);

}  // namespace countersign::admin
