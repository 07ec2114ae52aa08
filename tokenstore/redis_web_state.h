// SPDX-License-Identifier: Apache-2.0
//
// The web server's own keys in Redis, without scripts: its ACL user may not run any.
#pragma once

#include "tokenstore/budgets.h"
#include "tokenstore/redis_pool.h"

namespace countersign {

class RedisWebState final : public WebState {
 public:
  /// `pool` must outlive it.
  explicit RedisWebState(RedisPool& pool) : pool_(pool) {}
  Status heartbeat(Deadline deadline) override;
  Result<bool> spend(const std::string& nonce, seconds lifetime, Deadline deadline) override;
  Result<int> count_failure(const std::string& who, seconds window, Deadline deadline) override;
  Result<int> failures(const std::string& who, Deadline deadline) override;
  Result<seconds> until_forgotten(const std::string& who, Deadline deadline) override;
  Status mark_answered(const std::string& id, const std::string& how, seconds lifetime,
                       Deadline deadline) override;
  Result<std::string> how_answered(const std::string& id, Deadline deadline) override;

 private:
  Result<RedisReply> ask_one(std::initializer_list<std::string_view> command, Deadline deadline);

  RedisPool& pool_;
};

}  // namespace countersign
