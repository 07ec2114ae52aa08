// SPDX-License-Identifier: Apache-2.0
#include "mail/network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "mail/unicode.h"

namespace countersign {
namespace {

using Address = std::array<std::uint8_t, 16>;

constexpr unsigned kMappedBits = 96;
constexpr Address kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool is_v4(const Address& address) {
  return std::equal(kMapped.begin(), kMapped.begin() + kMappedBits / 8, address.begin());
}

std::optional<Address> parse_address(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  if (ascii_lower(text.substr(0, 5)) == "ipv6:") text.remove_prefix(5);
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string name(text);
  Address address = kMapped;
  if (inet_pton(AF_INET, name.c_str(), &address[kMappedBits / 8]) == 1) return address;
  if (inet_pton(AF_INET6, name.c_str(), address.data()) == 1) return address;
  return std::nullopt;
}

// The address with the bits behind the prefix cleared.
Address prefix(const Address& address, unsigned bits) {
  Address cut{};
  for (unsigned i = 0; i < cut.size(); ++i) {
    const int kept = std::clamp(static_cast<int>(bits) - static_cast<int>(8 * i), 0, 8);
    cut[i] = static_cast<std::uint8_t>(address[i] & (0xff00U >> kept));
  }
  return cut;
}

std::string text_of(const Address& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (is_v4(address))
    inet_ntop(AF_INET, &address[kMappedBits / 8], text, sizeof text);
  else
    inet_ntop(AF_INET6, address.data(), text, sizeof text);
  return text;
}

}  // namespace

Result<std::string> network_of(std::string_view ip) {
  const auto address = parse_address(ip);
  if (!address) return Error{Errc::invalid, "not an IP address"};
  const unsigned bits = is_v4(*address) ? 24 : 64;
  const unsigned kept = is_v4(*address) ? kMappedBits + bits : bits;
  return text_of(prefix(*address, kept)) + '/' + std::to_string(bits);
}

std::optional<NetworkList::Network> NetworkList::parse_one(const std::string& text,
                                                           const char*& why) {
  const std::size_t slash = text.find('/');
  const auto address = parse_address(std::string_view(text).substr(0, slash));
  why = "expected an IP address, or a network like 192.0.2.0/24 or 2001:db8::/32";
  if (!address) return std::nullopt;
  const bool v4 = text.find(':') == std::string::npos;
  Network network{*address, 128};
  if (slash != std::string::npos) {
    const char* end = text.data() + text.size();
    unsigned bits = 0;
    const auto parsed = std::from_chars(text.data() + slash + 1, end, bits);
    if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
    why = v4 ? "the prefix length must be from 0 to 32" : "the prefix length must be from 0 to 128";
    if (bits > (v4 ? 32U : 128U)) return std::nullopt;
    network.bits = v4 ? kMappedBits + bits : bits;
  }
  why = "bits are set behind the prefix";
  if (prefix(network.address, network.bits) != network.address) return std::nullopt;
  return network;
}

Result<NetworkList> NetworkList::parse(const std::vector<std::string>& networks) {
  NetworkList list;
  for (const std::string& text : networks) {
    const char* why = "";
    const auto network = parse_one(text, why);
    if (!network) return Error{Errc::invalid, "\"" + text + "\": " + why};
    list.networks_.push_back(*network);
  }
  return list;
}

bool NetworkList::contains(std::string_view ip) const {
  const auto address = parse_address(ip);
  if (!address) return false;
  return std::any_of(networks_.begin(), networks_.end(), [&](const Network& network) {
    if (network.bits < kMappedBits && is_v4(*address)) return false;  // "::/0" means IPv6
    return prefix(*address, network.bits) == network.address;
  });
}

}  // namespace countersign
