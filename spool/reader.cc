// SPDX-License-Identifier: Apache-2.0
#include "spool/layout.h"
#include "spool/message_files.h"
#include "spool/node_id.h"
#include "spool/spool.h"

namespace countersign {

Result<std::string> SpoolReader::node() const { return read_node(fs_); }

Result<std::vector<HeldId>> SpoolReader::list() const {
  std::vector<HeldId> ids;
  auto folders = fs_.list_dir(layout::kHeld);
  if (!folders) {
    // A spool that no daemon has opened yet holds nothing.
    if (folders.error().code == Errc::not_found) return ids;
    return folders.error();
  }
  for (const std::string& folder : *folders) {
    if (!layout::is_folder(folder)) continue;
    const std::string path = std::string(layout::kHeld) + "/" + folder;
    CS_ASSIGN(const bool real, fs_.exists(path));
    if (!real) continue;
    CS_ASSIGN(const auto leaves, fs_.list_dir(path));
    for (const std::string& leaf : leaves)
      if (auto id = layout::id_of(leaf, ".msg"); id && leaf.starts_with(folder))
        ids.push_back(*std::move(id));
  }
  return ids;
}

Result<HeldMessage> SpoolReader::read(const HeldId& id) const { return load_message(fs_, id); }

Status SpoolReader::content(const HeldId& id,
                            const std::function<Status(std::string_view)>& sink) const {
  return send_message(fs_, id, sink);
}

}  // namespace countersign
