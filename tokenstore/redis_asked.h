// SPDX-License-Identifier: Apache-2.0
//
// Refused and deferred mail in Redis: hashes {m}:asked, one field a record; views and tokens stand
// where those of held messages do. A record is replaced only where it still is what was read.
// Sorted sets {m}:ways: ways by the ends of their times, in ms.
#pragma once

#include <functional>

#include "base/clock.h"
#include "tokenstore/asked.h"
#include "tokenstore/redis_held_index.h"
#include "tokenstore/redis_pool.h"

namespace countersign {

class RedisAsked final : public Asked {
 public:
  /// All must outlive it.
  RedisAsked(RedisPool& pool, RedisHeldIndex& held, const Clock& clock)
      : pool_(pool), held_(held), clock_(clock) {}
  Status ask(const HeldView& view, const std::string& digest, const std::vector<AskedFor>& records,
             Deadline deadline) override;
  Result<bool> has_room(const std::string& owner, Deadline deadline) override;
  Result<bool> answer(const std::string& owner, const std::string& id, Deadline deadline) override;
  Result<bool> spend(const std::string& owner, const std::string& id, const AskedUse& use,
                     WallTime now, Deadline deadline) override;
  Status end(const std::string& owner, const std::string& id, Deadline deadline) override;
  Status remember_ways(const std::string& owner, const std::vector<std::string>& ways, WallTime now,
                       Deadline deadline) override;
  Status set_state(const HeldView& view, HeldState state, WallTime when,
                   Deadline deadline) override;

 private:
  /// Returns what shall stand for what stands; nothing: the record stays, and the change fails.
  using Change = std::function<std::optional<AskedRecord>(const std::optional<AskedRecord>&)>;
  Result<bool> change(const std::string& owner, const std::string& id, const Change& to,
                      Deadline deadline);
  /// Leaves at most `most` records, none of them over.
  Status forget(const std::string& owner, std::size_t most, Deadline deadline);

  RedisPool& pool_;
  RedisHeldIndex& held_;
  const Clock& clock_;
};

}  // namespace countersign
