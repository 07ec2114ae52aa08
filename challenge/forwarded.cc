// SPDX-License-Identifier: Apache-2.0
#include "challenge/forwarded.h"

#include <algorithm>
#include <optional>

namespace countersign::challenge {
namespace {

constexpr std::string_view kBlanks = " \t";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// The address of a node (RFC 7239 §6), "192.0.2.43:47011", "[2001:db8::17]:4711", bare IPv6 too.
std::string address_of_node(std::string_view node) {
  if (node.starts_with('[')) {
    const auto end = node.find(']');
    if (end == std::string_view::npos) return "";
    const std::string_view rest = node.substr(end + 1);
    if (!rest.empty() && !(rest.front() == ':' && is_port(rest.substr(1)))) return "";
    node = node.substr(1, end - 1);
    if (node.find(':') == std::string_view::npos) return "";
  } else if (const auto colon = node.find(':');
             colon != std::string_view::npos && node.rfind(':') == colon) {
    if (!is_port(node.substr(colon + 1))) return "";
    node = node.substr(0, colon);
  }
  return network_of(node) ? std::string(node) : "";
}

std::vector<std::string> of_list(std::string_view value) {
  std::vector<std::string> out;
  for (;;) {
    const auto comma = value.find(',');
    out.push_back(address_of_node(trimmed(value.substr(0, comma))));
    if (comma == std::string_view::npos) return out;
    value.remove_prefix(comma + 1);
  }
}

bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

/// Takes a quoted string (RFC 9110 §5.6.4) off the front of `text`; nothing if it does not end.
std::optional<std::string> take_quoted(std::string_view& text) {
  std::string out;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return out;
    }
    if (text[i] == '\\' && ++i == text.size()) break;
    out += text[i];
  }
  return std::nullopt;
}

/// Takes `name=value` off the front; nothing if there is none. What stands before ';', ',' or the
/// end must be used up by it.
std::optional<std::pair<std::string, std::string>> take_pair(std::string_view& text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || !is_token(text.substr(0, equals))) return std::nullopt;
  std::string name(text.substr(0, equals));
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  text.remove_prefix(equals + 1);
  std::string value;
  if (text.starts_with('"')) {
    auto quoted = take_quoted(text);
    if (!quoted) return std::nullopt;
    value = *std::move(quoted);
  } else {
    const auto end = std::min(text.find_first_of(";, \t"), text.size());
    value = text.substr(0, end);
    // More than a token allows, as many proxies write: an address with its port or its colons.
    if (value.empty() || value.find('"') != std::string::npos) return std::nullopt;
    text.remove_prefix(end);
  }
  return std::pair(std::move(name), std::move(value));
}

/// Takes one element of Forwarded off the front of `text`; returns its address. Nothing: it cannot
/// be read.
std::optional<std::string> take_element(std::string_view& text) {
  std::string address;
  bool named = false;
  for (;;) {
    text = text.substr(std::min(text.find_first_not_of(kBlanks), text.size()));
    if (text.empty() || text.front() == ',') break;
    if (text.front() == ';') {
      text.remove_prefix(1);
      continue;
    }
    const auto pair = take_pair(text);
    if (!pair) return std::nullopt;
    text = text.substr(std::min(text.find_first_not_of(kBlanks), text.size()));
    if (!text.empty() && text.front() != ';' && text.front() != ',') return std::nullopt;
    if (pair->first != "for") continue;
    if (named) return std::nullopt;  // RFC 7239 §4: once an element
    named = true;
    address = address_of_node(pair->second);
  }
  return address;
}

std::vector<std::string> of_forwarded(std::string_view value) {
  std::vector<std::string> out;
  for (;;) {
    auto address = take_element(value);
    out.push_back(address ? *std::move(address) : "");
    if (!address || value.empty()) return out;
    value.remove_prefix(1);  // the comma
  }
}

}  // namespace

std::vector<std::string> forwarding_addresses(ClientField field, std::string_view value) {
  if (trimmed(value).empty()) return {};
  return field == ClientField::forwarded ? of_forwarded(value) : of_list(value);
}

std::string client_address(std::string_view peer, ClientField field, std::string_view value,
                           const NetworkList& proxies) {
  if (!proxies.contains(peer)) return std::string(peer);
  std::string address(peer);
  const auto told = forwarding_addresses(field, value);
  for (auto at = told.rbegin(); at != told.rend() && proxies.contains(address); ++at) {
    if (at->empty()) return "";
    address = *at;
  }
  return address;
}

}  // namespace countersign::challenge
