// SPDX-License-Identifier: Apache-2.0
//
// TOML 1.0 as a flat list of settings; toml++ is behind it. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/keys.h"

namespace countersign {

struct Setting {
  std::string table;  ///< "" for what stands outside a table
  std::string name;   ///< "" for the header of a table
  int line = 0;
  Value value;
  std::string type;  ///< in words, for messages: "an integer"
  /// What follows the table's name in the header of a table in it: "example.org" of
  /// [site."example.org"]; else "".
  std::string part = {};
};

/// What is no TOML. The line is left out, so that the rest can be checked as well.
struct SyntaxError {
  int line = 0;
  std::string key;  ///< "table.name", as far as it can be told; may be ""
  std::string what;
};

struct Document {
  std::vector<Setting> settings;    ///< by line
  std::vector<SyntaxError> errors;  ///< by line
  /// Whether settings is all that the text holds but for the lines of `errors`; else what
  /// is missing in it says nothing.
  bool whole = false;
};

Document read_toml(std::string_view text);

}  // namespace countersign
