// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/redis_budgets.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/encoding.h"
#include "tokenstore/reply_shape.h"

namespace countersign {
namespace {

/// KEYS: decision for this id, author and recipient, author, times of the last hour, unanswered.
/// ARGV: id, life of 1 and 5 in ms, life of 3, cap of 4, cap of 5, life of 2. A life of 0 is no
/// limit. Time is the store's.
constexpr std::string_view kTake = R"lua(
local before = redis.call('GET', KEYS[1])
if before then return tonumber(before) end
local hour = 3600000
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', string.format('%.0f', now - hour))
local may = 1
if redis.call('EXISTS', KEYS[2]) == 1 or redis.call('EXISTS', KEYS[3]) == 1
    or redis.call('ZCARD', KEYS[4]) >= tonumber(ARGV[4])
    or tonumber(redis.call('GET', KEYS[5]) or '0') >= tonumber(ARGV[5]) then
  may = 0
end
redis.call('SET', KEYS[1], may, 'PX', ARGV[2])
if may == 1 then
  if tonumber(ARGV[6]) > 0 then redis.call('SET', KEYS[2], '1', 'PX', ARGV[6]) end
  if tonumber(ARGV[3]) > 0 then redis.call('SET', KEYS[3], '1', 'PX', ARGV[3]) end
  redis.call('ZADD', KEYS[4], string.format('%.0f', now), ARGV[1])
  redis.call('PEXPIRE', KEYS[4], hour)
  redis.call('INCR', KEYS[5])
  redis.call('PEXPIRE', KEYS[5], ARGV[2])
end
return may
)lua";

/// ARGV: claimant, life in ms. Returns 1: taken now; 2: stands already, by this claimant; 0: by
/// another.
constexpr std::string_view kClaim = R"lua(
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
if redis.call('GET', KEYS[1]) == ARGV[1] then return 2 end
return 0
)lua";

constexpr seconds kShortest{1};

/// A claim in doubt is rare; more than this many means that nobody asks again.
constexpr std::size_t kMostInDoubt = 10'000;

std::string ms(seconds life) { return std::to_string(milliseconds(life).count()); }

}  // namespace

Result<bool> RedisBudgets::take_challenge(const std::string& owner, const std::string& author,
                                          const std::string& fingerprint, const std::string& id,
                                          const Limits& limits, Deadline deadline) {
  const auto key = [&](const std::string& what) { return pool_.keys().asked(fingerprint, what); };
  RedisPipeline ask = pool_.pipeline();
  ask.add({"EVAL", kTake, "5", key("id:" + key_part(id)),
           key("pair:" + key_part(author) + ":" + key_part(owner)),
           key("author:" + key_part(author)), key("hour"), key("unanswered"), id,
           ms(std::max(limits.per_recipient, kShortest)), ms(limits.per_site),
           std::to_string(limits.per_domain_hour), std::to_string(limits.unanswered),
           ms(limits.per_recipient)});
  CS_ASSIGN(const auto replies, pool_.run(ask, deadline));
  CS_ASSIGN(const long long may, integer_of(replies[0], "EVAL"));
  return may == 1;
}

Status RedisBudgets::forbid_challenges(const std::string& author, const std::string& fingerprint,
                                       seconds lifetime, Deadline deadline) {
  // The key that says "asked a short time ago": a time that does not end for so long.
  RedisPipeline ask = pool_.pipeline();
  ask.add({"SET", pool_.keys().asked(fingerprint, "author:" + key_part(author)), "1", "PX",
           ms(lifetime)});
  CS_TRY(pool_.run(ask, deadline));
  return {};
}

Status RedisBudgets::challenge_answered(const std::string& fingerprint, Deadline deadline) {
  RedisPipeline ask = pool_.pipeline();
  ask.add({"DEL", pool_.keys().asked(fingerprint, "unanswered")});
  CS_TRY(pool_.run(ask, deadline));
  return {};
}

RedisOutbox::RedisOutbox(RedisPool& pool) : pool_(pool), claimant_(hex_encode(random_bytes(16))) {}

Result<bool> RedisOutbox::claim(const std::string& name, seconds lifetime, Deadline deadline) {
  RedisPipeline ask = pool_.pipeline();
  ask.add({"EVAL", kClaim, "1", pool_.keys().outbox(name), claimant_, ms(lifetime)});
  const auto replies = pool_.run(ask, deadline);
  if (!replies) {
    in_doubt_.with([&](auto& names) {
      if (names.size() < kMostInDoubt) names.insert(name);
    });
    return replies.error();
  }
  CS_ASSIGN(const long long taken, integer_of(replies->front(), "EVAL"));
  const bool was_in_doubt = in_doubt_.with([&](auto& names) { return names.erase(name) == 1; });
  return taken == 1 || (taken == 2 && was_in_doubt);
}

Status RedisOutbox::give_back(const std::string& name, Deadline deadline) {
  RedisPipeline ask = pool_.pipeline();
  ask.add({"DEL", pool_.keys().outbox(name)});
  CS_TRY(pool_.run(ask, deadline));
  return {};
}

}  // namespace countersign
