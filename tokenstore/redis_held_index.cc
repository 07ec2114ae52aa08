// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/redis_held_index.h"

#include <algorithm>

#include "tokenstore/records.h"
#include "tokenstore/redis_token_look_up.h"
#include "tokenstore/reply_shape.h"
#include "tokenstore/rules.h"

namespace countersign {
namespace {

// Each script touches one key: in a cluster any two may stand on different servers. Fields and
// their life are written in one step, so that no crash leaves a key that never dies.

/// ARGV: life in ms, id, record. The key lives as long as the longest of its messages.
constexpr std::size_t kViewsAtOnce = 100;
constexpr std::string_view kMark = R"lua(
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return 1
)lua";

/// ARGV: state, time, life in ms, "1" if the state is final. Returns the token's digest ("" if it
/// has none) and the life that is left; nil if there is no such message.
constexpr std::string_view kSetState = R"lua(
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
redis.call('HSET', KEYS[1], 'state', ARGV[1], 'changed', ARGV[2])
if ARGV[5] ~= '' then redis.call('HSET', KEYS[1], 'outcome', ARGV[5]) end
local life = tonumber(ARGV[3])
if ARGV[4] ~= '1' then life = math.max(life, redis.call('PTTL', KEYS[1])) end
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', life))
return {redis.call('HGET', KEYS[1], 'answer') or '', string.format('%.0f', life)}
)lua";

/// ARGV: what must stand there, the new value, life in ms. Returns 1 if it was replaced.
constexpr std::string_view kReplace = R"lua(
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
)lua";

/// A life of 0 would be an error for the store, and a negative one delete the key.
constexpr milliseconds kShortest{1000};
/// How often a binding may be lost to another node before we give up.
constexpr int kMostTries = 4;

Error missing(const std::string& key) { return {Errc::not_found, key + ": not in the store"}; }

}  // namespace

std::string RedisHeldIndex::life_until(WallTime end) const {
  return std::to_string(std::max(end - clock_.wall(), kShortest).count());
}

void RedisHeldIndex::mark(RedisPipeline& ask, const HeldView& view, HeldState state,
                          const std::string& life) const {
  const std::string record = encode_held_mark(view, state);
  for (const std::string& owner : view.owners) {
    const std::string key = pool_.keys().held_of(owner);
    if (is_final(state))
      ask.add({"HDEL", key, view.id.text()});
    else
      ask.add({"EVAL", kMark, "1", key, life, view.id.text(), record});
  }
}

void RedisHeldIndex::put_hash(RedisPipeline& ask, const HeldView& view, const std::string& digest,
                              const std::string& life) const {
  const std::string key = pool_.keys().held(view.id.text());
  const Fields fields = encode_held(view, digest);
  // A script would do the same, but copy each field once more, at half as much of the store's time
  // again.
  ask.add({"MULTI"});
  ask.begin(2 + fields.size()).word("HSET").word(key);
  for (const std::string& field : fields) ask.word(field);
  ask.add({"PEXPIRE", key, life});
  ask.add({"EXEC"});
}

Status RedisHeldIndex::put(const HeldView& view, const std::string& digest,
                           const std::string& retry, Deadline deadline) {
  const std::string life = life_until(view.expires + kTombstone);
  RedisPipeline ask = pool_.pipeline();
  put_hash(ask, view, digest, life);
  mark(ask, view, view.state, life);
  if (!digest.empty())
    ask.add({"SET", pool_.keys().answer(digest), encode_token({view.id, view.node}), "PX", life});
  const std::string bound = life_until(view.expires);
  if (!retry.empty()) ask_to_bind(ask, retry, view.id, bound);
  CS_ASSIGN(const auto replies, pool_.run(ask, deadline));
  CS_TRY(expect_done(replies[kHashDone]));
  if (retry.empty()) return {};
  CS_ASSIGN(const bool done,
            is_bound(replies[replies.size() - 2], replies.back(), retry, view.id, bound, deadline));
  return done ? Status() : bind_retry(retry, view.id, view.expires, deadline);
}

