// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/held_index.h"

#include "base/crypto.h"
#include "base/encoding.h"

namespace countersign {

std::vector<std::string> HeldView::recipients_who(RecipientState which) const {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < recipients.size(); ++i)
    if ((i < outcomes.size() ? outcomes[i] : RecipientState::waiting) == which)
      out.push_back(recipients[i]);
  return out;
}

std::string address_proof(const std::string& token, const std::string& address) {
  return hex_encode(hmac_sha256(token, "address:" + address).substr(0, 16));
}

std::string code_counter(const HeldId& id, std::int64_t window) {
  return "code:" + id.text() + ":" + std::to_string(window);
}

std::string token_digest(const std::string& token) { return hex_encode(sha256(token)); }

}  // namespace countersign
