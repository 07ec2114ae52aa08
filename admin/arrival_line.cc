// SPDX-License-Identifier: Apache-2.0
#include "admin/arrival_line.h"

#include <algorithm>

#include "admin/syslog_line.h"

namespace countersign::admin {
namespace {

bool skip(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool is_host_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
         c == '-' || c == '_';
}

/// The address in "[192.0.2.1]" or "[192.0.2.1]:25"; "" for other text.
std::string_view ip_of(std::string_view word) {
  if (!skip(word, "[")) return {};
  const auto close = word.find(']');
  if (close == std::string_view::npos) return {};
  std::string_view port = word.substr(close + 1);
  if (!port.empty() && (!skip(port, ":") || port.find_first_not_of("0123456789") < port.size()))
    return {};
  return word.substr(0, close);
}

/// Where the value of a field ends that Exim may have put between quotation marks.
std::size_t end_of_word(std::string_view text) {
  const auto blank = std::min(text.find(' '), text.size());
  const auto quote = text.find('"');
  if (quote == std::string_view::npos || quote > blank) return blank;
  for (std::size_t i = quote + 1; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      return std::min(text.find(' ', i), text.size());
  }
  return text.size();
}

bool is_helo(std::string_view word) {
  return word.size() >= 2 && word.front() == '(' &&
         word.find_first_of("()", 1) == word.size() - 1 && word.back() == ')';
}

/// "NAME (HELO) [IP]:PORT", of which at most the address must be there; returns the address and
/// takes all of it off. "": it is not told for certain.
std::string_view take_exim_host(std::string_view& text) {
  std::string_view word = next_word(text);
  if (!word.empty() && std::ranges::all_of(word, is_host_character)) word = next_word(text);
  if (is_helo(word)) word = next_word(text);
  return ip_of(word);
}

/// The one protocol of SMTP that stands in the line; "" if there is none or, in whatever place,
/// another: then somebody wrote one of them into what Exim does not put between quotation marks.
std::string_view only_protocol(std::string_view text) {
  std::string_view found;
  for (auto at = text.find(" P="); at != std::string_view::npos; at = text.find(" P=", at + 1)) {
    std::string_view rest = text.substr(at);
    const std::string_view word = next_word(rest);
    if (word.find("smtp") == std::string_view::npos) continue;
    if (!found.empty()) return {};
    found = word;
  }
  return found;
}

bool tells_of_login(std::string_view protocol) {
  return protocol == "asmtp" || protocol.ends_with('a');
}

}  // namespace

std::optional<std::string_view> take_address(std::string_view& text, char end) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == end && !quoted) {
      const std::string_view address = text.substr(0, i);
      text.remove_prefix(i + 1);
      return address;
    }
  }
  return std::nullopt;
}

std::optional<Arrival> parse_postfix_client(std::string_view text) {
  if (!skip(text, "client=")) return std::nullopt;
  const auto open = text.find_first_of("[, ");
  if (open == std::string_view::npos || text[open] != '[') return std::nullopt;
  text.remove_prefix(open);
  const auto end = std::min(text.find(", "), text.size());
  Arrival out;
  out.client = ip_of(text.substr(0, end));
  if (out.client.empty()) return std::nullopt;
  text.remove_prefix(end);
  if (skip(text, ", sasl_method="))
    text.remove_prefix(std::min(text.find_first_of(", "), text.size()));
  out.authenticated = skip(text, ", sasl_username=") && !text.empty() && text.front() != ',';
  return out;
}

Arrival parse_exim_arrival(std::string_view text) {
  Arrival out;
  const std::string_view protocol = only_protocol(text);
  for (const std::string_view optional : {"R=", "DS"}) {
    std::string_view rest = text;
    if (next_word(rest).starts_with(optional)) text = rest;
  }
  while (text.starts_with(' ')) text.remove_prefix(1);
  if (protocol.empty() || !skip(text, "H=")) return out;
  const std::string_view client = take_exim_host(text);
  std::string_view word = next_word(text);
  if (word.starts_with("I=[")) word = next_word(text);
  if (word.starts_with("TFO")) word = next_word(text);
  // Before the protocol may stand U=, what the client's own host says of its user: anything. And
  // with helo_accept_junk_hosts HELO may be anything; then the true address stands behind it.
  const bool is_plain = word == protocol;
  for (; word != protocol; word = next_word(text))
    if (word.empty() || word.starts_with('[')) return out;
  out.client = client;
  if (!is_plain || client.empty() || !tells_of_login(protocol.substr(2))) return out;
  while (!text.empty()) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    const std::string_view field = text.substr(0, end_of_word(text));
    text.remove_prefix(field.size());
    if (field.starts_with("S=")) break;
    out.authenticated = out.authenticated || field.starts_with("A=");
  }
  return out;
}

}  // namespace countersign::admin
