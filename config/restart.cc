// SPDX-License-Identifier: Apache-2.0
#include "config/restart.h"

#include <algorithm>
#include <array>
#include <span>

#include "config/keys.h"

namespace countersign {
namespace {

constexpr std::array<std::string_view, 14> kMilter = {
    "milter.socket",  "milter.socket_mode", "milter.socket_group", "milter.max_message",
    "store.url",      "store.prefix",       "spool.directory",     "spool.limit",
    "release.smtp",   "notices.smtp",       "notices.digest",      "secrets.milter",
    "metrics.milter", "log.target"};
constexpr std::array<std::string_view, 6> kPage = {"challenge.listen",  "store.url",
                                                   "store.prefix",      "secrets.challenge",
                                                   "metrics.challenge", "log.target"};

}  // namespace

std::string needs_restart(Daemon daemon, const Config& started_with, const Config& now) {
  const std::span<const std::string_view> names = daemon == Daemon::milter
                                                      ? std::span<const std::string_view>(kMilter)
                                                      : std::span<const std::string_view>(kPage);
  std::string out;
  for (const Key& key : config_keys())
    if (std::ranges::find(names, key.full_name()) != names.end() &&
        key.show(started_with) != key.show(now))
      out += (out.empty() ? "" : ", ") + key.full_name();
  return out;
}

}  // namespace countersign
