// SPDX-License-Identifier: Apache-2.0
//
// The verbs of the command, their arguments and options: one table, of which the parser and --help
// are made, and with which a test compares countersign(8). Public (design section 8).
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "admin/output.h"

namespace countersign::admin {

struct Tools;

struct Argument {
  std::string_view name;  ///< "ID"
  std::string_view doc;
  bool repeated = false;  ///< one or more; only the last argument
};

struct Option {
  std::string_view name;   ///< "--dkim"
  std::string_view value;  ///< "DOMAIN"; "" for a switch
  std::string_view doc;
  bool repeated = false;
  bool required = false;
  std::vector<std::string_view> words = {};  ///< all values that it takes; none: any
};

/// A command line that fits a verb.
struct Invocation {
  std::string config_path;
  bool json = false;
  std::map<std::string, std::vector<std::string>, std::less<>> values;  ///< by name
  std::map<std::string, bool, std::less<>> switches;                    ///< by name

  const std::string& one(std::string_view argument) const;
  const std::vector<std::string>& all(std::string_view name) const;
  std::optional<std::string> option(std::string_view name) const;
  bool given(std::string_view name) const;
};

struct Verb {
  std::string_view name;  ///< "held list"
  std::string_view summary;
  std::string_view example;
  std::vector<Argument> arguments;
  std::vector<Option> options;
  /// Does it; returns the exit status.
  int (*run)(const Invocation&, Tools&, Output&);

  /// "held show [--content] ID..."
  std::string synopsis() const;
};

/// In the order of the manual page; those of one group ("held") stand together.
std::span<const Verb> verbs();
/// What the first word of several verbs is about: "held" -> "Held messages.".
std::string_view group_summary(std::string_view group);

}  // namespace countersign::admin
