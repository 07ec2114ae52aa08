// SPDX-License-Identifier: Apache-2.0
#include "admin/milter_list.h"

#include <algorithm>

namespace countersign::admin {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kSeparators = ", \t\r\n";

std::string_view trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(kBlanks);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(kBlanks) - from + 1);
}

/// Cuts the first element off: up to a separator outside braces.
std::string_view cut_element(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(kSeparators), rest.size()));
  int depth = 0;
  std::size_t at = 0;
  for (; at < rest.size(); ++at) {
    if (depth == 0 && kSeparators.find(rest[at]) != std::string_view::npos) break;
    if (rest[at] == '{') ++depth;
    if (rest[at] == '}' && --depth <= 0) {
      ++at;
      break;
    }
  }
  const std::string_view element = rest.substr(0, at);
  rest.remove_prefix(at);
  return element;
}

MilterEntry entry_of(std::string_view element) {
  MilterEntry entry;
  entry.text = element;
  if (!element.starts_with('{')) {
    entry.endpoint = element;
    return entry;
  }
  std::string_view inside = element.substr(1, element.size() - (element.ends_with('}') ? 2 : 1));
  entry.endpoint = cut_element(inside);
  while (!trimmed(inside).empty()) {
    std::string_view option = cut_element(inside);
    if (option.empty()) break;
    // "{ name = value }" protects blanks.
    if (option.starts_with('{') && option.ends_with('}'))
      option = trimmed(option.substr(1, option.size() - 2));
    const auto equals = option.find('=');
    if (equals == std::string_view::npos) continue;
    entry.options[std::string(trimmed(option.substr(0, equals)))] =
        trimmed(option.substr(equals + 1));
  }
  return entry;
}

}  // namespace

std::vector<MilterEntry> parse_milters(std::string_view list) {
  std::vector<MilterEntry> entries;
  for (;;) {
    const std::string_view element = cut_element(list);
    if (element.empty()) return entries;
    entries.push_back(entry_of(element));
  }
}

std::string compact_milters(std::string_view list) {
  std::string out;
  bool separator = false;
  for (const char c : list) {
    if (kSeparators.find(c) != std::string_view::npos) {
      separator = true;
      continue;
    }
    // A separator counts between two words, and before a brace that opens or behind one that
    // closes.
    const char before = out.empty() ? '{' : out.back();
    const bool joins = before == '{' || before == '=' || c == '}' || c == '=';
    if (before == '}' && c != '}')
      out += ',';
    else if (separator && !joins)
      out += ',';
    out += c;
    separator = false;
  }
  return out;
}

std::vector<std::string> postfix_endpoints(std::string_view socket,
                                           std::string_view queue_directory) {
  std::vector<std::string> endpoints;
  if (socket.starts_with("unix:")) {
    const std::string path(socket.substr(5));
    std::string folder(queue_directory);
    if (!folder.ends_with('/')) folder += '/';
    if (path.starts_with(folder)) endpoints.push_back("unix:" + path.substr(folder.size()));
    endpoints.push_back("unix:" + path);
    for (std::size_t i = 0, n = endpoints.size(); i < n; ++i)
      endpoints.push_back("local:" + endpoints[i].substr(5));
    return endpoints;
  }
  const auto colon = socket.find(':');
  const auto at = socket.find('@');
  if (colon == std::string_view::npos || at == std::string_view::npos || at < colon) return {};
  const std::string family(socket.substr(0, colon));
  const std::string port(socket.substr(colon + 1, at - colon - 1));
  const std::string host(socket.substr(at + 1));
  if (family == "inet6")
    endpoints.push_back("inet:[" + host + "]:" + port);
  else
    endpoints.push_back("inet:" + host + ":" + port);
  if (host == "127.0.0.1" || host == "::1") endpoints.push_back("inet:localhost:" + port);
  return endpoints;
}

int find_milter(const std::vector<MilterEntry>& list, const std::vector<std::string>& endpoints) {
  for (std::size_t i = 0; i < list.size(); ++i)
    if (std::find(endpoints.begin(), endpoints.end(), list[i].endpoint) != endpoints.end())
      return static_cast<int>(i);
  return -1;
}

}  // namespace countersign::admin
