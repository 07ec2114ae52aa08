// SPDX-License-Identifier: Apache-2.0
#include "config/proofs.h"

#include <algorithm>

namespace countersign {

std::string left_out(const std::vector<std::string>& proofs) {
  const auto has = [&](const char* proof) {
    return std::find(proofs.begin(), proofs.end(), proof) != proofs.end();
  };
  // Digits are for everybody, work needs a script, and waiting an author who is authenticated.
  if (has("code")) return "";
  if (!has("pow")) return "authors whom neither SPF nor DKIM authenticates";
  if (!has("wait")) return "people without JavaScript";
  return "people without JavaScript whom neither SPF nor DKIM authenticates";
}

std::string left_out_warning(const std::vector<std::string>& proofs) {
  const std::string who = left_out(proofs);
  if (who.empty()) return "";
  return "challenge.proofs: " + who + " can answer nothing; \"code\" is for everybody";
}

}  // namespace countersign
