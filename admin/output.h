// SPDX-License-Identifier: Apache-2.0
//
// What the command prints: for people, or with --json one object a line. Not thread-safe.
#pragma once

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"

namespace countersign::admin {

/// One object of --json: named values in the order in which they are printed.
class Record {
 public:
  using Value = std::variant<std::nullptr_t, bool, long long, std::string, std::vector<std::string>,
                             std::vector<Record>>;

  // Where Field is complete: Clang 14 asks for that before the members below are used.
  Record();
  Record(const Record& other);
  Record(Record&& other) noexcept;
  Record& operator=(const Record& other);
  Record& operator=(Record&& other) noexcept;
  ~Record();

  Record& add(std::string name, Value value);
  Record& add(std::string name, std::nullptr_t);
  Record& add(std::string name, const char* value);
  Record& add(std::string name, std::string_view value);
  Record& add(std::string name, const std::string& value);
  const std::vector<std::pair<std::string, Value>>& fields() const { return fields_; }

  /// One line without line end. Bytes that are no UTF-8 come as U+FFFD.
  std::string json() const;

 private:
  std::vector<std::pair<std::string, Value>> fields_;
};

/// "2027-05-03T14:02:00Z", or null for the epoch, which means never.
Record::Value time_value(WallTime t);

/// Returns `text` so that it can do no harm on a terminal: controls, bidirectional overrides and
/// what is no UTF-8 come as "?".
std::string for_terminal(std::string_view text);

/// Where a verb's results and complaints go.
class Output {
 public:
  Output(std::ostream& out, std::ostream& err, bool json) : out_(out), err_(err), json_(json) {}

  bool json() const { return json_; }
  /// Prints the record, or without --json the line, which is made safe for a terminal.
  void put(const Record& record, std::string_view line);
  /// Prints a record with --json only.
  void put(const Record& record);
  /// Prints a line without --json only.
  void line(std::string_view text);
  /// Prints bytes as they are.
  void raw(std::string_view bytes);
  /// A complaint or explanation, to stderr, a line; never a record.
  void say(std::string_view text);
  void flush();

 private:
  std::ostream& out_;
  std::ostream& err_;
  bool json_;
};

}  // namespace countersign::admin
