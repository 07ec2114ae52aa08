// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/held_index.h"

#include "base/crypto.h"
#include "base/encoding.h"

namespace countersign {

RecipientState HeldView::outcome_for(std::size_t recipient) const {
  return recipient < outcomes.size() ? outcomes[recipient] : RecipientState::waiting;
}

std::vector<std::string> HeldView::recipients_who(RecipientState which) const {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < recipients.size(); ++i)
    if (outcome_for(i) == which) out.push_back(recipients[i]);
  return out;
}

std::vector<std::string> HeldView::recipients_left() const {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < recipients.size(); ++i)
    if (is_left(outcome_for(i))) out.push_back(recipients[i]);
  return out;
}

bool HeldView::is_in_part() const {
  for (std::size_t i = 1; i < recipients.size(); ++i)
    if (outcome_for(i) != outcome_for(0)) return true;
  return false;
}

std::string address_proof(const std::string& token, const std::string& address) {
  return hex_encode(hmac_sha256(token, "address:" + address).substr(0, 16));
}

std::string code_counter(const HeldId& id, std::int64_t window) {
  return "code:" + id.text() + ":" + std::to_string(window);
}

std::string token_digest(const std::string& token) { return hex_encode(sha256(token)); }

}  // namespace countersign
