// SPDX-License-Identifier: Apache-2.0
#include "challenge/open_pages.h"

namespace countersign::challenge {

void OpenPages::shown(const HeldId& id, SteadyTime now) {
  std::lock_guard lock(mutex_);
  if (const auto at = open_.find(id); at != open_.end())
    at->second = now;
  else if (open_.size() < most_)
    open_.emplace(id, now);
}

void OpenPages::ended(const HeldId& id) {
  std::lock_guard lock(mutex_);
  open_.erase(id);
}

std::size_t OpenPages::abandoned(SteadyTime now) {
  std::lock_guard lock(mutex_);
  return std::erase_if(open_, [&](const auto& page) { return now - page.second >= patience_; });
}

}  // namespace countersign::challenge
