// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/redis_contacts.h"

#include <algorithm>
#include <map>

#include "tokenstore/records.h"
#include "tokenstore/reply_shape.h"
#include "tokenstore/rules.h"

namespace countersign {
namespace {

/// Of an entry's text, in both of its forms, so that fields of a later version stay as they are:
/// whether it allows, and no fingerprint of a domain is in it; and the text with the suffixes of
/// FingerprintSuffix, unless it has them.
constexpr std::string_view kOfEntries = R"lua(
local function is_brief(text) return string.sub(text, 1, 1) == '2' end
local function allows(text)
  if is_brief(text) then return string.find(text, '^2[aA]') ~= nil end
  local fields = text .. '&'
  return string.sub(fields, 1, 2) == '1&' and string.find(fields, '&standing=allow&', 1, true) ~= nil
end
local function lacks_domain(text)
  if is_brief(text) then
    local rest = string.gsub(string.sub(text, 10), '&ptr:[^=&]*', '')
    return (string.gsub(rest, '&net:[^=&]*', '')) == ''
  end
  local rest = string.gsub(text, '&fp=ptr:[^&]*', '')
  return not string.find((string.gsub(rest, '&fp=net:[^&]*', '')), '&fp=', 1, true)
end
local function with(text, record, brief)
  if not is_brief(text) then
    if string.find(text .. '&', record .. '&', 1, true) then return text end
    return text .. record
  end
  local has = (string.gsub(text, '=', '&=')) .. '&'
  if string.find(has, (string.gsub(brief, '=', '&=')) .. '&', 1, true) then return text end
  return text .. brief
end
)lua";

// rules.cc's learnt(), where no other node can come between. ARGV: for each entry subject, text,
// and the suffixes.
constexpr std::string_view kLearn = R"lua(
local out = {}
for i = 1, #ARGV, 4 do
  local old = redis.call('HGET', KEYS[1], ARGV[i])
  local now, new = old, 0
  if not old then
    now, new = ARGV[i + 1], 1
  elseif allows(old) and lacks_domain(old) then
    now = with(old, ARGV[i + 2], ARGV[i + 3])
  end
  if now ~= old then redis.call('HSET', KEYS[1], ARGV[i], now) end
  out[#out + 1] = new
  out[#out + 1] = now
end
return out
)lua";

// rules.cc's approved(). ARGV as above, of one entry. Returns what stands.
constexpr std::string_view kApprove = R"lua(
local old = redis.call('HGET', KEYS[1], ARGV[1])
local now = ARGV[2]
if old and allows(old) then now = with(old, ARGV[3], ARGV[4]) end
if now ~= old then redis.call('HSET', KEYS[1], ARGV[1], now) end
return now
)lua";

std::string script(std::string_view of_entries) {
  return std::string(kOfEntries) + std::string(of_entries);
}

// One script call must not keep the store from others for long, and Lua has room for 8000 values.
constexpr std::size_t kMostAtOnce = 500;

constexpr std::string_view kPageSize = "1000";

/// Fields of the list of modes that are no name of a domain or mailbox.
constexpr std::string_view kModesVersion = "#";
constexpr std::string_view kModesSite = "*";

/// Keeps the list of modes, from which a node knows who only watches while the store is down.
void ask_to_list(RedisPipeline& ask, const std::string& key, const std::string& name,
                 const std::string& mode) {
  const std::string_view field = name.empty() ? kModesSite : std::string_view(name);
  ask.add({"MULTI"});
  if (mode.empty())
    ask.add({"HDEL", key, field});
  else
    ask.add({"HSET", key, field, mode});
  ask.add({"HINCRBY", key, kModesVersion, "1"});
  ask.add({"EXEC"});
}

}  // namespace

void add_learning(RedisPipeline& ask, const std::string& key,
                  const std::vector<std::pair<Subject, ContactEntry>>& entries) {
  for (std::size_t from = 0; from < entries.size(); from += kMostAtOnce) {
    const std::size_t to = std::min(entries.size(), from + kMostAtOnce);
    std::vector<std::string> texts;
    for (std::size_t i = from; i < to; ++i) {
      const auto& [subject, entry] = entries[i];
      FingerprintSuffix suffix = encode_fingerprints(subject, entry);
      texts.insert(texts.end(), {subject, encode_contact(subject, entry), std::move(suffix.record),
                                 std::move(suffix.brief)});
    }
    static const std::string kScript = script(kLearn);
    std::vector<std::string_view> words = {"EVAL", kScript, "1", key};
    words.insert(words.end(), texts.begin(), texts.end());
    ask.add(words);
  }
}

