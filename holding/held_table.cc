// SPDX-License-Identifier: Apache-2.0
#include "holding/held_table.h"

#include <algorithm>

namespace countersign {

namespace {

bool is_announced(const History& history) {
  for (std::size_t i = 0; i < history.announced.size(); ++i)
    if (!history.announced[i] && history.is_kept_for(i)) return false;
  return true;
}

}  // namespace

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
                .under_way = h.is_under_way(),
                .all_announced = is_announced(h),
                .wants_challenge = e.by_mail && e.challenged && !h.challenge_sending && !h.may_go,
                .challenged = e.challenged,
                .by_mail = e.by_mail,
                .generation = e.generation,
                .answer_key = e.answer_key,
                .retry_digest = e.retry_digest};
  table_.with([&](Table& table) {
    table.erase(e.id);
    if (!line.retry_digest.empty()) table.retries.insert_or_assign(line.retry_digest, e.id);
    table.lines.emplace(e.id, std::move(line));
  });
}

void HeldTable::Table::erase(const HeldId& id) {
  const auto line = lines.find(id);
  if (line == lines.end()) return;
  const auto retry = retries.find(line->second.retry_digest);
  if (retry != retries.end() && retry->second == id) retries.erase(retry);
  lines.erase(line);
}

void HeldTable::erase(const HeldId& id) {
  table_.with([&](Table& table) { table.erase(id); });
}

std::optional<HeldLine> HeldTable::find(const HeldId& id) const {
  return table_.with([&](const Table& table) -> std::optional<HeldLine> {
    const auto at = table.lines.find(id);
    if (at == table.lines.end()) return std::nullopt;
    return at->second;
  });
}

std::optional<HeldId> HeldTable::find_retry(const std::string& digest) const {
  return table_.with([&](const Table& table) -> std::optional<HeldId> {
    const auto at = table.retries.find(digest);
    if (at == table.retries.end()) return std::nullopt;
    const auto line = table.lines.find(at->second);
    if (line == table.lines.end() || line->second.state != HeldState::held) return std::nullopt;
    return at->second;
  });
}

std::size_t HeldTable::size() const {
  return table_.with([](const Table& table) { return table.lines.size(); });
}

}  // namespace countersign
