// SPDX-License-Identifier: Apache-2.0
//
// Challenges of which nothing is held: mail that was refused or deferred with a URL. Each has a
// view and a token as a held message has (HeldIndex::get, look_up), and a record in {m}:asked of
// each owner, by which the next try is known. Thread-safe.
//
// Bounded: an owner has kMostAsked records at most; with the oldest go their views and tokens, so
// that no flood of forged authors fills the store. What is forgotten is asked anew, by the same
// URL.
//
// Beside them stand, in {m}:ways, the ways by which mail comes of those who are known: the next one
// need not wait for its From to be read. They take no room from what is asked.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "screening/knowledge.h"
#include "tokenstore/held_index.h"

namespace countersign {

inline constexpr std::size_t kMostAsked = 200;
/// Above it nobody more is deferred: the rest is for those who are refused.
inline constexpr std::size_t kMostDeferred = kMostAsked / 2;

/// The record of one owner.
struct AskedFor {
  std::string owner;  ///< Mailbox::key()
  std::string id;     ///< of the record: that of the refused tuple with this owner alone
  AskedRecord record;
};

class Asked {
 public:
  virtual ~Asked() = default;

  /// Writes the view, answer:{digest}, and the records; a record that waits or is answered stays as
  /// it is. May be repeated. Errors: unavailable (name no URL).
  virtual Status ask(const HeldView& view, const std::string& digest,
                     const std::vector<AskedFor>& records, Deadline deadline) = 0;
  /// Returns whether `owner` has fewer than kMostDeferred records; forgets those whose time is over
  /// first, if that is needed. Errors: unavailable.
  virtual Result<bool> has_room(const std::string& owner, Deadline deadline) = 0;
  /// Lets the next try pass: `waiting` becomes `answered`. Returns whether the record is answered
  /// after it (false: there is none, or it is spent). Errors: unavailable.
  virtual Result<bool> answer(const std::string& owner, const std::string& id,
                              Deadline deadline) = 0;
  /// Spends an answer on one message: `answered` becomes `spent`. Atomic. Returns whether this
  /// message may pass: it was the first, or the one that spent it within the last day (`use` alike:
  /// a retry after a reply that was lost). Errors: unavailable.
  virtual Result<bool> spend(const std::string& owner, const std::string& id, const AskedUse& use,
                             WallTime now, Deadline deadline) = 0;
  /// Ends a record, whatever its state: nobody waits any more. None there: that is done.
  /// Errors: unavailable.
  virtual Status end(const std::string& owner, const std::string& id, Deadline deadline) = 0;
  /// Remembers that mail which `owner` wants comes by these ways: any bytes, the same for all mail
  /// that comes so. Of each mailbox kMostWays are kept, those that end last, for kWayLife after
  /// `now`. Errors: unavailable.
  virtual Status remember_ways(const std::string& owner, const std::vector<std::string>& ways,
                               WallTime now, Deadline deadline) = 0;
  /// Changes the state that the view's page shows, and what became of it for each recipient where
  /// `view` has outcomes; of the rest of it only `id` counts. Errors: not_found, unavailable.
  virtual Status set_state(const HeldView& view, HeldState state, WallTime when,
                           Deadline deadline) = 0;
};

}  // namespace countersign
