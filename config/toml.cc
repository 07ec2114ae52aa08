// SPDX-License-Identifier: Apache-2.0
#include "config/toml.h"

#include <toml++/toml.h>

#include <algorithm>
#include <deque>

namespace countersign {
namespace {

// A file with more errors than this is no configuration with slips in it.
constexpr int kMostErrors = 20;
// Begins the name of a table that stands for one whose header is wrong. No name of ours.
constexpr std::string_view kLeftOut = "left out: line ";

std::string type_of(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::string:
      return "a string";
    case toml::node_type::boolean:
      return "true or false";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a number";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::table:
      return "a table";
    default:
      return "a date or time";
  }
}

Value value_of(const toml::node& node) {
  if (const auto* text = node.as_string()) return Value::of(text->get());
  if (const auto* flag = node.as_boolean()) return Value::of(flag->get());
  Value value;
  const auto* array = node.as_array();
  if (array == nullptr) return value;
  value.kind = Value::Kind::list;
  for (const auto& element : *array) {
    const auto* text = element.as_string();
    if (text == nullptr) return {};
    value.list.push_back(text->get());
  }
  return value;
}

Setting setting_of(std::string_view table, const toml::key& name, const toml::node& node) {
  Setting setting{std::string(table), std::string(name.str()),
                  static_cast<int>(name.source().begin.line), value_of(node), type_of(node)};
  if (node.is_array() && setting.value.kind == Value::Kind::other)
    setting.type = "a list of something else than strings";
  return setting;
}

std::vector<Setting> settings_of(const toml::table& root) {
  std::vector<Setting> settings;
  for (const auto& [name, node] : root) {
    if (name.str().starts_with(kLeftOut)) continue;
    const auto* table = node.as_table();
    if (table == nullptr) {
      settings.push_back(setting_of("", name, node));
      continue;
    }
    settings.push_back(
        {std::string(name.str()), "", static_cast<int>(name.source().begin.line), {}, "a table"});
    for (const auto& [inner, value] : *table) {
      settings.push_back(setting_of(name.str(), inner, value));
      const auto* part = value.as_table();
      if (part == nullptr) continue;
      for (const auto& [key, single] : *part) {
        settings.push_back(setting_of(name.str(), key, single));
        settings.back().part = inner.str();
      }
    }
  }
  std::stable_sort(settings.begin(), settings.end(),
                   [](const Setting& a, const Setting& b) { return a.line < b.line; });
  return settings;
}

std::string_view trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(" \t\r");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r") - from + 1);
}

/// The text by lines, so that one can be taken out without moving the others.
struct Lines {
  std::vector<std::string_view> all;
  std::deque<std::string> headers;  ///< in place of lines of `all`

  explicit Lines(std::string_view text) {
    for (std::size_t at = 0; at <= text.size();) {
      const auto end = std::min(text.find('\n', at), text.size());
      all.push_back(text.substr(at, end - at));
      at = end + 1;
    }
  }
  std::string joined() const {
    std::string text;
    for (const auto line : all) text.append(line).append("\n");
    return text;
  }
  /// Whether a setting or a table begins on this line, by its look.
  bool begins_something(std::size_t index) const {
    const auto line = trimmed(all[index]);
    return line.starts_with('[') || (!line.empty() && line.find('=') != std::string_view::npos);
  }
  bool is_left_out(std::size_t index) const {
    return all[index].empty() || all[index].find(kLeftOut) != std::string_view::npos;
  }
  /// What stands below the header of a table is left out with it, or it would seem to belong to the
  /// table above.
  void leave_out(std::size_t index) {
    if (!trimmed(all[index]).starts_with('[')) {
      all[index] = {};
      return;
    }
    headers.push_back("[\"" + std::string(kLeftOut) + std::to_string(index) + "\"]");
    all[index] = headers.back();
  }
  /// "table.name" of the setting on this line, by its look; "table" of a table; or "".
  std::string key(std::size_t index) const {
    const std::string key = whole_key(index);
    const bool harmless =
        key.find_first_not_of(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") ==
        std::string::npos;
    return harmless ? key : "";
  }

 private:
  std::string whole_key(std::size_t index) const {
    const auto line = trimmed(all[index]);
    if (line.starts_with('[')) return std::string(trimmed(line.substr(1, line.find(']') - 1)));
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) return "";
    std::string name(trimmed(line.substr(0, equals)));
    for (std::size_t i = index; i-- > 0;)
      if (const auto above = trimmed(all[i]); above.starts_with('[') && above.ends_with(']'))
        return std::string(trimmed(above.substr(1, above.size() - 2))) + "." + name;
    return name;
  }
};

/// toml++'s description in our words.
std::string worded(std::string_view description) {
  if (description.find("cannot redefine") != std::string_view::npos) return "is set twice";
  constexpr std::string_view kWhile = "Error while parsing ";
  if (description.starts_with(kWhile)) description.remove_prefix(kWhile.size());
  std::string out = "is no TOML: ";
  for (const char c : description) out += c >= ' ' && c < 0x7f ? c : '?';
  return out;
}

}  // namespace

Document read_toml(std::string_view text) {
  Document document;
  Lines lines(text);
  while (static_cast<int>(document.errors.size()) <= kMostErrors) {
    try {
      document.settings = settings_of(toml::parse(lines.joined()));
      document.whole = lines.headers.empty();
      return document;
    } catch (const toml::parse_error& error) {
      const std::size_t line =
          std::clamp<std::size_t>(error.source().begin.line, 1, lines.all.size());
      // What follows the first line of a broken value is broken too, and says nothing new.
      if (document.errors.empty() || lines.begins_something(line - 1))
        document.errors.push_back(
            {static_cast<int>(line), lines.key(line - 1), worded(error.description())});
      if (lines.is_left_out(line - 1)) return document;
      lines.leave_out(line - 1);
    }
  }
  return document;
}

}  // namespace countersign
