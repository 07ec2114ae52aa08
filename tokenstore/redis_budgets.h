// SPDX-License-Identifier: Apache-2.0
//
// Budgets of challenges by mail, and claims on notices, in Redis. All keys of one author domain
// share its hash tag, so that one script takes from all budgets or from none.
#pragma once

#include <set>
#include <string>

#include "base/guarded.h"
#include "tokenstore/budgets.h"
#include "tokenstore/redis_pool.h"

namespace countersign {

class RedisBudgets final : public Budgets {
 public:
  /// `pool` must outlive it.
  explicit RedisBudgets(RedisPool& pool) : pool_(pool) {}
  Result<bool> take_challenge(const std::string& owner, const std::string& author,
                              const std::string& fingerprint, const std::string& id,
                              const Limits& limits, Deadline deadline) override;
  Status forbid_challenges(const std::string& author, const std::string& fingerprint,
                           seconds lifetime, Deadline deadline) override;
  Status challenge_answered(const std::string& fingerprint, Deadline deadline) override;

 private:
  RedisPool& pool_;
};

class RedisOutbox final : public Outbox {
 public:
  /// `pool` must outlive it.
  explicit RedisOutbox(RedisPool& pool);
  /// A claim whose answer was lost is known as ours when it is asked for again.
  Result<bool> claim(const std::string& name, seconds lifetime, Deadline deadline) override;
  Status give_back(const std::string& name, Deadline deadline) override;

 private:
  RedisPool& pool_;
  const std::string claimant_;  ///< random; stands in our claims
  Guarded<std::set<std::string>> in_doubt_;
};

}  // namespace countersign
