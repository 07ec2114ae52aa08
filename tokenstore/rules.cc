// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/rules.h"

#include <algorithm>
#include <string_view>

namespace countersign {
namespace {

constexpr std::string_view kWindow = "expect:";

constexpr std::size_t kMostLabels = 6;

}  // namespace

std::vector<Subject> subjects_of(const Inquiry& inquiry) {
  std::vector<Subject> fields;
  if (inquiry.author) fields.push_back("a:" + inquiry.author->address());
  if (!inquiry.list_id.empty()) fields.push_back("l:" + inquiry.list_id);
  if (!inquiry.author) return fields;
  std::string_view domain = inquiry.author->domain();
  fields.push_back("d:" + std::string(domain));
  if (domain.starts_with('[')) return fields;
  // A domain may have a hundred labels, and nobody has entries for the nearest of so many.
  const auto labels = static_cast<std::size_t>(std::count(domain.begin(), domain.end(), '.')) + 1;
  for (std::size_t left = labels; left > 0; --left) {
    if (left == labels || left <= kMostLabels) fields.push_back("d:." + std::string(domain));
    domain.remove_prefix(std::min(domain.find('.') + 1, domain.size()));
  }
  return fields;
}

Subject list_post_subject(const Inquiry& inquiry) {
  if (inquiry.list_id.empty() || !inquiry.list_post) return "";
  return "a:" + inquiry.list_post->address();
}

std::string window_field(std::string_view domain) {
  return std::string(kWindow) + std::string(domain);
}

std::optional<std::string> window_of_field(std::string_view field) {
  if (!field.starts_with(kWindow)) return std::nullopt;
  return std::string(field.substr(kWindow.size()));
}

void join_policy(PolicyValues& into, const PolicyValues& less_specific) {
  for (const auto& [key, value] : less_specific) into.emplace(key, value);
}

ContactEntry learnt(const std::optional<ContactEntry>& before, const ContactEntry& entry) {
  if (!before) return entry;
  ContactEntry after = *before;
  if (after.standing == Standing::allow && after.fingerprints.empty())
    after.fingerprints = entry.fingerprints;
  return after;
}

milliseconds heartbeat_age(milliseconds left) {
  return std::max(kHeartbeatLife - left, milliseconds(0));
}

}  // namespace countersign
