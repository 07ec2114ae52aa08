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

constexpr std::array<std::string_view, 5> kMilterKeys = {"answer", "sent", "operator", "web",
                                                         "store"};
constexpr std::array<std::string_view, 5> kPageKeys = {"web", "pow", "powkey", "wait", "store"};

bool is_same(const Secret& a, const Secret& b) { return a.id == b.id && a.bytes == b.bytes; }

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

std::string secrets_need_restart(Daemon daemon, const Keyring& started_with, const Keyring& now) {
  std::string changed;
  for (const std::string_view purpose : daemon == Daemon::milter ? kMilterKeys : kPageKeys)
    if (!std::ranges::equal(started_with.all(purpose), now.all(purpose), is_same))
      changed.append(changed.empty() ? "" : ", ").append(purpose);
  if (changed.empty()) return "";
  return (daemon == Daemon::milter ? "secrets.milter (" : "secrets.challenge (") + changed + ")";
}

}  // namespace countersign
