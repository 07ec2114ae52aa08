// SPDX-License-Identifier: Apache-2.0
//
// What one mail answers by going to addresses that challenges named as Reply-To. It is an answer
// only by the held author's own authentication, never from a machine, a forwarder or a null
// reverse-path; all other mail to such an address is mail to the mailbox, and screened as that.
//
// Belongs to one transaction. Not thread-safe.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "milter/services.h"
#include "screening/facts.h"
#include "screening/screen.h"

namespace countersign {

class ReplyUse {
 public:
  /// `services` must outlive it.
  explicit ReplyUse(Services& services) : services_(services) {}

  /// Sets RecipientFacts::replies of those to whom this mail is an answer. Asks the store, besides
  /// the one question of every mail, only where an address is ours, which no stranger can make up.
  /// Errors: unavailable.
  Status judge(const Facts& facts, std::span<RecipientFacts> recipients, Deadline deadline);

  /// Tells the nodes that hold what `decisions` say is answered. May be repeated, also by a second
  /// try of this mail. Errors: unavailable.
  Status tell(std::span<const Decision> decisions, std::span<const RecipientFacts> recipients,
              std::string_view queue_id, Deadline deadline);

  /// The same where the one to whom it goes blocks its author, as soon as that is known: the
  /// message may wait for others too, whom the answer is for as well. What fails is logged, and
  /// delays nothing.
  void tell_despite_block(const Facts& facts, std::span<const Decision> decisions,
                          std::span<const RecipientFacts> recipients, std::string_view queue_id,
                          Deadline deadline);

 private:
  Status tell_one(const HeldView& held, const RecipientFacts& recipient, std::string_view queue_id,
                  Deadline deadline);

  Services& services_;
  std::vector<std::optional<HeldView>> answered_;  ///< by recipient
};

}  // namespace countersign
