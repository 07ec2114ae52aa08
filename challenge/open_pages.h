// SPDX-License-Identifier: Apache-2.0
//
// Pages that were shown and are not answered yet, to tell how many people give up. Kept in memory
// only: a restart forgets them. Thread-safe.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "mail/held_id.h"

namespace countersign::challenge {

class OpenPages {
 public:
  /// A page that is not looked at for `patience` is abandoned. Of more than `most` no more are
  /// noted.
  explicit OpenPages(milliseconds patience = std::chrono::hours(1), std::size_t most = 20'000)
      : patience_(patience), most_(most) {}

  /// The page of a waiting message was shown.
  void shown(const HeldId& id, SteadyTime now);
  /// It was answered, or taken back.
  void ended(const HeldId& id);
  /// Forgets those that are abandoned, and returns how many they were.
  std::size_t abandoned(SteadyTime now);

 private:
  const milliseconds patience_;
  const std::size_t most_;
  std::mutex mutex_;
  std::map<HeldId, SteadyTime> open_;  ///< when last looked at; under mutex_
};

}  // namespace countersign::challenge