Status RedisContacts::put(const Scope& scope, const Subject& subject, const ContactEntry& entry,
                          Deadline deadline) {
  RedisPipeline ask = pool_.pipeline();
  ask.add({"HSET", pool_.keys().contacts(scope), subject, encode_contact(subject, entry)});
  CS_TRY(pool_.run(ask, deadline));
  return {};
}

Result<ContactEntry> RedisContacts::learn(const Scope& scope, const Subject& subject,
                                          const ContactEntry& entry, Deadline deadline) {
  RedisPipeline ask = pool_.pipeline();
  add_learning(ask, pool_.keys().contacts(scope), {{subject, entry}});
  CS_ASSIGN(const auto replies, pool_.run(ask, deadline));
  CS_TRY(expect_array(replies[0], 2, "EVAL"));
  return decode_contact(subject, replies[0].elements[1].text);
}

Result<ContactEntry> RedisContacts::approve(const Scope& scope, const Subject& subject,
                                            const ContactEntry& entry, Deadline deadline) {
  const FingerprintSuffix suffix = encode_fingerprints(subject, entry);
  static const std::string kScript = script(kApprove);
  RedisPipeline ask = pool_.pipeline();
  ask.add({"EVAL", kScript, "1", pool_.keys().contacts(scope), subject,
           encode_contact(subject, entry), suffix.record, suffix.brief});
  CS_ASSIGN(const auto replies, pool_.run(ask, deadline));
  return decode_contact(subject, replies[0].text);
}

Result<std::vector<bool>> RedisContacts::learn_all(
    const Scope& scope, const std::vector<std::pair<Subject, ContactEntry>>& entries,
    Deadline deadline) {
  std::vector<bool> out;
  if (entries.empty()) return out;
  RedisPipeline ask = pool_.pipeline();
  add_learning(ask, pool_.keys().contacts(scope), entries);
  CS_ASSIGN(const auto replies, pool_.run(ask, deadline));
  for (const RedisReply& reply : replies)
    for (std::size_t i = 0; i < reply.elements.size(); i += 2)
      out.push_back(reply.elements[i].integer == 1);
  if (out.size() != entries.size())
    return Error{Errc::unavailable, "redis: EVAL: a reply of another shape"};
  return out;
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
      CS_ASSIGN(ContactEntry entry, decode_contact(page[i], page[i + 1]));
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
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2)
    if (!window_of_field(fields[i])) out.emplace(fields[i], fields[i + 1]);
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
  const std::size_t done = ask.size();
  if (const auto mode = values.find("mode"); mode != values.end())
    ask_to_list(ask, pool_.keys().modes(), scope.name, mode->second);
  CS_ASSIGN(const auto replies, pool_.run(ask, deadline));
  return expect_done(replies[done - 2]);
}

Result<std::optional<SetModes>> RedisPolicies::modes(const std::string& version,
                                                     Deadline deadline) {
  const std::string key = pool_.keys().modes();
  RedisPipeline ask = pool_.pipeline();
  ask.add({"HGET", key, kModesVersion});
  CS_ASSIGN(const auto now, pool_.run(ask, deadline));
  if (now[0].text == version) return std::optional<SetModes>();
  RedisPipeline all = pool_.pipeline();
  all.add({"HGETALL", key});
  CS_ASSIGN(const auto replies, pool_.run(all, deadline));
  CS_ASSIGN(const Fields fields, texts_of(replies[0], "HGETALL"));
  SetModes out;
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    if (fields[i] == kModesVersion)
      out.version = fields[i + 1];
    else if (const auto mode = from_word<Mode>(kModeWords, fields[i + 1]))
      out.modes.emplace(fields[i] == kModesSite ? "" : fields[i], *mode);
  }
  return std::optional<SetModes>(std::move(out));
}

}  // namespace countersign
