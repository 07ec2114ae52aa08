// SPDX-License-Identifier: Apache-2.0
//
// The proof `pow`: deterministic ALTCHA v2 challenges bound to one message. Answers are made ahead
// by a thread of its own, so that issuing a challenge costs one HMAC. Thread-safe.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "answering/altcha.h"
#include "base/clock.h"
#include "base/keyring.h"
#include "base/result.h"

namespace countersign {

struct PowSettings {
  int cost = 5000;  ///< iterations for one try
  seconds lifetime = std::chrono::minutes(20);
  std::vector<int> levels = {3000};  ///< of effort, for each of which answers are kept ahead
  std::size_t stock = 100;           ///< answers kept ahead for each level
};

/// A proof that holds, but for its single use.
struct PowProof {
  std::string nonce;  ///< 32 hex digits: may count once
  seconds remaining;  ///< until it expires, at least 1 s: so long must `nonce` be remembered
};

class Pow {
 public:
  /// `clock` must outlive this. The thread starts here and ends with the destructor.
  /// Errors: not_found (the ring has no key for "pow" or "powkey").
  static Result<std::unique_ptr<Pow>> make(const Keyring& keyring, const Clock& clock,
                                           const PowSettings& settings);
  ~Pow();
  Pow(const Pow&) = delete;
  Pow& operator=(const Pow&) = delete;

  /// Returns a challenge as JSON for the message of `binding` (proof_binding()); its answer is
  /// uniform in 1..tries. Nothing in it tells the level.
  std::string issue(const std::string& binding, int tries);
  /// Keeps answers ahead for other levels.
  void set_levels(const std::vector<int>& levels);

  /// Checks the form field `altcha` against a message: the challenge has exactly the form, cost and
  /// binding that issue() gives, is signed by us, not expired, and was solved.
  /// Errors: invalid, with the reason for the log.
  Result<PowProof> check(std::string_view field, const std::string& binding) const;

  /// Returns how many answers are ready. For tests and metrics.
  std::size_t ready() const;

 private:
  /// What costs work, and depends on no message.
  struct Prepared {
    std::string nonce, salt, key_prefix, key_signature;  ///< hex
  };

  Pow(altcha::Keys keys, const Clock& clock, const PowSettings& settings);
  Prepared prepare(int tries) const;
  void keep_stock();
  std::map<int, std::deque<Prepared>>::value_type* wanting();

  const altcha::Keys keys_;
  const Clock& clock_;
  const PowSettings settings_;

  mutable std::mutex mutex_;
  std::condition_variable wanted_;
  std::map<int, std::deque<Prepared>> stock_;  ///< by level; under mutex_
  bool stopping_ = false;                      ///< under mutex_
  std::thread keeper_;
};

}  // namespace countersign
