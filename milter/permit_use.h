// SPDX-License-Identifier: Apache-2.0
//
// The permits of one mail: what the tokens in its recipients' addresses and the windows for its
// author are good for (rules 6, 7 and 14), and their spending when it is accepted.
//
// Belongs to one transaction. Not thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.h"
#include "mail/header_section.h"
#include "milter/services.h"
#include "screening/facts.h"
#include "screening/screen.h"

namespace countersign {

class PermitUse {
 public:
  /// `services` must outlive it.
  explicit PermitUse(Services& services) : services_(services) {}

  /// Judges by what the store answered: sets RecipientFacts::token, and knowledge.expected, of
  /// those whose address carries a token or who have a window. `questions`: those of the inquiry.
  /// Asks the store once more only where a permit is over that this very mail may have used up.
  /// Errors: unavailable.
  Status judge(const Facts& facts, const HeaderSection& header,
               const std::vector<TokenQuestion>& questions,
               const std::vector<std::optional<Permit>>& known,
               std::span<RecipientFacts> recipients, Deadline deadline);

  /// Whether the body counts: a permit with a number of uses is to be spent.
  bool wants_body(std::span<const Decision> decisions) const;
  void body(std::string_view bytes) { body_.update(bytes); }

  /// Takes the uses that `decisions` ask for, in one round trip; none, no round trip. Recipients
  /// for whom another mail took the last use meanwhile are set to what is true now: their decision
  /// is to be made again. Returns whether there are any. Once. Errors: unavailable: nobody knows
  /// what was spent; a second try of this mail takes nothing twice.
  Result<bool> spend(const Facts& facts, std::span<const Decision> decisions,
                     std::span<RecipientFacts> recipients, std::string_view queue_id,
                     Deadline deadline);

  /// Says which tokens were refused, and why; tells the owners of those that strangers used, in the
  /// store, the log and by a notice.
  void report_refused(const Facts& facts, std::span<const Decision> decisions,
                      std::span<const RecipientFacts> recipients, std::string_view queue_id,
                      Deadline deadline);

 private:
  struct Held {
    PermitName name;
    Permit permit;
  };
  void raise_alarm(const Facts& facts, const Held& held, bool refused, std::string_view queue_id,
                   Deadline deadline);
  Result<TokenUse> use_now(const Held& held, const std::string& fingerprint, WallTime now,
                           Deadline deadline);

  Services& services_;
  std::string header_digest_;
  Sha256 body_;
  std::vector<std::optional<Held>> tokens_;   ///< by recipient
  std::vector<std::optional<Held>> windows_;  ///< by recipient
};

}  // namespace countersign
