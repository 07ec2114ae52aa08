// SPDX-License-Identifier: Apache-2.0
#include "mail/header_test.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "mail/header_section.h"
#include "mail/unicode.h"

namespace countersign {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::size_t kMostPattern = 200;
constexpr std::size_t kMostNumber = 20;

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; });
}

/// Whether all of `text` is `pattern`, in which '*' stands for any text. Linear but for stars.
bool fits(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0;
  std::size_t star = std::string_view::npos, from = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      from = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++from;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

/// The number at the front of `text`, whatever follows it.
std::optional<double> number_at(std::string_view text) {
  text = trimmed(text);
  return parse_score(text.substr(0, text.find_first_not_of("+-.0123456789")));
}

}  // namespace

bool is_field_name(std::string_view text) {
  return !text.empty() && text.size() <= 76 && std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < 0x7f && c != ':';
  });
}

std::optional<double> parse_score(std::string_view text) {
  if (text.empty() || text.size() > kMostNumber) return std::nullopt;
  if (text.front() == '+') text.remove_prefix(1);
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number))
    return std::nullopt;
  return number;
}

std::optional<double> score_in(std::string_view value) {
  const std::string line = ascii_lower(unfold(value));
  const std::string_view text = trimmed(line);
  if (const auto at = text.find("score="); at != std::string_view::npos)
    return number_at(text.substr(at + std::string_view("score=").size()));
  if (const auto at = text.find('['); at != std::string_view::npos)
    return number_at(text.substr(at + 1));
  if (!text.empty() && text.find_first_not_of('*') == std::string_view::npos)
    return static_cast<double>(text.size());
  return number_at(text);
}

Result<HeaderTest> HeaderTest::parse(std::string_view text) {
  const auto invalid = [](const char* why) { return Error{Errc::invalid, why}; };
  HeaderTest out;
  if (!is_printable(text)) return invalid("has bytes that are not printable ASCII");
  const auto colon = text.find(':');
  const auto least = text.find(">=");
  const bool compares = least != std::string_view::npos && least < colon;
  const auto at = compares ? least : colon;
  if (at == std::string_view::npos) return invalid("has neither ':' nor '>='");
  out.name_ = trimmed(text.substr(0, at));
  if (!is_field_name(out.name_)) return invalid("does not begin with the name of a field");
  out.field_ = ascii_lower(out.name_);
  out.given_ = trimmed(text.substr(at + (compares ? 2 : 1)));
  if (compares) {
    out.least_ = parse_score(out.given_);
    if (!out.least_) return invalid("compares with no number");
    return out;
  }
  if (out.given_.empty()) return invalid("has no value to look for");
  if (out.given_.size() > kMostPattern) return invalid("is too long");
  out.negated_ = out.given_.front() == '!';
  out.pattern_ = ascii_lower(trimmed(std::string_view(out.given_).substr(out.negated_ ? 1 : 0)));
  if (out.pattern_.empty()) return invalid("has no value to look for");
  return out;
}

bool HeaderTest::matches(std::string_view value) const {
  if (!least_) {
    const std::string text = ascii_lower(unfold(value));
    return fits(pattern_, trimmed(text)) != negated_;
  }
  const auto score = score_in(value);
  return score && *score >= *least_;
}

std::string HeaderTest::text() const { return name_ + (least_ ? " >= " : ": ") + given_; }

}  // namespace countersign
