// SPDX-License-Identifier: Apache-2.0
//
// The spool's node id: a HeldId's text in the file `node`, made once. Thread-safe.
#pragma once

#include <string>

#include "base/result.h"
#include "spool/spool_fs.h"

namespace countersign {

/// Errors: not_found (no daemon has opened this spool yet), corrupt (names the file), unavailable.
Result<std::string> read_node(SpoolFs& fs);
/// Makes it if there is none. tmp/ must be there. Errors: corrupt, unavailable.
Result<std::string> read_or_make_node(SpoolFs& fs);

}  // namespace countersign
