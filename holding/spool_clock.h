// SPDX-License-Identifier: Apache-2.0
//
// The spool's own clock: how long its daemons have run, counted by the steady clock and kept in the
// file `clock`. It stands while nothing runs and no step of the wall clock moves it, so what
// expires by it may expire late, never early. Thread-safe.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "spool/spool_fs.h"

namespace countersign {

class SpoolClock {
 public:
  /// Goes on from the file; from 0 when it is absent or does not decode (logged).
  /// Errors: unavailable.
  static Result<std::unique_ptr<SpoolClock>> open(SpoolFs& fs, const Clock& clock);

  milliseconds now() const;
  /// Writes the file anew, by a rename. Errors: unavailable.
  Status save();

 private:
  SpoolClock(SpoolFs& fs, const Clock& clock, milliseconds before)
      : fs_(fs), clock_(clock), before_(before), started_(clock.steady()) {}
  SpoolFs& fs_;
  const Clock& clock_;
  const milliseconds before_;
  const SteadyTime started_;
};

}  // namespace countersign
