// SPDX-License-Identifier: Apache-2.0
//
// A record of the store: a version byte, then named texts, as
//
//     1&standing=allow&fp=example.com&note=met%20in%20Ghent
//
// A name is [a-z0-9_]+ and may be repeated; in a value everything outside printable ASCII, and
// '%', '&', '=' and blank, is %HH. Fields that a reader does not know are kept by who rewrites a
// record. Values; thread-safe as such.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace countersign {

class Record {
 public:
  void add(std::string_view name, std::string_view value);
  /// Adds one field for each value.
  void add_all(std::string_view name, const std::vector<std::string>& values);

  /// Returns the first value of that name, or nothing.
  std::optional<std::string> get(std::string_view name) const;
  /// Returns the first value of that name, or "".
  std::string text(std::string_view name) const { return get(name).value_or(""); }
  std::vector<std::string> all(std::string_view name) const;
  /// Returns a time in ms since the epoch; the epoch if there is no such field.
  /// Errors: corrupt (no number).
  Result<WallTime> time(std::string_view name) const;

  std::string encode() const;
  /// Errors: corrupt (another version, a bad name, no '=', a bad %HH).
  static Result<Record> decode(std::string_view bytes);

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

/// Returns texts as one text ("a,b", with ',' and what Record escapes as %HH), and back.
/// split_list: errors: corrupt (a bad %HH).
std::string join_list(const std::vector<std::string>& texts);
Result<std::vector<std::string>> split_list(std::string_view text);

/// Returns a time as ms since the epoch. Errors: corrupt.
Result<WallTime> parse_time(std::string_view text);

}  // namespace countersign
