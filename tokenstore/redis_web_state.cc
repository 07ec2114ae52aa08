// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/redis_web_state.h"

#include <algorithm>
#include <climits>

#include "tokenstore/reply_shape.h"
#include "tokenstore/rules.h"

namespace countersign {
namespace {

std::string ms(seconds life) { return std::to_string(milliseconds(life).count()); }

}  // namespace

Result<RedisReply> RedisWebState::ask_one(std::initializer_list<std::string_view> command,
                                          Deadline deadline) {
  RedisPipeline ask = pool_.pipeline();
  ask.add(command);
  CS_ASSIGN(auto replies, pool_.run(ask, deadline));
  return std::move(replies[0]);
}

Status RedisWebState::heartbeat(Deadline deadline) {
  CS_TRY(
      ask_one({"SET", pool_.keys().heartbeat(), "1", "PX", std::to_string(kHeartbeatLife.count())},
              deadline));
  return {};
}

Result<bool> RedisWebState::spend(const std::string& nonce, seconds lifetime, Deadline deadline) {
  CS_ASSIGN(const RedisReply reply,
            ask_one({"SET", pool_.keys().nonce(nonce), "1", "NX", "PX", ms(lifetime)}, deadline));
  return !reply.is_nil();
}

Result<int> RedisWebState::count_failure(const std::string& who, seconds window,
                                         Deadline deadline) {
  const std::string key = pool_.keys().failures(who);
  RedisPipeline ask = pool_.pipeline();
  // In one step: else the key could die in between, and INCR make one that never dies.
  ask.add({"MULTI"});
  ask.add({"SET", key, "0", "NX", "PX", ms(window)});
  ask.add({"INCR", key});
  ask.add({"EXEC"});
  CS_ASSIGN(const auto replies, pool_.run(ask, deadline));
  CS_TRY(expect_done(replies.back()));
  CS_TRY(expect_array(replies.back(), 2, "EXEC"));
  CS_ASSIGN(const long long count, integer_of(replies.back().elements[1], "INCR"));
  return static_cast<int>(std::clamp<long long>(count, 0, INT_MAX));
}

Result<int> RedisWebState::failures(const std::string& who, Deadline deadline) {
  const std::string key = pool_.keys().failures(who);
  CS_ASSIGN(const RedisReply reply, ask_one({"GET", key}, deadline));
  return count_of(reply, key);
}

Result<seconds> RedisWebState::until_forgotten(const std::string& who, Deadline deadline) {
  CS_ASSIGN(const RedisReply reply, ask_one({"PTTL", pool_.keys().failures(who)}, deadline));
  CS_ASSIGN(const long long left, integer_of(reply, "PTTL"));
  return std::chrono::ceil<seconds>(milliseconds(std::max(left, 0LL)));
}

Status RedisWebState::mark_answered(const std::string& id, const std::string& how, seconds lifetime,
                                    Deadline deadline) {
  CS_TRY(ask_one({"SET", pool_.keys().answered(id), how, "PX", ms(lifetime)}, deadline));
  return {};
}

Result<std::string> RedisWebState::how_answered(const std::string& id, Deadline deadline) {
  CS_ASSIGN(RedisReply reply, ask_one({"GET", pool_.keys().answered(id)}, deadline));
  return reply.is_nil() ? std::string() : std::move(reply.text);
}

}  // namespace countersign
