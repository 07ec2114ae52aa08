// SPDX-License-Identifier: Apache-2.0
#include "admin/command_line.h"

#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <list>

#include "config/values.h"

namespace countersign::admin {
namespace {

/// CLI11's object of a verb, and where it puts what it finds. The lists keep their addresses.
struct Bound {
  const Verb* verb = nullptr;
  CLI::App* app = nullptr;
  std::list<std::pair<std::string_view, std::string>> singles;
  std::list<std::pair<std::string_view, std::vector<std::string>>> lists;
  std::list<std::pair<std::string_view, bool>> switches;
  std::map<std::string_view, CLI::Option*> options;  ///< of singles

  /// CLI11 takes all words into a list, one into a string.
  CLI::Option* add(std::string_view name, std::string_view doc, bool repeated) {
    if (repeated)
      return app->add_option(std::string(name),
                             lists.emplace_back(name, std::vector<std::string>()).second,
                             std::string(doc));
    auto* option =
        app->add_option(std::string(name), singles.emplace_back(name, "").second, std::string(doc));
    options[name] = option;
    return option->multi_option_policy(CLI::MultiOptionPolicy::Throw);
  }
};

std::string footer_of(const Verb& verb) {
  return "\nOptions of all verbs: -c FILE, --json (countersign --help).\n\nExample:\n  " +
         std::string(verb.example);
}

/// What is wrong with a value of an option that takes only certain words; "" if nothing is.
std::string complaint_of(const Option& option, const std::string& text) {
  if (std::ranges::find(option.words, text) != option.words.end()) return "";
  std::string allowed;
  for (const std::string_view word : option.words)
    allowed.append(allowed.empty() ? "" : ", ").append(word);
  return in_quotes(text) + " is none of its words; allowed: " + allowed;
}

void bind(Bound& bound, CLI::App& parent, std::string_view word) {
  const Verb& verb = *bound.verb;
  bound.app = parent.add_subcommand(std::string(word), std::string(verb.summary));
  bound.app->fallthrough();
  bound.app->footer(footer_of(verb));
  for (const Argument& argument : verb.arguments) {
    auto* option = bound.add(argument.name, argument.doc, argument.repeated);
    option->required()->type_name("");
  }
  for (const Option& option : verb.options) {
    if (option.value.empty()) {
      auto& into = bound.switches.emplace_back(option.name, false).second;
      bound.app->add_flag(std::string(option.name), into, std::string(option.doc));
      continue;
    }
    auto* made = bound.add(option.name, option.doc, option.repeated);
    made->type_name(std::string(option.value))->required(option.required);
    if (!option.words.empty())
      made->check([&option](const std::string& text) { return complaint_of(option, text); });
    // Each takes one word where what follows may be an argument.
    if (option.repeated) made->allow_extra_args(verb.arguments.empty());
  }
}

Invocation invocation_of(Bound& bound) {
  Invocation out;
  for (auto& [name, values] : bound.lists) out.values[std::string(name)] = std::move(values);
  for (auto& [name, value] : bound.singles)
    if (bound.options[name]->count() > 0) out.values[std::string(name)] = {std::move(value)};
  for (auto& [name, given] : bound.switches) out.switches[std::string(name)] = given;
  return out;
}

/// The deepest verb or group that was named: whose help is meant, whose usage is wrong.
const CLI::App* deepest(const CLI::App& app) {
  const CLI::App* found = &app;
  while (!found->get_subcommands().empty()) found = found->get_subcommands().front();
  return found;
}

std::string whole_name(const CLI::App& app) {
  if (app.get_parent() == nullptr) return app.get_name();
  return whole_name(*app.get_parent()) + " " + app.get_name();
}

}  // namespace

CommandLine parse_command_line(int argc, const char* const* argv,
                               const std::string& default_config) {
  CommandLine out;
  CLI::App app("Admin command of Countersign.", "countersign");
  // A missing verb is told below: CLI11 would hide behind it what it does not know.
  app.require_subcommand(0, 1);
  app.set_help_flag("-h,--help", "Prints help; after a verb, that of the verb.");
  app.set_version_flag("--version", std::string("countersign ") + PACKAGE_VERSION);
  app.footer("\nExample:\n  countersign held list --json\n\nManual: countersign(8).");
  std::string config_path = default_config;
  app.add_option("-c,--config", config_path, "The configuration file.")
      ->type_name("FILE")
      ->capture_default_str()
      ->multi_option_policy(CLI::MultiOptionPolicy::Throw);
  bool json = false;
  app.add_flag("--json", json, "Prints one JSON object a line.");

  std::list<Bound> bounds;
  std::map<std::string_view, CLI::App*> groups;
  for (const Verb& verb : verbs()) {
    Bound& bound = bounds.emplace_back();
    bound.verb = &verb;
    const auto blank = verb.name.find(' ');
    if (blank == std::string_view::npos) {
      bind(bound, app, verb.name);
      continue;
    }
    const auto group = verb.name.substr(0, blank);
    auto [at, fresh] = groups.try_emplace(group, nullptr);
    if (fresh) {
      at->second = app.add_subcommand(std::string(group), std::string(group_summary(group)));
      at->second->require_subcommand(0, 1)->fallthrough();
      at->second->footer(footer_of(verb));
    }
    bind(bound, *at->second, verb.name.substr(blank + 1));
  }

  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    const CLI::App* asked = deepest(app);
    out.text = asked->help(asked->get_parent() == nullptr ? "" : whole_name(*asked->get_parent()));
    if (!out.text.ends_with('\n')) out.text += '\n';
    return out;
  } catch (const CLI::CallForVersion&) {
    out.text = std::string("countersign ") + PACKAGE_VERSION + "\n";
    return out;
  } catch (const CLI::ParseError& error) {
    out.status = EX_USAGE;
    out.text = std::string("countersign: ") + error.what() + "\nSee: " + whole_name(*deepest(app)) +
               " --help\n";
    return out;
  }
  out.status = EX_USAGE;
  out.text = "countersign: a verb is missing\nSee: " + whole_name(*deepest(app)) + " --help\n";
  for (Bound& bound : bounds) {
    if (!bound.app->parsed()) continue;
    out.status = EX_OK;
    out.text.clear();
    out.verb = bound.verb;
    out.invocation = invocation_of(bound);
    out.invocation.config_path = config_path;
    out.invocation.json = json;
  }
  return out;
}

}  // namespace countersign::admin
