// SPDX-License-Identifier: Apache-2.0
#include "holding/answer_token.h"

#include "base/crypto.h"
#include "base/encoding.h"
#include "tokenstore/held_index.h"

namespace countersign {
namespace {

constexpr std::size_t kBits = 130;

std::string derive(const Secret& key, std::string_view purpose, const HeldId& id, int generation) {
  return crockford_encode(
      hmac_sha256(key.bytes, framed(purpose, id.text(), std::to_string(generation))), kBits);
}

}  // namespace

Result<std::string> answer_token(const Keyring& keys, const HeldId& id, int generation,
                                 std::string_view key) {
  CS_ASSIGN(const Secret secret, keys.named_or_current("answer", key));
  return derive(secret, kHeldToken, id, generation);
}

Result<std::string> answer_token_by_digest(const Keyring& keys, const HeldId& id, int generation,
                                           const std::string& digest, std::string_view purpose) {
  for (const Secret& key : keys.all("answer")) {
    std::string token = derive(key, purpose, id, generation);
    if (token_digest(token) == digest) return token;
  }
  CS_ASSIGN(const Secret key, keys.current("answer"));
  return derive(key, purpose, id, generation);
}

bool is_answer_token(const Keyring& keys, const HeldId& id, int generation, std::string_view token,
                     std::string_view purpose) {
  bool good = false;
  for (const Secret& key : keys.all("answer"))
    good |= equal_in_constant_time(derive(key, purpose, id, generation), token);
  return good;
}

const std::string& PageUrls::for_address(std::string_view address) const {
  const auto at = address.rfind('@');
  const auto own = of.find(at == std::string_view::npos ? address : address.substr(at + 1));
  return own == of.end() ? site : own->second;
}

std::string page_url(const std::string& base_url, const std::string& token) {
  return base_url + "/c/" + token;
}

}  // namespace countersign
