// SPDX-License-Identifier: Apache-2.0
#include "answering/views.h"

#include <algorithm>
#include <optional>

#include "answering/code.h"
#include "answering/token.h"

namespace countersign {
namespace {

/// How many guesses are kept: some 150 bytes each.
constexpr std::size_t kMostGuesses = 20'000;

/// Of a token that is nobody's: its look-up costs what a real one's does.
const std::string& nobodys_digest() {
  static const std::string digest = token_digest("no token");
  return digest;
}

Error no_such_token() { return {Errc::not_found, "no message under this token"}; }

/// What to show of a message that is held, by the request that is under way.
ViewState state_of_held(const HeldView& held, std::string_view answered, WallTime now) {
  if (answered == "withdraw" || answered == "not-me") return ViewState::withdrawn;
  if (held.confirmed) return ViewState::answered;
  if (!answered.empty()) return under_way(held);
  // What is kept ends when its node says so: not before a digest has listed it, and by its clock.
  const bool over = held.copy != Copy::kept && held.expires <= now;
  return over ? ViewState::expired : ViewState::waiting;
}

/// The state to show, or nothing when there is nothing to show.
std::optional<ViewState> state_of(const HeldView& held, std::string_view answered, WallTime now) {
  switch (held.state) {
    case HeldState::held:
      return state_of_held(held, answered, now);
    case HeldState::answered:
      return under_way(held);
    case HeldState::released:
      return ViewState::delivered;
    case HeldState::failed:
      return ViewState::failed;
    case HeldState::withdrawn:
      return ViewState::withdrawn;
    case HeldState::expired:
      return ViewState::expired;
    case HeldState::dropped:
      return std::nullopt;
  }
  return std::nullopt;
}

/// What ends a mark: the message comes to another state, or is refused again.
std::string turn_of(const HeldView& held) {
  return std::to_string(held.copy == Copy::kept ? to_epoch_ms(held.changed) : held.generation);
}

}  // namespace

ViewState under_way(const HeldView& held) {
  return held.copy == Copy::kept ? ViewState::delivering : ViewState::answered;
}

std::string mark_text(const HeldView& held, std::string_view how) {
  return std::string(how) + "." + turn_of(held);
}

std::string_view marked(const HeldView& held, std::string_view mark) {
  const auto dot = mark.find('.');
  if (dot == std::string_view::npos || mark.substr(dot + 1) != turn_of(held)) return "";
  return mark.substr(0, dot);
}

bool TokenView::offers(ProofKind kind) const {
  return std::find(proofs.begin(), proofs.end(), kind) != proofs.end();
}

Views::Views(HeldIndex& index, const Clock& clock, const std::vector<std::string>& proofs)
    : index_(index), clock_(clock) {
  for (const std::string& name : proofs)
    if (const auto kind = from_word<ProofKind>(kProofWords, name)) proofs_.push_back(*kind);
}

std::vector<ProofKind> Views::offered(const HeldView& held) const {
  std::vector<ProofKind> out;
  for (const ProofKind kind : proofs_) {
    // Waiting costs a machine nothing, so it is for authors who can be told apart from others.
    if (kind == ProofKind::wait && held.fingerprint.empty()) continue;
    out.push_back(kind);
  }
  return out;
}

Result<TokenView> Views::view_of(const Result<std::string>& token, const PageQuestion& question,
                                 Result<PageStanding> standing, WallTime now) const {
  const bool known = standing || standing.error().code == Errc::not_found;
  if (!known) return standing.error();
  if (!token || !standing) return no_such_token();
  HeldView& held = standing->held;
  if (!held.challenged) return no_such_token();
  // A message that was refused again, after its answer was spent, has another token.
  if (held.copy != Copy::kept && held.digest != question.digest) return no_such_token();
  const auto state = state_of(held, marked(held, standing->mark), now);
  if (!state) return no_such_token();
  if (*state == ViewState::expired && held.copy != Copy::kept) return no_such_token();
  if (*state == ViewState::withdrawn && held.taken_back.empty())
    held.taken_back = marked(held, standing->mark);
  TokenView view{*token, *state, std::move(held), {}, question.window, standing->codes_used};
  if (*state == ViewState::waiting) view.proofs = offered(view.held);
  return view;
}

/// What is to be asked for tokens; nothing is asked yet.
Views::Pending Views::asked(std::span<const std::string_view> tokens) const {
  Pending out;
  out.views_ = this;
  out.asked_ = clock_.wall();
  for (const std::string_view token : tokens) {
    out.tokens_.push_back(parse_answer_token(token));
    const auto& known = out.tokens_.back();
    out.questions_.push_back(
        {known ? token_digest(*known) : nobodys_digest(), code_window(out.asked_)});
  }
  guesses_.with([&](const auto& guesses) {
    for (PageQuestion& question : out.questions_)
      if (const auto at = guesses.find(question.digest); at != guesses.end())
        question.guess = at->second;
  });
  return out;
}

std::vector<Result<TokenView>> Views::views_of(const Pending& pending,
                                               std::vector<Result<PageStanding>> standings) const {
  std::vector<Result<TokenView>> out;
  out.reserve(standings.size());
  for (std::size_t i = 0; i < standings.size(); ++i)
    out.push_back(view_of(pending.tokens_[i], pending.questions_[i], std::move(standings[i]),
                          pending.asked_));
  remember(pending.questions_, out);
  return out;
}

std::vector<Result<TokenView>> Views::look_up(std::span<const std::string_view> tokens,
                                              Deadline deadline) const {
  const Pending pending = asked(tokens);
  return views_of(pending, index_.look_up(pending.questions_, deadline));
}

std::optional<Views::Pending> Views::begin(std::span<const std::string_view> tokens) const {
  Pending pending = asked(tokens);
  pending.standings_ = index_.begin_look_up(pending.questions_);
  if (!pending.standings_) return std::nullopt;
  return pending;
}

std::optional<std::vector<Result<TokenView>>> Views::Pending::advance() {
  auto standings = standings_->advance();
  if (!standings) return std::nullopt;
  return views_->views_of(*this, *std::move(standings));
}

/// What is not shown is asked for in two round trips, as what never was.
void Views::remember(std::span<const PageQuestion> questions,
                     const std::vector<Result<TokenView>>& views) const {
  const auto as_guessed = [&](std::size_t i) {
    const auto& guess = questions[i].guess;
    return views[i] ? guess == views[i]->held.id
                    : !guess || views[i].error().code == Errc::unavailable;
  };
  std::vector<std::size_t> news;
  for (std::size_t i = 0; i < questions.size(); ++i)
    if (!as_guessed(i)) news.push_back(i);
  if (news.empty()) return;
  guesses_.with([&](auto& guesses) {
    for (const std::size_t i : news) {
      if (!views[i]) {
        guesses.erase(questions[i].digest);
        continue;
      }
      if (guesses.size() >= kMostGuesses) guesses.clear();
      guesses.insert_or_assign(questions[i].digest, views[i]->held.id);
    }
  });
}

Result<TokenView> Views::look_up(std::string_view token, Deadline deadline) const {
  return std::move(look_up(std::span(&token, 1), deadline).front());
}

}  // namespace countersign
