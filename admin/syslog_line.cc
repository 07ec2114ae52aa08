// SPDX-License-Identifier: Apache-2.0
#include "admin/syslog_line.h"

#include <algorithm>

namespace countersign::admin {
namespace {

constexpr std::size_t kLongestMonth = 12;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes what looks like `shape`, where '0' stands for any digit, off the front.
bool skip_shape(std::string_view& text, std::string_view shape) {
  if (text.size() < shape.size()) return false;
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (shape[i] == '0' ? !is_digit(text[i]) : text[i] != shape[i]) return false;
  text.remove_prefix(shape.size());
  return true;
}

void skip_zone(std::string_view& text) {
  if (text.starts_with('Z')) {
    text.remove_prefix(1);
  } else if (text.starts_with('+') || text.starts_with('-')) {
    std::string_view zone = text.substr(1);
    if (skip_shape(zone, "00:00") || skip_shape(zone, "0000")) text = zone;
  }
}

bool skip_iso_time(std::string_view& text) {
  std::string_view rest = text;
  if (!skip_date(rest) || !rest.starts_with('T')) return false;
  rest.remove_prefix(1);
  if (!skip_time(rest)) return false;
  skip_zone(rest);
  text = rest;
  return true;
}

/// "May  3 14:02:00"; the month in any language, as journalctl has it.
bool skip_month_time(std::string_view& text) {
  const auto end = text.find(' ');
  if (end == 0 || end == std::string_view::npos || end > kLongestMonth) return false;
  if (text.find_first_of("0123456789:[]") < end) return false;
  text.remove_prefix(end + 1);
  if (text.starts_with(' ')) text.remove_prefix(1);
  return (skip_shape(text, "00 ") || skip_shape(text, "0 ")) && skip_time(text);
}

/// The program of "PROGRAM[PID]:" or, unless `with_pid`, of "PROGRAM:"; "" if `word` is no tag.
std::string_view program_of(std::string_view word, bool with_pid) {
  if (!word.ends_with(':')) return {};
  word.remove_suffix(1);
  const auto open = word.find('[');
  if (open == std::string_view::npos)
    return with_pid || word.find_first_of("]:") != std::string_view::npos ? std::string_view()
                                                                          : word;
  if (!word.ends_with(']')) return {};
  const std::string_view pid = word.substr(open + 1, word.size() - open - 2);
  return pid.empty() || !std::ranges::all_of(pid, is_digit) ? std::string_view()
                                                            : word.substr(0, open);
}

}  // namespace

bool skip_date(std::string_view& text) { return skip_shape(text, "0000-00-00"); }

bool skip_time(std::string_view& text) {
  if (!skip_shape(text, "00:00:00")) return false;
  if (text.starts_with('.') || text.starts_with(',')) {
    text.remove_prefix(1);
    while (!text.empty() && is_digit(text.front())) text.remove_prefix(1);
  }
  return true;
}

std::string_view next_word(std::string_view& text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  const auto end = std::min(text.find(' '), text.size());
  const auto word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

std::optional<SyslogLine> parse_syslog_line(std::string_view line) {
  if ((!skip_iso_time(line) && !skip_month_time(line)) || !line.starts_with(' '))
    return std::nullopt;
  const std::string_view first = next_word(line);
  std::string_view program = program_of(first, true);
  // What ends with a colon is no host: a tag without process id, and all behind it is text.
  if (program.empty() && !first.ends_with(':')) program = program_of(next_word(line), false);
  if (program.empty() || !line.starts_with(' ')) return std::nullopt;
  return SyslogLine{program, line.substr(1)};
}

}  // namespace countersign::admin
