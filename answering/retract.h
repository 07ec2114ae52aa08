// SPDX-License-Identifier: Apache-2.0
//
// The sender takes his message back, or says that it is not his. Two steps, each with the typed
// address; the node only marks the message, and its recipient can undo that. Thread-safe.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "answering/limits.h"
#include "answering/views.h"
#include "answering/wait.h"
#include "base/keyring.h"
#include "base/result.h"
#include "tokenstore/budgets.h"
#include "tokenstore/requests.h"

namespace countersign {

enum class Retraction {
  withdraw,  ///< "take it back"
  not_me     ///< "I did not send this": only where the challenge went by mail
};
/// Also the kinds of their requests, and the names of their routes.
inline constexpr std::array<std::string_view, 2> kRetractionWords = {"withdraw", "not-me"};

enum class RetractOutcome {
  taken,          ///< a request is on its way to the node
  already,        ///< the message does not wait any more: nothing was done
  no_address,     ///< nothing was typed; not counted as a failure
  wrong_address,  ///< counted
  confirm,        ///< the address is right; `stamp` is to be brought back by the second step
  limited         ///< too many failures: nothing was looked at
};
inline constexpr std::array<std::string_view, 6> kRetractOutcomeWords = {
    "taken", "already", "no-address", "wrong-address", "confirm", "limited"};

struct RetractResult {
  RetractOutcome outcome;
  TokenView view;          ///< as it was before; state is `withdrawn` after `taken`
  std::string stamp = {};  ///< of `confirm`
  seconds retry{0};        ///< of `limited`: until the next try
};

class RetractDesk {
 public:
  /// What the desk works with; all must outlive it.
  struct Parts {
    const Views& views;
    const Wait& wait;  ///< signs the stamps
    WebState& state;
    Requests& requests;
    const Keyring& keyring;  ///< has a key for "web"
    FailureLimits limits = {};
  };
  explicit RetractDesk(const Parts& parts) : parts_(parts), failures_(parts.state, parts.limits) {}

  /// Returns what stands under `token`, if it can be asked for. Errors: not_found (as
  /// Views::look_up; a challenge that did not go by mail, for not_me), unavailable, corrupt.
  Result<TokenView> look_up(std::string_view token, Retraction what, Deadline deadline) const;

  /// `address` as typed; `stamp` as given by the first step, "" in it; `network` as in
  /// AnswerDesk::answer(). A stamp that is too old, or not ours, is the first step once more.
  /// Errors: as look_up().
  Result<RetractResult> ask(std::string_view token, Retraction what, const std::string& address,
                            const std::string& stamp, const std::string& network,
                            Deadline deadline) const;

 private:
  Result<RetractResult> confirm(RetractResult out, Retraction what, const std::string& address,
                                const std::string& stamp, Deadline deadline) const;

  const Parts parts_;
  const Failures failures_;
};

}  // namespace countersign
