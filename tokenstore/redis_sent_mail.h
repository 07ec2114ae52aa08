// SPDX-License-Identifier: Apache-2.0
//
// Sent mail in Redis: sorted sets {m}:sent, digest to expiry in ms since the epoch.
#pragma once

#include "tokenstore/redis_pool.h"
#include "tokenstore/sent_mail.h"

namespace countersign {

class RedisSentMail final : public SentMail {
 public:
  /// `pool` must outlive it.
  explicit RedisSentMail(RedisPool& pool) : pool_(pool) {}
  Status note(const SentNote& sent, Deadline deadline) override;
  Result<bool> may_return(const ReturnedNote& returned, Deadline deadline) override;
  Result<bool> take_returned(const ReturnedNote& returned, Deadline deadline) override;

 private:
  Result<bool> mark(const ReturnedNote& returned, std::string_view take, Deadline deadline);

  RedisPool& pool_;
};

}  // namespace countersign
