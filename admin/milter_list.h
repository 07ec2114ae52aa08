// SPDX-License-Identifier: Apache-2.0
//
// A list of milters as Postfix writes it (smtpd_milters, postconf(5)). Pure, thread-safe.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace countersign::admin {

struct MilterEntry {
  std::string text;      ///< as it stands in the list: "unix:x", "{ unix:x, a=b }"
  std::string endpoint;  ///< "unix:x", "inet:host:port"
  std::map<std::string, std::string, std::less<>> options;  ///< "default_action" -> "tempfail"
};

/// Elements are separated by commas and white space; braces hold an endpoint and its options.
std::vector<MilterEntry> parse_milters(std::string_view list);

/// Returns a list without white space, as postconf(1) wants the value of a -o option:
/// "unix:x,{unix:y,default_action=accept}". Lists that come to the same become the same.
std::string compact_milters(std::string_view list);

/// How Postfix spells the socket `milter.socket` ("unix:/path", "inet:PORT@HOST"), the preferred
/// spelling first: relative to `queue_directory` for a Unix socket in it, which works inside and
/// outside of a chroot.
std::vector<std::string> postfix_endpoints(std::string_view socket,
                                           std::string_view queue_directory);

/// Index of the first entry with one of these endpoints, or -1.
int find_milter(const std::vector<MilterEntry>& list, const std::vector<std::string>& endpoints);

}  // namespace countersign::admin
