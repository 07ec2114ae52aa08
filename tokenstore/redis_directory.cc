// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/redis_directory.h"

#include <map>
#include <utility>

#include "tokenstore/records.h"
#include "tokenstore/reply_shape.h"
#include "tokenstore/rules.h"

namespace countersign {
namespace {

/// What one list and policy say, and where their replies stand.
struct ScopeKnowledge {
  std::vector<ContactMatch> matches;
  PolicyValues policy;
};

using ScopeName = std::pair<Level, std::string>;

Result<ScopeKnowledge> read_scope(Level level, const std::vector<Subject>& subjects,
                                  const RedisReply* contacts, const RedisReply& policy) {
  ScopeKnowledge out;
  if (contacts != nullptr) {
    CS_TRY(expect_array(*contacts, subjects.size(), "HMGET"));
    for (std::size_t i = 0; i < subjects.size(); ++i) {
      const RedisReply& value = contacts->elements[i];
      if (value.is_nil()) continue;
      CS_ASSIGN(ContactEntry entry, decode_contact(value.text));
      out.matches.push_back({level, subjects[i], std::move(entry)});
    }
  }
  CS_ASSIGN(const Fields fields, texts_of(policy, "HGETALL"));
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2)
    out.policy.emplace(fields[i], fields[i + 1]);
  return out;
}

RecipientKnowledge joined(const std::vector<const ScopeKnowledge*>& levels) {
  RecipientKnowledge out;
  for (const ScopeKnowledge* level : levels) {
    out.matches.insert(out.matches.end(), level->matches.begin(), level->matches.end());
    join_policy(out.policy, level->policy);
  }
  return out;
}

void ask_for(RedisPipeline& ask, const RedisKeys& keys, const Scope& scope,
             const std::vector<Subject>& subjects) {
  const std::string contacts = keys.contacts(scope);
  if (!subjects.empty()) {
    std::vector<std::string_view> words = {"HMGET", contacts};
    words.insert(words.end(), subjects.begin(), subjects.end());
    ask.add(words);
  }
  ask.add({"HGETALL", keys.policy(scope)});
}

}  // namespace

Result<Knowledge> RedisDirectory::look_up(const Inquiry& inquiry, Deadline deadline) {
  const auto subjects = inquiry.author ? subjects_of(*inquiry.author) : std::vector<Subject>();
  RedisPipeline ask = pool_.pipeline();
  ask.add({"PTTL", pool_.keys().heartbeat()});

  // Many recipients share few domains, and all share the site: each list is asked for once.
  std::map<ScopeName, std::size_t> places;
  std::vector<ScopeName> scopes;
  const auto want = [&](Level level, const std::string& name) {
    const auto [place, is_new] = places.try_emplace({level, name}, scopes.size());
    if (!is_new) return;
    scopes.push_back(place->first);
    ask_for(ask, pool_.keys(), {level, name}, subjects);
  };
  for (const Mailbox& recipient : inquiry.recipients) {
    want(Level::mailbox, recipient.key());
    want(Level::domain, recipient.domain());
  }
  want(Level::site, "");

  CS_ASSIGN(const auto replies, pool_.run(ask, deadline));
  Knowledge out;
  CS_ASSIGN(const long long left, integer_of(replies[0], "PTTL"));
  if (left >= 0) out.page_age = heartbeat_age(milliseconds(left));

  std::vector<ScopeKnowledge> known;
  std::size_t at = 1;
  for (const ScopeName& scope : scopes) {
    const RedisReply* contacts = subjects.empty() ? nullptr : &replies[at++];
    CS_ASSIGN(auto one, read_scope(scope.first, subjects, contacts, replies[at++]));
    known.push_back(std::move(one));
  }
  for (const Mailbox& recipient : inquiry.recipients)
    out.recipients.push_back(joined({&known[places.at({Level::mailbox, recipient.key()})],
                                     &known[places.at({Level::domain, recipient.domain()})],
                                     &known[places.at({Level::site, ""})]}));
  return out;
}

}  // namespace countersign
