// SPDX-License-Identifier: Apache-2.0
#include "spool/layout.h"

#include "base/rollback.h"

namespace countersign::layout {
namespace {
constexpr std::size_t kFolderSize = 2;
}  // namespace

std::string folder_of(const HeldId& id) {
  return std::string(kHeld) + "/" + id.text().substr(0, kFolderSize);
}

std::string message_of(const HeldId& id) { return folder_of(id) + "/" + id.text() + ".msg"; }

std::string log_of(const HeldId& id) { return folder_of(id) + "/" + id.text() + ".log"; }

std::string draft_of(const HeldId& id) { return std::string(kTmp) + "/" + id.text() + ".msg"; }

bool is_folder(std::string_view name) {
  return name.size() == kFolderSize && name.find_first_not_of(kDigits) == std::string_view::npos;
}

std::optional<HeldId> id_of(std::string_view leaf, std::string_view suffix) {
  if (!leaf.ends_with(suffix)) return std::nullopt;
  auto id = HeldId::parse(leaf.substr(0, leaf.size() - suffix.size()));
  if (!id) return std::nullopt;
  return *std::move(id);
}

Status put_file(SpoolFs& fs, const std::string& folder, const std::string& leaf,
                std::string_view bytes) {
  std::string name = std::string(kTmp) + "/" + HeldId::random().text() + ".new";
  CS_ASSIGN(auto file, fs.create(name));
  Rollback remove([&] {
    file.reset();
    (void)fs.unlink(name);
  });
  CS_TRY(file->write_all(bytes));
  CS_TRY(file->fsync());
  CS_TRY(file->close());
  const std::string target = folder.empty() ? leaf : folder + "/" + leaf;
  CS_TRY(fs.rename(name, target));
  name = target;
  CS_TRY(fs.fsync_dir(folder));
  remove.dismiss();
  return {};
}

}  // namespace countersign::layout
