// SPDX-License-Identifier: Apache-2.0
//
// What stands under an answer token. Reads, never writes. Thread-safe.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "tokenstore/budgets.h"
#include "tokenstore/held_index.h"

namespace countersign {

enum class ViewState {
  waiting,     ///< can be answered
  delivering,  ///< answered or let in; the MTA has not taken it yet
  delivered,   ///< the MTA took it
  failed,      ///< the MTA refused it for good
  withdrawn,   ///< its sender took it back, or said that it is not his
  expired,     ///< nobody let it in within its lifetime
  answered     ///< of refused or deferred mail: answered; it is to come once more
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

  /// An answer makes its author a contact; of others it frees this message only.
  bool authenticated() const { return !held.fingerprint.empty(); }
  bool offers(ProofKind kind) const;
};

/// Returns the state of a message whose answer was taken: `delivering`, or `answered`.
ViewState under_way(const HeldView& held);

/// Returns the name by which WebState::mark_answered() knows this challenge: the id and when it
/// came to its state, so that no mark outlives what undoes it; of mail that may be refused again
/// under one id the generation instead.
std::string answered_name(const HeldView& held);

class Views {
 public:
  /// All must outlive the views. `proofs`: those that the site allows, as words; a word that is not
  /// in kProofWords is not offered.
  Views(HeldIndex& index, WebState& state, const Clock& clock,
        const std::vector<std::string>& proofs);

  /// Returns what stands under `token`, as it came in the URL.
  ///
  /// Makes the same three store calls whatever the token is, so that neither the answer nor its
  /// time tells an unknown token from a malformed one.
  /// A message past its lifetime has a status until its token ends, 30 days later; what its
  /// recipient dropped has none.
  /// Errors: not_found (no such token any more, malformed, dropped), unavailable, corrupt.
  Result<TokenView> look_up(std::string_view token, Deadline deadline) const;

 private:
  std::vector<ProofKind> offered(const HeldView& held) const;

  HeldIndex& index_;
  WebState& state_;
  const Clock& clock_;
  std::vector<ProofKind> proofs_;
};

}  // namespace countersign
