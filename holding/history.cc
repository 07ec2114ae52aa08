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

void apply(History& h, const HeldEvent& event) {
  const bool known = event.recipient < h.recipients.size();
  switch (event.kind) {
    case Kind::answered:
      allow_all(h, Leave::answer);
      h.answered = true;
      h.proof = event.text;
      break;
    case Kind::approved:
      allow_all(h, Leave::approval);
      h.approved_by = event.text;
      std::ranges::replace(h.recipients, RecipientState::declined, RecipientState::waiting);
      break;
    case Kind::freed:
      if (!known || h.recipients[event.recipient] == RecipientState::declined) break;
      allow(h, event.recipient, Leave::answer);
      h.proof = event.text;
      break;
    case Kind::let_in:
      if (!known) break;
      if (h.recipients[event.recipient] == RecipientState::declined)
        h.recipients[event.recipient] = RecipientState::waiting;
      allow(h, event.recipient, Leave::approval);
      h.approved_by = event.text;
      break;
    case Kind::released:
      if (known) h.recipients[event.recipient] = RecipientState::taken;
      break;
    case Kind::refused:
      // What was taken stays taken, whatever a later slot says.
      if (known && h.recipients[event.recipient] == RecipientState::waiting)
        h.recipients[event.recipient] = RecipientState::refused;
      break;
    case Kind::declined:
      if (known && h.recipients[event.recipient] == RecipientState::waiting)
        h.recipients[event.recipient] = RecipientState::declined;
      break;
    case Kind::deferred:
      ++h.deferrals;
      h.last_try = event.when;
      break;
    case Kind::announced:
      if (known) h.announced[event.recipient] = true;
      break;
    case Kind::challenged:
      h.challenge_sending = event.text != "again";
      h.challenge_done = h.challenge_sending && event.text != "sending";
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
      break;
    case Kind::expired:
      h.state = HeldState::expired;
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
