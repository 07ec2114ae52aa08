// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>

#include <optional>

namespace countersign::log {
namespace {

std::optional<spdlog::level::level_enum> level_of(std::string_view word) {
  if (word == "debug") return spdlog::level::debug;
  if (word == "info") return spdlog::level::info;
  if (word == "warning") return spdlog::level::warn;
  if (word == "error") return spdlog::level::err;
  if (word == "fatal") return spdlog::level::critical;
  return std::nullopt;
}

spdlog::level::level_enum level_of(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warning:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
    case Level::fatal:
      return spdlog::level::critical;
  }
  return spdlog::level::critical;
}

// Never destroyed: detached threads of the libraries may log while the process ends.
std::shared_ptr<spdlog::logger>& logger() {
  static auto& instance = *new std::shared_ptr<spdlog::logger>([] {
    auto made = std::make_shared<spdlog::logger>("countersign",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %n[%P]: %l: %v");
    return made;
  }());
  return instance;
}

Error bad_level(std::string_view level) {
  return {Errc::invalid,
          "'" + std::string(level) + "': expected debug, info, warning, error or fatal"};
}

template <class Fields>
void write(Level level, std::string_view what, const Fields& fields) noexcept {
  if (!is_heard(level)) return;
  try {
    std::string line(what);
    for (const Field& field : fields) {
      line += ' ';
      line += field.key;
      line += '=';
      line += quoted(field.value);
    }
    logger()->log(level_of(level), "{}", line);
  } catch (...) {
    // A log that cannot be written must not stop mail.
  }
}

}  // namespace

Status set_up(std::string_view program, std::string_view target, std::string_view level) {
  const auto wanted = level_of(level);
  if (!wanted) return bad_level(level);
  std::shared_ptr<spdlog::sinks::sink> sink;
  if (target == "stderr") {
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  } else if (target == "syslog") {
    sink = std::make_shared<spdlog::sinks::syslog_sink_mt>(std::string(program), LOG_PID, LOG_MAIL,
                                                           true);
  } else {
    return Error{Errc::invalid, "'" + std::string(target) + "': expected stderr or syslog"};
  }
  auto made = std::make_shared<spdlog::logger>(std::string(program), std::move(sink));
  made->set_pattern(target == "syslog" ? "%l: %v" : "%Y-%m-%dT%H:%M:%S.%e%z %n[%P]: %l: %v");
  made->set_level(*wanted);
  made->flush_on(spdlog::level::debug);
  logger() = std::move(made);
  return {};
}

Status set_level(std::string_view level) {
  const auto wanted = level_of(level);
  if (!wanted) return bad_level(level);
  logger()->set_level(*wanted);
  return {};
}

bool is_heard(Level level) noexcept {
  try {
    return logger()->should_log(level_of(level));
  } catch (...) {
    return false;
  }
}

void event(Level level, std::string_view what, std::initializer_list<Field> fields) noexcept {
  write(level, what, fields);
}
void event(Level level, std::string_view what, const std::vector<Field>& fields) noexcept {
  write(level, what, fields);
}

std::string quoted(std::string_view value) {
  constexpr std::size_t kMost = 500;
  const bool cut = value.size() > kMost;
  if (cut) value = value.substr(0, kMost);
  bool bare = !value.empty() && !cut;
  for (const char c : value) bare &= c > ' ' && c < 127 && c != '"' && c != '\\' && c != '=';
  if (bare) return std::string(value);
  std::string out = "\"";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < ' ' || byte > 126) {
      static constexpr char kHex[] = "0123456789abcdef";
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  return out + (cut ? "...\"" : "\"");
}

}  // namespace countersign::log
