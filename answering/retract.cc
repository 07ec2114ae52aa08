// SPDX-License-Identifier: Apache-2.0
#include "answering/retract.h"

#include "answering/sender.h"
#include "answering/token.h"
#include "answering/typed_address.h"

namespace countersign {
namespace {

constexpr seconds kNonceMargin{60};

/// Not that of the proof `wait`: a stamp of one use is worth nothing for another.
std::string binding_of(Retraction what, const TokenView& view) {
  return std::string(word(kRetractionWords, what)) + ":" + proof_binding(view.token);
}

RetractResult with(RetractResult out, RetractOutcome outcome) {
  out.outcome = outcome;
  return out;
}

}  // namespace

Result<TokenView> RetractDesk::look_up(std::string_view token, Retraction what,
                                       Deadline deadline) const {
  CS_ASSIGN(TokenView view, parts_.views.look_up(token, deadline));
  if (view.held.copy != Copy::kept) return Error{Errc::not_found, "there is nothing to take back"};
  if (what == Retraction::not_me && !view.held.by_mail)
    return Error{Errc::not_found, "no challenge went by mail"};
  return view;
}

Result<RetractResult> RetractDesk::ask(std::string_view token, Retraction what,
                                       const std::string& address, const std::string& stamp,
                                       const std::string& network, Deadline deadline) const {
  CS_ASSIGN(TokenView view, look_up(token, what, deadline));
  RetractResult out{RetractOutcome::already, std::move(view)};
  if (out.view.state != ViewState::waiting) return out;
  const HeldId id = out.view.held.id;
  CS_ASSIGN(const auto limited, failures_.reached(id, network, deadline));
  out.retry = limited.value_or(seconds(0));
  if (limited) return with(std::move(out), RetractOutcome::limited);
  // A bare button press guesses nothing, and destroys nothing.
  if (address.empty()) return with(std::move(out), RetractOutcome::no_address);
  const auto typed = parse_typed_address(address);
  if (!typed || !is_of(out.view, typed->address())) {
    CS_ASSIGN(const FailureCount count, failures_.count(id, network, deadline));
    out.retry = count.over.value_or(seconds(0));
    return with(std::move(out),
                count.over ? RetractOutcome::limited : RetractOutcome::wrong_address);
  }
  return confirm(std::move(out), what, typed->address(), stamp, deadline);
}

Result<RetractResult> RetractDesk::confirm(RetractResult out, Retraction what,
                                           const std::string& address, const std::string& stamp,
                                           Deadline deadline) const {
  const std::string binding = binding_of(what, out.view);
  const std::string kind(word(kRetractionWords, what));
  const auto given = parts_.wait.check(stamp, binding);
  bool first = false;
  if (given) {
    CS_ASSIGN(first, parts_.state.spend(kind + ":" + given->nonce, given->remaining + kNonceMargin,
                                        deadline));
  }
  if (!first) {
    out.stamp = parts_.wait.issue(binding);
    return with(std::move(out), RetractOutcome::confirm);
  }
  CS_TRY(
      send_request(parts_.requests, parts_.keyring, out.view, kind, address, "address", deadline));
  out.view.state = ViewState::withdrawn;
  // Without the mark the page only shows the form again.
  const HeldView& held = out.view.held;
  (void)parts_.state.mark_answered(held.id.text(), mark_text(held, kind), kMarkLife, deadline);
  return with(std::move(out), RetractOutcome::taken);
}

}  // namespace countersign
