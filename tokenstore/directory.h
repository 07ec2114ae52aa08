// SPDX-License-Identifier: Apache-2.0
//
// The question that every message asks of the store.
#pragma once

#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "mail/mailbox.h"
#include "screening/knowledge.h"

namespace countersign {

struct Inquiry {
  std::vector<Mailbox> recipients;  ///< owners (design section 5: `m`), no two alike
  std::optional<Mailbox> author;    ///< none: only policies are asked for
};

/// Thread-safe.
class Directory {
 public:
  virtual ~Directory() = default;

  /// Returns all that is known, in one round trip whatever the number of recipients.
  /// Errors: unavailable (any failure of the store, an error reply, an absent or foreign
  /// `cs:site`): the answer is then "unknown", never "not listed"; corrupt (a record does not
  /// decode).
  virtual Result<Knowledge> look_up(const Inquiry& inquiry, Deadline deadline) = 0;

  /// False while the store is known to be down: callers then need not wait for a deadline. It comes
  /// back by itself, within two seconds of the store.
  virtual bool healthy() const = 0;
};

}  // namespace countersign
