// SPDX-License-Identifier: Apache-2.0
#include "admin/header_table.h"

#include <filesystem>

namespace countersign::admin {
namespace {

constexpr std::string_view kSeparators = ", \t\r\n";

/// One character of a POSIX extended regular expression between slashes.
std::string literal(char c) {
  const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  if (plain) return {c};
  // A slash would end the expression even in brackets; a caret would negate them.
  if (c == '/' || c == '^') return std::string("\\") + c;
  return std::string("[") + c + "]";
}

std::string_view trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(kSeparators);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(kSeparators) - from + 1);
}

/// Where the entry stands as an element of the list.
std::size_t find_entry(std::string_view checks, std::string_view entry) {
  for (std::size_t at = 0; (at = checks.find(entry, at)) != std::string_view::npos; ++at) {
    const bool starts = at == 0 || kSeparators.find(checks[at - 1]) != std::string_view::npos;
    const auto end = at + entry.size();
    const bool ends =
        end == checks.size() || kSeparators.find(checks[end]) != std::string_view::npos;
    if (starts && ends) return at;
  }
  return std::string_view::npos;
}

}  // namespace

std::string header_table(std::string_view authserv_id) {
  std::string pattern;
  // In a quoted string any character may have a backslash before it (RFC 5322 §3.2.4).
  for (const char c : authserv_id) pattern += R"([[:space:]"\]*)" + literal(c);
  return "# Made by 'countersign setup postfix', and made anew by it. Removes the fields\n"
         "# Authentication-Results of " +
         std::string(authserv_id) +
         " that come from outside, however they are written,\n"
         "# before the milters see the mail: what stands there later is true.\n"
         "/^Authentication-Results[[:space:]]*:.*" +
         pattern + "/ IGNORE\n";
}

std::string header_table_path(const std::string& directory) {
  std::error_code error;
  const auto path = std::filesystem::weakly_canonical(directory, error);
  return (error ? directory : path.string()) + "/" + std::string(kHeaderTable);
}

bool has_table(std::string_view checks, const std::string& entry) {
  return find_entry(trimmed(checks), entry) == 0;
}

std::string without_table(std::string_view checks, const std::string& entry) {
  std::string out(trimmed(checks));
  for (std::size_t at; (at = find_entry(out, entry)) != std::string::npos;) {
    const auto next = out.find_first_not_of(kSeparators, at + entry.size());
    out.erase(at, (next == std::string::npos ? out.size() : next) - at);
  }
  return std::string(trimmed(out));
}

std::string with_table(std::string_view checks, const std::string& entry) {
  if (has_table(checks, entry)) return std::string(checks);
  const std::string others = without_table(checks, entry);
  return others.empty() ? entry : entry + ", " + others;
}

}  // namespace countersign::admin
