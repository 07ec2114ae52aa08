// SPDX-License-Identifier: Apache-2.0
//
// When mails of ours go out: challenges, leak alarms, reports, digests, and, as it is announced
// before, what ends a message whose lifetime is over. All talk to the port for notices, and wait
// for it; nothing else of a node does. One that the MTA does not take for now keeps no other
// waiting.
//
// turn() belongs to one thread; the others are thread-safe and never block.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "base/guarded.h"
#include "holding/announcer.h"
#include "holding/held_table.h"
#include "holding/report_desk.h"
#include "holding/spool_clock.h"

namespace countersign {

/// How long what failed waits until it is tried again: twice as long each time. Not thread-safe.
class Backoff {
 public:
  Backoff(seconds first, seconds longest) : first_(first), longest_(longest) {}
  bool may_try(const HeldId& id) const;
  void failed(const HeldId& id);
  void forget(const HeldId& id) { waiting_.erase(id); }

 private:
  struct Wait {
    seconds time{0};
    SteadyTime until{};
  };
  const seconds first_;
  const seconds longest_;
  std::map<HeldId, Wait> waiting_;
};

struct NotifierParts {
  Spool& spool;
  SpoolClock& spool_clock;
  HeldTable& table;
  Claims& claims;
  Announcer& announcer;
  ReportDesk& reports;
  const Clock& clock;
};

class Notifier {
 public:
  /// `digest_at`: after midnight, local time. `on_change`: called for a message that came to its
  /// end; must not block.
  Notifier(NotifierParts parts, std::chrono::minutes digest_at,
           std::function<void(const HeldId&)> on_change)
      : parts_(parts), digest_at_(digest_at), on_change_(std::move(on_change)) {}

  /// To be called before the first turn, when the table is filled.
  void start();
  /// Tells that a message may want a challenge by mail.
  void may_want_challenge(const HeldId& id);
  /// For Services::on_leak. Forgets alarms when too many wait: the store notes all.
  void leaked(const LeakAlarm& alarm);
  /// Sends what is due, until `stopping`.
  void turn(const std::atomic<bool>& stopping);

 private:
  void send_challenges(const std::atomic<bool>& stopping);
  void send_leak_alarms(const std::atomic<bool>& stopping);
  bool missed_digest() const;
  void send_digests(const std::atomic<bool>& stopping);
  void expire(const std::atomic<bool>& stopping);
  Status expire(const HeldId& id);

  NotifierParts parts_;
  const std::chrono::minutes digest_at_;
  const std::function<void(const HeldId&)> on_change_;
  Guarded<std::set<HeldId>> unannounced_;
  Guarded<std::map<std::string, LeakAlarm>> leaks_;  ///< by owner and id of the token
  Backoff challenges_{seconds(5), std::chrono::minutes(10)};
  Backoff endings_{seconds(5), std::chrono::hours(1)};
  std::string last_digest_day_;
  SteadyTime next_digests_{};
  SteadyTime next_expiry_{};
};

}  // namespace countersign
