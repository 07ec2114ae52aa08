// SPDX-License-Identifier: Apache-2.0
#include "screening/verdicts.h"

#include <algorithm>

#include "mail/unicode.h"

namespace countersign {
namespace {

bool lists(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

Verdicts read_verdicts(const VerdictSettings& settings, const HeaderSection& header) {
  Verdicts out;
  if (settings.trusted.empty()) return out;
  for (const HeaderField& field : header.fields()) {
    std::string name = ascii_lower(field.name);
    name.erase(name.find_last_not_of(" \t") + 1);
    if (!settings.trusted.contains(name)) continue;
    const auto says = [&](const std::vector<HeaderTest>& tests) {
      return std::any_of(tests.begin(), tests.end(), [&](const HeaderTest& test) {
        return test.field() == name && test.matches(field.value);
      });
    };
    out.infected = out.infected || says(settings.malware);
    out.spam = out.spam || says(settings.spam);
    if (!lists(settings.scores, name)) continue;
    if (const auto score = score_in(field.value); score)
      out.score = std::max(out.score.value_or(*score), *score);
  }
  return out;
}

}  // namespace countersign
