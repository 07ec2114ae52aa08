// SPDX-License-Identifier: Apache-2.0
//
// Release, drop and restore on an operator's word: by an order to the daemon that has the spool, or
// where none runs, here and now. Not thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/clock.h"
#include "base/keyring.h"
#include "relay/smtp_client.h"
#include "spool/spool.h"
#include "tokenstore/held_index.h"

namespace countersign::admin {

/// What became of an operator's word.
struct HeldDone {
  std::string result;  ///< "ordered", "released", "dropped", "restored", "deferred", "refused"
  std::string detail;  ///< replies of the MTA; may be ""
};

struct HeldDeskParts {
  SpoolFs& fs;
  Relay& relay;
  const Clock& clock;
  std::string who;
  /// Tells the index, where there is one to be told: index_entry() of the message, then its state.
  /// Errors: unavailable (then the file stays, and the daemon does it at its next start).
  std::function<Status(const HeldMessage&)> tell_index;
};

class HeldDesk {
 public:
  /// Takes the spool's lock if it is free. `limits` as the daemon has them.
  /// Errors: unavailable.
  static Result<std::unique_ptr<HeldDesk>> open(HeldDeskParts parts, const SpoolLimits& limits);

  /// False: a daemon has the spool, and gets orders.
  bool alone() const { return spool_ != nullptr; }
  /// Returns a message that is not over. Errors: not_found (not held here, or over: detail says
  /// which), corrupt, unavailable.
  Result<HeldMessage> find(const HeldId& id);
  /// `recipient`: index of the only one whom it is for; none: words_of_approval() has whom, with
  /// `blocking`. Errors: as find(); invalid (nobody whom such a word is for is left).
  Result<HeldDone> release(const HeldId& id, std::optional<std::uint32_t> recipient = {},
                           const std::set<std::string>& blocking = {});
  /// Of several recipients for `recipient` alone; none: for all. Errors: as find().
  Result<HeldDone> drop(const HeldId& id, std::optional<std::uint32_t> recipient = {});
  /// Undoes that its sender took a message back. Errors: also invalid (he did not).
  Result<HeldDone> restore(const HeldId& id);

 private:
  HeldDesk(HeldDeskParts parts, std::unique_ptr<Spool> spool)
      : parts_(std::move(parts)), spool_(std::move(spool)) {}
  Result<HeldDone> order(const HeldId& id, const std::string& verb,
                         std::optional<std::uint32_t> recipient = {});
  Status finish(const HeldId& id);

  HeldDeskParts parts_;
  std::unique_ptr<Spool> spool_;
};

}  // namespace countersign::admin
