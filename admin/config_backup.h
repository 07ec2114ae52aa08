// SPDX-License-Identifier: Apache-2.0
//
// Backups of an MTA's files, so that what `setup --apply` did can be undone exactly.
//
//   DIR/countersign-backup/20270503-140200/main.cf, master.cf   as they were
//                                          after                what was made of them: a line each,
//                                                               SHA-256 in hex, blank, name; and
//                                                               "folder PATH" for a folder that was
//                                                               made
//
// A backup without `after` is of a run that was cut. Not thread-safe.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace countersign::admin {

class ConfigBackups {
 public:
  /// `directory` is the MTA's configuration directory, `names` the files in it, `ours` those that
  /// may be missing before a run, or after it.
  ConfigBackups(std::string directory, std::vector<std::string> names,
                std::vector<std::string> ours = {})
      : directory_(std::move(directory)), names_(std::move(names)), ours_(std::move(ours)) {}

  const std::string& directory() const { return directory_; }

  /// Copies the files; returns the backup's folder. Errors: unavailable.
  Result<std::string> make(WallTime now) const;
  /// Notes what was made of the files since make(). `folder`: one that was made; or "".
  Status finish(const std::string& backup, const std::string& folder) const;
  /// Puts the files of a backup back, removes those that were not there before, and the backup.
  /// Errors: unavailable (the backup stays).
  Status restore(const std::string& backup) const;
  /// Removes a backup. Errors: unavailable.
  Status remove(const std::string& backup) const;

  /// The folders of all backups, newest first.
  std::vector<std::string> list() const;
  /// Whether the files in `standing` are as the run left them that made the backup, or already as
  /// they were before; else somebody changed them since, and `changed` names them. `standing`:
  /// directory(), or the backup that the next run made, of what it found.
  bool is_untouched(const std::string& backup, const std::string& standing,
                    std::string& changed) const;
  /// The folder that the run made; "" for none.
  std::string made_folder(const std::string& backup) const;

 private:
  std::string directory_;
  std::vector<std::string> names_;
  std::vector<std::string> ours_;
};

}  // namespace countersign::admin
