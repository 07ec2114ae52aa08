// SPDX-License-Identifier: Apache-2.0
//
// Reports to authors whose message was accepted while some of its recipients were refused (law 1):
// durable before the MTA hears its 250, and sent until the MTA took them or refused them for good.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "holding/announcer.h"
#include "spool/owed_report.h"

namespace countersign {

class ReportDesk {
 public:
  /// All must outlive it.
  ReportDesk(SpoolFs& fs, Announcer& announcer) : fs_(fs), announcer_(announcer) {}

  /// Promises a report to the author of `envelope`, whose recipients are those that were refused;
  /// on return it survives a power cut. Thread-safe. Errors: unavailable: answer 451.
  Status owe(const HeldEnvelope& envelope, std::string_view header_section) const;
  /// Sends those that wait; after a failure not again for some seconds. For one thread.
  void send();

 private:
  Status send(const HeldId& id);

  SpoolFs& fs_;
  Announcer& announcer_;
  SteadyTime not_before_{};
};

}  // namespace countersign
