// SPDX-License-Identifier: Apache-2.0
//
// The date and time of a message, as its author's clock had it (RFC 5322 §3.3). Pure, thread-safe.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/clock.h"

namespace countersign {

struct DateTime {
  WallTime instant{};
  std::chrono::minutes offset{0};  ///< of the author's zone, east of UTC
  /// What a clock in the author's zone showed, as if it stood in UTC.
  WallTime local() const { return instant + offset; }
  bool operator==(const DateTime&) const = default;
};

/// Parses the value of a Date field: RFC 5322 §3.3 and the obsolete forms of §4.3 (years of two and
/// three digits, names of zones, comments anywhere); a zone of unknown meaning counts as UTC, as
/// that says. A day of the week that is not that day's does not matter. Nothing if it is none, or
/// before 1970 or after 9999.
std::optional<DateTime> parse_date_time(std::string_view value);

}  // namespace countersign
