// SPDX-License-Identifier: Apache-2.0
//
// The sender answers: address and proof are checked, and a request goes to the node that holds the
// message. That node checks all of it again, against the spool (law 8). Thread-safe.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "answering/code.h"
#include "answering/limits.h"
#include "answering/pow.h"
#include "answering/views.h"
#include "answering/wait.h"
#include "base/clock.h"
#include "base/keyring.h"
#include "base/result.h"
#include "tokenstore/budgets.h"
#include "tokenstore/requests.h"

namespace countersign {

/// The form's fields, as they came; "" where a field was not given.
struct Answer {
  std::string address = {};
  std::string altcha = {};
  std::string wait = {};
  std::string code = {};     ///< the digits, as typed
  std::string code_id = {};  ///< of the code that was shown
  std::string another = {};  ///< not "": another code is wanted, and nothing else
};

enum class AnswerOutcome {
  taken,          ///< a request is on its way to the node
  already,        ///< answered before: nothing was done, and nothing is wrong
  no_address,     ///< nothing was typed; not counted as a failure
  wrong_address,  ///< counted
  no_proof,       ///< the address is right, a proof is missing; not counted
  first_step,     ///< the address is right, and `stamp` is given for the proof `wait`
  early,          ///< the stamp is good, but its time has not come; not counted
  wrong_proof,    ///< counted
  limited,        ///< too many failures: nothing was looked at
  wrong_code,     ///< counted, unless that code had been used before
  another_code,   ///< asked for, and given; not counted
  no_code_left    ///< asked for, but these ten minutes have no more; not counted
};
inline constexpr std::array<std::string_view, 12> kAnswerOutcomeWords = {
    "taken", "already",     "no-address", "wrong-address", "no-proof",     "first-step",
    "early", "wrong-proof", "limited",    "wrong-code",    "another-code", "no-code-left"};

struct AnswerResult {
  AnswerOutcome outcome;
  TokenView view;            ///< as it was before; after `taken` it is `delivering` or `answered`
  std::string stamp = {};    ///< where `wait` is under way: to be brought back
  std::string proof = {};    ///< of `taken`: "address+pow", "address+code", "address+wait"
  std::string why = {};      ///< of a wrong proof: for the log
  std::string code_id = {};  ///< the code to show, where `code` is offered; "": there is none now
  std::string hint = {};     ///< of `wrong_address`, from the second on: masked_address()
  seconds retry{0};          ///< of `limited` and `no_code_left`: until the next try
};

class AnswerDesk {
 public:
  /// What the desk works with; all must outlive it.
  struct Parts {
    const Views& views;
    const Pow& pow;
    const Wait& wait;
    const Codes& codes;
    WebState& state;
    Requests& requests;
    const Keyring& keyring;  ///< has a key for "web"
    FailureLimits limits = {};
  };
  explicit AnswerDesk(const Parts& parts);

  /// Answers for the message of `token`, as it came in the URL, from a client in `network`
  /// (network_of(); "" if it is not known).
  ///
  /// May be repeated: what is answered stays answered. A proof counts once; a code takes one guess.
  /// Requests carry the address as Mailbox::address(), not as it was typed.
  /// Errors: not_found (as Views::look_up), unavailable, corrupt.
  Result<AnswerResult> answer(std::string_view token, const Answer& answer,
                              const std::string& network, Deadline deadline) const;

  /// Returns the id of the code to show with a page; "" if there is none now, or `code` is not
  /// offered. Asks nobody.
  std::string code_for(const TokenView& view) const;

 private:
  /// A proof before its single use is taken.
  struct Checked {
    ProofKind kind;
    std::string nonce;
    seconds remaining;
    bool right = true;  ///< of a code: whether these are its digits, told only once it is spent
    CheckedCode code = {};
  };

  Result<AnswerResult> judge(std::string_view token, const Answer& answer,
                             const std::string& network, Deadline deadline) const;
  Result<AnswerResult> check_proof(AnswerResult out, const std::string& address,
                                   const Answer& answer, const std::string& network,
                                   Deadline deadline) const;
  Result<AnswerResult> check_wait(AnswerResult out, const std::string& address,
                                  const std::string& stamp, const std::string& network,
                                  Deadline deadline) const;
  Result<AnswerResult> take(AnswerResult out, const std::string& address, const Checked& proof,
                            const std::string& network, Deadline deadline) const;
  Result<AnswerResult> spent_before(AnswerResult out, const Checked& proof,
                                    const std::string& network, Deadline deadline) const;
  Result<AnswerResult> fail(AnswerResult out, AnswerOutcome outcome, const std::string& network,
                            Deadline deadline) const;
  Result<AnswerResult> with_code(AnswerResult out, const Answer& answer, Deadline deadline) const;

  const Parts parts_;
  const Failures failures_;
};

}  // namespace countersign
