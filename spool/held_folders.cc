// SPDX-License-Identifier: Apache-2.0
#include "spool/held_folders.h"

#include "base/rollback.h"
#include "spool/layout.h"

namespace countersign {
namespace {

/// Whether folders may be made that nothing needs yet.
bool roomy(const Space& space) {
  return space.free_bytes >= std::uint64_t{1} << 30 &&
         (space.total_files == 0 || space.free_files >= 100'000);
}

}  // namespace

void HeldFolders::add(const std::string& folder) {
  durable_.with([&](auto& durable) { durable.insert(folder); });
}

bool HeldFolders::known(const std::string& folder) const {
  return durable_.with([&](const auto& durable) { return durable.contains(folder); });
}

Status HeldFolders::ensure(const std::string& folder) {
  if (known(folder)) return {};
  std::lock_guard making(making_);
  if (known(folder)) return {};

  std::vector<std::string> made;
  Rollback remove([&] {
    for (const std::string& one : made) (void)fs_.remove_dir(one);
  });
  CS_TRY(make_anew(folder));
  made.push_back(folder);
  make_beside(folder, made);
  CS_TRY(fs_.fsync_dir(layout::kHeld));
  remove.dismiss();
  for (const std::string& one : made) add(one);
  return {};
}

Status HeldFolders::make_anew(const std::string& folder) {
  // What stands there without being known comes from a try that failed. An fsync that failed once
  // may report success the next time without having written anything, so the folder is made anew;
  // while it cannot be removed, nothing is put into it.
  auto removed = fs_.remove_dir(folder);
  if (!removed && removed.error().code != Errc::not_found) return removed;
  return fs_.make_dir(folder);
}

void HeldFolders::make_beside(const std::string& folder, std::vector<std::string>& made) {
  const auto space = fs_.space();
  if (!space || !roomy(*space)) return;
  std::string beside = folder;
  for (const char digit : layout::kDigits) {
    beside.back() = digit;
    if (beside != folder && !known(beside) && make_anew(beside)) made.push_back(beside);
  }
}

}  // namespace countersign
