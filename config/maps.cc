// SPDX-License-Identifier: Apache-2.0
#include "config/maps.h"

#include <algorithm>

#include "config/values.h"
#include "mail/domain.h"
#include "mail/mailbox.h"
#include "mail/owner_map.h"

namespace countersign {
namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(kBlanks);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(kBlanks) - from + 1);
}

/// Calls `use` with each line and its number from 1.
template <class Use>
void each_line(std::string_view text, Use use) {
  int number = 1;
  for (std::size_t at = 0; at < text.size(); ++number) {
    const auto end = std::min(text.find('\n', at), text.size());
    use(number, text.substr(at, end - at));
    at = end + 1;
  }
}

struct Entry {
  int line;
  std::string text;
};

/// Lines with their continuations, without comments (postmap(1)).
std::vector<Entry> logical_lines(std::string_view text) {
  std::vector<Entry> entries;
  each_line(text, [&](int number, std::string_view line) {
    const auto content = trimmed(line);
    if (content.empty() || content.starts_with('#')) return;
    if (kBlanks.find(line.front()) != std::string_view::npos && !entries.empty())
      entries.back().text.append(" ").append(content);
    else
      entries.push_back({number, std::string(content)});
  });
  return entries;
}

}  // namespace

Result<std::string> parse_protected_domain(std::string_view text) {
  auto domain = to_a_labels(text);
  if (!domain || domain->empty() || domain->starts_with('['))
    return Error{Errc::invalid, in_quotes(text) + " is no domain"};
  if (is_registry(*domain))
    return Error{Errc::invalid, in_quotes(text) + " is a public suffix, no domain of a site"};
  return domain;
}

std::vector<std::string> parse_domain_list(std::string_view text, std::vector<BadLine>& bad) {
  std::vector<std::string> domains;
  each_line(text, [&](int number, std::string_view line) {
    const auto content = trimmed(line.substr(0, line.find('#')));
    if (content.empty()) return;
    const auto domain = parse_protected_domain(content);
    if (domain)
      domains.push_back(*domain);
    else
      bad.push_back({number, domain.error().detail});
  });
  std::sort(domains.begin(), domains.end());
  domains.erase(std::unique(domains.begin(), domains.end()), domains.end());
  return domains;
}

namespace {

std::string normalised(std::string_view text) {
  const auto mailbox = Mailbox::parse(text);
  if (mailbox) return mailbox->address();
  const auto domain =
      text.starts_with('@') ? to_a_labels(text.substr(1)) : Error{Errc::invalid, {}};
  return domain ? "@" + *domain : std::string(text);
}

/// "a@x, b@x" of "A@x  b@X".
std::string normalised_list(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find_first_of(", \t\r", at), text.size());
    if (end > at) out += (out.empty() ? "" : ", ") + normalised(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

}  // namespace

std::map<std::string, std::string> parse_mailbox_map(std::string_view text,
                                                     std::vector<BadLine>& bad) {
  std::map<std::string, std::string> owners;
  OwnerMap map;
  for (const auto& [line, entry] : logical_lines(text)) {
    const auto blank = entry.find_first_of(kBlanks);
    const std::string_view key = std::string_view(entry).substr(0, blank);
    const std::string_view value = blank == std::string::npos
                                       ? std::string_view()
                                       : trimmed(std::string_view(entry).substr(blank));
    if (const std::string what = map.add(key, value); !what.empty())
      bad.push_back({line, what});
    else
      owners.emplace(normalised(key), normalised_list(value));
  }
  return owners;
}

std::map<std::string, std::string> parse_table_listing(std::string_view text) {
  std::map<std::string, std::string> owners;
  OwnerMap map;
  each_line(text, [&](int, std::string_view line) {
    const auto tab = line.find('\t');
    if (tab == std::string_view::npos) return;
    const std::string_view key = line.substr(0, tab);
    if (map.add(key, line.substr(tab + 1)).empty())
      owners.emplace(normalised(key), normalised_list(line.substr(tab + 1)));
  });
  return owners;
}

}  // namespace countersign
