// SPDX-License-Identifier: Apache-2.0
//
// How much work the proof `pow` asks for, by the evidence that there is: gentlest for authors who
// are authenticated, dearer in steps for others and where many answers come from one network.
// Immutable, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace countersign {

class Effort {
 public:
  /// Rows are "WHO ANSWERS TRIES": "authenticated" or "unauthenticated"; from how many answers in
  /// the last hour of one network on; tries at most (the answer is uniform in 1..TRIES), 1 to
  /// 1000000. Errors: invalid.
  static Result<Effort> parse(const std::vector<std::string>& rows);

  /// Returns the tries at most: of the rows for such an author, the one that asks for the most
  /// answers that there are; 3000 if none fits.
  int tries(bool authenticated, int answers) const;
  /// All different values that tries() can return.
  std::vector<int> levels() const;

 private:
  struct Row {
    bool authenticated = false;
    int answers = 0;
    int tries = 0;
  };
  std::vector<Row> rows_;
};

}  // namespace countersign
