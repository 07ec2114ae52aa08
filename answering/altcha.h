// SPDX-License-Identifier: Apache-2.0
//
// ALTCHA v2 (altcha-lib 2.x, widget 3.x): the wire format and its check, with the algorithm
// PBKDF2/SHA-256. Version 1 and other algorithms are refused.
//
//   password    nonce bytes, then the counter as 32 bits big-endian
//   key         PBKDF2-HMAC-SHA-256(password, salt, cost, 32 bytes)
//   challenge   {"parameters": {...}, "signature": hex HMAC(secret 1, canonical parameters)}
//   payload     base64 of {"challenge": ..., "solution": {"counter", "derivedKey", "time"}}
//
// Deterministic challenges: the server has picked the counter; keyPrefix is the first 16 bytes of
// the key, keySignature the HMAC of the whole key by secret 2. Probabilistic ones have a short
// keyPrefix and no keySignature, and are checked by deriving the key again.
//
// Pure, thread-safe. Single use is the caller's: see Pow.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace countersign::altcha {

inline constexpr std::size_t kKeyBytes = 32;
inline constexpr std::size_t kPrefixBytes = 16;  ///< of a deterministic challenge

/// What a solver must know. Hex is lower case.
struct Parameters {
  int cost = 0;                              ///< iterations
  std::optional<std::string> binding;        ///< data.m: what the challenge is for
  std::optional<std::int64_t> expires_at;    ///< seconds since the epoch
  std::string key_prefix;                    ///< 1 to 64 hex digits
  std::optional<std::string> key_signature;  ///< 64 hex digits; only of deterministic challenges
  std::string nonce;                         ///< 32 hex digits
  std::string salt;                          ///< 32 hex digits
};

/// Secrets: the first of each list signs, all of them verify.
struct Keys {
  std::vector<std::string> signature;  ///< secret 1
  std::vector<std::string> key;        ///< secret 2
};

struct Payload {
  Parameters parameters;
  std::string signature;      ///< 64 hex digits
  std::uint32_t counter = 0;  ///< as claimed; says nothing about a deterministic challenge
  std::string derived_key;    ///< 64 hex digits
};

/// Returns the bytes that are signed: compact JSON, keys sorted, absent ones left out.
std::string canonical_parameters(const Parameters& parameters);

/// Returns the challenge as JSON, signed by the first of `keys.signature`: one HMAC.
std::string challenge_json(const Parameters& parameters, const Keys& keys);

/// Returns the key of a counter: kKeyBytes bytes. `nonce` and `salt` are bytes.
std::string derive_key(std::string_view nonce, std::string_view salt, std::uint32_t counter,
                       int cost);

/// Parses the value of the form field `altcha`, at most 3 kB. Strict: a missing, unknown or
/// repeated member, a number where a text must stand or the other way, a fraction, upper-case hex
/// are errors. Errors: invalid.
Result<Payload> parse_payload(std::string_view base64);

/// Whether the work was done: signed by us and not expired at `now`; the derived key starts with
/// keyPrefix and is the one that keySignature is of, or, without keySignature, the one that the
/// counter gives. A challenge without an expiry is refused.
/// Errors: invalid, with the reason for the log.
Status verify(const Payload& payload, const Keys& keys, WallTime now);

}  // namespace countersign::altcha
