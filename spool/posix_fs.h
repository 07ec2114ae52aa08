// SPDX-License-Identifier: Apache-2.0
//
// The spool's folder on a real file system. Every name is walked folder by folder with openat(2)
// and O_NOFOLLOW, from the descriptor of the spool's folder, so no symlink in it is ever followed.
// Calls that a signal interrupts are made again, but for fsync(2) and close(2): their failure is
// an answer. What root makes here belongs to the owner of the folder, so that a command run by
// root leaves nothing that the daemon cannot read. Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "base/unique_fd.h"
#include "spool/spool_fs.h"

namespace countersign {

class PosixFs final : public SpoolFs {
 public:
  /// Opens the spool's folder, which must exist. Errors: not_found, unavailable.
  static Result<std::unique_ptr<PosixFs>> open_folder(const std::string& directory);

  Result<std::unique_ptr<File>> create(const std::string& name) override;
  Result<std::unique_ptr<File>> append_to(const std::string& name) override;
  Result<std::unique_ptr<File>> open(const std::string& name) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status fsync_dir(const std::string& name) override;
  Status unlink(const std::string& name) override;
  Status make_dir(const std::string& name) override;
  Status remove_dir(const std::string& name) override;
  Result<std::vector<std::string>> list_dir(const std::string& name) override;
  Result<bool> exists(const std::string& name) override;
  Result<std::unique_ptr<File>> lock(const std::string& name) override;
  Result<Space> space() override;

 private:
  struct Place;
  explicit PosixFs(UniqueFd root);
  Result<Place> place_of(const std::string& name) const;
  Result<UniqueFd> folder(const std::string& name) const;
  Result<std::unique_ptr<File>> open_file(const std::string& name, int flags);
  Status give_to_owner(int fd) const;

  UniqueFd root_;
  unsigned owner_ = 0;      ///< uid of the spool's folder
  unsigned group_ = 0;      ///< gid of the spool's folder
  bool give_away_ = false;  ///< we are root, the folder's owner is not
};

}  // namespace countersign
