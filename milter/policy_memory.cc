// SPDX-License-Identifier: Apache-2.0
#include "milter/policy_memory.h"

namespace countersign {

void PolicyMemory::note(const std::string& owner, Mode mode, Mode configured) {
  seen_.with([&](Seen& seen) {
    if (mode == configured) {
      seen.modes.erase(owner);
      return;
    }
    const auto [it, is_new] = seen.modes.insert_or_assign(owner, mode);
    if (!is_new) return;
    seen.order.push_back(owner);
    while (seen.order.size() > most_) {
      seen.modes.erase(seen.order.front());
      seen.order.pop_front();
    }
  });
}

Mode PolicyMemory::recall(const std::string& owner, Mode configured) const {
  return seen_.with([&](const Seen& seen) {
    const auto it = seen.modes.find(owner);
    return it == seen.modes.end() ? configured : it->second;
  });
}

}  // namespace countersign
