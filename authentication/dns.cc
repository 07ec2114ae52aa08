// SPDX-License-Identifier: Apache-2.0
#include "authentication/dns.h"

#include <algorithm>

namespace countersign {
namespace {

constexpr std::size_t kMostText = 16 * 1024;

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

}  // namespace

DnsAnswer DnsBudget::ask(const std::string& name, DnsType type) {
  for (DnsBudget* budget = this; budget != nullptr; budget = budget->whole_)
    if (budget->left_-- <= 0) {
      budget->left_ = 0;
      exhausted_ = true;
      return {};
    }
  return dns_.ask(name, type, deadline_);
}

DnsBudget DnsBudget::part(Deadline deadline, int questions) {
  DnsBudget out(dns_, std::min(deadline, deadline_), questions);
  out.whole_ = this;
  return out;
}

std::optional<std::string> txt_of(std::string_view record) {
  std::string text;
  if (record.empty()) return std::nullopt;
  while (!record.empty()) {
    const std::size_t size = static_cast<unsigned char>(record.front());
    record.remove_prefix(1);
    if (size > record.size()) return std::nullopt;
    text += record.substr(0, size);
    record.remove_prefix(size);
  }
  if (text.size() > kMostText || text.find('\0') != std::string::npos) return std::nullopt;
  return text;
}

std::optional<std::string> name_of(std::string_view record, DnsType type) {
  if (type == DnsType::mx) {
    if (record.size() < 2) return std::nullopt;
    record.remove_prefix(2);
  }
  std::string name;
  for (;;) {
    if (record.empty()) return std::nullopt;
    const std::size_t size = static_cast<unsigned char>(record.front());
    record.remove_prefix(1);
    if (size == 0) break;
    if (size > 63 || size > record.size()) return std::nullopt;
    const std::string_view label = record.substr(0, size);
    if (!std::all_of(label.begin(), label.end(), is_host_character)) return std::nullopt;
    if (!name.empty()) name += '.';
    name += label;
    record.remove_prefix(size);
  }
  if (!record.empty() || name.empty() || name.size() > 253) return std::nullopt;
  return name;
}

}  // namespace countersign
