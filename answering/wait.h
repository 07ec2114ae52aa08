// SPDX-License-Identifier: Apache-2.0
//
// The proof `wait`, for authenticated authors without JavaScript: a stamp given at the first step
// is brought back at the second, not too early and not too late. Thread-safe.
//
//   stamp   ISSUED "." NONCE "." MAC   milliseconds since the epoch in decimal; 32 hex digits;
//           hex HMAC-SHA-256 by key "wait" over the binding, ISSUED and NONCE
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/keyring.h"
#include "base/result.h"

namespace countersign {

struct WaitSettings {
  seconds least{10};
  seconds most = std::chrono::hours(1);
};

struct WaitProof {
  std::string nonce;   ///< 32 hex digits: may count once
  seconds remaining;   ///< until the stamp is too old, at least 1 s
  bool early = false;  ///< a good stamp before its time: nothing is proved yet
};

class Wait {
 public:
  /// `clock` must outlive this. Errors: not_found (the ring has no key for "wait").
  static Result<std::unique_ptr<Wait>> make(const Keyring& keyring, const Clock& clock,
                                            const WaitSettings& settings);

  /// Returns a stamp for the message of `binding` (proof_binding()): letters, digits and dots.
  std::string issue(const std::string& binding) const;

  /// Errors: invalid (not ours, of another message, too old), with the reason for
  /// the log.
  Result<WaitProof> check(std::string_view stamp, const std::string& binding) const;

  const WaitSettings& settings() const { return settings_; }

 private:
  Wait(const Keyring& keyring, Secret key, const Clock& clock, const WaitSettings& settings)
      : keyring_(keyring), key_(std::move(key)), clock_(clock), settings_(settings) {}

  const Keyring keyring_;
  const Secret key_;
  const Clock& clock_;
  const WaitSettings settings_;
};

}  // namespace countersign
