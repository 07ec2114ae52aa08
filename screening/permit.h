// SPDX-License-Identifier: Apache-2.0
//
// Permits: what lets mail in because its recipient asked for it, for ever, until a date, for a
// number of messages, or any of these together. An address token is one (rules 6 and 7), an
// `expected` window another (rule 14). Values and pure functions; thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "screening/words.h"

namespace countersign {

struct Permit {
  Binding binding = Binding::first;
  std::string bound_to{};  ///< organizational domain; "": nobody yet
  WallTime created{};
  WallTime expires{};                    ///< the epoch: never
  std::optional<long long> uses_left{};  ///< none: no limit
  long long uses = 0;                    ///< so far
  WallTime last_use{};                   ///< the epoch: never
  WallTime revoked{};                    ///< the epoch: it is not
  // Of tokens only.
  std::string label{};
  std::string mailbox{};  ///< the address that it was made for: "joe@example.org"
  std::string key{};      ///< id of the key that made its tag
  long long leaks = 0;    ///< how often a stranger used it
  WallTime last_leak{};
  std::string leaked_to{};  ///< his authenticated domain; "" if there was none
  bool operator==(const Permit&) const = default;
};

/// Returns what `permit` is good for in the hands of an author who is authenticated by
/// `fingerprint` (an organizational domain; "": by nothing); never `none`. `spent_before`: this
/// very mail took its use a while ago, so that neither number nor date can be against it.
TokenUse use_of(const Permit& permit, std::string_view fingerprint, WallTime now,
                bool spent_before);

}  // namespace countersign
