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

/// The pipeline of one inquiry, and where in it each answer stands.
class Question {
 public:
  Question(const RedisPool& pool, const Inquiry& inquiry);
  const RedisPipeline& pipeline() const { return ask_; }
  RedisPipeline take_pipeline() { return std::move(ask_); }
  /// Errors: corrupt, unavailable (not the replies to this pipeline).
  Result<Knowledge> read(const std::vector<RedisReply>& replies) const;

 private:
  void ask_for(const RedisKeys& keys, Level level, const std::string& name);

  const Inquiry inquiry_;
  const std::vector<Subject> subjects_;
  RedisPipeline ask_;
  // Many recipients share few domains, and all share the site: each list is asked for once.
  std::map<ScopeName, std::size_t> places_;
  std::vector<ScopeName> scopes_;
};

Question::Question(const RedisPool& pool, const Inquiry& inquiry)
    : inquiry_(inquiry),
      subjects_(inquiry.author ? subjects_of(*inquiry.author) : std::vector<Subject>()),
      ask_(pool.pipeline()) {
  ask_.add({"PTTL", pool.keys().heartbeat()});
  for (const Mailbox& recipient : inquiry.recipients) {
    ask_for(pool.keys(), Level::mailbox, recipient.key());
    ask_for(pool.keys(), Level::domain, recipient.domain());
  }
  ask_for(pool.keys(), Level::site, "");
}

void Question::ask_for(const RedisKeys& keys, Level level, const std::string& name) {
  const auto [place, is_new] = places_.try_emplace({level, name}, scopes_.size());
  if (!is_new) return;
  scopes_.push_back(place->first);
  const std::string contacts = keys.contacts({level, name});
  if (!subjects_.empty()) {
    std::vector<std::string_view> words = {"HMGET", contacts};
    words.insert(words.end(), subjects_.begin(), subjects_.end());
    ask_.add(words);
  }
  ask_.add({"HGETALL", keys.policy({level, name})});
}

Result<Knowledge> Question::read(const std::vector<RedisReply>& replies) const {
  Knowledge out;
  CS_ASSIGN(const long long left, integer_of(replies[0], "PTTL"));
  if (left >= 0) out.page_age = heartbeat_age(milliseconds(left));

  std::vector<ScopeKnowledge> known;
  std::size_t at = 1;
  for (const ScopeName& scope : scopes_) {
    const RedisReply* contacts = subjects_.empty() ? nullptr : &replies[at++];
    CS_ASSIGN(auto one, read_scope(scope.first, subjects_, contacts, replies[at++]));
    known.push_back(std::move(one));
  }
  for (const Mailbox& recipient : inquiry_.recipients)
    out.recipients.push_back(joined({&known[places_.at({Level::mailbox, recipient.key()})],
                                     &known[places_.at({Level::domain, recipient.domain()})],
                                     &known[places_.at({Level::site, ""})]}));
  return out;
}

class RedisLookUp final : public LookUp {
 public:
  RedisLookUp(RedisPool& pool, Question question, RedisPool::Flight flight)
      : pool_(pool), question_(std::move(question)), flight_(std::move(flight)) {}
  Result<Knowledge> answer(Deadline deadline) override {
    CS_ASSIGN(const auto replies, pool_.finish(std::move(flight_), deadline));
    return question_.read(replies);
  }

 private:
  RedisPool& pool_;
  Question question_;
  RedisPool::Flight flight_;
};

}  // namespace

Result<Knowledge> RedisDirectory::look_up(const Inquiry& inquiry, Deadline deadline) {
  const Question question(pool_, inquiry);
  CS_ASSIGN(const auto replies, pool_.run(question.pipeline(), deadline));
  return question.read(replies);
}

std::unique_ptr<LookUp> RedisDirectory::ask(const Inquiry& inquiry) {
  Question question(pool_, inquiry);
  auto flight = pool_.start(question.take_pipeline());
  if (!flight) return nullptr;
  return std::make_unique<RedisLookUp>(pool_, std::move(question), *std::move(flight));
}

}  // namespace countersign
