// SPDX-License-Identifier: Apache-2.0
#include "admin/permission.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace countersign::admin {

bool may_not_read(const std::string& path) {
  struct stat status {};
  const bool there = ::stat(path.c_str(), &status) == 0;
  if (!there) return errno == EACCES;
  const int wanted = S_ISDIR(status.st_mode) ? R_OK | X_OK : R_OK;
  // By the effective user, as open(2) will judge.
  return ::eaccess(path.c_str(), wanted) != 0 && errno == EACCES;
}

}  // namespace countersign::admin
