// SPDX-License-Identifier: Apache-2.0
#include "milter/asked_tuple.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

#include "base/crypto.h"
#include "base/encoding.h"
#include "mail/domain.h"
#include "mail/folded_path.h"
#include "mail/network.h"
#include "mail/unicode.h"

namespace countersign {
namespace {

/// The organizational domain of a client's name, or "": an MTA that could not confirm the name says
/// "unknown" or an address in brackets; and a public suffix is nobody's in particular.
std::string confirmed_domain(const Client& client) {
  if (client.name.find('.') == std::string::npos || network_of(client.name)) return {};
  const auto domain = to_a_labels(client.name);
  if (!domain || domain->starts_with('[')) return {};
  std::string organization = organizational_domain(*domain);
  return is_public_suffix(organization) ? std::string() : organization;
}

/// Whether a host name spells its IPv4 address, as providers name those of their customers:
/// "192-0-2-7.dsl.example", "host7.2.0.192.example", "c0000207.example".
bool spells_address(std::string_view name, const std::string& address) {
  std::array<unsigned, 4> octets{};
  if (std::sscanf(address.c_str(), "%u.%u.%u.%u", &octets[0], &octets[1], &octets[2], &octets[3]) !=
      4)
    return false;
  std::array<char, 9> hex{};
  std::snprintf(hex.data(), hex.size(), "%02x%02x%02x%02x", octets[0] & 255U, octets[1] & 255U,
                octets[2] & 255U, octets[3] & 255U);
  const std::string lower = ascii_lower(name);
  if (lower.find(hex.data()) != std::string::npos) return true;
  std::vector<unsigned long> numbers;
  for (std::size_t at = 0; (at = lower.find_first_of("0123456789", at)) != std::string::npos;) {
    const std::size_t end = std::min(lower.find_first_not_of("0123456789", at), lower.size());
    if (end - at <= 3) numbers.push_back(std::stoul(lower.substr(at, end - at)));
    at = end;
  }
  const auto has = [&](auto first, auto last) {
    return std::search(numbers.begin(), numbers.end(), first, last) != numbers.end();
  };
  return has(octets.begin(), octets.end()) || has(octets.rbegin(), octets.rend());
}

bool is_of_this_host(const std::string& address) {
  static const NetworkList kLoopback = *NetworkList::parse({"127.0.0.0/8", "::1"});
  return address.empty() || kLoopback.contains(address);
}

constexpr std::size_t kWayBytes = 16;

std::string way_digest(const std::string& domain, std::string_view evidence) {
  return sha256(framed("way", organizational_domain(domain), evidence)).substr(0, kWayBytes);
}

}  // namespace

std::string client_evidence(const Client& client) {
  if (const std::string domain = confirmed_domain(client); !domain.empty()) return "ptr:" + domain;
  const auto network = network_of(client.address);
  return "net:" + (network ? *network : std::string());
}

std::string network_fingerprint(const Client& client) {
  const auto network = network_of(client.address);
  if (!network || is_of_this_host(client.address)) return {};
  return spells_address(client.name, client.address) ? "net:" + *network : client_evidence(client);
}

std::string tuple_path(const ReversePath& path) {
  return path.mailbox ? folded_reverse_path(*path.mailbox).address() : ascii_lower(path.raw);
}

AskedTuple refused_tuple(const Facts& facts, const ReversePath& path, const Client& client) {
  const std::string& fingerprint = facts.authentication.fingerprint;
  return {.copy = Copy::refused,
          .author = facts.author.mailbox ? facts.author.mailbox->address() : "",
          .reverse_path = tuple_path(path),
          .evidence = fingerprint.empty() ? client_evidence(client) : "author:" + fingerprint,
          .owners = {}};
}

AskedTuple deferred_tuple(const ReversePath& path, const Client& client) {
  return {.copy = Copy::deferred,
          .author = {},
          .reverse_path = tuple_path(path),
          .evidence = client_evidence(client),
          .owners = {}};
}

std::vector<std::string> ways_of(const ReversePath& path, const Client& client) {
  if (!path.mailbox) return {};
  const std::string& domain = path.mailbox->domain();
  return {way_digest(domain, client_evidence(client)), way_of_domain(domain)};
}

std::string way_of_domain(const std::string& domain) { return way_digest(domain, ""); }

std::string header_digest(const HeaderSection& header) {
  std::string bytes;
  for (const std::string_view name : {"From", "To", "Cc", "Subject", "Date", "Message-ID"})
    for (const HeaderField* field : header.all(name)) bytes += framed(name, unfold(field->value));
  return hex_encode(sha256(bytes));
}

}  // namespace countersign
