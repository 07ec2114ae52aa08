// SPDX-License-Identifier: Apache-2.0
//
// config check, show, manual.
#include <initializer_list>

#include "admin/exit_status.h"
#include "admin/files.h"
#include "admin/opening.h"
#include "admin/permission.h"
#include "admin/run.h"
#include "config/check.h"
#include "config/places.h"
#include "config/print.h"
#include "config/proofs.h"

namespace countersign::admin {
namespace {

Record::Value json_value(const Value& value) {
  if (value.kind == Value::Kind::flag) return value.flag;
  if (value.kind == Value::Kind::list) return value.list;
  return value.text;
}

std::string_view type_word(const Key& key) {
  switch (key.kind) {
    case Value::Kind::flag:
      return "boolean";
    case Value::Kind::list:
      return "array";
    case Value::Kind::text:
    case Value::Kind::other:
      break;
  }
  return "string";
}

/// Adds what is wrong with the secrets files that are here, as their daemons would end for it.
void check_keys(CheckedConfig& checked, const std::string& file, const Tools& tools) {
  const auto check = [&](const std::string& name, const std::string& path,
                         std::initializer_list<std::string_view> purposes) {
    if (!exists(path) || may_not_read(path)) return;
    const auto keys = tools.load_keys(path);
    Status good = keys ? Status() : Status(keys.error());
    for (const std::string_view purpose : purposes)
      if (good && !keys->current(purpose)) good = keys->current(purpose).error();
    if (good) return;
    const auto at = checked.lines.find(name);
    checked.problems.push_back(
        {file, at == checked.lines.end() ? 0 : at->second, name, good.error().detail, ""});
  };
  const auto& secrets = checked.config.secrets;
  check("secrets.milter", secrets.milter, {"answer", "operator", "sent", "web"});
  check("secrets.challenge", secrets.challenge, {"web", "pow", "powkey", "wait"});
}

}  // namespace

int config_check(const Invocation& invocation, Tools& tools, Output& output) {
  CheckedConfig checked = check_config_file(invocation.config_path);
  if (checked.problems.empty()) {
    Places places = check_places(checked, invocation.config_path, this_host());
    checked.problems = std::move(places.problems);
    check_keys(checked, invocation.config_path, tools);
    // They stand in nobody's way yet: what makes them comes later.
    for (const Problem& folder : places.missing) output.say(folder.text());
    // Allowed, but hardly meant.
    if (const std::string warning = left_out_warning(checked.config.challenge.proofs);
        !warning.empty())
      output.say(invocation.config_path + ": warning: " + warning);
  }
  for (const Problem& problem : checked.problems) {
    Record record;
    record.add("file", problem.file)
        .add("line", problem.line > 0 ? Record::Value(static_cast<long long>(problem.line))
                                      : Record::Value(nullptr))
        .add("key", problem.key)
        .add("problem", problem.what)
        .add("allowed", problem.allowed)
        .add("ok", false);
    output.put(record);
    if (!output.json()) output.say(problem.text());
  }
  if (!checked.problems.empty()) return EX_CONFIG;
  Record record;
  record.add("file", invocation.config_path).add("ok", true);
  output.put(record, invocation.config_path + ": ok");
  return EX_OK;
}

int config_show(const Invocation& invocation, Tools&, Output& output) {
  const auto config = load(invocation, output);
  if (!config) return EX_CONFIG;
  if (!output.json()) {
    output.raw(show_config(*config));
    return EX_OK;
  }
  for (const Key& key : config_keys()) {
    const Value value = key.show(*config);
    Record record;
    record.add("key", key.full_name())
        .add("value", json_value(value))
        .add("default", !key.required && value == key.show(Config{}));
    output.put(record);
  }
  return EX_OK;
}

int config_manual(const Invocation&, Tools&, Output& output) {
  if (!output.json()) {
    output.raw(countersign::config_manual());
    return EX_OK;
  }
  for (const Key& key : config_keys()) {
    Record record;
    record.add("key", key.full_name())
        .add("type", type_word(key))
        .add("required", key.required)
        .add("default", key.required ? Record::Value(nullptr) : json_value(key.show(Config{})))
        .add("allowed", key.allowed)
        .add("description", key.doc);
    output.put(record);
  }
  return EX_OK;
}

}  // namespace countersign::admin
