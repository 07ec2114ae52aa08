// SPDX-License-Identifier: Apache-2.0
#include "holding/lost_urls.h"

#include <algorithm>
#include <set>

namespace countersign {

LostUrls lost_urls(const HeldTable& table, const Keyring& keys) {
  const auto known = keys.all("answer");
  const auto is_known = [&](const std::string& id) {
    return std::ranges::any_of(known, [&](const Secret& key) { return key.id == id; });
  };
  LostUrls out;
  std::set<std::string> gone;
  out.messages = table.where([&](const HeldLine& line) {
    // What was taken back or let in takes no answer.
    if (!line.challenged || line.state != HeldState::held) return false;
    if (line.answer_key.empty() || is_known(line.answer_key)) return false;
    gone.insert(line.answer_key);
    return true;
  });
  for (const std::string& id : gone) out.keys.append(out.keys.empty() ? "" : ", ").append(id);
  return out;
}

}  // namespace countersign
