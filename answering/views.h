// SPDX-License-Identifier: Apache-2.0
//
// What stands under an answer token. Reads, never writes. Thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "tokenstore/held_index.h"

namespace countersign {

enum class ViewState {
  waiting,     ///< can be answered
  delivering,  ///< answered or let in; the MTA has not taken it yet
  delivered,   ///< the MTA took it
  failed,      ///< the MTA refused it for good
  withdrawn,   ///< its sender took it back, or said that it is not his
  expired,     ///< nobody let it in within its lifetime
  /// Of refused or deferred mail: answered; it is to come once more. Of kept mail: the answer is
  /// in, and somebody whom it does not let in to decides.
  answered
};
inline constexpr std::array<std::string_view, 7> kViewStateWords = {
    "waiting", "delivering", "delivered", "failed", "withdrawn", "expired", "answered"};

/// A proof that can be asked for beside the address (design section 6).
enum class ProofKind { pow, code, wait };
inline constexpr std::array<std::string_view, 3> kProofWords = {"pow", "code", "wait"};

struct TokenView {
  std::string token;  ///< canonical
  ViewState state = ViewState::waiting;
  HeldView held;
  std::vector<ProofKind> proofs{};  ///< that are offered; empty unless state is waiting
  std::int64_t code_window = 0;     ///< code_window() when it was looked up
  int codes_used = 0;               ///< in that window

  /// An answer makes its author a contact; of others it frees this message only.
  bool authenticated() const { return !held.fingerprint.empty(); }
  bool offers(ProofKind kind) const;
};

/// Returns the state of a message whose answer was taken: `delivering`, or `answered`.
ViewState under_way(const HeldView& held);

/// Returns the mark, for WebState::mark_answered() by the message's id, that the request `how` is
/// under way: with when the message came to its state, so that no mark outlives what undoes it; of
/// mail that may be refused again under one id the generation instead.
std::string mark_text(const HeldView& held, std::string_view how);
/// Returns the `how` of a mark that still counts; "" of any other.
std::string_view marked(const HeldView& held, std::string_view mark);

class Views {
 public:
  /// Both must outlive the views. `proofs`: those that the site allows, as words; a word that is
  /// not in kProofWords is not offered.
  Views(HeldIndex& index, const Clock& clock, const std::vector<std::string>& proofs);

  /// Returns what stands under each of `tokens`, as they came in URLs, in order: now, as the store
  /// has it. One call of the store for all of them.
  ///
  /// An unknown token, a malformed one, and one whose message is gone cost the same, so that the
  /// time of an answer tells nothing. What was shown before costs one round trip, else it is two.
  /// A message past its lifetime has a status until its token ends, 30 days later; what its
  /// recipient dropped has none.
  /// Errors of each: not_found (no such token any more, malformed, dropped), corrupt; of all:
  /// unavailable.
  std::vector<Result<TokenView>> look_up(std::span<const std::string_view> tokens,
                                         Deadline deadline) const;
  Result<TokenView> look_up(std::string_view token, Deadline deadline) const;

  /// A look-up that is under way, as PendingStandings. The views must outlive it.
  class Pending {
   public:
    int descriptor() const { return standings_->descriptor(); }
    std::optional<std::vector<Result<TokenView>>> advance();

   private:
    friend class Views;
    const Views* views_ = nullptr;
    std::vector<Result<std::string>> tokens_;  ///< canonical
    std::vector<PageQuestion> questions_;
    WallTime asked_{};
    std::unique_ptr<PendingStandings> standings_;
  };
  /// Begins to look up, without waiting: none where that cannot be done now; then look_up() may
  /// still do it.
  std::optional<Pending> begin(std::span<const std::string_view> tokens) const;

 private:
  std::vector<ProofKind> offered(const HeldView& held) const;
  Result<TokenView> view_of(const Result<std::string>& token, const PageQuestion& question,
                            Result<PageStanding> standing, WallTime now) const;

  Pending asked(std::span<const std::string_view> tokens) const;
  std::vector<Result<TokenView>> views_of(const Pending& pending,
                                          std::vector<Result<PageStanding>> standings) const;
  void remember(std::span<const PageQuestion> questions,
                const std::vector<Result<TokenView>>& views) const;

  HeldIndex& index_;
  const Clock& clock_;
  std::vector<ProofKind> proofs_;
  /// Which message stood under a token when it was shown last, by digest: a token's message never
  /// changes, and all that may change is asked for each time. Bounded.
  mutable Guarded<std::map<std::string, HeldId, std::less<>>> guesses_;
};

}  // namespace countersign
