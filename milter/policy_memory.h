// SPDX-License-Identifier: Apache-2.0
//
// Which mailboxes have another mode than the configuration's, as the store last said: what law 7
// (watching is harmless) goes by while the store is out of service. Bounded: the oldest are
// forgotten, and count as the configuration says. Thread-safe.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/guarded.h"
#include "screening/words.h"

namespace countersign {

class PolicyMemory {
 public:
  explicit PolicyMemory(std::size_t most = 10'000) : most_(most) {}

  /// Remembers what the store said of `owner` (Mailbox::key()).
  void note(const std::string& owner, Mode mode, Mode configured);
  /// Returns the mode that `owner` had when it was last different from `configured`, else that.
  Mode recall(const std::string& owner, Mode configured) const;

 private:
  struct Seen {
    std::unordered_map<std::string, Mode> modes;
    std::deque<std::string> order;  ///< oldest first; may name what is forgotten already
  };
  std::size_t most_;
  Guarded<Seen> seen_;
};

}  // namespace countersign
