// SPDX-License-Identifier: Apache-2.0
#include "mail/arc_chain.h"

#include <charconv>
#include <map>
#include <string_view>

#include "mail/domain.h"

namespace countersign {
namespace {

constexpr std::size_t kMostSets = 50;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// Returns the value of the only tag of that name in a tag list (RFC 6376 §3.2), or nothing.
std::optional<std::string_view> only_tag(std::string_view list, std::string_view name) {
  std::optional<std::string_view> value;
  while (!list.empty()) {
    const auto end = std::min(list.find(';'), list.size());
    const std::string_view tag = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    const auto equals = tag.find('=');
    if (equals == std::string_view::npos || trimmed(tag.substr(0, equals)) != name) continue;
    if (value) return std::nullopt;
    value = trimmed(tag.substr(equals + 1));
  }
  return value;
}

/// Returns 1 to 50, or 0.
std::size_t instance_of(std::optional<std::string_view> text) {
  std::size_t number = 0;
  if (!text || text->empty()) return 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  return error == std::errc() && end == text->data() + text->size() && number <= kMostSets ? number
                                                                                           : 0;
}

}  // namespace

std::vector<ArcSet> read_arc_chain(const HeaderSection& header) {
  std::map<std::size_t, ArcSet> seals;
  for (const HeaderField* field : header.all("ARC-Seal")) {
    const std::size_t instance = instance_of(only_tag(field->value, "i"));
    const auto domain = to_a_labels(only_tag(field->value, "d").value_or(""));
    if (instance == 0 || !domain) return {};
    if (!seals.try_emplace(instance, ArcSet{*domain, std::nullopt}).second) return {};
  }
  std::size_t seen = 0;
  for (const HeaderField* field : header.all("ARC-Authentication-Results")) {
    const std::string_view value = field->value;
    const auto semicolon = std::min(value.find(';'), value.size());
    const std::size_t instance = instance_of(only_tag(value.substr(0, semicolon), "i"));
    const auto set = seals.find(instance);
    if (set == seals.end() || set->second.found) return {};
    ++seen;
    auto found = parse_authentication_results(value.substr(std::min(semicolon + 1, value.size())));
    if (found) set->second.found = *std::move(found);
  }
  if (seen != seals.size() || seals.empty() || seals.rbegin()->first != seals.size()) return {};
  std::vector<ArcSet> chain;
  for (auto& [instance, set] : seals) chain.push_back(std::move(set));
  return chain;
}

}  // namespace countersign
