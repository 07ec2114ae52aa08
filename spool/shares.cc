// SPDX-License-Identifier: Apache-2.0
#include "spool/shares.h"

#include <algorithm>
#include <numeric>

namespace countersign {
namespace {

constexpr std::string_view kShareNames[] = {"authenticated", "machine", "unauthenticated"};

std::uint64_t part_of(std::uint64_t bytes, double part) {
  return static_cast<std::uint64_t>(static_cast<double>(bytes) * std::clamp(part, 0.0, 1.0));
}

std::uint64_t count_of(const std::unordered_map<std::string, std::uint64_t>& counts,
                       const std::string& name) {
  const auto found = counts.find(name);
  return found == counts.end() ? 0 : found->second;
}

Error over_cap(std::string_view what, const std::string& name, std::uint64_t most) {
  return {Errc::invalid, std::string(what) + " " + name + " has " + std::to_string(most) +
                             " messages held, the most allowed"};
}

/// Counts `name` and returns its count, or null: "" is not counted.
auto* count_one(std::unordered_map<std::string, std::uint64_t>& counts, const std::string& name) {
  if (name.empty()) return static_cast<decltype(&*counts.begin())>(nullptr);
  auto& entry = *counts.try_emplace(name, 0).first;
  ++entry.second;
  return &entry;
}

constexpr std::uint64_t kBlock = 4096;
/// The message itself, its folder, its log, an operator's order.
constexpr std::uint64_t kFilesOfOne = 4;

bool low(std::uint64_t left, std::uint64_t total, std::uint64_t most, std::uint64_t needed) {
  return total > 0 && left < std::min(most, total / 20) + needed;
}

}  // namespace

Claimants claimants_of(const HeldEnvelope& envelope, const std::string& network) {
  Claimants claimants{envelope.share, envelope.owners, envelope.fingerprint, network};
  std::ranges::sort(claimants.owners);
  claimants.owners.erase(std::unique(claimants.owners.begin(), claimants.owners.end()),
                         claimants.owners.end());
  if (claimants.author_domain.empty()) {
    const std::size_t at = envelope.author.rfind('@');
    if (at != std::string::npos) claimants.author_domain = envelope.author.substr(at + 1);
  }
  if (claimants.share == "authenticated") claimants.network.clear();
  return claimants;
}

Shares::Claim::Class Shares::class_of(const Claimants& claimants) {
  if (claimants.share == kShareNames[0]) return Claim::Class::authenticated;
  if (claimants.share == kShareNames[1]) return Claim::Class::machine;
  return Claim::Class::unauthenticated;
}

std::string Shares::over_share(Claim::Class share, std::uint64_t more) const {
  const std::uint64_t machines = used_[static_cast<std::size_t>(Claim::Class::machine)];
  const std::uint64_t others =
      machines + used_[static_cast<std::size_t>(Claim::Class::unauthenticated)];
  if (used_bytes() + more > limits_.bytes) return "the limit";
  if (share == Claim::Class::authenticated) return "";
  if (others + more > limits_.bytes - part_of(limits_.bytes, limits_.authenticated_least))
    return "what authenticated authors leave";
  if (share == Claim::Class::machine &&
      machines + more > part_of(limits_.bytes, limits_.machines_most))
    return "the share of machines";
  return "";
}

Status Shares::under_caps(const Claimants& claimants) {
  const Names& names = names_of(class_of(claimants));
  for (const std::string& owner : claimants.owners)
    if (count_of(names.owners, owner) >= limits_.per_recipient)
      return over_cap("recipient", owner, limits_.per_recipient);
  if (count_of(names.author_domains, claimants.author_domain) >= limits_.per_author_domain)
    return over_cap("author domain", claimants.author_domain, limits_.per_author_domain);
  if (count_of(names.networks, claimants.network) >= limits_.per_network)
    return over_cap("network", claimants.network, limits_.per_network);
  return {};
}

Result<Shares::Claim> Shares::admit(const Claimants& claimants, std::uint64_t bytes) {
  CS_TRY(under_caps(claimants));
  Claim claim = restore(claimants, 0);
  if (auto grown = grow(claim, bytes); !grown) {
    const bool authenticated = claim.share_ == Claim::Class::authenticated;
    give_back(claim);
    // An authenticated author meets only the whole spool's limit: a full disk by another name.
    return Error{authenticated ? Errc::unavailable : Errc::invalid, grown.error().detail};
  }
  return claim;
}

Shares::Claim Shares::restore(const Claimants& claimants, std::uint64_t bytes) {
  Claim claim;
  claim.share_ = class_of(claimants);
  claim.bytes_ = bytes;
  used_[static_cast<std::size_t>(claim.share_)] += bytes;
  Names& names = names_of(claim.share_);
  claim.owners_.reserve(claimants.owners.size());
  for (const std::string& owner : claimants.owners)
    claim.owners_.push_back(count_one(names.owners, owner));
  claim.author_domain_ = count_one(names.author_domains, claimants.author_domain);
  claim.network_ = count_one(names.networks, claimants.network);
  return claim;
}

Status Shares::grow(Claim& claim, std::uint64_t bytes) {
  if (const std::string what = over_share(claim.share_, bytes); !what.empty())
    return Error{Errc::unavailable,
                 "spool: " + what + " is reached (" +
                     std::string(kShareNames[static_cast<std::size_t>(claim.share_)]) + ")"};
  claim.bytes_ += bytes;
  used_[static_cast<std::size_t>(claim.share_)] += bytes;
  return {};
}

void Shares::give_back(Claim& claim) {
  const auto uncount = [](Counts& counts, Claim::Count* entry) {
    if (entry && --entry->second == 0) counts.erase(counts.find(entry->first));
  };
  Names& names = names_of(claim.share_);
  for (Claim::Count* owner : claim.owners_) uncount(names.owners, owner);
  uncount(names.author_domains, claim.author_domain_);
  uncount(names.networks, claim.network_);
  used_[static_cast<std::size_t>(claim.share_)] -= claim.bytes_;
  claim = Claim{};
}

std::uint64_t Shares::used_bytes() const {
  return std::accumulate(used_.begin(), used_.end(), std::uint64_t{0});
}

bool low_space(const Space& space, std::uint64_t logs) {
  return low(space.free_bytes, space.total_bytes, std::uint64_t{32} << 20, logs * kBlock) ||
         low(space.free_files, space.total_files, 1000, logs + kFilesOfOne);
}

}  // namespace countersign
