// SPDX-License-Identifier: Apache-2.0
//
// Of doctor's checks: whether the URLs that senders were given can still be answered.
#include <algorithm>

#include "admin/doctor_site.h"
#include "holding/lost_urls.h"
#include "spool/spool.h"

namespace countersign::admin {
namespace {

constexpr std::size_t kMostNamed = 3;

std::string named(const std::vector<HeldId>& ids) {
  std::string out;
  for (std::size_t i = 0; i < std::min(ids.size(), kMostNamed); ++i)
    out += (i == 0 ? "" : ", ") + ids[i].text();
  if (ids.size() > kMostNamed) out += " and " + std::to_string(ids.size() - kMostNamed) + " more";
  return out;
}

}  // namespace

void check_urls(const Config& config, const Tools& tools, Findings& into) {
  const auto keys = tools.load_keys(config.secrets.milter);
  const auto fs = tools.open_spool(config.spool.directory);
  if (!keys || !fs) return;  // told by the checks of either
  const SpoolReader reader(**fs);
  const auto ids = reader.list();
  if (!ids) return;
  HeldTable table;
  for (const HeldId& id : *ids)
    if (const auto message = reader.read(id)) table.put(*message);
  const LostUrls lost = lost_urls(table, *keys);
  if (lost.messages.empty()) return;
  const std::string count = std::to_string(lost.messages.size());
  Finder("secrets", into)
      .warn(count +
                (lost.messages.size() == 1 ? " held message was given its URL"
                                           : " held messages were given their URLs") +
                " by an answer key that is gone from " + config.secrets.milter + " (" + lost.keys +
                "): nobody can answer there: " + named(lost.messages),
            "put that line back, below the one that is to make new URLs, and restart "
            "countersign-milter; or let them in by countersign held release");
}

}  // namespace countersign::admin
