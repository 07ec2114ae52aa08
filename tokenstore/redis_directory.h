// SPDX-License-Identifier: Apache-2.0
//
// Directory in Redis: one pipeline of HMGET and HGETALL over mailbox, domain and site, with an HGET
// for each address token.
#pragma once

#include "tokenstore/directory.h"
#include "tokenstore/redis_pool.h"

namespace countersign {

class RedisDirectory final : public Directory {
 public:
  /// `pool` must outlive it.
  explicit RedisDirectory(RedisPool& pool) : pool_(pool) {}
  Result<Knowledge> look_up(const Inquiry& inquiry, Deadline deadline) override;
  std::unique_ptr<LookUp> ask(const Inquiry& inquiry) override;
  bool healthy() const override { return pool_.healthy(); }

 private:
  /// Sets RecipientKnowledge::expected.
  Status judge_windows(const Inquiry& inquiry, Knowledge& known, Deadline deadline);

  RedisPool& pool_;
};

}  // namespace countersign
