// SPDX-License-Identifier: Apache-2.0
#include "base/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/exposer.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace countersign::metrics {

struct Registry::Impl {
  std::shared_ptr<prometheus::Registry> registry = std::make_shared<prometheus::Registry>();
  std::unique_ptr<prometheus::Exposer> exposer;
};

Registry::Registry() : impl_(std::make_unique<Impl>()) {}
Registry::~Registry() = default;

std::string Registry::text() const {
  return prometheus::TextSerializer().Serialize(impl_->registry->Collect());
}

Status Registry::serve(const std::string& listen) {
  try {
    impl_->exposer = std::make_unique<prometheus::Exposer>(listen, 1);
    impl_->exposer->RegisterCollectable(impl_->registry);
  } catch (const std::exception& e) {
    return Error{Errc::unavailable, "metrics: cannot listen on " + listen + ": " + e.what()};
  }
  return {};
}

prometheus::Counter& Registry::counter(std::string_view name, std::string_view help,
                                       const std::vector<Label>& labels) {
  prometheus::Labels pairs;
  for (const Label& label : labels) pairs[label.name] = label.value;
  return prometheus::BuildCounter()
      .Name(std::string(name))
      .Help(std::string(help))
      .Register(*impl_->registry)
      .Add(pairs);
}

prometheus::Gauge& Registry::gauge(std::string_view name, std::string_view help) {
  return prometheus::BuildGauge()
      .Name(std::string(name))
      .Help(std::string(help))
      .Register(*impl_->registry)
      .Add({});
}

prometheus::Histogram& Registry::histogram(std::string_view name, std::string_view help,
                                           const std::vector<double>& bounds) {
  return prometheus::BuildHistogram()
      .Name(std::string(name))
      .Help(std::string(help))
      .Register(*impl_->registry)
      .Add({}, prometheus::Histogram::BucketBoundaries(bounds.begin(), bounds.end()));
}

Counter::Counter(Registry& registry, std::string_view name, std::string_view help)
    : Counter(registry, name, help, {}) {}
Counter::Counter(Registry& registry, std::string_view name, std::string_view help,
                 const std::vector<Label>& labels)
    : counter_(&registry.counter(name, help, labels)) {}
void Counter::increment(double by) noexcept { counter_->Increment(by); }

Gauge::Gauge(Registry& registry, std::string_view name, std::string_view help)
    : gauge_(&registry.gauge(name, help)) {}
void Gauge::set(double value) noexcept { gauge_->Set(value); }

std::vector<double> Latency::work_bounds() {
  return {0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10};
}
std::vector<double> Latency::patience_bounds() {
  return {10, 30, 60, 300, 900, 3600, 4 * 3600, 86400, 3 * 86400, 7 * 86400, 30 * 86400};
}
Latency::Latency(Registry& registry, std::string_view name, std::string_view help,
                 const std::vector<double>& bounds)
    : histogram_(&registry.histogram(name, help, bounds)) {}
void Latency::observe(std::chrono::duration<double> took) noexcept {
  histogram_->Observe(took.count());
}

}  // namespace countersign::metrics
