// SPDX-License-Identifier: Apache-2.0
#include "holding/notifier.h"

#include <algorithm>
#include <ctime>

#include "base/log.h"

namespace countersign {
namespace {

using Kind = HeldEvent::Kind;
constexpr seconds kSoon{5};
constexpr std::size_t kMostChallengesAtOnce = 20;
constexpr std::size_t kMostLeaks = 1000;

/// Times of waiting are the system's: a clock that a test moves would stretch or cut them.
SteadyTime now() { return std::chrono::steady_clock::now(); }

/// The local day of `t` as "2027-05-03", and its minutes after midnight.
std::pair<std::string, std::chrono::minutes> local_day(WallTime t) {
  const std::time_t secs = std::chrono::floor<seconds>(t).time_since_epoch().count();
  std::tm local{};
  localtime_r(&secs, &local);
  char day[32];
  std::snprintf(day, sizeof day, "%04d-%02d-%02d", local.tm_year + 1900, local.tm_mon + 1,
                local.tm_mday);
  return {day, std::chrono::minutes(local.tm_hour * 60 + local.tm_min)};
}

/// Whether time can end it: its recipient could let it in, and nobody is being delivered to.
bool can_expire(HeldState state, bool under_way) { return may_be_let_in(state) && !under_way; }

}  // namespace

bool Backoff::may_try(const HeldId& id) const {
  const auto at = waiting_.find(id);
  return at == waiting_.end() || now() >= at->second.until;
}

void Backoff::failed(const HeldId& id) {
  Wait& wait = waiting_[id];
  wait.time = wait.time == seconds(0) ? first_ : std::min(2 * wait.time, longest_);
  wait.until = now() + wait.time;
}

void Notifier::start() {
  if (!missed_digest()) last_digest_day_ = local_day(parts_.clock.wall()).first;
}

void Notifier::may_want_challenge(const HeldId& id) {
  if (const auto line = parts_.table.find(id); line && line->wants_challenge)
    unannounced_.with([&](auto& s) { s.insert(id); });
}

void Notifier::leaked(const LeakAlarm& alarm) {
  leaks_.with([&](auto& waiting) {
    if (waiting.size() < kMostLeaks) waiting.emplace(alarm.owner + " " + alarm.id, alarm);
  });
}

void Notifier::turn(const std::atomic<bool>& stopping) {
  send_challenges(stopping);
  send_leak_alarms(stopping);
  parts_.reports.send();
  if (now() >= next_digests_) {
    next_digests_ = now() + std::chrono::minutes(1);
    send_digests(stopping);
  }
  if (now() < next_expiry_) return;
  next_expiry_ = now() + kSoon;
  expire(stopping);
}

void Notifier::send_challenges(const std::atomic<bool>& stopping) {
  const auto ids = unannounced_.with([](auto& s) { return s; });
  std::size_t tried = 0;
  for (const HeldId& id : ids) {
    if (!challenges_.may_try(id)) continue;
    if (stopping || ++tried > kMostChallengesAtOnce) return;
    if (auto done = parts_.announcer.challenge(id); !done) {
      challenges_.failed(id);
      continue;
    }
    challenges_.forget(id);
    unannounced_.with([&](auto& s) { s.erase(id); });
  }
}

void Notifier::send_leak_alarms(const std::atomic<bool>& stopping) {
  const auto waiting = leaks_.with([](auto& all) { return all; });
  for (const auto& entry : waiting) {
    const LeakAlarm& alarm = entry.second;
    if (stopping) return;
    if (auto done = parts_.announcer.leak(alarm); !done) {
      log::warning("leak alarm waits", {{"owner", alarm.owner}, {"error", done.error().detail}});
      continue;
    }
    leaks_.with([&](auto& all) { all.erase(entry.first); });
  }
}

/// Whether today's digest is still to come, or was due while this node was down. A start after the
/// hour is no reason for one: the next comes tomorrow at its time.
bool Notifier::missed_digest() const {
  const WallTime wall = parts_.clock.wall();
  const auto minute = local_day(wall).second;
  if (minute < digest_at_) return true;
  const WallTime due = wall - (minute - digest_at_) - std::chrono::minutes(1);
  return !parts_.table
              .where([&](const HeldLine& line) {
                return waits_for_a_word(line.state) && !line.all_announced && line.arrived < due;
              })
              .empty();
}

void Notifier::send_digests(const std::atomic<bool>& stopping) {
  const auto [day, minute] = local_day(parts_.clock.wall());
  if (minute < digest_at_ || day == last_digest_day_) return;
  std::set<std::string> owners;
  (void)parts_.table.where([&](const HeldLine& line) {
    if (may_be_let_in(line.state)) owners.insert(line.owners.begin(), line.owners.end());
    return false;
  });
  bool all = true;
  for (const std::string& owner : owners) {
    if (stopping) return;
    const std::string name = "digest:" + parts_.spool.node() + ":" + owner + ":" + day;
    if (auto done = parts_.announcer.digest(owner, name); !done) {
      log::warning("digest waits", {{"owner", owner}, {"error", done.error().detail}});
      all = false;
    }
  }
  if (all) last_digest_day_ = day;
}

void Notifier::expire(const std::atomic<bool>& stopping) {
  const WallTime wall = parts_.clock.wall();
  const milliseconds kept = parts_.spool_clock.now();
  const auto ids = parts_.table.where([&](const HeldLine& line) {
    return can_expire(line.state, line.under_way) && wall >= line.expires &&
           kept - line.kept_since >= line.expires - line.arrived;
  });
  for (const HeldId& id : ids) {
    if (stopping) return;
    if (!endings_.may_try(id)) continue;
    if (auto done = expire(id); !done) {
      endings_.failed(id);
      log::warning("expiry waits", {{"held", id.text()}, {"error", done.error().detail}});
    } else {
      endings_.forget(id);
    }
  }
}

Status Notifier::expire(const HeldId& id) {
  auto line = parts_.table.find(id);
  if (!line) return {};
  if (!line->all_announced) {
    const auto hour = std::to_string(to_epoch_ms(parts_.clock.wall()) / 3'600'000);
    const std::set<std::string> owners(line->owners.begin(), line->owners.end());
    for (const std::string& owner : owners)
      CS_TRY(parts_.announcer.digest(owner, "digest:" + parts_.spool.node() + ":" + owner +
                                                ":last:" + id.text() + ":" + hour));
    line = parts_.table.find(id);
    if (!line || !line->all_announced) return Error{Errc::unavailable, "not announced yet"};
  }
  const auto claim = parts_.claims.take(id);
  if (!claim) return Error{Errc::unavailable, "busy"};
  CS_ASSIGN(const HeldMessage message, parts_.spool.read(id));
  const History history = history_of(message);
  if (!can_expire(history.state, history.is_under_way())) return {};
  CS_TRY(parts_.spool.log(
      id, {.kind = Kind::expired, .when = parts_.clock.wall(), .recipient = 0, .text = {}}));
  CS_ASSIGN(const HeldMessage after, parts_.spool.read(id));
  parts_.table.put(after);
  on_change_(id);
  return {};
}

}  // namespace countersign
