// SPDX-License-Identifier: Apache-2.0
//
// From argv to a verb and its Invocation, by the table of verbs; CLI11 is behind it.
#pragma once

#include <optional>
#include <string>

#include "admin/verbs.h"

namespace countersign::admin {

struct CommandLine {
  const Verb* verb = nullptr;  ///< null: print `text` and exit with `status`
  Invocation invocation;
  std::string text;  ///< help or version (status EX_OK: for stdout), or a complaint (for stderr)
  int status = 0;    ///< EX_OK, EX_USAGE
};

/// Options stand before or after the verb. `default_config` is the path without -c.
CommandLine parse_command_line(int argc, const char* const* argv,
                               const std::string& default_config);

}  // namespace countersign::admin
