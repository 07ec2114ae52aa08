// SPDX-License-Identifier: Apache-2.0
#include "answering/typed_address.h"

#include <algorithm>
#include <array>
#include <string>

namespace countersign {
namespace {

constexpr std::size_t kLongest = 1000;

/// What pages, mail programs and phone keyboards leave around an address: blanks of all kinds, zero
/// width characters, direction marks, the byte order mark (UTF-8).
constexpr std::array<std::string_view, 22> kInvisible = {" ",
                                                         "\t",
                                                         "\r",
                                                         "\n",
                                                         "\xC2\xA0",
                                                         "\xC2\xAD",
                                                         "\xE2\x80\x8B",
                                                         "\xE2\x80\x8C",
                                                         "\xE2\x80\x8D",
                                                         "\xE2\x80\x8E",
                                                         "\xE2\x80\x8F",
                                                         "\xE2\x80\xAA",
                                                         "\xE2\x80\xAB",
                                                         "\xE2\x80\xAC",
                                                         "\xE2\x80\xAD",
                                                         "\xE2\x80\xAE",
                                                         "\xE2\x80\xAF",
                                                         "\xE2\x81\xA6",
                                                         "\xE2\x81\xA7",
                                                         "\xE2\x81\xA8",
                                                         "\xE2\x81\xA9",
                                                         "\xEF\xBB\xBF"};

std::string_view trimmed(std::string_view text) {
  for (bool found = true; found;) {
    found = false;
    for (const std::string_view blank : kInvisible) {
      if (text.starts_with(blank)) {
        text.remove_prefix(blank.size());
        found = true;
      }
      if (text.ends_with(blank)) {
        text.remove_suffix(blank.size());
        found = true;
      }
    }
  }
  return text;
}

bool starts_with_mailto(std::string_view text) {
  constexpr std::string_view kScheme = "mailto:";
  return text.size() >= kScheme.size() &&
         std::equal(kScheme.begin(), kScheme.end(), text.begin(),
                    [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b + 32 : b); });
}

/// Full-width signs (U+FF01 to U+FF5E) and the East Asian stops, as what they mean.
std::string narrowed(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const bool wide = text.size() >= 3 && at(0) == 0xEF && (at(1) == 0xBC || at(1) == 0xBD) &&
                      at(2) >= 0x80 && at(2) <= 0xBF;
    const int code = wide ? ((at(1) - 0xBC) << 6) + at(2) - 0x80 : 0;  // from U+FF00
    if (wide && code >= 0x01 && code <= 0x5E) {
      out += static_cast<char>(code + 0x20);
      text.remove_prefix(3);
    } else if (text.starts_with("\xE3\x80\x82") || text.starts_with("\xEF\xBD\xA1")) {
      out += '.';
      text.remove_prefix(3);
    } else if (text.starts_with("\xE3\x80\x80")) {
      out += ' ';
      text.remove_prefix(3);
    } else {
      out += text.front();
      text.remove_prefix(1);
    }
  }
  return out;
}

/// Without blanks and invisible characters, wherever they stand.
std::string without_blanks(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto blank = std::find_if(kInvisible.begin(), kInvisible.end(),
                                    [&](std::string_view b) { return text.starts_with(b); });
    if (blank == kInvisible.end()) out += text.front();
    text.remove_prefix(blank == kInvisible.end() ? 1 : blank->size());
  }
  return out;
}

}  // namespace

Result<Mailbox> parse_typed_address(std::string_view typed) {
  if (typed.size() > kLongest) return Error{Errc::invalid, "too long for an address"};
  const std::string narrow = narrowed(typed);
  std::string_view text = trimmed(narrow);
  while (text.ends_with('.') || text.ends_with(',') || text.ends_with(';'))
    text = trimmed(text.substr(0, text.size() - 1));
  // The last bracket: a display name may be quoted and hold brackets of its own.
  if (const auto open = text.rfind('<'); open != std::string_view::npos && text.ends_with('>'))
    text = trimmed(text.substr(open + 1, text.size() - open - 2));
  if (starts_with_mailto(text)) text = trimmed(text.substr(7));
  if (auto mailbox = Mailbox::parse(text)) return mailbox;
  // Phones put blanks after stops; a quoted local part may hold some, and has been tried.
  return Mailbox::parse(without_blanks(text));
}

std::string masked_address(std::string_view address) {
  const auto at = address.rfind('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == address.size()) return "";
  const std::string_view local = address.substr(0, at);
  // Never more than half of it, and whole characters (UTF-8).
  std::size_t shown = std::min<std::size_t>(2, local.size() / 2);
  while (shown > 0 && (static_cast<unsigned char>(local[shown]) & 0xC0) == 0x80) --shown;
  const std::string_view domain = address.substr(at + 1);
  const auto dot = domain.rfind('.');
  return std::string(local.substr(0, shown)) + "...@..." +
         std::string(dot == std::string_view::npos ? std::string_view() : domain.substr(dot));
}

}  // namespace countersign
