// SPDX-License-Identifier: Apache-2.0
//
// The log: one line an event, words first, then key=value. Values are quoted here and nowhere
// else, so that no sender can write a line of his own. spdlog is behind it.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace countersign::log {

enum class Level { debug, info, warning, error, fatal };

/// One `key=value`. `key` is ours (lower case, no quoting); `value` is anybody's.
struct Field {
  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  Field(std::string_view k, const char* v) : key(k), value(v) {}
  Field(std::string_view k, const std::string& v) : key(k), value(v) {}
  Field(std::string_view k, long long v) : key(k), value(std::to_string(v)) {}
  std::string_view key;
  std::string value;
};

/// Where lines go and which; the default is stderr and info. Not thread-safe: once, in main().
/// `target`: "stderr" or "syslog". `level`: a word of Level. Errors: invalid.
Status set_up(std::string_view program, std::string_view target, std::string_view level);

/// Changes the level while running. Errors: invalid. Thread-safe.
Status set_level(std::string_view level);

/// Whether lines of that level are written: what takes time to say need not be made otherwise.
bool is_heard(Level level) noexcept;

/// Writes one line. Thread-safe; never throws, never fails.
void event(Level level, std::string_view what, std::initializer_list<Field> fields = {}) noexcept;
void event(Level level, std::string_view what, const std::vector<Field>& fields) noexcept;

inline void debug(std::string_view what, std::initializer_list<Field> f = {}) noexcept {
  event(Level::debug, what, f);
}
inline void info(std::string_view what, std::initializer_list<Field> f = {}) noexcept {
  event(Level::info, what, f);
}
inline void warning(std::string_view what, std::initializer_list<Field> f = {}) noexcept {
  event(Level::warning, what, f);
}
inline void error(std::string_view what, std::initializer_list<Field> f = {}) noexcept {
  event(Level::error, what, f);
}

/// Returns `value` bare when it is made of harmless printable characters only, else between
/// double quotes with `"`, `\`, controls and bytes outside ASCII as \xHH, cut at 500 bytes.
std::string quoted(std::string_view value);

}  // namespace countersign::log
