// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/redis_address_tokens.h"

#include <map>

#include "tokenstore/record.h"
#include "tokenstore/records.h"
#include "tokenstore/reply_shape.h"
#include "tokenstore/rules.h"

namespace countersign {
namespace {

// Permits change as text, so that fields of a later version stay as they are. Values are told
// escaped, as Record writes them; times are milliseconds since the epoch, by the node's clock.

/// For the scripts below: a permit's field as text ("" if it has none), and its change. Ends the
/// script where there is no permit (nil), or one of another version.
const std::string kOnPermit = R"lua(
local permit = redis.call('HGET', KEYS[1], ARGV[1])
if not permit then return false end
if string.sub(permit, 1, 2) ~= '1&' then return {'', '0', permit} end
local function field(name)
  return string.match(permit .. '&', '&' .. name .. '=([^&]*)&') or ''
end
local function set(name, value)
  local at, last = string.find(permit, '&' .. name .. '=[^&]*')
  if at then
    permit = string.sub(permit, 1, at) .. name .. '=' .. value .. string.sub(permit, last + 1)
  else
    permit = permit .. '&' .. name .. '=' .. value
  end
end
local function add(name, by)
  set(name, string.format('%.0f', (tonumber(field(name)) or 0) + by))
end
local function keep() redis.call('HSET', KEYS[1], ARGV[1], permit) end
)lua";

/// use_of(), where no other node can come between. KEYS: permits, what this message's header
/// section spent. ARGV: name, fingerprint, body digest, time, life of what was spent. Returns use,
/// "1" if it was spent before, permit; nil if there is no such permit.
const std::string kSpend = kOnPermit + R"lua(
if field('revoked') ~= '' then return {'over', '0', permit} end
local left = tonumber(field('left'))
if left and redis.call('HGET', KEYS[2], ARGV[3]) then return {'valid', '1', permit} end
local expires = tonumber(field('expires'))
if expires and tonumber(ARGV[4]) >= expires then return {'over', '0', permit} end
if left and left <= 0 then return {'over', '0', permit} end
local binding, bound = field('binding'), field('bound')
if binding ~= 'anyone' and bound ~= '' and bound ~= ARGV[2] then
  return {'stranger', '0', permit}
end
if binding == 'first' and bound == '' and ARGV[2] ~= '' then set('bound', ARGV[2]) end
if left then
  add('left', -1)
  redis.call('HSET', KEYS[2], ARGV[3], ARGV[4])
  redis.call('PEXPIRE', KEYS[2], ARGV[5])
end
add('uses', 1)
set('last', ARGV[4])
keep()
return {'valid', '0', permit}
)lua";

/// ARGV: name, time.
const std::string kRevoke = kOnPermit + R"lua(
if field('revoked') == '' then
  set('revoked', ARGV[2])
  keep()
end
return {'over', '0', permit}
)lua";

/// ARGV: name, fingerprint, time.
const std::string kNoteLeak = kOnPermit + R"lua(
add('leaks', 1)
set('leaked', ARGV[3])
set('leaked_to', ARGV[2])
keep()
return {'stranger', '0', permit}
)lua";

/// Adds a field to a hash that has it not. Returns 1 if it was added.
constexpr std::string_view kAdd = R"lua(
if redis.call('HGET', KEYS[1], ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
)lua";

constexpr std::string_view kPageSize = "1000";
const std::string kSpentLife = std::to_string(kSpentBefore.count());

std::string field_of(const PermitName& name) {
  return name.kind == PermitName::Kind::window ? window_field(name.name) : name.name;
}

Error missing(const PermitName& name) {
  return {Errc::not_found, name.name + ": not in the store"};
}

/// A value as Record writes it.
std::string escaped(const std::string& value) {
  Record record;
  record.add("x", value);
  return record.encode().substr(std::string_view("1&x=").size());
}

Result<Spent> read_spent(const RedisReply& reply) {
  Spent out;
  if (reply.is_nil()) return out;
  CS_ASSIGN(const auto texts, texts_of(reply, "EVAL"));
  CS_TRY(expect_array(reply, 3, "EVAL"));
  const auto use = from_word<TokenUse>(kTokenUseWords, texts[0]);
  if (!use) return Error{Errc::corrupt, "permit: its version is not known"};
  out.use = *use;
  out.before = texts[1] == "1";
  CS_ASSIGN(out.permit, decode_permit(texts[2]));
  return out;
}

}  // namespace

std::string RedisAddressTokens::key_of(const PermitName& name) const {
  return name.kind == PermitName::Kind::window ? pool_.keys().policy({Level::mailbox, name.owner})
                                               : pool_.keys().tokens(name.owner);
}

Status RedisAddressTokens::add(const PermitName& name, const Permit& permit, Deadline deadline) {
  RedisPipeline ask = pool_.pipeline();
  ask.add({"EVAL", kAdd, "1", key_of(name), field_of(name), encode_permit(permit)});
  CS_ASSIGN(const auto replies, pool_.run(ask, deadline));
  CS_ASSIGN(const long long added, integer_of(replies[0], "EVAL"));
  if (added == 0) return Error{Errc::already_exists, name.name + ": there is one already"};
  return {};
}

