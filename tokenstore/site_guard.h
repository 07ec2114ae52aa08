// SPDX-License-Identifier: Apache-2.0
//
// Tells our store from any other: `cs:site`, read at the head of every pipeline. A database that
// was emptied, restored or swapped must look like an outage, never like "nobody is known".
// Thread-safe.
#pragma once

#include <atomic>
#include <mutex>
#include <string>

#include "base/result.h"
#include "tokenstore/redis_reply.h"

namespace countersign {

/// The schema that we read and write.
inline constexpr std::string_view kSchema = "1";

class SiteGuard {
 public:
  /// `expected`: the id that must be found; "" for the first that is seen.
  explicit SiteGuard(std::string expected) : expected_(std::move(expected)) {}

  /// Judges the reply to HMGET site schema id. Errors: unavailable (an error reply, absent,
  /// foreign, or a schema that we do not know).
  Status admit(const RedisReply& reply);

 private:
  Status admit_unknown(const RedisReply& schema, const RedisReply& id);

  std::mutex mutex_;
  std::string expected_;           ///< changed under mutex_, and not any more once it was seen
  std::atomic<bool> seen_{false};  ///< a store of that id has been admitted
};

}  // namespace countersign
