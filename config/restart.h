// SPDX-License-Identifier: Apache-2.0
//
// Which keys a daemon reads only when it starts. Pure, thread-safe.
#pragma once

#include <string>

#include "config/config.h"

namespace countersign {

enum class Daemon { milter, page };

/// Returns the names of the keys whose values differ, and count in that daemon only after a
/// restart: "milter.socket, store.url"; "" for none. Order of config_keys().
std::string needs_restart(Daemon daemon, const Config& started_with, const Config& now);

}  // namespace countersign
