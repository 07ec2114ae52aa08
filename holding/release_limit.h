// SPDX-License-Identifier: Apache-2.0
//
// The largest message that the MTA takes back: what is larger must not be kept, for no answer could
// ever bring it to its recipient. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <utility>

#include "base/result.h"

namespace countersign {

class ReleaseLimit {
 public:
  static constexpr std::uint64_t kAny = std::numeric_limits<std::uint64_t>::max();

  /// Returns what the re-entry port offers by SIZE (RFC 1870), in bytes; 0: it names no limit.
  using Ask = std::function<Result<std::uint64_t>()>;
  explicit ReleaseLimit(Ask ask) : ask_(std::move(ask)) {}

  /// Asks again. What was known before stays when nobody answers. Errors: those of Ask.
  Status refresh() {
    CS_ASSIGN(const std::uint64_t offered, ask_());
    most_ = offered == 0 ? kAny : offered > kOurs ? offered - kOurs : 0;
    return {};
  }

  /// Returns the most bytes of header section and body, as they came, that it takes with the fields
  /// that are put on top; kAny before it was asked.
  std::uint64_t most() const { return most_; }

 private:
  /// Our fields Countersign and Received, and the Received of the MTA, at their longest.
  static constexpr std::uint64_t kOurs = 3072;

  const Ask ask_;
  std::atomic<std::uint64_t> most_{kAny};
};

}  // namespace countersign
