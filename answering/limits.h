// SPDX-License-Identifier: Apache-2.0
//
// Failed answers are limited, per message and per network (design section 6). Success is never
// counted. Thread-safe.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "mail/held_id.h"
#include "tokenstore/budgets.h"

namespace countersign {

struct FailureLimits {
  int per_message = 5;
  int per_network = 20;
  seconds window = std::chrono::hours(1);
};

class Failures {
 public:
  /// `state` must outlive this.
  Failures(WebState& state, const FailureLimits& limits) : state_(state), limits_(limits) {}

  /// Returns whether this message or this network has failed too often. `network`: as
  /// network_of(); "" is not limited. Errors: unavailable.
  Result<bool> reached(const HeldId& id, const std::string& network, Deadline deadline) const;

  /// Counts a failure against both. Returns whether it was one too many: its answer must then say
  /// no more than that, for several may have been under way at once. Errors: unavailable.
  Result<bool> count(const HeldId& id, const std::string& network, Deadline deadline) const;

  /// How long it is, at most, until a limit that is reached ends.
  seconds retry_after() const { return limits_.window; }

 private:
  WebState& state_;
  const FailureLimits limits_;
};

}  // namespace countersign
