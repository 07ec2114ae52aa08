// SPDX-License-Identifier: Apache-2.0
//
// Address books as programs write them to files, brought to one form of text. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace countersign::admin {

/// Returns the text of a file: a byte order mark taken off, UTF-16 with one (RFC 2781) as UTF-8.
/// Text in an older character set stays as it is: addresses in it are ASCII. Errors: invalid (no
/// text: what stands where, and what is allowed).
Result<std::string> book_text(std::string bytes);

/// The text without empty lines at its front.
std::string_view without_leading_lines(std::string_view text);

}  // namespace countersign::admin
