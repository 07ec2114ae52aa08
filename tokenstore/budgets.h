// SPDX-License-Identifier: Apache-2.0
//
// Counters with an end: challenges by mail, the web's limits, nonces, heartbeat. Bounded: callers
// make keys only for authenticated authors (design section 10). Thread-safe.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace countersign {

/// Challenges by mail (design section 4, Channel).
class Budgets {
 public:
  virtual ~Budgets() = default;
  /// A time of 0 is no limit.
  struct Limits {
    seconds per_recipient = std::chrono::hours(7 * 24);  ///< one per author and recipient
    seconds per_site = std::chrono::hours(24);           ///< one per author and site
    int per_domain_hour = 20;                            ///< a cap per author domain and hour
    int unanswered = 10;  ///< so many in a row without an answer: the domain falls back
  };
  /// Takes one challenge out of all budgets, or none. Returns whether it may be sent. `owner` is
  /// Mailbox::key(); `author` an address; `fingerprint` its organizational domain. Asking again for
  /// the same `id` returns the same answer. Errors: unavailable.
  virtual Result<bool> take_challenge(const std::string& owner, const std::string& author,
                                      const std::string& fingerprint, const std::string& id,
                                      const Limits& limits, Deadline deadline) = 0;
  /// No challenge goes to this author any more for `lifetime`: he said that a message was not his.
  /// `fingerprint`: his organizational domain. Errors: unavailable.
  virtual Status forbid_challenges(const std::string& author, const std::string& fingerprint,
                                   seconds lifetime, Deadline deadline) = 0;
  /// A challenge to this domain was answered: its fall-back ends. Errors: unavailable.
  virtual Status challenge_answered(const std::string& fingerprint, Deadline deadline) = 0;
};

/// Notices that must go out once, whichever node sends them.
class Outbox {
 public:
  virtual ~Outbox() = default;
  /// Claims the notice `name` ("challenge:<id>", "digest:<node>:<m>:<day>") for `lifetime`. Returns
  /// whether the caller has it: true once only. Errors: unavailable (then do not send).
  virtual Result<bool> claim(const std::string& name, seconds lifetime, Deadline deadline) = 0;
  /// Gives a claim back when nothing was sent. Errors: unavailable.
  virtual Status give_back(const std::string& name, Deadline deadline) = 0;
};

/// The web server's own keys (`web:*`).
class WebState {
 public:
  virtual ~WebState() = default;
  /// Says that pages are served (Knowledge::page_age counts from here). Errors: unavailable.
  virtual Status heartbeat(Deadline deadline) = 0;
  /// Takes a nonce: true the first time within `lifetime`. Errors: unavailable.
  virtual Result<bool> spend(const std::string& nonce, seconds lifetime, Deadline deadline) = 0;
  /// Counts one failure against `who` and returns the count within `window`. Errors: unavailable.
  virtual Result<int> count_failure(const std::string& who, seconds window, Deadline deadline) = 0;
  /// Returns the count without adding to it. Errors: unavailable.
  virtual Result<int> failures(const std::string& who, Deadline deadline) = 0;
  /// Returns how long it is, rounded up, until what is counted for `who` is forgotten; 0 if nothing
  /// is. Errors: unavailable.
  virtual Result<seconds> until_forgotten(const std::string& who, Deadline deadline) = 0;
  /// Remembers which request of a message's sender is under way ("answer", "withdraw", "not-me"),
  /// until the node has said so itself. Errors: unavailable.
  virtual Status mark_answered(const std::string& id, const std::string& how, seconds lifetime,
                               Deadline deadline) = 0;
  /// Returns what was marked; "" if nothing. Errors: unavailable.
  virtual Result<std::string> how_answered(const std::string& id, Deadline deadline) = 0;
};

}  // namespace countersign
