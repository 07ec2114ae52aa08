// SPDX-License-Identifier: Apache-2.0
#include "admin/book_text.h"

#include <algorithm>

namespace countersign::admin {
namespace {

constexpr std::string_view kUtf8Mark = "\xef\xbb\xbf";
constexpr std::string_view kLittleMark = "\xff\xfe";
constexpr std::string_view kBigMark = "\xfe\xff";

Error no_text(const std::string& what) {
  return {Errc::invalid,
          "is no text (" + what +
              "); allowed: vCard, CSV or what contacts export wrote, in UTF-8, or in "
              "UTF-16 with a byte order mark; an mbox, or a Maildir"};
}

void append_utf8(std::string& out, char32_t code) {
  const auto tail = [&](unsigned shift) {
    out += static_cast<char>(0x80U | ((code >> shift) & 0x3fU));
  };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0U | (code >> 6U));
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0U | (code >> 12U));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xf0U | (code >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

Result<std::string> from_utf16(std::string_view bytes, bool little) {
  const auto unit = [&](std::size_t at) {
    const auto first = static_cast<unsigned char>(bytes[at]);
    const auto second = static_cast<unsigned char>(bytes[at + 1]);
    return static_cast<char32_t>(little ? second << 8U | first : first << 8U | second);
  };
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 2) {
    const Error bad = no_text("ill-formed UTF-16 at octet " + std::to_string(at + 2));
    if (at + 1 == bytes.size()) return bad;
    char32_t code = unit(at);
    if (code >= 0xd800 && code < 0xe000) {
      const char32_t low = code < 0xdc00 && at + 3 < bytes.size() ? unit(at + 2) : 0;
      if (low < 0xdc00 || low >= 0xe000) return bad;
      code = 0x10000 + ((code - 0xd800) << 10U) + (low - 0xdc00);
      at += 2;
    }
    append_utf8(out, code);
  }
  return out;
}

/// Controls that stand in no text: all but tab, the ends of lines and pages, and that of a DOS
/// file.
bool is_binary(char c) {
  constexpr std::string_view kText = "\t\n\v\f\r\x1a";
  return static_cast<unsigned char>(c) < ' ' && kText.find(c) == std::string_view::npos;
}

}  // namespace

Result<std::string> book_text(std::string bytes) {
  const std::string_view view = bytes;
  if (view.starts_with(kUtf8Mark)) {
    bytes.erase(0, kUtf8Mark.size());
  } else if (view.starts_with(kLittleMark) || view.starts_with(kBigMark)) {
    CS_ASSIGN(bytes, from_utf16(view.substr(2), view.starts_with(kLittleMark)));
  }
  const auto odd = std::ranges::find_if(bytes, is_binary);
  if (odd != bytes.end())
    return no_text("a control character at octet " + std::to_string(odd - bytes.begin()));
  return bytes;
}

std::string_view without_leading_lines(std::string_view text) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    if (end == std::string_view::npos || line.find_first_not_of(" \t\r") != std::string_view::npos)
      break;
    text.remove_prefix(end + 1);
  }
  return text;
}

}  // namespace countersign::admin
