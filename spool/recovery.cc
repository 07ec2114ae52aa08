// SPDX-License-Identifier: Apache-2.0
#include "spool/recovery.h"

#include <set>

#include "base/log.h"
#include "spool/layout.h"
#include "spool/message_files.h"

namespace countersign {
namespace {

void warn_of(const std::string& name) {
  log::warning("not a file of the spool; left alone", {{"file", name}});
}

/// Adds one message, or moves it to damaged/.
void find_message(SpoolFs& fs, const HeldId& id, bool has_log, HeldSet& held) {
  const auto open = open_message(fs, id);
  if (open) {
    held.restore(id, claimants_of(open->held.envelope, open->held.network), open->held.file_bytes,
                 has_log);
    return;
  }
  const Error& error = open.error();
  if (error.code == Errc::corrupt) {
    if (auto moved = set_aside(fs, id, error.detail); !moved)
      log::error("cannot move to damaged/", {{"held", id.text()}, {"why", moved.error().detail}});
    return;
  }
  log::error("held message cannot be read now", {{"held", id.text()}, {"why", error.detail}});
  held.restore(id, {}, 0, has_log);
}

/// Adds what is in one folder of held/.
Status find_in(SpoolFs& fs, const std::string& folder, HeldSet& held) {
  const std::string path = std::string(layout::kHeld) + "/" + folder;
  CS_ASSIGN(const auto leaves, fs.list_dir(path));
  if (leaves.empty()) return {};
  // What a killed daemon had renamed but not fsynced is seen now, and would be promised to the
  // sender's next try: it must be durable before.
  CS_TRY(fs.fsync_dir(path));
  std::set<HeldId> messages;
  std::set<HeldId> logs;
  for (const std::string& leaf : leaves) {
    const bool here = leaf.starts_with(folder);
    if (const auto message = layout::id_of(leaf, ".msg"); message && here)
      messages.insert(*message);
    else if (const auto log = layout::id_of(leaf, ".log"); log && here)
      logs.insert(*log);
    else
      warn_of(path + "/" + leaf);
  }
  for (const HeldId& id : messages) find_message(fs, id, logs.contains(id), held);
  for (const HeldId& id : logs) {
    if (messages.contains(id)) continue;
    // Of a message that was being removed; or its file was lost, and this is its trace.
    if (auto moved = set_aside(fs, id, "a log without its message"); !moved)
      log::error("cannot move to damaged/", {{"held", id.text()}, {"why", moved.error().detail}});
  }
  return {};
}

}  // namespace

Status prepare_folders(SpoolFs& fs) {
  for (const char* folder :
       {layout::kTmp, layout::kHeld, layout::kOrders, layout::kReports, layout::kDamaged})
    CS_TRY(fs.make_dir(folder));
  CS_TRY(fs.fsync_dir(""));
  CS_ASSIGN(const auto leaves, fs.list_dir(layout::kTmp));
  for (const std::string& leaf : leaves) {
    auto removed = fs.unlink(std::string(layout::kTmp) + "/" + leaf);
    if (!removed && removed.error().code != Errc::not_found) return removed;
  }
  return {};
}

Status find_held(SpoolFs& fs, HeldFolders& folders, HeldSet& held) {
  CS_ASSIGN(const auto names, fs.list_dir(layout::kHeld));
  CS_TRY(fs.fsync_dir(layout::kHeld));
  for (const std::string& name : names) {
    const std::string path = std::string(layout::kHeld) + "/" + name;
    CS_ASSIGN(const bool real, fs.exists(path));
    if (!real || !layout::is_folder(name)) {
      warn_of(path);
      continue;
    }
    CS_TRY(find_in(fs, name, held));
    folders.add(path);
  }
  return {};
}

}  // namespace countersign
