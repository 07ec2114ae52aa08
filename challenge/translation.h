// SPDX-License-Identifier: Apache-2.0
//
// A page in another language: the texts of a template that are marked, {{#_}}English{{/_}}, are
// replaced by their translations before it is parsed. Pure, thread-safe.
//
// A marked text stands in one line. Its holes, "{to}", stand for pieces of the page that
// translators can put elsewhere in the sentence: addresses, the subject, times. Translations are
// text; what they hold of markup is escaped.
#pragma once

#include <string>

#include "base/result.h"
#include "language/catalogue.h"

namespace countersign::challenge {

/// Returns `page` in the language of `catalogue`; `file` is for messages. Errors: invalid
/// ("FILE:LINE:
/// ...": a mark that is not closed, a tag inside of marks, a hole that we do not know).
Result<std::string> translated(const std::string& page, const std::string& file,
                               const language::Catalogue& catalogue);

}  // namespace countersign::challenge