Status RedisHeldIndex::set_state(const HeldView& view, HeldState state, WallTime when,
                                 Deadline deadline) {
  const std::string key = pool_.keys().held(view.id.text());
  const std::string life = life_until(when + kTombstone);
  RedisPipeline first = pool_.pipeline();
  first.add({"EVAL", kSetState, "1", key, word(state), std::to_string(to_epoch_ms(when)), life,
             is_final(state) ? "1" : "0", encode_outcomes(view.outcomes)});
  CS_ASSIGN(const auto replies, pool_.run(first, deadline));

  const bool known = !replies[0].is_nil();
  std::string digest;
  std::string left = life;
  if (known) {
    CS_ASSIGN(const auto texts, texts_of(replies[0], "EVAL"));
    CS_TRY(expect_array(replies[0], 2, "EVAL"));
    digest = texts[0];
    left = texts[1];
  }
  RedisPipeline second = pool_.pipeline();
  // A message that the index has lost must still leave its owners' lists when it is over.
  if (known || is_final(state)) mark(second, view, state, left);
  if (!digest.empty()) second.add({"PEXPIRE", pool_.keys().answer(digest), left});
  CS_TRY(pool_.run(second, deadline));
  return known ? Status() : Status(missing(key));
}

Result<HeldView> RedisHeldIndex::get(const HeldId& id, Deadline deadline) {
  return std::move(get_all(std::span(&id, 1), deadline).front());
}

std::vector<Result<HeldView>> RedisHeldIndex::get_all(std::span<const HeldId> ids,
                                                      Deadline deadline) {
  std::vector<Result<HeldView>> out;
  for (std::size_t from = 0; from < ids.size(); from += kViewsAtOnce) {
    const auto some = ids.subspan(from, std::min(kViewsAtOnce, ids.size() - from));
    RedisPipeline ask = pool_.pipeline();
    for (const HeldId& id : some) ask.add({"HGETALL", pool_.keys().held(id.text())});
    const auto replies = pool_.run(ask, deadline);
    for (std::size_t i = 0; i < some.size(); ++i)
      out.push_back(replies ? view_in((*replies)[i], some[i]) : replies.error());
  }
  return out;
}

Result<HeldView> RedisHeldIndex::view_in(const RedisReply& reply, const HeldId& id) const {
  CS_ASSIGN(const Fields fields, texts_of(reply, "HGETALL"));
  if (fields.empty()) return missing(pool_.keys().held(id.text()));
  return decode_held(id, fields);
}

std::vector<Result<PageStanding>> RedisHeldIndex::look_up(std::span<const PageQuestion> questions,
                                                          Deadline deadline) {
  return look_up_tokens(pool_, questions, deadline);
}

std::unique_ptr<PendingStandings> RedisHeldIndex::begin_look_up(
    std::vector<PageQuestion> questions) {
  return begin_look_up_tokens(pool_, std::move(questions));
}

Result<std::vector<HeldId>> RedisHeldIndex::held_for(const std::string& owner, Deadline deadline) {
  const std::string key = pool_.keys().held_of(owner);
  RedisPipeline ask = pool_.pipeline();
  ask.add({"HGETALL", key});
  CS_ASSIGN(const auto replies, pool_.run(ask, deadline));
  CS_ASSIGN(const Fields fields, texts_of(replies[0], "HGETALL"));
  std::vector<HeldId> out;
  std::vector<std::string_view> dead = {"HDEL", key};
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    const auto id = HeldId::parse(fields[i]);
    const auto expires = decode_held_mark(fields[i + 1]);
    if (id && expires && *expires + kTombstone > clock_.wall())
      out.push_back(*id);
    else
      dead.push_back(fields[i]);
  }
  // What a node left behind that is gone for good; nobody else would clear it away.
  if (dead.size() > 2) {
    RedisPipeline clear = pool_.pipeline();
    clear.add(dead);
    CS_TRY(pool_.run(clear, deadline));
  }
  return out;
}

Result<HeldView> RedisHeldIndex::find_retry(const std::string& digest, Deadline deadline) {
  return retry_found(pool_.run(retry_question(digest), deadline), digest, deadline);
}

