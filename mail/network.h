// SPDX-License-Identifier: Apache-2.0
//
// Networks of SMTP and HTTP clients, as text. Pure, thread-safe. An IPv4 address mapped into IPv6
// (RFC 4291 §2.5.5.2) is the IPv4 address.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace countersign {

/// Returns the network that one client may be taken to command: "192.0.2.0/24" of "192.0.2.7",
/// "2001:db8:1:2::/64" of an IPv6 address. Brackets and the tag "IPv6:" (RFC 5321 §4.1.3) are
/// taken. Errors: invalid (no textual IP address).
Result<std::string> network_of(std::string_view ip);

/// A list of networks, as in `milter.submit_networks` and `milter.relays`. Immutable value.
class NetworkList {
 public:
  NetworkList() = default;
  /// Parses "192.0.2.1", "192.0.2.0/24", "::1", "2001:db8::/32". Errors: invalid, with the entry
  /// in the detail (no address; prefix length too large; bits set behind the prefix).
  static Result<NetworkList> parse(const std::vector<std::string>& networks);

  /// Whether the list has a network with this address; text that is no address is in none.
  bool contains(std::string_view ip) const;
  bool empty() const { return networks_.empty(); }

 private:
  struct Network {
    std::array<std::uint8_t, 16> address{};  ///< IPv4 mapped into IPv6
    unsigned bits = 0;                       ///< of the 128
  };
  static std::optional<Network> parse_one(const std::string& text, const char*& why);

  std::vector<Network> networks_;
};

}  // namespace countersign
