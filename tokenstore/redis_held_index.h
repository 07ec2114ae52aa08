// SPDX-License-Identifier: Apache-2.0
//
// The index of held messages in Redis: hashes held:{id} and {m}:held, strings answer:{digest} and
// retry:{digest}. Lives are counted by the store from now, so that a node whose clock is wrong does
// no harm.
#pragma once

#include "base/clock.h"
#include "tokenstore/held_index.h"
#include "tokenstore/redis_pool.h"

namespace countersign {

class RedisHeldIndex final : public HeldIndex {
 public:
  /// Both must outlive it.
  RedisHeldIndex(RedisPool& pool, const Clock& clock) : pool_(pool), clock_(clock) {}
  using HeldIndex::put;
  Status put(const HeldView& view, const std::string& digest, const std::string& retry,
             Deadline deadline) override;
  Status set_state(const HeldView& view, HeldState state, WallTime when,
                   Deadline deadline) override;
  Result<HeldView> get(const HeldId& id, Deadline deadline) override;
  std::vector<Result<HeldView>> get_all(std::span<const HeldId> ids, Deadline deadline) override;
  using HeldIndex::look_up;
  std::vector<Result<PageStanding>> look_up(std::span<const PageQuestion> questions,
                                            Deadline deadline) override;
  std::unique_ptr<PendingStandings> begin_look_up(std::vector<PageQuestion> questions) override;
  Result<std::vector<HeldId>> held_for(const std::string& owner, Deadline deadline) override;
  Result<HeldView> find_retry(const std::string& digest, Deadline deadline) override;
  std::unique_ptr<PendingRetry> begin_find_retry(const std::string& digest) override;
  Status bind_retry(const std::string& digest, const HeldId& id, WallTime until,
                    Deadline deadline) override;

  /// Adds the writing of held:{id} with that life in ms, and of nothing else. If it is asked first,
  /// expect_done() of the reply at kHashDone says whether it was done.
  static constexpr std::size_t kHashDone = 3;
  void put_hash(RedisPipeline& ask, const HeldView& view, const std::string& digest,
                const std::string& life) const;

 private:
  void mark(RedisPipeline& ask, const HeldView& view, HeldState state,
            const std::string& life) const;
  Result<HeldView> view_in(const RedisReply& reply, const HeldId& id) const;
  std::string life_until(WallTime end) const;
  RedisPipeline retry_question(const std::string& digest) const;
  Result<HeldView> retry_found(Result<std::vector<RedisReply>> replies, const std::string& digest,
                               Deadline deadline);
  void ask_to_bind(RedisPipeline& ask, const std::string& digest, const HeldId& id,
                   const std::string& life) const;
  Result<bool> is_bound(const RedisReply& set, const RedisReply& stands, const std::string& digest,
                        const HeldId& id, const std::string& life, Deadline deadline);
  Result<bool> replace_retry(const std::string& digest, const std::string& stood, const HeldId& id,
                             const std::string& life, Deadline deadline);

  RedisPool& pool_;
  const Clock& clock_;
};

}  // namespace countersign