std::unique_ptr<PendingRetry> RedisHeldIndex::begin_find_retry(const std::string& digest) {
  class Pending final : public PendingRetry {
   public:
    Pending(RedisHeldIndex& index, RedisPool::Flight flight, std::string digest)
        : index_(index), flight_(std::move(flight)), digest_(std::move(digest)) {}
    Result<HeldView> finish(Deadline deadline) override {
      return index_.retry_found(index_.pool_.finish(std::move(flight_), deadline), digest_,
                                deadline);
    }

   private:
    RedisHeldIndex& index_;
    RedisPool::Flight flight_;
    std::string digest_;
  };
  auto flight = pool_.start(retry_question(digest));
  if (!flight) return nullptr;
  return std::make_unique<Pending>(*this, *std::move(flight), digest);
}

RedisPipeline RedisHeldIndex::retry_question(const std::string& digest) const {
  const std::string key = pool_.keys().retry(digest);
  RedisPipeline ask = pool_.pipeline();
  // Writes nothing, but is refused where nothing can be written (OOM, READONLY, MISCONF).
  ask.add({"SETRANGE", key, "0", ""});
  ask.add({"GET", key});
  return ask;
}

/// What the replies to retry_question() mean.
Result<HeldView> RedisHeldIndex::retry_found(Result<std::vector<RedisReply>> replies,
                                             const std::string& digest, Deadline deadline) {
  if (!replies) return replies.error();
  const RedisReply& stands = (*replies)[1];
  if (stands.is_nil()) return missing(pool_.keys().retry(digest));
  CS_ASSIGN(const HeldId id, decode_retry(stands.text));
  CS_ASSIGN(HeldView view, get(id, deadline));
  if (view.state != HeldState::held) return missing(pool_.keys().retry(digest));
  return view;
}

void RedisHeldIndex::ask_to_bind(RedisPipeline& ask, const std::string& digest, const HeldId& id,
                                 const std::string& life) const {
  const std::string key = pool_.keys().retry(digest);
  ask.add({"SET", key, encode_retry(id), "NX", "PX", life});
  ask.add({"GET", key});
}

/// What the replies to ask_to_bind() mean: false, if somebody took the binding away in between.
Result<bool> RedisHeldIndex::is_bound(const RedisReply& set, const RedisReply& stands,
                                      const std::string& digest, const HeldId& id,
                                      const std::string& life, Deadline deadline) {
  const std::string& stood = stands.text;
  const auto other = decode_retry(stood);
  if (!set.is_nil() || (other && *other == id)) return true;
  if (stands.is_nil()) return false;
  if (other) {
    const auto view = get(*other, deadline);
    if (!view && view.error().code == Errc::unavailable) return view.error();
    if (view && view->state == HeldState::held) return true;
  }
  return replace_retry(digest, stood, id, life, deadline);
}

Status RedisHeldIndex::bind_retry(const std::string& digest, const HeldId& id, WallTime until,
                                  Deadline deadline) {
  const std::string life = life_until(until);
  for (int tries = 0; tries < kMostTries; ++tries) {
    RedisPipeline ask = pool_.pipeline();
    ask_to_bind(ask, digest, id, life);
    CS_ASSIGN(const auto replies, pool_.run(ask, deadline));
    CS_ASSIGN(const bool done, is_bound(replies[0], replies[1], digest, id, life, deadline));
    if (done) return {};
  }
  return Error{Errc::unavailable, pool_.keys().retry(digest) + ": bound by others again and again"};
}

Result<bool> RedisHeldIndex::replace_retry(const std::string& digest, const std::string& stood,
                                           const HeldId& id, const std::string& life,
                                           Deadline deadline) {
  RedisPipeline ask = pool_.pipeline();
  ask.add({"EVAL", kReplace, "1", pool_.keys().retry(digest), stood, encode_retry(id), life});
  CS_ASSIGN(const auto replies, pool_.run(ask, deadline));
  CS_ASSIGN(const long long replaced, integer_of(replies[0], "EVAL"));
  return replaced == 1;
}

}  // namespace countersign
