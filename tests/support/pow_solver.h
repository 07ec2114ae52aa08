// SPDX-License-Identifier: Apache-2.0
//
// Solves a challenge of Pow as the page's worker does.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "answering/altcha.h"
#include "base/encoding.h"

namespace countersign::test {

/// Returns the form field `altcha` for a challenge as JSON. `counter`, if given, gets the answer.
inline std::string solve_pow(const std::string& challenge, std::uint32_t* counter = nullptr) {
  const auto value = nlohmann::json::parse(challenge);
  const auto& p = value.at("parameters");
  const std::string nonce = *hex_decode(p.at("nonce").get<std::string>());
  const std::string salt = *hex_decode(p.at("salt").get<std::string>());
  const std::string prefix = p.at("keyPrefix");
  for (std::uint32_t n = 0;; ++n) {
    const std::string key = hex_encode(altcha::derive_key(nonce, salt, n, p.at("cost")));
    if (!key.starts_with(prefix)) continue;
    if (counter) *counter = n;
    return base64_encode(
        nlohmann::json{{"challenge", value}, {"solution", {{"counter", n}, {"derivedKey", key}}}}
            .dump());
  }
}

}  // namespace countersign::test
