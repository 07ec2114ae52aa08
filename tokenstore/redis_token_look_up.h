// SPDX-License-Identifier: Apache-2.0
//
// HeldIndex::look_up() in Redis: what stands under answer tokens, for the pages.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "tokenstore/held_index.h"
#include "tokenstore/redis_pool.h"

namespace countersign {

/// As HeldIndex::look_up().
std::vector<Result<PageStanding>> look_up_tokens(RedisPool& pool,
                                                 std::span<const PageQuestion> questions,
                                                 Deadline deadline);

/// As HeldIndex::begin_look_up(). `pool` must outlive what is returned.
std::unique_ptr<PendingStandings> begin_look_up_tokens(RedisPool& pool,
                                                       std::vector<PageQuestion> questions);

}  // namespace countersign
