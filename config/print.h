// SPDX-License-Identifier: Apache-2.0
//
// The configuration as text, by the table of keys. Pure, thread-safe.
#pragma once

#include <string>

#include "config/keys.h"

namespace countersign {

/// Returns a value as TOML spells it: "\"text\"", "true", "[\"a\", \"b\"]".
std::string toml_value(const Value& value);

/// Returns all keys with their values as a countersign.toml: what check_config() reads to the same
/// Config, if it is complete.
std::string show_config(const Config& config);

/// Returns what `config init` writes where there is no countersign.toml: what a site must set, with
/// its example and explanation, and the tables of the rest as comments.
std::string starter_config();

/// Returns countersign.toml(5) as man(7) source.
std::string config_manual();

}  // namespace countersign
