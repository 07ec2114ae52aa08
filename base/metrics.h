// SPDX-License-Identifier: Apache-2.0
//
// Metrics by prometheus-cpp. Names, helps and labels are declared where the metric is; a label is
// an enumerator, never an address or an id, so the number of series is fixed when compiled.
// docs/metrics.md lists them all, and a test compares it with Registry::text().
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace countersign::metrics {

struct Label {
  std::string name;
  std::string value;
};

/// All metrics of a program. Declare every one before the first thread starts; what they count is
/// then thread-safe.
class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  /// Returns the exposition text that a scrape would see.
  std::string text() const;
  /// Serves GET /metrics on "host:port" until this dies. Errors: unavailable (the port is taken).
  Status serve(const std::string& listen);

  prometheus::Counter& counter(std::string_view name, std::string_view help,
                               const std::vector<Label>& labels);
  prometheus::Gauge& gauge(std::string_view name, std::string_view help);
  /// `bounds` of the buckets, in seconds.
  prometheus::Histogram& histogram(std::string_view name, std::string_view help,
                                   const std::vector<double>& bounds);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A count that only grows.
class Counter {
 public:
  Counter(Registry& registry, std::string_view name, std::string_view help);
  Counter(Registry& registry, std::string_view name, std::string_view help,
          const std::vector<Label>& labels);
  void increment(double by = 1) noexcept;

 private:
  prometheus::Counter* counter_;
};

/// Counts split by one enumeration; `values[i]` is the label's value of enumerator i.
template <class Enum, std::size_t N>
class CounterBy {
 public:
  CounterBy(Registry& registry, std::string_view name, std::string_view help,
            std::string_view label, const std::array<std::string_view, N>& values) {
    counters_.reserve(N);
    for (const std::string_view value : values)
      counters_.emplace_back(registry, name, help,
                             std::vector<Label>{{std::string(label), std::string(value)}});
  }
  void increment(Enum value, double by = 1) noexcept {
    counters_[static_cast<std::size_t>(value)].increment(by);
  }

 private:
  std::vector<Counter> counters_;
};

/// Counts split by two enumerations: a series for each pair.
template <class One, std::size_t N, class Other, std::size_t M>
class CounterByBoth {
 public:
  CounterByBoth(Registry& registry, std::string_view name, std::string_view help,
                std::string_view one_label, const std::array<std::string_view, N>& ones,
                std::string_view other_label, const std::array<std::string_view, M>& others) {
    counters_.reserve(N * M);
    for (const std::string_view one : ones)
      for (const std::string_view other : others)
        counters_.emplace_back(registry, name, help,
                               std::vector<Label>{{std::string(one_label), std::string(one)},
                                                  {std::string(other_label), std::string(other)}});
  }
  void increment(One one, Other other) noexcept {
    counters_[static_cast<std::size_t>(one) * M + static_cast<std::size_t>(other)].increment();
  }

 private:
  std::vector<Counter> counters_;
};

class Gauge {
 public:
  Gauge(Registry& registry, std::string_view name, std::string_view help);
  void set(double value) noexcept;

 private:
  prometheus::Gauge* gauge_;
};

/// Durations in seconds, buckets from 0.5 ms to 10 s.
class Latency {
 public:
  /// From half a millisecond to 10 s: what a machine does.
  static std::vector<double> work_bounds();
  /// From ten seconds to a month: what people do.
  static std::vector<double> patience_bounds();
  Latency(Registry& registry, std::string_view name, std::string_view help,
          const std::vector<double>& bounds = work_bounds());
  void observe(std::chrono::duration<double> took) noexcept;

 private:
  prometheus::Histogram* histogram_;
};

}  // namespace countersign::metrics
