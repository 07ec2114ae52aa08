// SPDX-License-Identifier: Apache-2.0
//
// Postfix's configuration as postconf(1) tells it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/tools.h"
#include "base/result.h"

namespace countersign::admin {

/// One entry of master.cf.
struct PostfixService {
  std::string name;                                         ///< "smtp", "127.0.0.1:10026"
  std::string type;                                         ///< "inet", "pass", "unix"
  std::string command;                                      ///< "smtpd"
  std::map<std::string, std::string, std::less<>> options;  ///< its -o options
  std::string chroot = "n";                                 ///< "y", "n", "-" for the default

  /// "smtp/inet": how postconf(1) names it.
  std::string full_name() const { return name + "/" + type; }
};

struct PostfixSettings {
  std::map<std::string, std::string, std::less<>> main;  ///< all parameters, with defaults
  std::vector<PostfixService> services;

  /// "" for a parameter that Postfix does not know.
  std::string value(std::string_view parameter) const;
  /// The value for a service: its own option, else that of main.cf.
  std::string value(const PostfixService& service, std::string_view parameter) const;
  const PostfixService* find(std::string_view name, std::string_view type) const;
};

enum class Expand { no, yes };

/// Reads the settings in `directory` ("": Postfix's own). Expand::yes replaces $name.
/// Errors: not_found (no postconf), invalid, unavailable.
Result<PostfixSettings> read_postfix(const RunProgram& run, const std::string& directory,
                                     Expand expand);

/// Whether `text` refers to the parameter ($name, ${name}, ${name?..}, $(name)), itself or by a
/// parameter that does. `settings` as they stand in the files. Pure.
bool refers_to(const PostfixSettings& settings, std::string_view text, std::string_view parameter);

/// Whether message_reject_characters has the NUL: backslash and octal digits (postconf(5)). Pure.
bool rejects_nul(std::string_view characters);

/// The argument vector of postconf for a directory: "postconf" or "postconf -c DIR", then `more`.
std::vector<std::string> postconf(const std::string& directory, std::vector<std::string> more);

/// The same of postfix(1): "postfix reload" or "postfix -c DIR reload".
std::vector<std::string> postfix(const std::string& directory, const std::string& command);

/// Whether Postfix runs; nothing: it cannot be told, as only root may ask.
std::optional<bool> postfix_runs(const RunProgram& run, const std::string& directory);

/// Parses the output of postconf, postconf -M and postconf -P. Pure.
PostfixSettings parse_postfix(std::string_view main, std::string_view master,
                              std::string_view options);

/// Whether mail from other sites comes in here: port 25, or behind postscreen(8).
bool is_mx(const PostfixService& service);
/// Whether our own users submit here (RFC 6409, RFC 8314).
bool is_submission(const PostfixService& service);

/// The name under which an address ("127.0.0.1:10026", "[::1]:10026") stands in master.cf; none for
/// a Unix socket.
std::optional<std::string> service_name(std::string_view address);
/// The service of any program that listens there, or where it would stand in the way: by the whole
/// address, or by its port on all addresses. Null if there is none.
const PostfixService* find_inet(const PostfixSettings& settings, std::string_view address);
/// What Postfix says behind 220 to who connects there, as PeerReply::text has it; "": not known.
/// `settings` with $name replaced.
std::string greeting_at(const PostfixSettings& settings, std::string_view address);
/// The smtpd that listens there: by the whole address, or by its port alone. Null if there is none.
const PostfixService* find_smtpd(const PostfixSettings& settings, std::string_view address);

}  // namespace countersign::admin
