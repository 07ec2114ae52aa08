// SPDX-License-Identifier: Apache-2.0
//
// policy show and set.
#include "admin/exit_status.h"
#include "admin/opening.h"
#include "admin/policy_words.h"
#include "admin/run.h"
#include "admin/site_mode.h"
#include "admin/whom.h"

namespace countersign::admin {
namespace {

struct LevelValues {
  std::string_view name;
  PolicyValues values;
};

/// What is set at the levels that count for `whom`, most specific first; the configuration last.
Result<std::vector<LevelValues>> levels_of(const Whom& whom, const Config& config,
                                           Policies& policies) {
  std::vector<std::pair<std::string_view, Scope>> scopes;
  const std::string& shown = whom.shown;
  if (whom.scope.level == Level::mailbox) {
    scopes.push_back({"mailbox", whom.scope});
    scopes.push_back({"domain", {Level::domain, shown.substr(shown.rfind('@') + 1)}});
  }
  if (whom.scope.level == Level::domain) scopes.push_back({"domain", whom.scope});
  scopes.push_back({"site", {Level::site, ""}});
  std::vector<LevelValues> levels;
  for (const auto& [name, scope] : scopes) {
    CS_ASSIGN(PolicyValues values, policies.get(scope, store_deadline()));
    levels.push_back({name, std::move(values)});
  }
  levels.push_back({"configuration", default_values(config)});
  return levels;
}

/// The value that counts, and the level that sets it; "" of the last where none does.
std::pair<std::string, std::string_view> value_of(const PolicyKey& key,
                                                  const std::vector<LevelValues>& levels) {
  for (const LevelValues& level : levels) {
    const auto value = level.values.find(key.name);
    if (value != level.values.end() && !value->second.empty()) return {value->second, level.name};
  }
  return {"", levels.back().name};
}

}  // namespace

int policy_show(const Invocation& invocation, Tools& tools, Output& output) {
  const auto config = load(invocation, output);
  if (!config) return EX_CONFIG;
  const auto whom = parse_whom(invocation.one("WHOM"), *config);
  if (!whom) return fail(whom.error(), output);
  const auto store = open_store(*config, tools, output);
  if (!store) return no_store(*config);
  const auto levels = levels_of(*whom, *config, store->policies());
  if (!levels) return fail(levels.error(), output);
  for (const PolicyKey& key : policy_keys()) {
    const auto [value, from] = value_of(key, *levels);
    if (value.empty() && !output.json()) continue;
    Record record;
    record.add("whom", whom->shown)
        .add("key", key.name)
        .add("value", value.empty() ? Record::Value(nullptr) : Record::Value(value))
        .add("from", from);
    output.put(record, std::string(key.name) + "=" + value + " (" + std::string(from) + ")");
    const auto mode = key.name == "mode" ? from_word<Mode>(kModeWords, value) : std::nullopt;
    const std::string remark = mode ? mode_remark(*config, *mode) : "";
    if (!remark.empty()) output.say(whom->shown + ": " + remark);
  }
  const Status shown = show_windows(*whom, *store, tools.clock.wall(), output);
  return shown ? EX_OK : fail(shown.error(), output);
}

int policy_set(const Invocation& invocation, Tools& tools, Output& output) {
  const auto config = load(invocation, output);
  if (!config) return EX_CONFIG;
  const auto whom = parse_whom(invocation.one("WHOM"), *config);
  if (!whom) return fail(whom.error(), output);
  const auto values = parse_policy(invocation.all("KEY=VALUE"), *config);
  if (!values) return fail(values.error(), output);
  const auto store = open_store(*config, tools, output);
  if (!store) return no_store(*config);
  const SiteMode before = site_mode(*config, tools);
  const Status done = store->policies().set(whom->scope, *values, store_deadline());
  if (!done) return fail(done.error(), output);
  for (const auto& [key, value] : *values) {
    Record record;
    record.add("whom", whom->shown).add("key", key).add("value", value);
    output.put(record, whom->shown + ": " + key + (value.empty() ? " removed" : "=" + value));
  }
  if (before.observing && !site_mode(*config, tools).observing)
    output.say(
        "Until now everybody only observed: the MTA then passes all mail while the milter is down "
        "(default_action=accept). Run 'countersign setup postfix --apply', and reload Postfix.");
  return EX_OK;
}

}  // namespace countersign::admin
