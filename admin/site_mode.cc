// SPDX-License-Identifier: Apache-2.0
#include "admin/site_mode.h"

#include "admin/policy_words.h"

namespace countersign::admin {
namespace {

constexpr seconds kPatience{5};

Result<SetModes> modes_set(const Config& config, const Tools& tools) {
  CS_ASSIGN(const auto store, tools.open_store(config));
  CS_ASSIGN(auto modes, store->policies().modes("", std::chrono::steady_clock::now() + kPatience));
  return modes ? std::move(*modes) : SetModes{};
}

}  // namespace

Config with_mode(const Config& config, const SiteMode& mode) {
  Config out = config;
  out.first_contact.mode = mode.observing ? "observe" : mode.any_holds ? "hold" : "aside";
  return out;
}

SiteMode site_mode(const Config& config, const Tools& tools) {
  SiteMode out;
  const auto configured = from_word<Mode>(kModeWords, config.first_contact.mode);
  out.observing = configured == Mode::observe;
  out.any_holds = configured == Mode::hold;
  const auto set = modes_set(config, tools);
  if (!set) {
    out.unknown = set.error().detail;
    out.observing = false;
    return out;
  }
  // The site's own word stands over the configuration's; "" names it.
  if (set->modes.contains("")) {
    out = SiteMode();
    out.observing = true;
  }
  for (const auto& [name, mode] : set->modes) {
    if (mode != Mode::observe) out.observing = false;
    if (mode == Mode::hold) out.any_holds = true;
    if (asks(mode)) out.asking.push_back(name.empty() ? "site" : name);
  }
  return out;
}

}  // namespace countersign::admin
