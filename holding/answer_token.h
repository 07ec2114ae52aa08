// SPDX-License-Identifier: Apache-2.0
//
// Answer tokens (design section 5): derived, never stored, the same at each retry. Thread-safe.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/keyring.h"
#include "base/result.h"
#include "mail/held_id.h"

namespace countersign {

/// What a token is of; the purpose that its HMAC names.
inline constexpr std::string_view kHeldToken = "answer token";    ///< a held message
inline constexpr std::string_view kAskedToken = "refused token";  ///< of mail that is not held

/// Returns 26 characters of upper-case Crockford base32: the first 130 bits of HMAC-SHA-256 over
/// purpose, held id and generation by the key "answer" whose id is `key`, that of the time when the
/// message came: so its URL stays when a key is put above it. By the current one where `key` is
/// gone or "". Errors: not_found (no key at all).
Result<std::string> answer_token(const Keyring& keys, const HeldId& id, int generation,
                                 std::string_view key = {});

/// The same where the key's id is not known: by the key whose token has this token_digest(), else
/// by the current one.
Result<std::string> answer_token_by_digest(const Keyring& keys, const HeldId& id, int generation,
                                           const std::string& digest,
                                           std::string_view purpose = kHeldToken);

/// Whether `token` (canonical) is the message's token under any key "answer"; constant time.
bool is_answer_token(const Keyring& keys, const HeldId& id, int generation, std::string_view token,
                     std::string_view purpose = kHeldToken);

/// Where pages are: of the site, and of domains that have an address of their own.
struct PageUrls {
  std::string site;                                         ///< without final slash
  std::map<std::string, std::string, std::less<>> of = {};  ///< by domain in A-labels

  /// That of the domain of an address.
  const std::string& for_address(std::string_view address) const;
};

/// Returns the address of the page: base_url "/c/" token.
std::string page_url(const std::string& base_url, const std::string& token);

}  // namespace countersign
