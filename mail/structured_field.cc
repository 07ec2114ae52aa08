// SPDX-License-Identifier: Apache-2.0
#include "mail/structured_field.h"

#include <array>

#include "mail/unicode.h"

namespace countersign {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

// Whether line ends stand only where a fold may (RFC 5322 §2.2.3), and no other control stands
// anywhere. MTAs hand over folds as a bare LF, so that is a line end as well.
bool is_clean(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    if (c == '\n' && i + 1 < text.size() && is_blank(text[i + 1])) continue;
    if ((c < 0x20 && c != '\t') || c == 0x7f) return false;
  }
  return is_utf8(text);
}

bool is_space(char c) { return is_blank(c) || c == '\r' || c == '\n'; }

/// Each octet of a message's addresses is looked up here, several times.
constexpr auto kAtext = [] {
  std::array<bool, 256> out{};
  for (std::size_t c = 0x80; c < out.size(); ++c) out[c] = true;
  for (const std::string_view all : {"abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
                                     "0123456789", "!#$%&'*+-/=?^_`{|}~"})
    for (const char c : all) out[static_cast<unsigned char>(c)] = true;
  return out;
}();

}  // namespace

bool is_atext(char c) { return kAtext[static_cast<unsigned char>(c)]; }

FieldReader::FieldReader(std::string_view text) : text_(text) {
  if (!is_clean(text)) fail();
}

void FieldReader::fail() {
  failed_ = true;
  at_ = text_.size();
}

bool FieldReader::take(char c) {
  if (at_ == text_.size() || text_[at_] != c) return false;
  ++at_;
  return true;
}

bool FieldReader::skip_cfws() {
  const std::size_t start = at_;
  while (at_ < text_.size()) {
    if (is_space(text_[at_]))
      ++at_;
    else if (text_[at_] == '(')
      skip_comment();
    else
      break;
  }
  return at_ > start;
}

void FieldReader::skip_comment() {
  const std::size_t start = at_ + 1;
  std::size_t depth = 0;  // a count, not recursion: 30 000 opening parentheses fit in a field
  while (at_ < text_.size()) {
    const char c = text_[at_++];
    if (c == '\\') {
      if (at_ == text_.size()) break;
      ++at_;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')' && --depth == 0) {
      comments_.push_back(text_.substr(start, at_ - 1 - start));
      return;
    }
  }
  fail();
}

std::string_view FieldReader::take_while(bool (*accepts)(char)) {
  const std::size_t start = at_;
  while (at_ < text_.size() && accepts(text_[at_])) ++at_;
  return text_.substr(start, at_ - start);
}

std::optional<std::string> FieldReader::quoted_string() {
  std::string content;
  for (++at_; at_ < text_.size();) {
    const char c = text_[at_++];
    if (c == '"') return content;
    if (c == '\r' || c == '\n') continue;
    if (c == '\\') {
      if (at_ == text_.size()) break;
      content += text_[at_++];
    } else {
      content += c;
    }
  }
  fail();
  return std::nullopt;
}

}  // namespace countersign
