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
    offered_ = offered == 0 ? kAny : offered;
    return {};
  }

  /// Returns what it offered last; kAny before it was asked.
  std::uint64_t offered() const { return offered_; }

  /// Returns the most bytes of header section and body, as they came, that it takes with `fields`
  /// bytes put on top.
  std::uint64_t most(std::uint64_t fields) const {
    const std::uint64_t offered = offered_;
    if (offered == kAny) return kAny;
    return offered > fields + kMta ? offered - fields - kMta : 0;
  }

 private:
  /// Postfix counts what it writes into its queue file: its own Received field and the envelope,
  /// some 850 bytes for one recipient. What it writes for more of them, and for long lines, it
  /// wrote as well when the message first came, and took it.
  static constexpr std::uint64_t kMta = 1024;

  const Ask ask_;
  std::atomic<std::uint64_t> offered_{kAny};
};

}  // namespace countersign
