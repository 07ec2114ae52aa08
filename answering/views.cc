// SPDX-License-Identifier: Apache-2.0
#include "answering/views.h"

#include <algorithm>
#include <optional>

#include "answering/token.h"

namespace countersign {
namespace {

/// A token and an id that are nobody's: their look-ups cost what real ones do.
const std::string& nobodys_digest() {
  static const std::string digest = token_digest("no token");
  return digest;
}
const HeldId& nobodys_id() {
  static const HeldId id = *HeldId::parse("00000000000000000000000000");
  return id;
}

Error no_such_token() { return {Errc::not_found, "no message under this token"}; }

/// What to show of a message that is held, by the request that is under way.
ViewState state_of_held(const HeldView& held, const std::string& answered, WallTime now) {
  if (answered == "withdraw" || answered == "not-me") return ViewState::withdrawn;
  if (!answered.empty()) return under_way(held);
  // What is kept ends when its node says so: not before a digest has listed it, and by its clock.
  const bool over = held.copy != Copy::kept && held.expires <= now;
  return over ? ViewState::expired : ViewState::waiting;
}

/// The state to show, or nothing when there is nothing to show.
std::optional<ViewState> state_of(const HeldView& held, const std::string& answered, WallTime now) {
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

bool is(const Error& error, Errc code) { return error.code == code; }

}  // namespace

ViewState under_way(const HeldView& held) {
  return held.copy == Copy::kept ? ViewState::delivering : ViewState::answered;
}

std::string answered_name(const HeldView& held) {
  const auto turn = held.copy == Copy::kept ? to_epoch_ms(held.changed) : held.generation;
  return held.id.text() + "." + std::to_string(turn);
}

bool TokenView::offers(ProofKind kind) const {
  return std::find(proofs.begin(), proofs.end(), kind) != proofs.end();
}

Views::Views(HeldIndex& index, WebState& state, const Clock& clock,
             const std::vector<std::string>& proofs)
    : index_(index), state_(state), clock_(clock) {
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

Result<TokenView> Views::look_up(std::string_view token, Deadline deadline) const {
  const auto canonical = parse_answer_token(token);
  const auto record =
      index_.find_token(canonical ? token_digest(*canonical) : nobodys_digest(), deadline);
  if (!record && !is(record.error(), Errc::not_found)) return record.error();
  const HeldId& id = record ? record->id : nobodys_id();
  auto held = index_.get(id, deadline);
  if (!held && !is(held.error(), Errc::not_found)) return held.error();
  const auto answered = state_.how_answered(held ? answered_name(*held) : id.text(), deadline);
  if (!answered) return answered.error();

  if (!canonical || !record || !held || !held->challenged) return no_such_token();
  // A message that was refused again, after its answer was spent, has another token.
  if (held->copy != Copy::kept && held->digest != token_digest(*canonical)) return no_such_token();
  const auto state = state_of(*held, *answered, clock_.wall());
  if (!state) return no_such_token();
  if (*state == ViewState::expired && held->copy != Copy::kept) return no_such_token();
  TokenView view{*canonical, *state, *std::move(held), {}};
  if (*state == ViewState::waiting) view.proofs = offered(view.held);
  return view;
}

}  // namespace countersign
