// SPDX-License-Identifier: Apache-2.0
#include "spool/held_set.h"

#include <utility>

namespace countersign {

Result<Shares::Claim> HeldSet::admit(const Claimants& claimants, std::uint64_t bytes) {
  return state_.with([&](State& s) { return s.shares.admit(claimants, bytes); });
}

Status HeldSet::grow(Shares::Claim& claim, std::uint64_t bytes) {
  return state_.with([&](State& s) { return s.shares.grow(claim, bytes); });
}

void HeldSet::give_back(Shares::Claim& claim) {
  state_.with([&](State& s) { s.shares.give_back(claim); });
}

void HeldSet::insert(const HeldId& id, Shares::Claim claim) {
  state_.with([&](State& s) {
    if (s.entries.try_emplace(id, Entry{std::move(claim)}).second) ++s.without_log;
  });
}

void HeldSet::restore(const HeldId& id, const Claimants& claimants, std::uint64_t bytes,
                      bool has_log) {
  state_.with([&](State& s) {
    s.entries.try_emplace(id, Entry{s.shares.restore(claimants, bytes), has_log});
    if (!has_log) ++s.without_log;
  });
}

void HeldSet::erase(const HeldId& id) {
  state_.with([&](State& s) {
    const auto found = s.entries.find(id);
    if (found == s.entries.end()) return;
    s.shares.give_back(found->second.claim);
    if (!found->second.has_log) --s.without_log;
    s.entries.erase(found);
  });
}

bool HeldSet::contains(const HeldId& id) const {
  return state_.with([&](const State& s) { return s.entries.contains(id); });
}

void HeldSet::set_going(const HeldId& id) {
  state_.with([&](State& s) {
    const auto found = s.entries.find(id);
    if (found != s.entries.end()) found->second.going = true;
  });
}

bool HeldSet::going(const HeldId& id) const {
  return state_.with([&](const State& s) {
    const auto found = s.entries.find(id);
    return found != s.entries.end() && found->second.going;
  });
}

bool HeldSet::has_log(const HeldId& id) const {
  return state_.with([&](const State& s) {
    const auto found = s.entries.find(id);
    return found != s.entries.end() && found->second.has_log;
  });
}

void HeldSet::set_has_log(const HeldId& id) {
  state_.with([&](State& s) {
    const auto found = s.entries.find(id);
    if (found == s.entries.end() || found->second.has_log) return;
    found->second.has_log = true;
    --s.without_log;
  });
}

std::uint64_t HeldSet::without_log() const {
  return state_.with([](const State& s) { return s.without_log; });
}

std::vector<HeldId> HeldSet::ids() const {
  return state_.with([](const State& s) {
    std::vector<HeldId> ids;
    ids.reserve(s.entries.size());
    for (const auto& [id, entry] : s.entries) ids.push_back(id);
    return ids;
  });
}

std::uint64_t HeldSet::used_bytes() const {
  return state_.with([](const State& s) { return s.shares.used_bytes(); });
}

}  // namespace countersign
