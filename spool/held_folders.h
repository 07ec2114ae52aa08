// SPDX-License-Identifier: Apache-2.0
//
// Which folders of held/ are there to stay. Thread-safe.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "base/result.h"
#include "spool/spool_fs.h"

namespace countersign {

class HeldFolders {
 public:
  explicit HeldFolders(SpoolFs& fs) : fs_(fs) {}

  /// Notes a folder that was found durable: "held/7q".
  void add(const std::string& folder);
  /// Makes `folder` durable if it is not yet; and where there is room, those beside it ("held/70"
  /// to "held/7z") with the same fsync, so that a new spool waits for 32 of them and not for 1024.
  /// Errors: unavailable.
  Status ensure(const std::string& folder);

 private:
  bool known(const std::string& folder) const;
  Status make_anew(const std::string& folder);
  void make_beside(const std::string& folder, std::vector<std::string>& made);

  SpoolFs& fs_;
  std::mutex making_;  ///< held over the calls: a folder is trusted by nobody before its fsync
  Guarded<std::set<std::string>> durable_;
};

}  // namespace countersign
