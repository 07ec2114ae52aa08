// SPDX-License-Identifier: Apache-2.0
//
// Where Redis is: the value of `store.url`. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace countersign {

/// A user and a password; an empty user is Redis' default user.
struct RedisLogin {
  std::string user;
  std::string password;
  bool empty() const { return user.empty() && password.empty(); }
};

struct RedisAddress {
  bool tls = false;     ///< rediss://
  std::string path;     ///< of a Unix socket; "" for TCP
  std::string host;     ///< name or IP address without brackets
  int port = 6379;      ///< 1 to 65535
  int database = 0;     ///< 0 to 65535
  RedisLogin login;     ///< from the URL; empty if it has none
  std::string ca_file;  ///< PEM file of trusted CAs; "" for the system's
  bool is_unix() const { return !path.empty(); }
  /// The address for logs: without user and password.
  std::string text() const;

  /// Parses
  ///
  ///     redis://[[USER]:PASSWORD@]HOST[:PORT][/DB]
  ///     rediss://[[USER]:PASSWORD@]HOST[:PORT][/DB][?ca_file=PATH]
  ///     unix:PATH[?db=DB&user=USER&password=PASSWORD]      (also unix://PATH)
  ///
  /// with %HH in any part. Errors: invalid (says what is allowed; never shows the password).
  static Result<RedisAddress> parse(std::string_view url);
};

}  // namespace countersign
