// SPDX-License-Identifier: Apache-2.0
//
// Postfix's services that see nothing but queue_directory (master(5), chroot), and our socket.
// Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "admin/postfix_settings.h"

namespace countersign::admin {

/// Whether the service runs in a chroot. "-" in master.cf is "y" where compatibility_level is below
/// 1, or not known to this Postfix. `settings` with $name replaced.
bool is_chrooted(const PostfixSettings& settings, const PostfixService& service);

/// Whether a service in a chroot reaches a milter by this spelling ("unix:x", "inet:host:port"):
/// any but the absolute path of a Unix socket.
bool is_seen_in_chroot(std::string_view endpoint);

/// What is to be done where our socket lies outside, for an operator. `services`: those that ask
/// our milter, as postconf(1) names them, with blanks between.
std::string way_into_chroot(std::string_view queue_directory, std::string_view services);

}  // namespace countersign::admin
