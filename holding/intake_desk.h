// SPDX-License-Identifier: Apache-2.0
//
// The one implementation of IntakeDesk: spool, index, budgets.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/keyring.h"
#include "base/metrics.h"
#include "holding/held_table.h"
#include "holding/intake.h"
#include "holding/release_limit.h"
#include "holding/spool_clock.h"
#include "tokenstore/budgets.h"
#include "tokenstore/held_index.h"

namespace countersign {

struct IntakeSettings {
  std::string base_url;
  seconds lifetime = std::chrono::hours(24 * 30);
  Budgets::Limits limits;
  std::map<std::string, std::string, std::less<>> domain_urls = {};  ///< as PageUrls::of
};

/// What the desk works with; all must outlive it.
struct IntakeParts {
  Spool& spool;
  SpoolClock& spool_clock;
  HeldIndex& index;
  Budgets& budgets;
  HeldTable& table;
  const Keyring& keys;
  const Clock& clock;
  const ReleaseLimit& release_limit;
  /// Called after commit; `indexed` is false when the store does not know it yet. Must not block.
  std::function<void(const HeldId&, bool indexed)> on_held;
};

class SpoolIntakeDesk final : public IntakeDesk {
 public:
  SpoolIntakeDesk(IntakeParts parts, IntakeSettings settings);

  Result<std::unique_ptr<Intake>> begin(HeldEnvelope envelope, const HeaderSection& header,
                                        const std::string& network, Deadline deadline) override;
  /// Replaces the settings for messages that begin later. Thread-safe.
  void set(IntakeSettings settings);

 private:
  IntakeParts parts_;
  Guarded<std::shared_ptr<const IntakeSettings>> settings_;
};

}  // namespace countersign
