// SPDX-License-Identifier: Apache-2.0
//
// Which keys a daemon reads only when it starts. Pure, thread-safe.
#pragma once

#include <string>

#include "base/keyring.h"
#include "config/config.h"

namespace countersign {

enum class Daemon { milter, page };

/// Returns the names of the keys whose values differ, and count in that daemon only after a
/// restart: "milter.socket, store.url"; "" for none. Order of config_keys().
std::string needs_restart(Daemon daemon, const Config& started_with, const Config& now);

/// The same of the lines in that daemon's secrets file: "secrets.milter (answer, sent)", by
/// purpose;
/// "" for none. The milter's keys of address tokens count at once.
std::string secrets_need_restart(Daemon daemon, const Keyring& started_with, const Keyring& now);

}  // namespace countersign
