// SPDX-License-Identifier: Apache-2.0
//
// Runs programs of others: postconf, postmap. Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace countersign {

/// Runs argv[0], found in PATH and in the folders of system programs, without a shell, with `input`
/// as its standard input and no signal blocked, and returns what it printed. It is killed at the
/// deadline. Errors: not_found (no such program), invalid (its status was not 0; detail: its name,
/// a colon, a blank, and what it printed to stderr), unavailable (deadline, or no process to be
/// had).
Result<std::string> run_program(const std::vector<std::string>& argv, Deadline deadline,
                                std::string_view input = "");

}  // namespace countersign
