// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/redis_asked.h"

#include <map>

#include "tokenstore/mortal_set.h"
#include "tokenstore/records.h"
#include "tokenstore/reply_shape.h"
#include "tokenstore/rules.h"

namespace countersign {
namespace {

/// ARGV: id, what must stand there ("" for nothing), the new record, life in ms. The key lives as
/// long as the longest of its records. Returns the number of records, or 0 if it was not replaced.
constexpr std::string_view kReplace = R"lua(
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[4]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
end
return redis.call('HLEN', KEYS[1])
)lua";

constexpr milliseconds kShortest{1000};
/// How often a record may be changed by another node before we give up.
constexpr int kMostTries = 4;
/// So many go beyond the one too many: then the next ones need no clearing.
constexpr std::size_t kForgottenAtOnce = 10;

}  // namespace

Status RedisAsked::ask(const HeldView& view, const std::string& digest,
                       const std::vector<AskedFor>& records, Deadline deadline) {
  const std::string life =
      std::to_string(std::max(view.expires - clock_.wall(), kShortest).count());
  RedisPipeline first = pool_.pipeline();
  held_.put_hash(first, view, digest, life);
  first.add({"SET", pool_.keys().answer(digest), encode_token({view.id, view.node}), "PX", life});
  CS_ASSIGN(const auto replies, pool_.run(first, deadline));
  CS_TRY(expect_done(replies[RedisHeldIndex::kHashDone]));
  for (const AskedFor& one : records) {
    const auto wanted = [&](const std::optional<AskedRecord>& before) {
      return std::optional(asked(before, one.record, clock_.wall()));
    };
    CS_TRY(change(one.owner, one.id, wanted, deadline));
  }
  return {};
}

Result<bool> RedisAsked::has_room(const std::string& owner, Deadline deadline) {
  const auto has_room = [&]() -> Result<bool> {
    RedisPipeline read = pool_.pipeline();
    read.add({"HLEN", pool_.keys().asked_of(owner)});
    CS_ASSIGN(const auto replies, pool_.run(read, deadline));
    CS_ASSIGN(const long long count, integer_of(replies[0], "HLEN"));
    return count < static_cast<long long>(kMostDeferred);
  };
  CS_ASSIGN(const bool room, has_room());
  if (room) return true;
  CS_TRY(forget(owner, kMostAsked, deadline));
  return has_room();
}

Result<bool> RedisAsked::answer(const std::string& owner, const std::string& id,
                                Deadline deadline) {
  return change(
      owner, id,
      [&](const std::optional<AskedRecord>& before) {
        return before ? answered(*before, clock_.wall()) : std::nullopt;
      },
      deadline);
}

Result<bool> RedisAsked::spend(const std::string& owner, const std::string& id, const AskedUse& use,
                               WallTime now, Deadline deadline) {
  return change(
      owner, id,
      [&](const std::optional<AskedRecord>& before) {
        return before ? spent(*before, use, now) : std::nullopt;
      },
      deadline);
}

Status RedisAsked::end(const std::string& owner, const std::string& id, Deadline deadline) {
  RedisPipeline ask = pool_.pipeline();
  ask.add({"HDEL", pool_.keys().asked_of(owner), id});
  CS_TRY(pool_.run(ask, deadline));
  return {};
}

Status RedisAsked::remember_ways(const std::string& owner, const std::vector<std::string>& ways,
                                 WallTime now, Deadline deadline) {
  if (ways.empty()) return {};
  RedisPipeline ask = pool_.pipeline();
  add_mortals(ask, {pool_.keys().ways(owner), kMostWays, kWayLife}, ways, now, kWayLife);
  CS_TRY(pool_.run(ask, deadline));
  return {};
}

Status RedisAsked::set_state(const HeldView& view, HeldState state, WallTime when,
                             Deadline deadline) {
  // Without owners: no list of held messages has it.
  return held_.set_state(HeldView{.id = view.id, .outcomes = view.outcomes}, state, when, deadline);
}

Result<bool> RedisAsked::change(const std::string& owner, const std::string& id, const Change& to,
                                Deadline deadline) {
  const std::string key = pool_.keys().asked_of(owner);
  for (int tries = 0; tries < kMostTries; ++tries) {
    RedisPipeline read = pool_.pipeline();
    read.add({"HGET", key, id});
    CS_ASSIGN(const auto replies, pool_.run(read, deadline));
    std::optional<AskedRecord> before;
    if (!replies[0].is_nil())
      // What does not decode is written anew.
      if (auto record = decode_asked(replies[0].text)) before = *std::move(record);
    const auto after = to(before);
    if (!after) return false;
    if (before == after) return true;
    const auto life = std::max(after->expires - clock_.wall(), kShortest);
    RedisPipeline write = pool_.pipeline();
    write.add({"EVAL", kReplace, "1", key, id, replies[0].is_nil() ? "" : replies[0].text,
               encode_asked(*after), std::to_string(life.count())});
    CS_ASSIGN(const auto written, pool_.run(write, deadline));
    CS_ASSIGN(const long long count, integer_of(written[0], "EVAL"));
    if (count == 0) continue;
    if (count > static_cast<long long>(kMostAsked))
      CS_TRY(forget(owner, kMostAsked - kForgottenAtOnce, deadline));
    return true;
  }
  return Error{Errc::unavailable, key + ": changed by others again and again"};
}

Status RedisAsked::forget(const std::string& owner, std::size_t most, Deadline deadline) {
  const std::string key = pool_.keys().asked_of(owner);
  RedisPipeline read = pool_.pipeline();
  read.add({"HGETALL", key});
  CS_ASSIGN(const auto replies, pool_.run(read, deadline));
  CS_ASSIGN(const Fields fields, texts_of(replies[0], "HGETALL"));
  std::map<std::string, AskedRecord> records;
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    auto record = decode_asked(fields[i + 1]);
    // The epoch: its time is over.
    records.emplace(fields[i], record ? *std::move(record) : AskedRecord{});
  }
  const auto ids = to_be_forgotten(records, most, clock_.wall());
  if (ids.empty()) return {};
  RedisPipeline clear = pool_.pipeline();
  for (const std::string& id : ids) {
    const AskedRecord& record = records.at(id);
    clear.add({"HDEL", key, id});
    if (!record.view.empty()) clear.add({"DEL", pool_.keys().held(record.view)});
    if (!record.digest.empty()) clear.add({"DEL", pool_.keys().answer(record.digest)});
  }
  CS_TRY(pool_.run(clear, deadline));
  return {};
}

}  // namespace countersign
