// SPDX-License-Identifier: Apache-2.0
//
// What the milter counts; listed in docs/metrics.md, which a test compares with Registry::text().
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "screening/screen.h"
#include "screening/words.h"

namespace countersign {

/// What became of a permit's use at the end of a message.
enum class SpendOutcome {
  spent,
  repeated,  ///< by a second try of the same mail: nothing was taken
  lost       ///< another mail took the last one meanwhile
};
inline constexpr std::array<std::string_view, 3> kSpendOutcomeWords = {"spent", "repeated", "lost"};

/// Thread-safe once made.
struct MilterMetrics {
  explicit MilterMetrics(metrics::Registry& registry);

  /// Counts one decision.
  void count(const Decision& decision) noexcept;

  metrics::CounterByBoth<Disposition, kDispositionWords.size(), Reason, kReasonWords.size()>
      messages;
  metrics::CounterBy<Disposition, kDispositionWords.size()> observed;
  metrics::Counter holds;
  metrics::Counter joined;
  metrics::Counter unscreened;
  metrics::Counter unauthenticated;
  metrics::Counter outgoing_unlearnt;
  metrics::CounterBy<SpendOutcome, kSpendOutcomeWords.size()> spent;
  metrics::Counter leaks;
  metrics::Counter tokens_missing;
  metrics::Latency authentication_latency;
  metrics::Latency store_latency;  ///< observed by the store itself
  metrics::Latency spool_latency;
};

}  // namespace countersign
