// SPDX-License-Identifier: Apache-2.0
//
// Time as a dependency, so that tests can step it. Wall time is what people and files mean;
// steady time is what deadlines and ages within one run mean.
#pragma once

#include <chrono>
#include <string>

namespace countersign {

using std::chrono::milliseconds;
using std::chrono::seconds;

using WallTime = std::chrono::sys_time<milliseconds>;
using SteadyTime = std::chrono::time_point<std::chrono::steady_clock>;
/// An absolute point by which a call has returned; handed down, never restarted.
using Deadline = SteadyTime;

/// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime wall() const = 0;
  virtual SteadyTime steady() const = 0;
};

class SystemClock final : public Clock {
 public:
  WallTime wall() const override {
    return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
  }
  SteadyTime steady() const override { return std::chrono::steady_clock::now(); }
};

/// A clock that stands until it is moved. Not thread-safe while it is moved.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(WallTime wall = WallTime(seconds(1'800'000'000))) : wall_(wall) {}
  WallTime wall() const override { return wall_; }
  SteadyTime steady() const override { return steady_; }
  /// Moves both times on, as waiting does.
  void advance(milliseconds by) {
    wall_ += by;
    steady_ += by;
  }
  /// Moves wall time only, as an administrator or NTP does.
  void step_wall(milliseconds by) { wall_ += by; }

 private:
  WallTime wall_;
  SteadyTime steady_{std::chrono::hours(1)};
};

/// Returns milliseconds since the epoch; the form in which stored records keep time.
inline long long to_epoch_ms(WallTime t) { return t.time_since_epoch().count(); }
inline WallTime from_epoch_ms(long long ms) { return WallTime(milliseconds(ms)); }

/// Returns the milliseconds left until `deadline`, at least 0: a poll(2) timeout.
inline int poll_timeout(Deadline deadline) {
  auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now()).count();
  return left < 0 ? 0 : left > 3'600'000 ? 3'600'000 : static_cast<int>(left);
}

/// Returns `t` as RFC 5322 §3.3 date-time in UTC: "Mon, 03 May 2027 14:02:00 +0000".
std::string rfc5322_date(WallTime t);
/// Returns `t` as RFC 3339 in UTC with seconds: "2027-05-03T14:02:00Z". For logs and JSON.
std::string rfc3339(WallTime t);

}  // namespace countersign