Status RedisAddressTokens::put(const PermitName& name, const Permit& permit, Deadline deadline) {
  RedisPipeline ask = pool_.pipeline();
  ask.add({"HSET", key_of(name), field_of(name), encode_permit(permit)});
  CS_TRY(pool_.run(ask, deadline));
  return {};
}

Result<Permit> RedisAddressTokens::get(const PermitName& name, Deadline deadline) {
  RedisPipeline ask = pool_.pipeline();
  ask.add({"HGET", key_of(name), field_of(name)});
  CS_ASSIGN(const auto replies, pool_.run(ask, deadline));
  if (replies[0].is_nil()) return missing(name);
  return decode_permit(replies[0].text);
}

Result<std::vector<std::pair<std::string, Permit>>> RedisAddressTokens::list(
    PermitName::Kind kind, const std::string& owner, Deadline deadline) {
  // In pages: a whole list may be larger than a reply may be. HSCAN may give a field twice.
  std::map<std::string, Permit> all;
  const std::string key = key_of({kind, owner, ""});
  std::string cursor = "0";
  do {
    RedisPipeline ask = pool_.pipeline();
    ask.add({"HSCAN", key, cursor, "COUNT", kPageSize});
    CS_ASSIGN(const auto replies, pool_.run(ask, deadline));
    CS_TRY(expect_array(replies[0], 2, "HSCAN"));
    cursor = replies[0].elements[0].text;
    CS_ASSIGN(const Fields page, texts_of(replies[0].elements[1], "HSCAN"));
    for (std::size_t i = 0; i + 1 < page.size(); i += 2) {
      const auto name =
          kind == PermitName::Kind::window ? window_of_field(page[i]) : std::optional(page[i]);
      if (!name) continue;
      CS_ASSIGN(Permit permit, decode_permit(page[i + 1]));
      all.insert_or_assign(*name, std::move(permit));
    }
  } while (cursor != "0");
  return std::vector<std::pair<std::string, Permit>>(all.begin(), all.end());
}

Status RedisAddressTokens::remove(const PermitName& name, Deadline deadline) {
  RedisPipeline ask = pool_.pipeline();
  ask.add({"HDEL", key_of(name), field_of(name)});
  CS_ASSIGN(const auto replies, pool_.run(ask, deadline));
  CS_ASSIGN(const long long removed, integer_of(replies[0], "HDEL"));
  if (removed == 0) return missing(name);
  return {};
}

Result<std::vector<Spent>> RedisAddressTokens::spend(const std::vector<Spending>& all,
                                                     Deadline deadline) {
  RedisPipeline ask = pool_.pipeline();
  for (const Spending& one : all)
    ask.add({"EVAL", kSpend, "2", key_of(one.permit),
             pool_.keys().spent(one.permit.owner, field_of(one.permit), one.header_digest),
             field_of(one.permit), escaped(one.fingerprint), one.body_digest,
             std::to_string(to_epoch_ms(one.when)), kSpentLife});
  CS_ASSIGN(const auto replies, pool_.run(ask, deadline));
  std::vector<Spent> out;
  for (std::size_t i = 0; i < all.size(); ++i) {
    CS_ASSIGN(Spent spent, read_spent(replies[i]));
    out.push_back(std::move(spent));
  }
  return out;
}

Result<bool> RedisAddressTokens::spent_before(const PermitName& name,
                                              const std::string& header_digest, Deadline deadline) {
  RedisPipeline ask = pool_.pipeline();
  ask.add({"EXISTS", pool_.keys().spent(name.owner, field_of(name), header_digest)});
  CS_ASSIGN(const auto replies, pool_.run(ask, deadline));
  CS_ASSIGN(const long long exists, integer_of(replies[0], "EXISTS"));
  return exists > 0;
}

Result<Permit> RedisAddressTokens::run_on_one(const PermitName& name, std::string_view script,
                                              const std::vector<std::string>& arguments,
                                              Deadline deadline) {
  const std::string key = key_of(name);
  const std::string field = field_of(name);
  std::vector<std::string_view> words = {"EVAL", script, "1", key, field};
  words.insert(words.end(), arguments.begin(), arguments.end());
  RedisPipeline ask = pool_.pipeline();
  ask.add(words);
  CS_ASSIGN(const auto replies, pool_.run(ask, deadline));
  CS_ASSIGN(Spent after, read_spent(replies[0]));
  if (after.use == TokenUse::none) return missing(name);
  return std::move(after.permit);
}

Result<Permit> RedisAddressTokens::revoke(const PermitName& name, WallTime when,
                                          Deadline deadline) {
  return run_on_one(name, kRevoke, {std::to_string(to_epoch_ms(when))}, deadline);
}

Result<Permit> RedisAddressTokens::note_leak(const PermitName& name, const std::string& fingerprint,
                                             WallTime when, Deadline deadline) {
  return run_on_one(name, kNoteLeak, {escaped(fingerprint), std::to_string(to_epoch_ms(when))},
                    deadline);
}

}  // namespace countersign
