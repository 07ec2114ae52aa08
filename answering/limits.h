// SPDX-License-Identifier: Apache-2.0
//
// Failed answers are limited, per message and per network (design section 6). Success is never
// counted against anybody; it only tells how busy a network is (effort.h). Thread-safe.
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
  /// So many failures has each message all the same, where its network has had too many: hundreds
  /// of people may share an address, and each may mistype.
  int still_free = 2;
  seconds window = std::chrono::hours(1);
};

struct FailureCount {
  int message = 0;                ///< failures of this message, with this one
  std::optional<seconds> over{};  ///< it was one too many: when the next try is taken
};

class Failures {
 public:
  /// `state` must outlive this.
  Failures(WebState& state, const FailureLimits& limits) : state_(state), limits_(limits) {}

  /// Returns how long it is until a try is taken, if this message has failed too often, by itself
  /// or with its network; at least 1 s. `network`: as network_of(); "" is not limited. Errors:
  /// unavailable.
  Result<std::optional<seconds>> reached(const HeldId& id, const std::string& network,
                                         Deadline deadline) const;

  /// Counts a failure against both. If it was one too many, its answer must say no more than that,
  /// for several may have been under way at once. Errors: unavailable.
  Result<FailureCount> count(const HeldId& id, const std::string& network, Deadline deadline) const;

  /// Remembers that an answer from this network was taken. A loss does no harm.
  void count_answer(const std::string& network, Deadline deadline) const;
  /// Returns how many answers came from this network in the last hour, right or wrong.
  /// Errors: unavailable.
  Result<int> answers(const std::string& network, Deadline deadline) const;

 private:
  bool is_over(int message, int network) const;
  seconds wait(const HeldId& id, const std::string& network, bool by_message,
               Deadline deadline) const;

  WebState& state_;
  const FailureLimits limits_;
};

}  // namespace countersign
