// SPDX-License-Identifier: Apache-2.0
//
// What an earlier milter said of the content (rules 5 and 17): malware, spam, a score. Only fields
// that the site trusts are looked at: anybody can write a header field, so the earlier milter must
// remove those that come in. Pure, thread-safe.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mail/header_section.h"
#include "mail/header_test.h"

namespace countersign {

struct VerdictSettings {
  std::set<std::string, std::less<>> trusted;  ///< names of fields, lower case; empty: none
  std::vector<HeaderTest> malware;
  std::vector<HeaderTest> spam;
  std::vector<std::string> scores;  ///< names of fields with a score, lower case
};

struct Verdicts {
  bool infected = false;
  bool spam = false;
  std::optional<double> score;  ///< the highest that is told
};

/// Returns what the trusted fields of `header` say. Where a field stands more than once, the worst
/// counts.
Verdicts read_verdicts(const VerdictSettings& settings, const HeaderSection& header);

}  // namespace countersign
