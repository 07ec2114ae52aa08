// SPDX-License-Identifier: Apache-2.0
#include "authentication/confine.h"

#include <grp.h>
#include <linux/landlock.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "base/unique_fd.h"

namespace countersign {

void close_others(int last) {
  const long most = std::min(::sysconf(_SC_OPEN_MAX), 65536L);
  for (int descriptor = last + 1; descriptor < most; ++descriptor) ::close(descriptor);
}

Status give_up_privileges() {
  const auto failed = [](const char* what) {
    return Error{Errc::unavailable, std::string(what) + ": " + std::strerror(errno)};
  };
  const rlimit none{0, 0};
  (void)::setrlimit(RLIMIT_CORE, &none);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("prctl");
  if (::geteuid() != 0) return {};
  const passwd* nobody = ::getpwnam("nobody");
  if (nobody == nullptr) return Error{Errc::unavailable, "there is no user nobody"};
  if (::setgroups(0, nullptr) != 0 || ::setgid(nobody->pw_gid) != 0 ||
      ::setuid(nobody->pw_uid) != 0)
    return failed("user nobody");
  return {};
}

bool close_file_system() {
  landlock_ruleset_attr rules{};
  rules.handled_access_fs = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                            LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
  const UniqueFd ruleset(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0)));
  return ruleset && ::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) == 0;
}

}  // namespace countersign
