// SPDX-License-Identifier: Apache-2.0
#include "admin/postfix_chroot.h"

#include <algorithm>
#include <charconv>

namespace countersign::admin {

bool is_chrooted(const PostfixSettings& settings, const PostfixService& service) {
  if (service.chroot != "-") return service.chroot == "y";
  const std::string level = settings.value("compatibility_level");
  int major = 0;
  std::from_chars(level.data(), level.data() + level.size(), major);
  return major < 1;
}

bool is_seen_in_chroot(std::string_view endpoint) {
  return !endpoint.starts_with("unix:/") && !endpoint.starts_with("local:/");
}

std::string way_into_chroot(std::string_view queue_directory, std::string_view services) {
  std::string out = "in countersign.toml set milter.socket to \"unix:";
  out.append(queue_directory).append("/countersign/milter.sock\" or \"inet:8893@127.0.0.1\", ");
  out +=
      "restart countersign-milter, then: countersign setup postfix --apply; or take the "
      "services out of the chroot: postconf -F -e";
  while (!services.empty()) {
    const auto end = std::min(services.find(' '), services.size());
    out.append(" ").append(services.substr(0, end)).append("/chroot=n");
    services.remove_prefix(std::min(end + 1, services.size()));
  }
  return out;
}

}  // namespace countersign::admin
