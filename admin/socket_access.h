// SPDX-License-Identifier: Apache-2.0
//
// Whether Postfix may connect to our Unix socket: what its user may not enter or write on the way.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "admin/finding.h"
#include "admin/postfix_settings.h"
#include "base/result.h"
#include "config/config.h"

namespace countersign::admin {

/// Who connects.
struct Account {
  std::string name;
  std::string group;  ///< name of the primary group
  uid_t user = 0;
  std::vector<gid_t> groups;  ///< the primary one, and all others
};
/// Errors: not_found (no such login name).
Result<Account> account_by_name(const std::string& name);

/// What stands in the way to a socket.
struct Obstacle {
  std::string path;
  bool is_socket = false;  ///< may not be written; else a folder that may not be entered
  uid_t owner = 0;
  gid_t group = 0;
  mode_t mode = 0;  ///< permission bits
};
/// Returns the first one of `from` (a folder on the way), the folders below it, and the socket. By
/// permission bits: what has an access control list (acl(5)), or cannot be looked at, is none.
std::optional<Obstacle> find_obstacle(const std::string& from, const std::string& socket,
                                      const Account& account);

/// doctor's check: that mail_owner may connect, by each spelling that a service has. `settings`
/// with $name replaced.
void check_socket_access(const PostfixSettings& settings, const Config& config, Findings& into);

}  // namespace countersign::admin
