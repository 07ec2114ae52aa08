// SPDX-License-Identifier: Apache-2.0
//
// What the running spool knows of its messages without asking the disk: which there are, what they
// take of the shares, and whether their logs exist. Small: some 200 bytes a message. Thread-safe.
#pragma once

#include <map>
#include <vector>

#include "base/guarded.h"
#include "mail/held_id.h"
#include "spool/shares.h"

namespace countersign {

class HeldSet {
 public:
  explicit HeldSet(const SpoolLimits& limits) : state_(limits) {}

  /// As Shares. A claim that was admitted is added with insert(), or given back.
  Result<Shares::Claim> admit(const Claimants& claimants, std::uint64_t bytes);
  Status grow(Shares::Claim& claim, std::uint64_t bytes);
  void give_back(Shares::Claim& claim);

  void insert(const HeldId& id, Shares::Claim claim);
  /// Adds a message found on disk; never refuses.
  void restore(const HeldId& id, const Claimants& claimants, std::uint64_t bytes, bool has_log);
  void erase(const HeldId& id);
  bool contains(const HeldId& id) const;
  /// Says that the message's files are about to be removed; it stays until erase().
  void set_going(const HeldId& id);
  bool going(const HeldId& id) const;
  bool has_log(const HeldId& id) const;
  void set_has_log(const HeldId& id);
  /// The number of messages whose logs are still to be made.
  std::uint64_t without_log() const;

  std::vector<HeldId> ids() const;
  std::uint64_t used_bytes() const;

 private:
  struct Entry {
    Shares::Claim claim;
    bool has_log = false;  ///< and its name is durable
    bool going = false;
  };
  struct State {
    explicit State(const SpoolLimits& limits) : shares(limits) {}
    Shares shares;
    std::map<HeldId, Entry> entries;
    std::uint64_t without_log = 0;
  };
  Guarded<State> state_;
};

}  // namespace countersign
