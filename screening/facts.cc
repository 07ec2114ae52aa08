// SPDX-License-Identifier: Apache-2.0
#include "screening/facts.h"

#include "mail/header_test.h"

namespace countersign {
namespace {

const std::string* find(const PolicyValues& values, std::string_view key) {
  const auto it = values.find(key);
  return it == values.end() ? nullptr : &it->second;
}

}  // namespace

PageState page_state(std::optional<milliseconds> page_age) {
  if (!page_age || *page_age > std::chrono::hours(4)) return PageState::long_down;
  return *page_age > seconds(60) ? PageState::down : PageState::up;
}

Policy resolve_policy(const Policy& defaults, const PolicyValues& values) {
  Policy policy = defaults;
  if (const auto* mode = find(values, "mode"))
    policy.mode = from_word<Mode>(kModeWords, *mode).value_or(policy.mode);
  const auto choose = [&](std::string_view key, Disposition& chosen, std::string_view word_a,
                          Disposition a, std::string_view word_b, Disposition b) {
    const auto* value = find(values, key);
    if (value == nullptr) return;
    if (*value == word_a) chosen = a;
    if (*value == word_b) chosen = b;
  };
  if (const auto* score = find(values, "challenge_from"))
    if (const auto number = parse_score(*score)) policy.challenge_from = *number;
  using enum Disposition;
  choose("machines", policy.machines, "hold", hold_silently, "aside", aside);
  choose("blocked", policy.blocked, "hold", hold_silently, "refuse", refuse);
  choose("unauthentic", policy.unauthentic, "hold", hold_silently, "refuse", refuse);
  return policy;
}

}  // namespace countersign
