// SPDX-License-Identifier: Apache-2.0
#include "screening/permit.h"

namespace countersign {

TokenUse use_of(const Permit& permit, std::string_view fingerprint, WallTime now,
                bool spent_before) {
  if (permit.revoked != WallTime{}) return TokenUse::over;
  if (spent_before) return TokenUse::valid;
  if (permit.expires != WallTime{} && now >= permit.expires) return TokenUse::over;
  if (permit.uses_left && *permit.uses_left <= 0) return TokenUse::over;
  const bool is_bound = permit.binding != Binding::anyone && !permit.bound_to.empty();
  return is_bound && permit.bound_to != fingerprint ? TokenUse::stranger : TokenUse::valid;
}

}  // namespace countersign
