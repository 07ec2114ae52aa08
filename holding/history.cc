// SPDX-License-Identifier: Apache-2.0
#include "holding/history.h"

#include <algorithm>

namespace countersign {
namespace {

using Kind = HeldEvent::Kind;
using Leave = History::Leave;

void allow(History& h, std::size_t i, Leave leave) {
  h.deferrals = 0;
  if (h.recipients[i] == RecipientState::refused) h.recipients[i] = RecipientState::waiting;
  // An answer stays one, whoever says the same after it.
  if (h.leaves[i] != Leave::answer) h.leaves[i] = leave;
}

void allow_all(History& h, Leave leave) {
  h.may_go = true;
  h.withdrawn = false;
  h.taken_back.clear();
  for (std::size_t i = 0; i < h.recipients.size(); ++i) allow(h, i, leave);
}

/// What an event says of one recipient.
void apply_to_one(History& h, const HeldEvent& event) {
  const std::size_t i = event.recipient;
  if (i >= h.recipients.size()) return;
  RecipientState& state = h.recipients[i];
  switch (event.kind) {
    case Kind::freed:
      if (state == RecipientState::declined || state == RecipientState::dropped) break;
      allow(h, i, Leave::answer);
      h.proof = event.text;
      break;
    case Kind::let_in:
      if (state != RecipientState::taken) state = RecipientState::waiting;
      allow(h, i, Leave::approval);
      h.approved_by = event.text;
      break;
    case Kind::released:
      state = RecipientState::taken;
      break;
    case Kind::refused:
      // What was taken stays taken, whatever a later slot says.
      if (state == RecipientState::waiting) state = RecipientState::refused;
      break;
    case Kind::declined:
      if (state == RecipientState::waiting) state = RecipientState::declined;
      break;
    case Kind::dropped_for:
      if (state != RecipientState::taken) state = RecipientState::dropped;
      break;
    case Kind::unreached:
      h.confirmed = true;
      h.reasons[i] = event.text;
      break;
    case Kind::announced:
      h.announced[i] = true;
      break;
    default:
      break;
  }
}

/// What an event says of the message.
void apply(History& h, const HeldEvent& event) {
  switch (event.kind) {
    case Kind::answered:
      allow_all(h, Leave::answer);
      h.answered = h.confirmed = true;
      h.proof = event.text;
      break;
    case Kind::approved:
      allow_all(h, Leave::approval);
      h.approved_by = event.text;
      std::ranges::replace(h.recipients, RecipientState::declined, RecipientState::waiting);
      break;
    case Kind::deferred:
      ++h.deferrals;
      h.last_try = event.when;
      break;
    case Kind::challenged:
      h.challenge_sending = event.text != "again";
      h.challenge_done = h.challenge_sending && event.text != "sending";
      h.challenge_failed = event.text.starts_with("failed");
      break;
    case Kind::reported:
      h.reported = true;
      break;
    case Kind::contact:
      h.contact_written = true;
      break;
    case Kind::withdrawn:
      h.withdrawn = true;
      h.taken_back = event.text;
      break;
    case Kind::restored:
      h.withdrawn = false;
      h.taken_back.clear();
      break;
    case Kind::dropped:
      h.state = HeldState::dropped;
      // To those who may have it already it is on its way no more.
      for (RecipientState& state : h.recipients)
        if (state != RecipientState::taken) state = RecipientState::dropped;
      break;
    case Kind::expired:
      h.state = HeldState::expired;
      break;
    default:
      apply_to_one(h, event);
      break;
  }
}

HeldState state_of(const History& h) {
  if (h.state != HeldState::held) return h.state;
  const auto count = [&](RecipientState r) { return std::ranges::count(h.recipients, r); };
  bool any_waits = h.recipients.empty() && !h.may_go;  // for a word
  for (std::size_t i = 0; i < h.recipients.size(); ++i)
    any_waits =
        any_waits || (h.recipients[i] == RecipientState::waiting && h.leaves[i] == Leave::none);
  if (any_waits) return h.withdrawn ? HeldState::withdrawn : HeldState::held;
  if (h.is_under_way()) return HeldState::answered;
  if (!h.recipients.empty() &&
      count(RecipientState::dropped) == static_cast<std::ptrdiff_t>(h.recipients.size()))
    return HeldState::dropped;
  return count(RecipientState::refused) + count(RecipientState::declined) > 0 ? HeldState::failed
                                                                              : HeldState::released;
}

}  // namespace

bool History::is_under_way() const {
  for (std::size_t i = 0; i < recipients.size(); ++i)
    if (goes_to(i)) return true;
  return false;
}

History history_of(const HeldMessage& message) {
  History h;
  h.changed = message.envelope.arrived;
  h.recipients.resize(message.envelope.envelope.recipients.size(), RecipientState::waiting);
  h.leaves.resize(h.recipients.size(), Leave::none);
  for (std::size_t i = 0; i < h.recipients.size(); ++i)
    h.reasons.push_back(message.envelope.reason_for(i));
  h.announced.resize(h.recipients.size(), false);
  HeldState before = HeldState::held;
  for (const HeldEvent& event : message.events) {
    apply(h, event);
    const HeldState now = state_of(h);
    if (now != before) h.changed = event.when;
    before = now;
  }
  h.state = before;
  return h;
}

}  // namespace countersign
