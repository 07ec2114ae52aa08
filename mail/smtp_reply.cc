// SPDX-License-Identifier: Apache-2.0
#include "mail/smtp_reply.h"

#include <cassert>

namespace countersign {
namespace {

constexpr std::size_t kMostLines = 2;
constexpr std::size_t kLongestLine = 400;  // octets; with code and CRLF under RFC 5321's 512

[[maybe_unused]] bool all_digits(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

// RFC 5321 §4.2 Reply-code, and RFC 3463 §2 status-code of the same class.
[[maybe_unused]] bool agree(const std::string& code, const std::string& status) {
  const std::size_t first = status.find('.');
  const std::size_t second = status.find('.', first + 1);
  if (first != 1 || second == std::string::npos) return false;
  const std::string subject = status.substr(first + 1, second - first - 1);
  const std::string detail = status.substr(second + 1);
  return code.size() == 3 && all_digits(code) && (code[0] == '4' || code[0] == '5') &&
         status[0] == code[0] && all_digits(subject) && subject.size() <= 3 && all_digits(detail) &&
         detail.size() <= 3;
}

[[maybe_unused]] bool is_line(const std::string& line) {
  if (line.empty() || line.size() > kLongestLine) return false;
  for (const char c : line)
    if (c < ' ' || c > '~' || c == '%') return false;
  return true;
}

}  // namespace

SmtpReply::SmtpReply(std::string code, std::string status, std::vector<std::string> lines)
    : code_(std::move(code)), status_(std::move(status)), lines_(std::move(lines)) {
  assert(agree(code_, status_));
  assert(!lines_.empty() && lines_.size() <= kMostLines);
  for ([[maybe_unused]] const std::string& line : lines_) assert(is_line(line));
}

}  // namespace countersign
