// SPDX-License-Identifier: Apache-2.0
//
// What pages and other nodes know of held messages. The spool is the truth; this can be rebuilt
// from it. Thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "mail/date_time.h"
#include "mail/held_id.h"
#include "screening/words.h"

namespace countersign {

/// Whether there is a copy, and why not.
enum class Copy {
  kept,     ///< it is in the spool
  refused,  ///< its author is to send it once more
  deferred  ///< its author's server has it, and tries again
};
inline constexpr std::array<std::string_view, 3> kCopyWords = {"kept", "refused", "deferred"};

/// The view of a held message, or of one that was refused or deferred: what its page shows. No
/// content of the mail beyond Subject.
struct HeldView {
  HeldId id;
  std::string node{};                     ///< node id of the spool that has it
  std::vector<std::string> recipients{};  ///< mailboxes for which it is held, for people
  std::vector<std::string> owners{};      ///< Mailbox::key() of their owners: the `m` of {m}:held;
                                          ///< of refused and deferred mail in their order
  std::string author{};                   ///< "alice@example.com"; "" if there is none
  std::string fingerprint{};              ///< organizational domain; "" if unauthenticated
  std::string subject{};                  ///< readable()
  std::string reason{};                   ///< word of Reason
  std::optional<DateTime> sent{};         ///< as its Date says; none where that cannot be read
  WallTime arrived{};
  WallTime expires{};
  HeldState state = HeldState::held;
  WallTime changed{};                      ///< when it came to that state
  std::vector<RecipientState> outcomes{};  ///< of each of `recipients`; empty: all wait
  bool answered = false;     ///< by its author; if it goes without, its recipient has let it in
  bool confirmed = false;    ///< by its author, whomever that reached
  std::string taken_back{};  ///< by its sender: "withdraw" or "not-me", and that not undone
  bool challenged = false;   ///< a challenge was given: it has an answer token
  bool by_mail = false;      ///< the challenge went by mail
  /// By which the web server checks the typed address: hex of the first 16 bytes of
  /// HMAC-SHA-256(answer token, "address:" + address) for each address that counts. Of no use to
  /// who reads the store without a token.
  std::vector<std::string> address_proofs{};
  Copy copy = Copy::kept;
  // The rest is of refused and deferred mail only: the refused tuple, and what its token is made
  // of. There `node` is kAnyNode, and `id` follows from the tuple.
  std::string reverse_path{};  ///< folded
  std::string evidence{};      ///< who tried
  int generation = 1;          ///< of the answer token
  std::string digest{};        ///< of the answer token; set by get()

  /// What became of it for `recipients[recipient]`.
  RecipientState outcome_for(std::size_t recipient) const;
  /// Returns those of `recipients` for whom this became of it.
  std::vector<std::string> recipients_who(RecipientState which) const;
  /// Returns those of `recipients` to whom it may still come: is_left().
  std::vector<std::string> recipients_left() const;
  /// Whether not the same became of it for all of `recipients`.
  bool is_in_part() const;
  /// When it was sent, as its author is told.
  WallTime sent_or_arrived() const { return sent ? sent->instant : arrived; }
};

/// Returns the value of HeldView::address_proofs for one address; `token` is canonical.
std::string address_proof(const std::string& token, const std::string& address);
/// Returns the 64 hex digits under which a token's record stands: SHA-256 of the canonical token.
std::string token_digest(const std::string& token);

struct TokenRecord {
  HeldId id;
  std::string node;
};

/// What a page asks of an answer token.
struct PageQuestion {
  std::string digest;                ///< token_digest()
  std::int64_t window = 0;           ///< of code_counter()
  std::optional<HeldId> guess = {};  ///< the message that it stood for before; never believed
};

/// What stands under an answer token, all of it as it is now.
struct PageStanding {
  HeldView held;
  std::string mark;    ///< WebState::how_answered() of the message; "" if nothing
  int codes_used = 0;  ///< WebState::failures() of code_counter()
};

/// Returns the name by which WebState counts a message's codes that are used up in that window of
/// time.
std::string code_counter(const HeldId& id, std::int64_t window);

/// A look-up that is under way. Destroyed before its end it costs the store a connection. For one
/// thread at a time.
class PendingStandings {
 public:
  virtual ~PendingStandings() = default;
  /// To be polled for reading; another one after each advance(). -1: advance() has something now.
  virtual int descriptor() const = 0;
  /// Nothing while it is under way; what HeldIndex::look_up() returns when it is over, once.
  virtual std::optional<std::vector<Result<PageStanding>>> advance() = 0;
};

/// A search for an earlier try that is under way. Destroyed before its end it costs the store a
/// connection. For one thread at a time.
class PendingRetry {
 public:
  virtual ~PendingRetry() = default;
  /// What HeldIndex::find_retry() returns, once.
  virtual Result<HeldView> finish(Deadline deadline) = 0;
};

class HeldIndex {
 public:
  virtual ~HeldIndex() = default;

