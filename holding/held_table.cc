// SPDX-License-Identifier: Apache-2.0
#include "holding/held_table.h"

#include <algorithm>

namespace countersign {

void HeldTable::put(const HeldMessage& message) {
  const HeldEnvelope& e = message.envelope;
  const History h = history_of(message);
  HeldLine line{.author = e.author,
                .fingerprint = e.fingerprint,
                .reason = e.reason,
                .owners = e.owners,
                .arrived = e.arrived,
                .expires = e.expires,
                .kept_since = e.kept_since,
                .state = h.state,
                .all_announced = std::ranges::all_of(h.announced, [](bool b) { return b; }),
                .wants_challenge = e.by_mail && e.challenged && !h.challenge_sending && !h.may_go};
  lines_.with([&](auto& lines) { lines.insert_or_assign(e.id, std::move(line)); });
}

void HeldTable::erase(const HeldId& id) {
  lines_.with([&](auto& lines) { lines.erase(id); });
}

std::optional<HeldLine> HeldTable::find(const HeldId& id) const {
  return lines_.with([&](const auto& lines) -> std::optional<HeldLine> {
    const auto at = lines.find(id);
    if (at == lines.end()) return std::nullopt;
    return at->second;
  });
}

std::size_t HeldTable::size() const {
  return lines_.with([](const auto& lines) { return lines.size(); });
}

}  // namespace countersign
