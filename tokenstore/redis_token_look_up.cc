// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/redis_token_look_up.h"

#include "tokenstore/records.h"
#include "tokenstore/reply_shape.h"

namespace countersign {
namespace {

using Standings = std::vector<Result<PageStanding>>;
using Replies = std::span<const RedisReply>;

/// Of the commands that ask_standing() adds.
constexpr std::size_t kStandingReplies = 3;

Error missing() { return {Errc::not_found, "answer: not in the store"}; }

/// A message that is nobody's: to ask for it costs what asking for a real one does.
const HeldId& nobodys() {
  static const HeldId id = *HeldId::parse("00000000000000000000000000");
  return id;
}

void ask_standing(RedisPipeline& ask, const RedisKeys& keys, const HeldId& id,
                  std::int64_t window) {
  ask.add({"HGETALL", keys.held(id.text())});
  ask.add({"GET", keys.answered(id.text())});
  ask.add({"GET", keys.failures(code_counter(id, window))});
}

/// Reads the replies to ask_standing().
Result<PageStanding> standing_of(const HeldId& id, Replies replies) {
  CS_ASSIGN(const Fields fields, texts_of(replies[0], "HGETALL"));
  if (fields.empty()) return missing();
  CS_ASSIGN(HeldView held, decode_held(id, fields));
  CS_ASSIGN(const int used, count_of(replies[2], "codes"));
  return PageStanding{std::move(held), replies[1].text, used};
}

/// What is asked of the store for questions, in two turns, and what is known by the replies.
class Inquest {
 public:
  explicit Inquest(std::span<const PageQuestion> questions)
      : questions_(questions), known_(questions.size(), missing()) {}

  /// Asks for the tokens, and for what is guessed to stand under them.
  RedisPipeline ask_tokens(const RedisPool& pool) const {
    RedisPipeline ask = pool.pipeline();
    for (const PageQuestion& question : questions_) {
      ask.add({"GET", pool.keys().answer(question.digest)});
      if (question.guess) ask_standing(ask, pool.keys(), *question.guess, question.window);
    }
    return ask;
  }
  void take_tokens(Replies replies) {
    for (std::size_t i = 0; i < questions_.size(); ++i) {
      const std::size_t guessed = questions_[i].guess ? kStandingReplies : 0;
      take_token(i, replies.front(), replies.subspan(1, guessed));
      replies = replies.subspan(1 + guessed);
    }
  }

  /// Whether all guesses were right.
  bool done() const { return open_.empty(); }
  /// Asks for the messages of all that had no guess, or a wrong one.
  RedisPipeline ask_messages(const RedisPool& pool) const {
    RedisPipeline ask = pool.pipeline();
    for (const Open& one : open_)
      ask_standing(ask, pool.keys(), one.id, questions_[one.question].window);
    return ask;
  }
  void take_messages(Replies replies) {
    for (std::size_t i = 0; i < open_.size(); ++i)
      if (open_[i].found)
        known_[open_[i].question] =
            standing_of(open_[i].id, replies.subspan(i * kStandingReplies, kStandingReplies));
  }

  Standings take() { return std::move(known_); }
  Standings fail(const Error& error) const { return Standings(questions_.size(), error); }

 private:
  struct Open {
    std::size_t question;
    HeldId id;
    bool found;
  };

  void take_token(std::size_t i, const RedisReply& token, Replies guessed) {
    const auto record = token.is_nil() ? Result<TokenRecord>(missing()) : decode_token(token.text);
    if (record && questions_[i].guess == record->id) {
      known_[i] = standing_of(record->id, guessed);
      return;
    }
    if (!record) known_[i] = record.error();
    open_.push_back({i, record ? record->id : nobodys(), bool(record)});
  }

  const std::span<const PageQuestion> questions_;
  Standings known_;
  std::vector<Open> open_;
};

/// An inquest that waits for nothing.
class PendingInquest final : public PendingStandings {
 public:
  PendingInquest(RedisPool& pool, std::vector<PageQuestion> questions)
      : pool_(pool), questions_(std::move(questions)), inquest_(questions_) {}

  bool start(RedisPipeline ask) {
    flight_ = pool_.start(std::move(ask));
    return flight_.has_value();
  }
  bool start() { return start(inquest_.ask_tokens(pool_)); }

  int descriptor() const override { return flight_->descriptor(); }

  std::optional<Standings> advance() override {
    const auto replies = pool_.advance(*flight_);
    if (!replies) return std::nullopt;
    if (!*replies) return inquest_.fail(replies->error());
    if (second_) {
      inquest_.take_messages(**replies);
      return inquest_.take();
    }
    inquest_.take_tokens(**replies);
    if (inquest_.done()) return inquest_.take();
    second_ = true;
    if (!start(inquest_.ask_messages(pool_)))
      return inquest_.fail({Errc::unavailable, "redis: no connection at hand"});
    return std::nullopt;
  }

 private:
  RedisPool& pool_;
  const std::vector<PageQuestion> questions_;
  Inquest inquest_;
  std::optional<RedisPool::Flight> flight_;
  bool second_ = false;
};

}  // namespace

Standings look_up_tokens(RedisPool& pool, std::span<const PageQuestion> questions,
                         Deadline deadline) {
  Inquest inquest(questions);
  const auto tokens = pool.run(inquest.ask_tokens(pool), deadline);
  if (!tokens) return inquest.fail(tokens.error());
  inquest.take_tokens(*tokens);
  if (inquest.done()) return inquest.take();
  const auto messages = pool.run(inquest.ask_messages(pool), deadline);
  if (!messages) return inquest.fail(messages.error());
  inquest.take_messages(*messages);
  return inquest.take();
}

std::unique_ptr<PendingStandings> begin_look_up_tokens(RedisPool& pool,
                                                       std::vector<PageQuestion> questions) {
  auto out = std::make_unique<PendingInquest>(pool, std::move(questions));
  if (!out->start()) return nullptr;
  return out;
}

}  // namespace countersign
