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

}  // namespace

Result<Mailbox> parse_typed_address(std::string_view text) {
  if (text.size() > kLongest) return Error{Errc::invalid, "too long for an address"};
  text = trimmed(text);
  // The last bracket: a display name may be quoted and hold brackets of its own.
  if (const auto open = text.rfind('<'); open != std::string_view::npos && text.ends_with('>'))
    text = trimmed(text.substr(open + 1, text.size() - open - 2));
  if (starts_with_mailto(text)) text = trimmed(text.substr(7));
  return Mailbox::parse(text);
}

}  // namespace countersign
