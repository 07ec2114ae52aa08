// SPDX-License-Identifier: Apache-2.0
//
// IP addresses and networks, as far as a client has one. Immutable values; thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

struct sockaddr;

namespace countersign {

class IpAddress {
 public:
  /// "192.0.2.1", "2001:db8::1"; an IPv4-mapped IPv6 address is taken as IPv4. Errors: invalid.
  static Result<IpAddress> parse(std::string_view text);
  /// None for a null pointer or another family than IPv4 and IPv6.
  static std::optional<IpAddress> from(const sockaddr* address);

  /// "192.0.2.1", "2001:db8::1".
  std::string text() const;
  /// The address literal of RFC 5321 §4.1.3: "[192.0.2.1]", "[IPv6:2001:db8::1]".
  std::string literal() const;
  /// The /24 of IPv4 or /64 of IPv6: "192.0.2.0/24", "2001:db8::/64". What caps count by.
  std::string network() const;
  bool is_v4() const { return v4_; }
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }

 private:
  IpAddress(std::array<std::uint8_t, 16> bytes, bool v4) : bytes_(bytes), v4_(v4) {}
  std::array<std::uint8_t, 16> bytes_;  ///< of IPv4 the first four
  bool v4_;
};

class Network {
 public:
  /// "192.0.2.0/24", "2001:db8::/32", "192.0.2.1". Errors: invalid (bits beyond the prefix too).
  static Result<Network> parse(std::string_view text);
  bool contains(const IpAddress& address) const;

 private:
  Network(IpAddress address, int prefix) : address_(address), prefix_(prefix) {}
  IpAddress address_;
  int prefix_;
};

/// Whether one of `networks` contains `address`; false for none.
bool contains(const std::vector<Network>& networks, const std::optional<IpAddress>& address);

}  // namespace countersign
