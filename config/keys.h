// SPDX-License-Identifier: Apache-2.0
//
// The table of configuration keys: the only source of the parser, of `countersign config show` and
// `config init`, and of countersign.toml(5). Names, defaults and ranges are public (design
// section 7). Thread-safe.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/config.h"

namespace countersign {

/// A value as TOML spells it: a string, true or false, or an array of strings.
struct Value {
  enum class Kind { text, flag, list, other };
  Kind kind = Kind::other;
  std::string text;
  bool flag = false;
  std::vector<std::string> list;
  bool operator==(const Value&) const = default;

  static Value of(std::string t) { return {Kind::text, std::move(t), false, {}}; }
  static Value of(bool f) { return {Kind::flag, {}, f, {}}; }
  static Value of(std::vector<std::string> l) { return {Kind::list, {}, false, std::move(l)}; }
};

struct Key {
  std::string_view table;
  std::string_view name;
  Value::Kind kind;          ///< `list` takes a string too where `text_too` says so
  std::string_view allowed;  ///< spelling and range, as it stands after "allowed: "
  std::string_view doc;      ///< what it does; what too low and too high cost. Plain text
  /// Puts a value of the right kind into its place. Errors: invalid (what is wrong with it).
  Status (*set)(Config&, const Value&);
  Value (*show)(const Config&);   ///< a value that set() takes, but for one that must be set
  std::string_view example = {};  ///< TOML, for the manual; of a key that must be set: not empty
  bool required = false;          ///< has no default
  bool text_too = false;

  std::string full_name() const { return std::string(table) + "." + std::string(name); }
};

struct Table {
  std::string_view name;
  std::string_view doc;
};

/// In the order of design section 7.
std::span<const Table> config_tables();
/// Those of one table stand together, in the order of config_tables().
std::span<const Key> config_keys();

}  // namespace countersign
