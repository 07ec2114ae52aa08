// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/redis_directory.h"

#include <cstdlib>
#include <map>
#include <optional>
#include <utility>

#include "mail/domain.h"
#include "tokenstore/records.h"
#include "tokenstore/reply_shape.h"
#include "tokenstore/rules.h"

namespace countersign {
namespace {

/// What one list and policy say.
struct ScopeKnowledge {
  std::vector<ContactMatch> matches;
  std::optional<Standing> list_post;
  PolicyValues policy;
  bool replied = false;
  std::optional<Permit> window;  ///< for the author's domain
  std::vector<Permit> windows;   ///< all
};

using ScopeName = std::pair<Level, std::string>;

/// What is asked for of each list.
struct Wanted {
  explicit Wanted(const Inquiry& inquiry)
      : subjects(subjects_of(inquiry)), list_post(list_post_subject(inquiry)), all(subjects) {
    if (!list_post.empty()) all.push_back(list_post);
    if (inquiry.author) window = organizational_domain(inquiry.author->domain());
  }
  std::vector<Subject> subjects;
  Subject list_post;  ///< last of `all`, unless it is ""
  std::vector<Subject> all;
  std::string window;  ///< the domain that it would be for
};

Status read_contacts(const RedisReply& reply, Level level, const Wanted& wanted,
                     ScopeKnowledge& out) {
  CS_TRY(expect_array(reply, wanted.all.size(), "HMGET"));
  for (std::size_t i = 0; i < wanted.all.size(); ++i) {
    const RedisReply& value = reply.elements[i];
    if (value.is_nil()) continue;
    CS_ASSIGN(ContactEntry entry, decode_contact(wanted.all[i], value.text));
    if (i < wanted.subjects.size())
      out.matches.push_back({level, wanted.subjects[i], std::move(entry)});
    else
      out.list_post = entry.standing;
  }
  return {};
}

Status read_policy(const RedisReply& reply, const Wanted& wanted, ScopeKnowledge& out) {
  CS_ASSIGN(const Fields fields, texts_of(reply, "HGETALL"));
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    const auto window = window_of_field(fields[i]);
    if (!window) out.policy.emplace(fields[i], fields[i + 1]);
    if (!window) continue;
    const auto permit = decode_permit(fields[i + 1]);
    const bool is_wanted = *window == wanted.window;
    if (!permit && is_wanted) return permit.error();
    if (!permit) continue;
    if (is_wanted) out.window = *permit;
    out.windows.push_back(*permit);
  }
  return {};
}

/// Returns the latest time in a reply to ZMSCORE, the epoch where there is none.
Result<WallTime> latest_of(const RedisReply& reply, std::size_t size) {
  CS_TRY(expect_array(reply, size, "ZMSCORE"));
  // A score is a double, which has room for any time in ms.
  double latest = 0;
  for (const RedisReply& score : reply.elements)
    if (!score.is_nil()) latest = std::max(latest, std::strtod(score.text.c_str(), nullptr));
  return from_epoch_ms(static_cast<std::int64_t>(latest));
}

Result<std::vector<std::optional<AskedRecord>>> read_asked(const RedisReply& reply,
                                                           std::size_t count, WallTime now) {
  CS_TRY(expect_array(reply, count, "HMGET"));
  std::vector<std::optional<AskedRecord>> out;
  for (const RedisReply& value : reply.elements) {
    auto& one = out.emplace_back();
    if (value.is_nil()) continue;
    // What does not decode is asked anew: no reason to delay a contact's mail.
    auto record = decode_asked(value.text);
    if (record && record->expires > now) one = *std::move(record);
  }
  return out;
}

RecipientKnowledge joined(const std::vector<const ScopeKnowledge*>& levels) {
  RecipientKnowledge out;
  std::optional<Standing> list_post;
  for (const ScopeKnowledge* level : levels) {
    out.matches.insert(out.matches.end(), level->matches.begin(), level->matches.end());
    join_policy(out.policy, level->policy);
    if (!list_post) list_post = level->list_post;
    out.replied = out.replied || level->replied;
  }
  out.wrote_to_list = list_post == Standing::allow;
  out.own_mode = levels.front()->policy.contains("mode");
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
  void ask_for(const RedisKeys& keys, const Scope& scope);
  void ask_members(std::string_view command, const std::string& key,
                   const std::vector<std::string>& members);
  /// `replies` from `at` on, which is moved behind what was asked of this list.
  Result<ScopeKnowledge> read_scope(Level level, const std::vector<RedisReply>& replies,
                                    std::size_t& at) const;
  bool asks_for_sent(Level level) const {
    return level == Level::mailbox && !inquiry_.answers.empty();
  }

  const Inquiry inquiry_;
  const Wanted wanted_;
  RedisPipeline ask_;
  // Many recipients share few domains, and all share the site: each list is asked for once.
  std::map<ScopeName, std::size_t> places_;
  std::vector<ScopeName> scopes_;
};

Question::Question(const RedisPool& pool, const Inquiry& inquiry)
    : inquiry_(inquiry), wanted_(inquiry), ask_(pool.pipeline()) {
  ask_.add({"PTTL", pool.keys().heartbeat()});
  for (const Mailbox& recipient : inquiry.recipients) {
    ask_for(pool.keys(), {Level::mailbox, recipient.key()});
    ask_for(pool.keys(), {Level::domain, recipient.domain()});
  }
  ask_for(pool.keys(), {Level::site, ""});
  for (const TokenQuestion& token : inquiry.tokens)
    ask_.add({"HGET", pool.keys().tokens(token.owner), token.id});
  for (std::size_t i = 0; i < inquiry.asked.size(); ++i)
    if (!inquiry.asked[i].empty())
      ask_members("HMGET", pool.keys().asked_of(inquiry.recipients[i].key()), inquiry.asked[i]);
  if (inquiry.ways.empty()) return;
  for (const Mailbox& recipient : inquiry.recipients)
    ask_members("ZMSCORE", pool.keys().ways(recipient.key()), inquiry.ways);
}

void Question::ask_members(std::string_view command, const std::string& key,
                           const std::vector<std::string>& members) {
  std::vector<std::string_view> words = {command, key};
  words.insert(words.end(), members.begin(), members.end());
  ask_.add(words);
}

void Question::ask_for(const RedisKeys& keys, const Scope& scope) {
  const auto [place, is_new] = places_.try_emplace({scope.level, scope.name}, scopes_.size());
  if (!is_new) return;
  scopes_.push_back(place->first);
  if (!wanted_.all.empty()) ask_members("HMGET", keys.contacts(scope), wanted_.all);
  ask_.add({"HGETALL", keys.policy(scope)});
  if (asks_for_sent(scope.level)) ask_members("ZMSCORE", keys.sent(scope.name), inquiry_.answers);
}

Result<ScopeKnowledge> Question::read_scope(Level level, const std::vector<RedisReply>& replies,
                                            std::size_t& at) const {
  ScopeKnowledge out;
  if (!wanted_.all.empty()) CS_TRY(read_contacts(replies[at++], level, wanted_, out));
  CS_TRY(read_policy(replies[at++], wanted_, out));
  if (asks_for_sent(level)) {
    CS_ASSIGN(const WallTime until, latest_of(replies[at++], inquiry_.answers.size()));
    out.replied = until > inquiry_.now;
  }
  return out;
}

Result<Knowledge> Question::read(const std::vector<RedisReply>& replies) const {
  Knowledge out;
  CS_ASSIGN(const long long left, integer_of(replies[0], "PTTL"));
  if (left >= 0) out.page_age = heartbeat_age(milliseconds(left));

  std::vector<ScopeKnowledge> known;
  std::size_t at = 1;
  for (const ScopeName& scope : scopes_) {
    CS_ASSIGN(auto one, read_scope(scope.first, replies, at));
    known.push_back(std::move(one));
  }
  for (std::size_t i = 0; i < inquiry_.tokens.size(); ++i) {
    const RedisReply& value = replies[at++];
    out.tokens.emplace_back();
    if (value.is_nil()) continue;
    CS_ASSIGN(out.tokens.back(), decode_permit(value.text));
  }
  for (const Mailbox& recipient : inquiry_.recipients)
    out.recipients.push_back(joined({&known[places_.at({Level::mailbox, recipient.key()})],
                                     &known[places_.at({Level::domain, recipient.domain()})],
                                     &known[places_.at({Level::site, ""})]}));
  for (std::size_t i = 0; i < inquiry_.recipients.size(); ++i) {
    const ScopeKnowledge& own = known[places_.at({Level::mailbox, inquiry_.recipients[i].key()})];
    out.recipients[i].window = own.window;
    out.recipients[i].windows = own.windows;
  }
  for (std::size_t i = 0; i < inquiry_.asked.size(); ++i) {
    if (inquiry_.asked[i].empty()) continue;
    CS_ASSIGN(out.recipients[i].asked,
              read_asked(replies[at++], inquiry_.asked[i].size(), inquiry_.now));
  }
  if (inquiry_.ways.empty()) return out;
  for (RecipientKnowledge& recipient : out.recipients) {
    CS_ASSIGN(recipient.way_until, latest_of(replies[at++], inquiry_.ways.size()));
  }
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
