// SPDX-License-Identifier: Apache-2.0
//
// A log file that grows, and is rotated: renamed or cut short. Not thread-safe.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace countersign::admin {

class LogFollower {
 public:
  explicit LogFollower(std::string path) : path_(std::move(path)) {}

  /// Calls `use` with each line that is whole and was not read yet. Where another file stands at
  /// the path, or the file was cut, goes on with that one from its start. A file that is gone for a
  /// moment is no error once it was there. Errors: not_found (also a folder, or what may not be
  /// read), unavailable.
  Status read(const std::function<void(std::string_view)>& use);
  /// The last line, if it has no end; for files that do not grow.
  const std::string& rest() const { return rest_; }

 private:
  Status open();
  Status read_open(const std::function<void(std::string_view)>& use);
  bool is_replaced() const;

  const std::string path_;
  UniqueFd fd_;
  off_t at_ = 0;
  std::string rest_;
};

}  // namespace countersign::admin
