// SPDX-License-Identifier: Apache-2.0
#include "admin/milter_state.h"

namespace countersign::admin {
namespace {

constexpr seconds kPatience{2};
constexpr std::string_view kStoreUp = "countersign_store_up ";

}  // namespace

std::optional<bool> store_is_up(std::string_view metrics) {
  for (std::size_t at = 0; at < metrics.size();) {
    const auto end = std::min(metrics.find('\n', at), metrics.size());
    const std::string_view line = metrics.substr(at, end - at);
    if (line.starts_with(kStoreUp)) return !line.substr(kStoreUp.size()).starts_with('0');
    at = end + 1;
  }
  return std::nullopt;
}

std::optional<bool> milter_has_store(const Config& config, const Tools& tools) {
  if (config.metrics.milter.empty()) return std::nullopt;
  const auto answer = tools.http_get("http://" + config.metrics.milter + "/metrics",
                                     std::chrono::steady_clock::now() + kPatience);
  if (!answer || answer->status != 200) return std::nullopt;
  return store_is_up(answer->body);
}

}  // namespace countersign::admin
