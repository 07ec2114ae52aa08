// SPDX-License-Identifier: Apache-2.0
#include "answering/answer.h"

#include "answering/sender.h"
#include "answering/token.h"
#include "answering/typed_address.h"
#include "base/crypto.h"

namespace countersign {
namespace {

// A nonce is remembered longer than its proof lives, for clocks that differ.
constexpr seconds kNonceMargin{60};
// A person mistypes once; from then on his mail program may be hiding his address from him.
constexpr int kHintFrom = 2;

AnswerResult with(AnswerResult out, AnswerOutcome outcome) {
  out.outcome = outcome;
  return out;
}

}  // namespace

AnswerDesk::AnswerDesk(const Parts& parts) : parts_(parts), failures_(parts.state, parts.limits) {}

Result<AnswerResult> AnswerDesk::answer(std::string_view token, const Answer& answer,
                                        const std::string& network, Deadline deadline) const {
  CS_ASSIGN(AnswerResult out, judge(token, answer, network, deadline));
  return with_code(std::move(out), answer, deadline);
}

Result<AnswerResult> AnswerDesk::judge(std::string_view token, const Answer& answer,
                                       const std::string& network, Deadline deadline) const {
  CS_ASSIGN(TokenView view, parts_.views.look_up(token, deadline));
  AnswerResult out{AnswerOutcome::already, std::move(view)};
  if (out.view.state != ViewState::waiting) return out;

  CS_ASSIGN(const auto limited, failures_.reached(out.view.held.id, network, deadline));
  if (limited) {
    out.retry = *limited;
    return with(std::move(out), AnswerOutcome::limited);
  }
  if (!answer.another.empty() && out.view.offers(ProofKind::code))
    return with(std::move(out), AnswerOutcome::another_code);

  // A bare button press guesses nothing: scanners must not lock the sender out.
  if (answer.address.empty()) return with(std::move(out), AnswerOutcome::no_address);
  const auto typed = parse_typed_address(answer.address);
  if (!typed || !is_of(out.view, typed->address()))
    return fail(std::move(out), AnswerOutcome::wrong_address, network, deadline);
  return check_proof(std::move(out), typed->address(), answer, network, deadline);
}

Result<AnswerResult> AnswerDesk::check_proof(AnswerResult out, const std::string& address,
                                             const Answer& answer, const std::string& network,
                                             Deadline deadline) const {
  const std::string binding = proof_binding(out.view.token);
  if (!answer.altcha.empty() && out.view.offers(ProofKind::pow)) {
    auto proof = parts_.pow.check(answer.altcha, binding);
    if (proof)
      return take(std::move(out), address,
                  {ProofKind::pow, std::move(proof->nonce), proof->remaining}, network, deadline);
    out.why = proof.error().detail;
    return fail(std::move(out), AnswerOutcome::wrong_proof, network, deadline);
  }
  if (!answer.code.empty() && out.view.offers(ProofKind::code)) {
    auto code = parts_.codes.check(answer.code_id, binding);
    if (!code) {
      // No guess was made: there is nothing to count.
      out.why = code.error().detail;
      return with(std::move(out), AnswerOutcome::wrong_code);
    }
    const bool right = equal_in_constant_time(typed_digits(answer.code), code->digits);
    return take(std::move(out), address,
                {ProofKind::code, code->nonce, code->remaining, right, *code}, network, deadline);
  }
  if (!out.view.offers(ProofKind::wait)) return with(std::move(out), AnswerOutcome::no_proof);
  return check_wait(std::move(out), address, answer.wait, network, deadline);
}

Result<AnswerResult> AnswerDesk::check_wait(AnswerResult out, const std::string& address,
                                            const std::string& stamp, const std::string& network,
                                            Deadline deadline) const {
  const std::string binding = proof_binding(out.view.token);
  if (stamp.empty()) {
    out.stamp = parts_.wait.issue(binding);
    return with(std::move(out), AnswerOutcome::first_step);
  }
  auto proof = parts_.wait.check(stamp, binding);
  if (!proof) {
    out.why = proof.error().detail;
    out.stamp = parts_.wait.issue(binding);
    return fail(std::move(out), AnswerOutcome::wrong_proof, network, deadline);
  }
  if (proof->early) {
    out.stamp = stamp;
    return with(std::move(out), AnswerOutcome::early);
  }
  return take(std::move(out), address, {ProofKind::wait, std::move(proof->nonce), proof->remaining},
              network, deadline);
}

Result<AnswerResult> AnswerDesk::take(AnswerResult out, const std::string& address,
                                      const Checked& proof, const std::string& network,
                                      Deadline deadline) const {
  const HeldView& held = out.view.held;
  const std::string_view kind = word(kProofWords, proof.kind);
  CS_ASSIGN(const bool first, parts_.state.spend(std::string(kind) + ":" + proof.nonce,
                                                 proof.remaining + kNonceMargin, deadline));
  if (!first) return spent_before(std::move(out), proof, network, deadline);
  if (!proof.right) {
    CS_TRY(parts_.codes.use_up(proof.code, held.id, parts_.state, deadline));
    out.why = "other digits";
    return fail(std::move(out), AnswerOutcome::wrong_code, network, deadline);
  }

  out.proof = "address+" + std::string(kind);
  CS_TRY(send_request(parts_.requests, parts_.keyring, out.view, "answer", address, out.proof,
                      deadline));
  out.view.state = under_way(held);
  // The request is what counts: without the mark the page only shows the form again.
  (void)parts_.state.mark_answered(held.id.text(), mark_text(held, "answer"), kMarkLife, deadline);
  failures_.count_answer(network, deadline);
  return with(std::move(out), AnswerOutcome::taken);
}

/// The button was pressed twice, and the other press was faster; or the proof is stolen goods.
Result<AnswerResult> AnswerDesk::spent_before(AnswerResult out, const Checked& proof,
                                              const std::string& network, Deadline deadline) const {
  CS_ASSIGN(const std::string mark, parts_.state.how_answered(out.view.held.id.text(), deadline));
  if (!marked(out.view.held, mark).empty()) {
    out.view.state = under_way(out.view.held);
    return with(std::move(out), AnswerOutcome::already);
  }
  out.why = "proof used before";
  if (proof.kind == ProofKind::code) {
    // Whether these digits were right is not said, so it was no guess.
    CS_TRY(parts_.codes.use_up(proof.code, out.view.held.id, parts_.state, deadline));
    return with(std::move(out), AnswerOutcome::wrong_code);
  }
  return fail(std::move(out), AnswerOutcome::wrong_proof, network, deadline);
}

Result<AnswerResult> AnswerDesk::fail(AnswerResult out, AnswerOutcome outcome,
                                      const std::string& network, Deadline deadline) const {
  CS_ASSIGN(const FailureCount count, failures_.count(out.view.held.id, network, deadline));
  if (count.over) {
    out.retry = *count.over;
    return with(std::move(out), AnswerOutcome::limited);
  }
  if (outcome == AnswerOutcome::wrong_address && count.message >= kHintFrom)
    out.hint = masked_address(out.view.held.author);
  return with(std::move(out), outcome);
}

Result<AnswerResult> AnswerDesk::with_code(AnswerResult out, const Answer& answer,
                                           Deadline deadline) const {
  if (out.view.state != ViewState::waiting || !out.view.offers(ProofKind::code) ||
      out.outcome == AnswerOutcome::limited)
    return out;
  const std::string binding = proof_binding(out.view.token);
  const HeldId& id = out.view.held.id;
  const bool wanted = out.outcome == AnswerOutcome::another_code;
  const bool fresh = wanted || out.outcome == AnswerOutcome::wrong_code;
  CS_ASSIGN(const auto code,
            fresh ? parts_.codes.another(answer.code_id, binding, id, parts_.state, deadline)
                  : parts_.codes.keep(answer.code_id, binding, id, parts_.state, deadline));
  out.code_id = code.value_or("");
  if (!wanted || code) return out;
  out.retry = parts_.codes.until_new();
  return with(std::move(out), AnswerOutcome::no_code_left);
}

std::string AnswerDesk::code_for(const TokenView& view) const {
  if (!view.offers(ProofKind::code)) return "";
  return parts_.codes.first_of(proof_binding(view.token), view.code_window, view.codes_used)
      .value_or("");
}

}  // namespace countersign
