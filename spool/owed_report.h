// SPDX-License-Identifier: Apache-2.0
//
// Reports that we owe to authors (design section 1, law 1): a message was accepted, and recipients
// of it were refused, of whom no reply could speak. One file each, reports/<id>.msg, in the format
// of a held message (docs/spool-format.md) whose content is the header section alone; it goes when
// the report was sent. Nothing here takes the lock. Thread-safe.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "spool/spool.h"

namespace countersign {

struct OwedReport {
  /// Of the recipients that were refused; `reasons` say why. `owners` may be empty strings.
  HeldEnvelope envelope;
  std::string header_section;  ///< of the message, each line with its CRLF
};

/// So many may wait; one more is an error: while nothing takes reports, none is promised.
inline constexpr std::size_t kMostOwedReports = 1000;

/// Makes the report durable. On error nothing is left. Errors: unavailable (disk; or
/// kMostOwedReports wait); invalid (as HeldFileEncoder::head).
Status owe_report(SpoolFs& fs, const OwedReport& report);
/// Returns the ids of those that wait. Errors: unavailable.
Result<std::vector<HeldId>> owed_reports(SpoolFs& fs);
/// Errors: not_found, corrupt, unavailable.
Result<OwedReport> read_report(SpoolFs& fs, const HeldId& id);
/// Errors: unavailable.
Status remove_report(SpoolFs& fs, const HeldId& id);
/// Moves one that does not decode to damaged/. Errors: unavailable.
Status set_report_aside(SpoolFs& fs, const HeldId& id);

}  // namespace countersign
