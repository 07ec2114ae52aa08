// SPDX-License-Identifier: Apache-2.0
#include "challenge/json.h"

#include <nlohmann/json.hpp>

namespace countersign::challenge {
namespace {

using nlohmann::ordered_json;

std::string dump(const ordered_json& value) {
  return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

ordered_json proofs_of(const TokenView& view) {
  auto out = ordered_json::array();
  for (const ProofKind kind : view.proofs) out.push_back(word(kProofWords, kind));
  return out;
}

void add_code(ordered_json& out, const CodeLinks& code) {
  if (!code.id.empty())
    out["code"] = {{"id", code.id}, {"image", code.image}, {"sound", code.sound}};
}

}  // namespace

std::string view_json(const TokenView& view, const CodeLinks& code) {
  const HeldView& held = view.held;
  ordered_json out;
  out["state"] = word(kViewStateWords, view.state);
  out["copy"] = word(kCopyWords, held.copy);
  out["to"] = held.recipients;
  out["subject"] = held.subject;
  out["sent"] = rfc3339(held.sent_or_arrived());
  if (view.state == ViewState::waiting) {
    out["kept_until"] = rfc3339(held.expires);
    out["proofs"] = proofs_of(view);
    add_code(out, code);
  }
  if (view.state == ViewState::delivered) out["delivered"] = rfc3339(held.changed);
  if (view.state == ViewState::failed) out["failed"] = rfc3339(held.changed);
  // An answer that is in tells nobody whom it did not reach.
  const bool tells = view.state != ViewState::answered || held.copy != Copy::kept;
  if (view.state == ViewState::failed || (tells && held.is_in_part())) {
    out["delivered_to"] = held.recipients_who(RecipientState::taken);
    out["refused_by"] = held.recipients_who(RecipientState::refused);
    out["declined_by"] = held.recipients_who(RecipientState::declined);
  }
  if (view.state == ViewState::withdrawn || view.state == ViewState::expired)
    out["kept_until"] = rfc3339(held.expires);
  if (view.state == ViewState::withdrawn && held.state == HeldState::withdrawn)
    out["withdrawn"] = rfc3339(held.changed);
  return dump(out);
}

std::string result_json(const AnswerResult& result, seconds wait, const CodeLinks& code) {
  ordered_json out;
  if (result.outcome != AnswerOutcome::first_step && result.outcome != AnswerOutcome::another_code)
    out["error"] = word(kAnswerOutcomeWords, result.outcome);
  out["state"] = word(kViewStateWords, result.view.state);
  out["proofs"] = proofs_of(result.view);
  if (!result.hint.empty()) out["hint"] = result.hint;
  add_code(out, code);
  if (!result.stamp.empty()) out["wait"] = {{"stamp", result.stamp}, {"seconds", wait.count()}};
  return dump(out);
}

std::string retract_json(const RetractResult& result) {
  ordered_json out;
  if (result.outcome != RetractOutcome::confirm)
    out["error"] = word(kRetractOutcomeWords, result.outcome);
  out["state"] = word(kViewStateWords, result.view.state);
  if (!result.stamp.empty()) out["confirm"] = result.stamp;
  return dump(out);
}

std::string error_json(std::string_view error) { return dump({{"error", error}}); }

}  // namespace countersign::challenge
