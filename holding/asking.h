// SPDX-License-Identifier: Apache-2.0
//
// Asks authors of whom nothing is held: mail that is refused, or left with its sender's server, and
// a URL in the reply (design section 4, modes refuse and defer; section 5, refused tuple). What an
// answer does then: an authenticated author becomes a contact, of any other the next message passes
// once.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "screening/knowledge.h"
#include "tokenstore/held_index.h"

namespace countersign {

/// The refused tuple: what each retry at each node has in common.
struct AskedTuple {
  Copy copy = Copy::refused;          ///< refused or deferred
  std::string author{};               ///< address; "" of deferred mail, and where there is none
  std::string reverse_path{};         ///< folded
  std::string evidence{};             ///< who tried: client_evidence(), or the fingerprint
  std::vector<std::string> owners{};  ///< Mailbox::key(), no two alike
};

/// Returns the id of a tuple, the same for ever: that of its page's view, or, with one owner, that
/// of his record. The order of the owners does not matter.
HeldId asked_id(const AskedTuple& tuple);

/// A recipient who is asked for.
struct AskedRecipient {
  std::string owner;                    ///< Mailbox::key()
  std::string address;                  ///< for people
  std::optional<AskedRecord> before{};  ///< as the store knows the record of this owner alone
};

struct Question {
  AskedTuple tuple;  ///< without owners: those of `recipients` count
  std::vector<AskedRecipient> recipients;
  std::string fingerprint{};             ///< "" if unauthenticated
  std::vector<std::string> addresses{};  ///< that count as an answer
  std::string subject{};                 ///< readable(); "" where it is not known
  std::optional<DateTime> sent{};        ///< as HeldView::sent
  WallTime arrived{};
};

/// Thread-safe.
class AskingDesk {
 public:
  virtual ~AskingDesk() = default;
  /// Makes page and records known and returns the URL: the same at each retry, until an answer was
  /// spent. Errors: unavailable (name no URL: answer 451).
  virtual Result<std::string> ask(const Question& question, Deadline deadline) = 0;
  /// Returns whether one more author may wait for `owner`: there is no end of forged envelopes, and
  /// none of them is to make another wait anew. Errors: unavailable.
  virtual Result<bool> has_room(const std::string& owner, Deadline deadline) = 0;
  /// Spends the answer that the record `id` of `owner` has on one message. Returns whether it
  /// may pass, see Asked::spend(). Errors: unavailable.
  virtual Result<bool> spend(const std::string& owner, const std::string& id,
                             const AskedRecord& record, const AskedUse& use, Deadline deadline) = 0;
  /// A message of which the record `id` of `owner` waits has come all the same: its page says that
  /// it was delivered, and the record ends; or, if it is `held` under a URL of its own, that
  /// nothing waits under this one. Errors: not_found (the page has ended), unavailable.
  virtual Status settle(const std::string& owner, const std::string& id, const AskedRecord& record,
                        bool held, Deadline deadline) = 0;
  /// Remembers a way by which mail comes that `owner` wants, see Asked::remember_ways().
  /// Errors: unavailable.
  virtual Status remember_way(const std::string& owner, const std::string& way, WallTime now,
                              Deadline deadline) = 0;
};

}  // namespace countersign
