// SPDX-License-Identifier: Apache-2.0
//
// The two ports that Postfix has for us: the re-entry port (release.smtp) and the notice port
// (notices.smtp). Which options they need, whatever main.cf says for all of its services, and which
// entry of master.cf is ours. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "admin/postfix_settings.h"

namespace countersign::admin {

/// A -o option that a port needs.
struct PortOption {
  std::string name;
  std::string value;
};

/// The options, in the order in which `setup postfix` writes them. `milters`: what the port's
/// smtpd_milters is to be. content_filter is none of them: what was held comes in before that, and
/// is to pass it when it is released.
std::vector<PortOption> port_options(const std::string& milters);

/// What a service has that makes it useless as either port.
struct PortFault {
  bool fails = false;  ///< nothing passes, else some mail may not
  PortOption needed;   ///< what it lacks
  std::string effect;  ///< "Postfix waits for a proxy's header, and closes with 421"
};
/// Returns those of a service. `settings` with $name replaced.
std::vector<PortFault> port_faults(const PostfixSettings& settings, const PostfixService& service);

/// By which a port is known as ours, and told from other smtpd in the log:
/// "postfix/countersign-release" for "release.smtp".
std::string port_mark(std::string_view key);

/// Whether an entry was made as one of our ports: an smtpd with the mark, or with options that
/// stand together at no other (smtpd_milters, local_header_rewrite_clients, smtpd_proxy_filter).
bool is_our_port(const PostfixService& service, std::string_view key);

}  // namespace countersign::admin
