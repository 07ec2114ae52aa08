// SPDX-License-Identifier: Apache-2.0
#include "spool/owed_report.h"

#include "spool/held_file.h"
#include "spool/layout.h"

namespace countersign {
namespace {

constexpr const char* kSuffix = ".msg";

std::string leaf_of(const HeldId& id) { return id.text() + kSuffix; }

std::string path_of(const HeldId& id) { return std::string(layout::kReports) + "/" + leaf_of(id); }

}  // namespace

Status owe_report(SpoolFs& fs, const OwedReport& report) {
  CS_ASSIGN(const auto waiting, owed_reports(fs));
  if (waiting.size() >= kMostOwedReports)
    return Error{Errc::unavailable, std::to_string(waiting.size()) + " reports wait already"};
  HeldFileEncoder encoder;
  CS_ASSIGN(std::string bytes, encoder.head(report.envelope, ""));
  encoder.content(report.header_section);
  bytes += report.header_section;
  bytes += encoder.trailer("");
  return layout::put_file(fs, layout::kReports, leaf_of(report.envelope.id), bytes);
}

Result<std::vector<HeldId>> owed_reports(SpoolFs& fs) {
  CS_ASSIGN(const auto leaves, fs.list_dir(layout::kReports));
  std::vector<HeldId> ids;
  for (const std::string& leaf : leaves)
    if (auto id = layout::id_of(leaf, kSuffix)) ids.push_back(*std::move(id));
  return ids;
}

Result<OwedReport> read_report(SpoolFs& fs, const HeldId& id) {
  CS_ASSIGN(const auto file, fs.open(path_of(id)));
  CS_ASSIGN(const HeldFile held, read_held_file(*file));
  OwedReport report{held.envelope, ""};
  CS_TRY(send_held_content(*file, held, [&](std::string_view piece) -> Status {
    report.header_section += piece;
    return {};
  }));
  return report;
}

Status remove_report(SpoolFs& fs, const HeldId& id) {
  auto removed = fs.unlink(path_of(id));
  if (!removed && removed.error().code != Errc::not_found) return removed;
  return fs.fsync_dir(layout::kReports);
}

Status set_report_aside(SpoolFs& fs, const HeldId& id) {
  CS_TRY(fs.rename(path_of(id), std::string(layout::kDamaged) + "/" + id.text() + ".report"));
  CS_TRY(fs.fsync_dir(layout::kDamaged));
  return fs.fsync_dir(layout::kReports);
}

}  // namespace countersign