  /// Writes held:{id}, {m}:held of each owner, answer:{digest} when `digest` is not empty, and
  /// binds `retry` when that is not empty, as bind_retry() until the message expires. May be
  /// repeated. Errors: unavailable (some of it may then be written: repeat, or leave it to the
  /// sweep).
  virtual Status put(const HeldView& view, const std::string& digest, const std::string& retry,
                     Deadline deadline) = 0;
  Status put(const HeldView& view, const std::string& digest, Deadline deadline) {
    return put(view, digest, "", deadline);
  }
  /// Changes state and its time, and the outcomes where `view` has any; removes it from {m}:held
  /// when the state is final; keeps held:{id} 30 days from then as tombstone, and its token as
  /// long. Errors: not_found, unavailable.
  virtual Status set_state(const HeldView& view, HeldState state, WallTime when,
                           Deadline deadline) = 0;
  /// Errors: not_found, unavailable, corrupt.
  virtual Result<HeldView> get(const HeldId& id, Deadline deadline) = 0;
  /// get() of each, in order, in few round trips.
  virtual std::vector<Result<HeldView>> get_all(std::span<const HeldId> ids, Deadline deadline) = 0;
  /// Returns what stands under each of the tokens, in order; one that is not there is asked for as
  /// long as one that is. All are asked for in one round trip where their guesses are right, else
  /// in two: only what stands under a token tells where its message is.
  /// Errors of each: not_found, corrupt; of all: unavailable.
  virtual std::vector<Result<PageStanding>> look_up(std::span<const PageQuestion> questions,
                                                    Deadline deadline) = 0;
  /// Begins to look up, without waiting: none where that cannot be done now; then look_up() may
  /// still do it.
  virtual std::unique_ptr<PendingStandings> begin_look_up(std::vector<PageQuestion> questions) = 0;
  Result<PageStanding> look_up(const PageQuestion& question, Deadline deadline) {
    return std::move(look_up(std::span(&question, 1), deadline).front());
  }
  /// Returns the ids in {m}:held. Errors: unavailable.
  virtual Result<std::vector<HeldId>> held_for(const std::string& owner, Deadline deadline) = 0;

  /// Returns the message that an earlier try of the same mail became, while it is `held`.
  /// Errors: not_found; unavailable, also where the store takes no writes: what is held then would
  /// be known to nobody.
  virtual Result<HeldView> find_retry(const std::string& digest, Deadline deadline) = 0;
  /// Begins to find it, without waiting: none where that cannot be done now; then find_retry() may
  /// still do it.
  virtual std::unique_ptr<PendingRetry> begin_find_retry(const std::string& digest) = 0;
  /// Binds retry:{digest} to `id` until `until`, unless it is bound to a message that is still
  /// held. Errors: unavailable.
  virtual Status bind_retry(const std::string& digest, const HeldId& id, WallTime until,
                            Deadline deadline) = 0;
};

}  // namespace countersign
