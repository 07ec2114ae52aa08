// SPDX-License-Identifier: Apache-2.0
//
// Runs programs of others: postconf.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace countersign::admin {

/// Runs argv[0], found in PATH and in the folders of system programs, without a shell, with an
/// empty standard input, and returns what it printed. It is killed at the deadline.
/// Errors: not_found (no such program), invalid (its status was not 0; detail: what it printed to
/// stderr), unavailable (deadline, or no process to be had).
Result<std::string> run_program(const std::vector<std::string>& argv, Deadline deadline);

}  // namespace countersign::admin
