// SPDX-License-Identifier: Apache-2.0
//
// How long the web server has been silent. The store tells the age of its last heartbeat while that
// is under four hours; an absent one may be older, or lost with the store's memory, or of a server
// that was never started: no URL is named then. Whether it has been absent for four hours only this
// process's own watching can tell, so that a URL-less hold (design section 4, Channel) is never the
// answer to a doubt. Thread-safe.
#pragma once

#include <algorithm>
#include <atomic>
#include <optional>

#include "base/clock.h"

namespace countersign {

class PageWatch {
 public:
  /// `now`: when watching begins.
  explicit PageWatch(SteadyTime now) : last_seen_(now.time_since_epoch().count()) {}

  /// Takes what the store said (Knowledge::page_age) and returns the age to go by.
  milliseconds age(std::optional<milliseconds> told, SteadyTime now) {
    if (told) {
      last_seen_ = (now - *told).time_since_epoch().count();
      return *told;
    }
    const SteadyTime seen{SteadyTime::duration(last_seen_.load())};
    return std::max(std::chrono::floor<milliseconds>(now - seen), kSurelyDown);
  }

 private:
  /// What has no heartbeat now is not up, however lately it was.
  static constexpr milliseconds kSurelyDown{61'000};

  std::atomic<SteadyTime::rep> last_seen_;
};

}  // namespace countersign
