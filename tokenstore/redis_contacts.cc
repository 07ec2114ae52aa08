// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/redis_contacts.h"

#include <map>

#include "tokenstore/records.h"
#include "tokenstore/reply_shape.h"

namespace countersign {
namespace {

// rules.cc's learnt(), where no other node can come between. It works on the record's text, so that
// fields of a later version stay as they are.
constexpr std::string_view kLearn = R"lua(
local old = redis.call('HGET', KEYS[1], ARGV[1])
if not old then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
  return ARGV[2]
end
local text = old .. '&'
if ARGV[3] ~= '' and string.sub(text, 1, 2) == '1&'
    and string.find(text, '&standing=allow&', 1, true)
    and not string.find(text, '&fp=', 1, true) then
  old = old .. ARGV[3]
  redis.call('HSET', KEYS[1], ARGV[1], old)
end
return old
)lua";

constexpr std::string_view kPageSize = "1000";

}  // namespace

Status RedisContacts::put(const Scope& scope, const Subject& subject, const ContactEntry& entry,
                          Deadline deadline) {
  RedisPipeline ask = pool_.pipeline();
  ask.add({"HSET", pool_.keys().contacts(scope), subject, encode_contact(entry)});
  CS_TRY(pool_.run(ask, deadline));
  return {};
}

Result<ContactEntry> RedisContacts::learn(const Scope& scope, const Subject& subject,
                                          const ContactEntry& entry, Deadline deadline) {
  RedisPipeline ask = pool_.pipeline();
  ask.add({"EVAL", kLearn, "1", pool_.keys().contacts(scope), subject, encode_contact(entry),
           encode_fingerprints(entry)});
  CS_ASSIGN(const auto replies, pool_.run(ask, deadline));
  if (!replies[0].is_string())
    return Error{Errc::unavailable, "redis: EVAL: a reply of another shape"};
  return decode_contact(replies[0].text);
}

Status RedisContacts::remove(const Scope& scope, const Subject& subject, Deadline deadline) {
  RedisPipeline ask = pool_.pipeline();
  ask.add({"HDEL", pool_.keys().contacts(scope), subject});
  CS_ASSIGN(const auto replies, pool_.run(ask, deadline));
  CS_ASSIGN(const long long removed, integer_of(replies[0], "HDEL"));
  if (removed == 0) return Error{Errc::not_found, subject + ": not in the list"};
  return {};
}

Result<std::vector<std::pair<Subject, ContactEntry>>> RedisContacts::list(const Scope& scope,
                                                                          Deadline deadline) {
  // In pages: a whole list may be larger than a reply may be. HSCAN may give a field twice.
  std::map<Subject, ContactEntry> all;
  std::string cursor = "0";
  do {
    RedisPipeline ask = pool_.pipeline();
    ask.add({"HSCAN", pool_.keys().contacts(scope), cursor, "COUNT", kPageSize});
    CS_ASSIGN(const auto replies, pool_.run(ask, deadline));
    CS_TRY(expect_array(replies[0], 2, "HSCAN"));
    cursor = replies[0].elements[0].text;
    CS_ASSIGN(const Fields page, texts_of(replies[0].elements[1], "HSCAN"));
    for (std::size_t i = 0; i + 1 < page.size(); i += 2) {
      CS_ASSIGN(ContactEntry entry, decode_contact(page[i + 1]));
      all.insert_or_assign(page[i], std::move(entry));
    }
  } while (cursor != "0");
  return std::vector<std::pair<Subject, ContactEntry>>(all.begin(), all.end());
}

Result<PolicyValues> RedisPolicies::get(const Scope& scope, Deadline deadline) {
  RedisPipeline ask = pool_.pipeline();
  ask.add({"HGETALL", pool_.keys().policy(scope)});
  CS_ASSIGN(const auto replies, pool_.run(ask, deadline));
  CS_ASSIGN(const Fields fields, texts_of(replies[0], "HGETALL"));
  PolicyValues out;
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) out.emplace(fields[i], fields[i + 1]);
  return out;
}

Status RedisPolicies::set(const Scope& scope, const PolicyValues& values, Deadline deadline) {
  const std::string key = pool_.keys().policy(scope);
  std::vector<std::string_view> set = {"HSET", key};
  std::vector<std::string_view> remove = {"HDEL", key};
  for (const auto& [name, value] : values) {
    if (value.empty()) {
      remove.push_back(name);
    } else {
      set.push_back(name);
      set.push_back(value);
    }
  }
  RedisPipeline ask = pool_.pipeline();
  // All or nothing: half a policy may let in or refuse what nobody decided.
  ask.add({"MULTI"});
  if (set.size() > 2) ask.add(set);
  if (remove.size() > 2) ask.add(remove);
  ask.add({"EXEC"});
  CS_ASSIGN(const auto replies, pool_.run(ask, deadline));
  return expect_done(replies.back());
}

}  // namespace countersign
