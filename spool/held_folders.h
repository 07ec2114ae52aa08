// SPDX-License-Identifier: Apache-2.0
//
// Which folders of held/ are there to stay. Thread-safe.
#pragma once

#include <mutex>
#include <set>
#include <string>

#include "base/result.h"
#include "spool/spool_fs.h"

namespace countersign {

class HeldFolders {
 public:
  explicit HeldFolders(SpoolFs& fs) : fs_(fs) {}

  /// Notes a folder that was found durable: "held/7q".
  void add(const std::string& folder);
  /// Makes `folder` durable if it is not yet. Errors: unavailable.
  Status ensure(const std::string& folder);

 private:
  SpoolFs& fs_;
  std::mutex mutex_;  ///< held over the calls: a folder is trusted by nobody before its fsync
  std::set<std::string> durable_;
};

}  // namespace countersign
