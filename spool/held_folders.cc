// SPDX-License-Identifier: Apache-2.0
#include "spool/held_folders.h"

#include "base/rollback.h"
#include "spool/layout.h"

namespace countersign {

void HeldFolders::add(const std::string& folder) {
  std::lock_guard lock(mutex_);
  durable_.insert(folder);
}

Status HeldFolders::ensure(const std::string& folder) {
  std::lock_guard lock(mutex_);
  if (durable_.contains(folder)) return {};
  // What stands there without being known comes from a try that failed. An fsync that failed once
  // may report success the next time without having written anything, so the folder is made anew;
  // while it cannot be removed, nothing is put into it.
  if (auto removed = fs_.remove_dir(folder); !removed && removed.error().code != Errc::not_found)
    return removed;
  CS_TRY(fs_.make_dir(folder));
  Rollback remove([&] { (void)fs_.remove_dir(folder); });
  CS_TRY(fs_.fsync_dir(layout::kHeld));
  remove.dismiss();
  durable_.insert(folder);
  return {};
}

}  // namespace countersign
