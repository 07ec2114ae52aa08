// SPDX-License-Identifier: Apache-2.0
//
// Tells our store from any other: `cs:site`, read at the head of every pipeline. A database that
// was emptied, restored or swapped must look like an outage, never like "nobody is known".
// Thread-safe.
#pragma once

#include <string>

#include "base/guarded.h"
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
  Guarded<std::string> expected_;
};

}  // namespace countersign
