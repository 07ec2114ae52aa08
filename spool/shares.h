// SPDX-License-Identifier: Apache-2.0
//
// Who takes how much of the spool: shares by class, and caps by owner, author domain and network,
// so that spam cannot fill it against people (design section 5). Authenticated mail is counted
// apart from the rest, so that no flood of forgeries reaches a cap for the domain or the recipient
// that it names. Pure: no clock, no disk, no log. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "spool/spool.h"
#include "spool/spool_fs.h"

namespace countersign {

/// Who a message counts for.
struct Claimants {
  std::string share;                ///< "authenticated", "machine"; all else is "unauthenticated"
  std::vector<std::string> owners;  ///< counted once each
  std::string author_domain;        ///< fingerprint, else the author's domain; "" is not counted
  std::string network;              ///< "" is not counted, nor is it for "authenticated"
};
Claimants claimants_of(const HeldEnvelope& envelope, const std::string& network);

class Shares {
 public:
  explicit Shares(const SpoolLimits& limits) : limits_(limits) {}

  /// What one message takes. Small: names are kept once for all messages.
  class Claim {
   public:
    std::uint64_t bytes() const { return bytes_; }

   private:
    friend class Shares;
    enum class Class : std::uint8_t { authenticated, machine, unauthenticated };
    using Count = std::pair<const std::string, std::uint64_t>;
    Class share_ = Class::unauthenticated;
    std::uint64_t bytes_ = 0;
    std::vector<Count*> owners_;
    Count* author_domain_ = nullptr;
    Count* network_ = nullptr;
  };

  /// Counts a message and its first bytes. Errors: invalid (a cap, or the share of its class; the
  /// detail says which); unavailable (the whole spool's limit, for an authenticated author).
  Result<Claim> admit(const Claimants& claimants, std::uint64_t bytes);
  /// Counts a message that is held already; never refuses.
  Claim restore(const Claimants& claimants, std::uint64_t bytes);
  /// Adds to what a message takes. Errors: unavailable (its share or the limit is reached).
  Status grow(Claim& claim, std::uint64_t bytes);
  /// Takes the message off all counts.
  void give_back(Claim& claim);

  std::uint64_t used_bytes() const;

 private:
  using Counts = std::unordered_map<std::string, std::uint64_t>;
  /// The counts of authenticated mail, or of the rest.
  struct Names {
    Counts owners;
    Counts author_domains;
    Counts networks;
  };
  Names& names_of(Claim::Class share) { return names_[share == Claim::Class::authenticated]; }
  std::string over_share(Claim::Class share, std::uint64_t more) const;
  static Claim::Class class_of(const Claimants& claimants);
  Status under_caps(const Claimants& claimants);

  SpoolLimits limits_;
  std::array<std::uint64_t, 3> used_{};  ///< bytes by class
  std::array<Names, 2> names_;
};

/// Whether the file system has too little room to start another message. What is kept free: 32 MiB
/// or 5 % of it, whichever is less, and the same of files (1000); and, above that, a block and a
/// file for each of the `logs` that held messages do not have yet, so that a full disk keeps nobody
/// from answering, and no answered message from being logged, delivered and removed.
bool low_space(const Space& space, std::uint64_t logs);

}  // namespace countersign
