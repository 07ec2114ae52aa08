// SPDX-License-Identifier: Apache-2.0
//
// What the verbs work with, besides configuration and arguments. main.cc fills it with the real
// things, tests with fakes. Nothing is opened before a verb asks: `held` works without a store,
// `config` without anything.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/keyring.h"
#include "base/result.h"
#include "config/config.h"
#include "relay/smtp_client.h"
#include "spool/spool_fs.h"
#include "tokenstore/store.h"
#include "tokenstore/store_check.h"

namespace countersign::admin {

/// The answer to a GET.
struct HttpAnswer {
  long status = 0;
  std::string body;  ///< the first 64 kB of it
};

/// Output of a program that ended with status 0.
using RunProgram = std::function<Result<std::string>(const std::vector<std::string>& argv)>;

struct Tools {
  const Clock& clock;
  std::string who;  ///< login name of who runs the command, for logs

  /// Errors: not_found (no such folder), unavailable.
  std::function<Result<std::unique_ptr<SpoolFs>>(const std::string& directory)> open_spool = {};
  /// Connects to nothing yet. Errors: invalid, unavailable (the secrets).
  std::function<Result<std::unique_ptr<Store>>(const Config&)> open_store = {};
  /// Makes `cs:site` if it is absent; returns its id, and whether it was made just now. Errors: as
  /// RedisStore::create_site.
  std::function<Result<std::pair<std::string, bool>>(const Config&, Deadline)> create_site = {};
  /// Returns what is to be known of the server and of our login. Errors: unavailable, not_found.
  std::function<Result<std::vector<StoreFinding>>(const Config&, Deadline)> check_store = {};
  /// The same of the web host's login. Errors: as check_web_user; not_found (no such login).
  std::function<Result<std::vector<StoreFinding>>(const Config&, Deadline)> check_web_login = {};
  /// The MTA's re-entry port.
  std::function<std::unique_ptr<Relay>(const std::string& address)> open_relay = {};
  /// What the MTA says at a port before any mail. Errors: as of countersign::ask_welcome().
  std::function<Result<Welcome>(const std::string& address)> ask_welcome = {};
  /// Whether a server could listen at a port of this host now. Errors: as of try_port().
  std::function<Status(const std::string& address)> try_port = {};
  /// The keys of a secrets file. Errors: unavailable, invalid.
  std::function<Result<Keyring>(const std::string& path)> load_keys = {};
  /// Runs a program by its path in PATH, without a shell. Errors: not_found (no such program),
  /// invalid (its status was not 0; detail: what it said), unavailable.
  RunProgram run_program = {};
  /// GET. Errors: unavailable.
  std::function<Result<HttpAnswer>(const std::string& url, Deadline)> http_get = {};
};

}  // namespace countersign::admin
