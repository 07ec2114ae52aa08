// SPDX-License-Identifier: Apache-2.0
//
// The proof `code`: six digits that are shown as an image or spoken, for everybody without script.
//
// A message has five codes in each ten minutes of the clock, told apart by their place. Digits
// follow from the key and the place, so that to show a page costs no state, however often it is
// loaded; only guesses are remembered. A code takes one guess.
//
//   id       WINDOW "." PLACE "." MAC   number of the ten minutes since the epoch; 0 to 4; 32 hex
//            digits: the first half of HMAC-SHA-256 by key "wait" over binding, WINDOW and PLACE
//   digits   from another HMAC by the same key: who sees the id learns nothing of them
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/keyring.h"
#include "base/result.h"
#include "mail/held_id.h"
#include "tokenstore/budgets.h"

namespace countersign {

/// Codes are counted for each of these windows of time.
inline constexpr seconds kCodeWindow = std::chrono::minutes(10);
/// The number of a time's window, since the epoch.
std::int64_t code_window(WallTime t);

struct CodeSettings {
  int per_window = 5;
};

/// A code that is ours, of this message, and not too old.
struct CheckedCode {
  std::string digits;  ///< six of 0 to 9: never to leave this host but as image or sound
  std::string nonce;   ///< may count once, for this message
  seconds remaining;   ///< until it is too old, at least 1 s
  std::int64_t window = 0;
  int place = 0;
};

class Codes {
 public:
  /// `clock` must outlive this. Errors: not_found (the ring has no key for "wait").
  static Result<std::unique_ptr<Codes>> make(const Keyring& keyring, const Clock& clock,
                                             const CodeSettings& settings);

  /// Returns the id of the first code of a window of which `used` are used up; nothing when all
  /// are. Pure.
  std::optional<std::string> first_of(const std::string& binding, std::int64_t window,
                                      int used) const;
  /// Returns the id of the first code of now whose guess is not used up, for the message of
  /// `binding` (proof_binding()) and `id`; nothing when all of these ten minutes are. Reads the
  /// state, writes nothing. Errors: unavailable.
  Result<std::optional<std::string>> offer(const std::string& binding, const HeldId& id,
                                           WebState& state, Deadline deadline) const;
  /// Returns the id of another code than `shown`; nothing when there is no more in these ten
  /// minutes. After one of earlier minutes, or one that is not ours: as offer().
  Result<std::optional<std::string>> another(std::string_view shown, const std::string& binding,
                                             const HeldId& id, WebState& state,
                                             Deadline deadline) const;

  /// Returns `shown` if its guess is still to be had; else as offer().
  Result<std::optional<std::string>> keep(std::string_view shown, const std::string& binding,
                                          const HeldId& id, WebState& state,
                                          Deadline deadline) const;

  /// Returns what an id stands for. Errors: invalid (not ours, of another message, too old), with
  /// the reason for the log.
  Result<CheckedCode> check(std::string_view code_id, const std::string& binding) const;
  /// Remembers that the guess of a code, and of those before it, is used up.
  /// Errors: unavailable.
  Status use_up(const CheckedCode& code, const HeldId& id, WebState& state,
                Deadline deadline) const;

  /// How long it is until there are new codes.
  seconds until_new() const;

 private:
  Codes(const Keyring& keyring, Secret key, const Clock& clock, const CodeSettings& settings)
      : keyring_(keyring), key_(std::move(key)), clock_(clock), settings_(settings) {}

  std::int64_t window_now() const { return code_window(clock_.wall()); }

  const Keyring keyring_;
  const Secret key_;
  const Clock& clock_;
  const CodeSettings settings_;
};

/// Returns the digits 0 to 9 of what was typed: blanks and hyphens between them do not count, and
/// those of other scripts (full-width, Arabic-Indic, Devanagari) are read as what they mean. Over
/// 12 digits, or with anything else in between, "".
std::string typed_digits(std::string_view text);

}  // namespace countersign
