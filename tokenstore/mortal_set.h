// SPDX-License-Identifier: Apache-2.0
//
// Sorted sets in Redis whose members have an end each: it is the score, in ms since the epoch.
// Pure, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "tokenstore/redis_connection.h"

namespace countersign {

struct MortalSet {
  std::string key;
  std::size_t most;   ///< members; those that end first go
  milliseconds life;  ///< of the set after it was last added to: at least that of its members
};

/// Adds the commands to `ask` that put `members`, one or more, of any bytes, into the set until
/// `life` after `now`, in place of what stood of them, and drop what has ended by `now`.
void add_mortals(RedisPipeline& ask, const MortalSet& set, const std::vector<std::string>& members,
                 WallTime now, milliseconds life);

}  // namespace countersign
