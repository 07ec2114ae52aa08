// SPDX-License-Identifier: Apache-2.0
#include "answering/answer.h"

#include "answering/token.h"
#include "answering/typed_address.h"
#include "base/crypto.h"
#include "base/encoding.h"

namespace countersign {
namespace {

constexpr std::size_t kNonceBytes = 16;
// Until the node has said itself that it was answered. If the node is away longer, or refuses the
// request, the form comes back, and to answer once more is harmless.
constexpr seconds kAnsweredMark = std::chrono::hours(1);
// A nonce is remembered longer than its proof lives, for clocks that differ.
constexpr seconds kNonceMargin{60};

/// Whether the address is one of those that count; looks at all of them.
bool is_of(const HeldView& held, const std::string& token, const std::string& address) {
  const std::string proof = address_proof(token, address);
  bool found = false;
  for (const std::string& known : held.address_proofs)
    found |= equal_in_constant_time(proof, known);
  return found;
}

AnswerResult with(AnswerResult out, AnswerOutcome outcome) {
  out.outcome = outcome;
  return out;
}

}  // namespace

AnswerDesk::AnswerDesk(const Parts& parts) : parts_(parts), failures_(parts.state, parts.limits) {}

Result<AnswerResult> AnswerDesk::answer(std::string_view token, const Answer& answer,
                                        const std::string& network, Deadline deadline) const {
  CS_ASSIGN(TokenView view, parts_.views.look_up(token, deadline));
  AnswerResult out{AnswerOutcome::already, std::move(view), {}, {}, {}};
  if (out.view.state != ViewState::waiting) return out;

  CS_ASSIGN(const bool limited, failures_.reached(out.view.held.id, network, deadline));
  if (limited) return with(std::move(out), AnswerOutcome::limited);

  // A bare button press guesses nothing: scanners must not lock the sender out.
  if (answer.address.empty()) return with(std::move(out), AnswerOutcome::no_address);
  const auto typed = parse_typed_address(answer.address);
  if (!typed || !is_of(out.view.held, out.view.token, typed->address()))
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
  if (!out.view.offers(ProofKind::wait)) return with(std::move(out), AnswerOutcome::no_proof);
  if (answer.wait.empty()) {
    out.stamp = parts_.wait.issue(binding);
    return with(std::move(out), AnswerOutcome::first_step);
  }
  auto proof = parts_.wait.check(answer.wait, binding);
  if (!proof) {
    out.why = proof.error().detail;
    out.stamp = parts_.wait.issue(binding);
    return fail(std::move(out), AnswerOutcome::wrong_proof, network, deadline);
  }
  if (proof->early) {
    out.stamp = answer.wait;
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
  if (!first) {
    // The button was pressed twice, and the other press was faster.
    CS_ASSIGN(const bool answered, parts_.state.is_answered(held.id.text(), deadline));
    if (answered) {
      out.view.state = ViewState::delivering;
      return with(std::move(out), AnswerOutcome::already);
    }
    out.why = "proof used before";
    return fail(std::move(out), AnswerOutcome::wrong_proof, network, deadline);
  }

  Request request;
  request.kind = "answer";
  request.id = held.id.text();
  request.token = out.view.token;
  request.address = address;
  request.proof = "address+" + std::string(kind);
  request.nonce = hex_encode(random_bytes(kNonceBytes));
  CS_ASSIGN(const Secret key, parts_.keyring.current("web"));
  request.mac = hex_encode(hmac_sha256(key.bytes, request.mac_input(held.node)));
  CS_TRY(parts_.requests.append(held.node, request, deadline));
  out.proof = request.proof;
  out.view.state = ViewState::delivering;
  // The request is what counts: without the mark the page only shows the form again.
  (void)parts_.state.mark_answered(held.id.text(), kAnsweredMark, deadline);
  return with(std::move(out), AnswerOutcome::taken);
}

Result<AnswerResult> AnswerDesk::fail(AnswerResult out, AnswerOutcome outcome,
                                      const std::string& network, Deadline deadline) const {
  CS_ASSIGN(const bool over, failures_.count(out.view.held.id, network, deadline));
  return with(std::move(out), over ? AnswerOutcome::limited : outcome);
}

}  // namespace countersign
