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

/// What is asked of each list.
struct Wanted {
  explicit Wanted(const Inquiry& inquiry) : all(subjects_of(inquiry)), subjects(all.size()) {
    if (Subject list_post = list_post_subject(inquiry); !list_post.empty())
      all.push_back(std::move(list_post));
    if (inquiry.author) window = organizational_domain(inquiry.author->domain());
  }
  std::vector<Subject> all;
  std::size_t subjects;  ///< of `all`; behind them stands the address in List-Post, if there is one
  std::string window;    ///< the domain that it would be for
};

Status read_contacts(const RedisReply& reply, Level level, const Wanted& wanted,
                     ScopeKnowledge& out) {
  CS_TRY(expect_array(reply, wanted.all.size(), "HMGET"));
  for (std::size_t i = 0; i < wanted.all.size(); ++i) {
    const RedisReply& value = reply.elements[i];
    if (value.is_nil()) continue;
    CS_ASSIGN(ContactEntry entry, decode_contact(wanted.all[i], value.text));
    if (i < wanted.subjects)
      out.matches.push_back({level, wanted.all[i], std::move(entry)});
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

Result<std::vector<std::optional<AskedRecord>>> records_of(const RedisReply& reply,
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

/// Adds what the lists say that stand behind the mailbox's own, whose word `out` is already.
void join(const ScopeKnowledge& level, RecipientKnowledge& out,
          std::optional<Standing>& list_post) {
  out.matches.insert(out.matches.end(), level.matches.begin(), level.matches.end());
  join_policy(out.policy, level.policy);
  if (!list_post) list_post = level.list_post;
}

RecipientKnowledge joined(ScopeKnowledge own, const ScopeKnowledge& domain,
                          const ScopeKnowledge& site) {
  RecipientKnowledge out;
  out.own_mode = own.policy.contains("mode");
  out.matches = std::move(own.matches);
  out.policy = std::move(own.policy);
  out.replied = own.replied;
  out.window = std::move(own.window);
  out.windows = std::move(own.windows);
  std::optional<Standing> list_post = own.list_post;
  join(domain, out, list_post);
  join(site, out, list_post);
  out.wrote_to_list = list_post == Standing::allow;
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
  /// A recipient: where his own list and his domain's stand in levels_, and of how many records in
  /// {m}:asked the ids are given.
  struct Recipient {
    std::size_t own = 0;
    std::size_t domain = 0;
    std::size_t ids = 0;
  };
  using Replies = std::vector<RedisReply>::const_iterator;

  /// Returns the list's place in levels_.
  std::size_t ask_for(const RedisKeys& keys, Level level, std::string_view name,
                      const RedisWords& subjects);
  /// `next`: the first reply to what was asked of this list; moved behind the last.
  Result<ScopeKnowledge> read_scope(Level level, Replies& next) const;
  Status read_asked(const Recipient& recipient, Replies& next, RecipientKnowledge& out) const;

  const Wanted wanted_;
  const WallTime now_;
  const std::size_t answers_;  ///< what the message answers, asked of each mailbox
  const std::size_t tokens_;
  const std::size_t ways_;
  const bool any_asked_;
  // Many recipients share few domains, and all share the site: each list is asked for once.
  std::vector<Level> levels_;
  std::vector<Recipient> recipients_;
  RedisPipeline ask_;
};

Question::Question(const RedisPool& pool, const Inquiry& inquiry)
    : wanted_(inquiry),
      now_(inquiry.now),
      answers_(inquiry.answers.size()),
      tokens_(inquiry.tokens.size()),
      ways_(inquiry.ways.size()),
      any_asked_(inquiry.any_asked),
      recipients_(inquiry.recipients.size()),
      ask_(pool.pipeline()) {
  const RedisKeys& keys = pool.keys();
  levels_.reserve(2 * recipients_.size() + 1);
  const RedisWords subjects(wanted_.all);
  const RedisWords answers(inquiry.answers);
  const RedisWords ways(inquiry.ways);
  ask_.add({"PTTL", keys.heartbeat()});
  std::vector<std::string> names;
  names.reserve(recipients_.size());
  std::map<std::string_view, std::size_t> domains;
  for (std::size_t i = 0; i < recipients_.size(); ++i) {
    const Mailbox& recipient = inquiry.recipients[i];
    names.push_back(recipient.key());
    recipients_[i].own = ask_for(keys, Level::mailbox, names[i], subjects);
    if (answers_ > 0) ask_.add({"ZMSCORE", keys.sent(names[i])}, answers);
    const auto [domain, is_new] = domains.try_emplace(recipient.domain(), levels_.size());
    if (is_new) ask_for(keys, Level::domain, recipient.domain(), subjects);
    recipients_[i].domain = domain->second;
  }
  ask_for(keys, Level::site, "", subjects);
  for (const TokenQuestion& token : inquiry.tokens)
    ask_.add({"HGET", keys.tokens(token.owner), token.id});
  for (std::size_t i = 0; i < recipients_.size(); ++i) {
    if (i < inquiry.asked.size()) recipients_[i].ids = inquiry.asked[i].size();
    if (recipients_[i].ids > 0)
      ask_.add({"HMGET", keys.asked_of(names[i])}, RedisWords(inquiry.asked[i]));
    else if (any_asked_)
      ask_.add({"EXISTS", keys.asked_of(names[i])});
    if (ways_ > 0) ask_.add({"ZMSCORE", keys.ways(names[i])}, ways);
  }
}

std::size_t Question::ask_for(const RedisKeys& keys, Level level, std::string_view name,
                              const RedisWords& subjects) {
  if (!wanted_.all.empty()) ask_.add({"HMGET", keys.contacts(level, name)}, subjects);
  ask_.add({"HGETALL", keys.policy(level, name)});
  levels_.push_back(level);
  return levels_.size() - 1;
}

Result<ScopeKnowledge> Question::read_scope(Level level, Replies& next) const {
  ScopeKnowledge out;
  if (!wanted_.all.empty()) CS_TRY(read_contacts(*next++, level, wanted_, out));
  CS_TRY(read_policy(*next++, wanted_, out));
  if (level == Level::mailbox && answers_ > 0) {
    CS_ASSIGN(const WallTime until, latest_of(*next++, answers_));
    out.replied = until > now_;
  }
  return out;
}

Status Question::read_asked(const Recipient& recipient, Replies& next,
                            RecipientKnowledge& out) const {
  if (recipient.ids > 0) {
    CS_ASSIGN(out.asked, records_of(*next++, recipient.ids, now_));
  } else if (any_asked_) {
    CS_ASSIGN(const long long records, integer_of(*next++, "EXISTS"));
    out.has_asked = records > 0;
  }
  if (ways_ > 0) {
    CS_ASSIGN(out.way_until, latest_of(*next++, ways_));
  }
  return {};
}

Result<Knowledge> Question::read(const std::vector<RedisReply>& replies) const {
  Knowledge out;
  auto next = replies.begin();
  CS_ASSIGN(const long long left, integer_of(*next++, "PTTL"));
  if (left >= 0) out.page_age = heartbeat_age(milliseconds(left));

  std::vector<ScopeKnowledge> known;
  known.reserve(levels_.size());
  for (const Level level : levels_) {
    CS_ASSIGN(auto one, read_scope(level, next));
    known.push_back(std::move(one));
  }
  for (std::size_t i = 0; i < tokens_; ++i) {
    const RedisReply& value = *next++;
    out.tokens.emplace_back();
    if (value.is_nil()) continue;
    CS_ASSIGN(out.tokens.back(), decode_permit(value.text));
  }
  out.recipients.reserve(recipients_.size());
  for (const Recipient& recipient : recipients_) {
    out.recipients.push_back(
        joined(std::move(known[recipient.own]), known[recipient.domain], known.back()));
    CS_TRY(read_asked(recipient, next, out.recipients.back()));
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
