// SPDX-License-Identifier: Apache-2.0
//
// The body of a form: application/x-www-form-urlencoded (WHATWG URL §5.1). Pure, thread-safe.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace countersign::challenge {

/// Returns name and value of each field. Strict where browsers never differ: a broken escape, a
/// field given twice, a control other than tab and line ends, and more than 16 fields are errors.
/// Errors: invalid.
Result<std::map<std::string, std::string>> parse_form(std::string_view body);

}  // namespace countersign::challenge
