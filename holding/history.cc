// SPDX-License-Identifier: Apache-2.0
#include "holding/history.h"

#include <algorithm>

namespace countersign {
namespace {

using Kind = HeldEvent::Kind;

void allow_to_go(History& h) {
  h.may_go = true;
  h.withdrawn = false;
  h.deferrals = 0;
  for (RecipientState& r : h.recipients)
    if (r == RecipientState::refused) r = RecipientState::waiting;
}

void apply(History& h, const HeldEvent& event) {
  const bool known = event.recipient < h.recipients.size();
  switch (event.kind) {
    case Kind::answered:
      allow_to_go(h);
      h.answered = true;
      h.proof = event.text;
      break;
    case Kind::approved:
      allow_to_go(h);
      h.approved_by = event.text;
      std::ranges::replace(h.recipients, RecipientState::declined, RecipientState::waiting);
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
      break;
    case Kind::restored:
      h.withdrawn = false;
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
  const bool all_declined =
      !h.recipients.empty() && count(RecipientState::declined) == std::ssize(h.recipients);
  if (!h.may_go && !all_declined) return h.withdrawn ? HeldState::withdrawn : HeldState::held;
  if (count(RecipientState::waiting) > 0) return HeldState::answered;
  return count(RecipientState::refused) + count(RecipientState::declined) > 0 ? HeldState::failed
                                                                              : HeldState::released;
}

}  // namespace

History history_of(const HeldMessage& message) {
  History h;
  h.changed = message.envelope.arrived;
  h.recipients.resize(message.envelope.envelope.recipients.size(), RecipientState::waiting);
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
