// SPDX-License-Identifier: Apache-2.0
//
// The page looks at itself as senders will: at its public address, through whatever web server,
// certificate and name stand before it (design section 4, Channel). What answers there must be a
// server with our keys, or no URL is named to anybody.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/keyring.h"
#include "base/result.h"

namespace countersign::challenge {

/// Returns what a server of ours answers to a probe: 64 hex digits, HMAC-SHA-256 by the current key
/// "web". Errors: not_found (no such key); invalid (`probe` is not 32 hex digits).
Result<std::string> probe_answer(const Keyring& keyring, std::string_view probe);

/// What a look from outside found.
enum class Outside {
  ours,     ///< it answers, and is ours
  unclear,  ///< its name has no address here: that says nothing of the page
  not_ours  ///< nothing answers, or something else does
};
struct OutsideLook {
  Outside found = Outside::not_ours;
  std::string why{};  ///< of the others, for the log
};

/// Asks for `base_url`/healthz with a fresh probe: at most three redirects are followed, the
/// certificate must be good. `base_url` without final slash.
OutsideLook look_from_outside(const std::string& base_url, const Keyring& keyring,
                              Deadline deadline);

}  // namespace countersign::challenge
