// SPDX-License-Identifier: Apache-2.0
#include "holding/report_desk.h"

#include "base/log.h"

namespace countersign {
namespace {

constexpr seconds kAgain{5};

}  // namespace

Status ReportDesk::owe(const HeldEnvelope& envelope, std::string_view header_section) const {
  const Status owed = owe_report(fs_, {envelope, std::string(header_section)});
  // Whatever it is, the author has not been told and the MTA must not forget him.
  if (!owed) return Error{Errc::unavailable, owed.error().detail};
  return {};
}

void ReportDesk::send() {
  const SteadyTime now = std::chrono::steady_clock::now();
  if (now < not_before_) return;
  const auto waiting = owed_reports(fs_);
  Status sent = waiting ? Status() : Status(waiting.error());
  if (waiting)
    for (const HeldId& id : *waiting)
      if (sent) sent = send(id);
  if (sent) return;
  not_before_ = now + kAgain;
  log::warning("reports wait", {{"error", sent.error().detail}});
}

Status ReportDesk::send(const HeldId& id) {
  const auto report = read_report(fs_, id);
  if (!report && report.error().code == Errc::not_found) return {};
  if (!report && report.error().code == Errc::corrupt) {
    log::error("a report cannot be read, and goes to damaged/",
               {{"held", id.text()}, {"error", report.error().detail}});
    return set_report_aside(fs_, id);
  }
  if (!report) return report.error();
  CS_TRY(announcer_.report_refusal(*report));
  return remove_report(fs_, id);
}

}  // namespace countersign
