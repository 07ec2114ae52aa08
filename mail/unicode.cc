// SPDX-License-Identifier: Apache-2.0
#include "mail/unicode.h"

#include <unicase.h>
#include <uninorm.h>
#include <unistr.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace countersign {
namespace {

const std::uint8_t* units(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

struct Free {
  void operator()(std::uint8_t* memory) const { std::free(memory); }
};

Result<std::string> lower_once(std::string_view text) {
  std::size_t size = 0;
  // No language: "I" must not depend on where the daemon runs.
  const std::unique_ptr<std::uint8_t, Free> lower(
      u8_tolower(units(text), text.size(), nullptr, UNINORM_NFC, nullptr, &size));
  if (!lower) return Error{Errc::invalid, "text cannot be put in lower case"};
  return std::string(reinterpret_cast<const char*>(lower.get()), size);
}

bool is_ascii(std::string_view text) {
  unsigned bits = 0;
  for (const char c : text) bits |= static_cast<unsigned char>(c);
  return bits < 0x80;
}

}  // namespace

bool is_utf8(std::string_view bytes) {
  return is_ascii(bytes) || u8_check(units(bytes), bytes.size()) == nullptr;
}

bool is_misleading(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029 ||
         (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

bool has_misleading(std::string_view utf8) {
  if (is_ascii(utf8))
    return std::any_of(utf8.begin(), utf8.end(),
                       [](char c) { return is_misleading(static_cast<unsigned char>(c)); });
  const std::uint8_t* at = units(utf8);
  std::size_t left = utf8.size();
  while (left > 0) {
    ucs4_t c = 0;
    const int n = u8_mbtouc(&c, at, left);
    if (is_misleading(c)) return true;
    at += n;
    left -= static_cast<std::size_t>(n);
  }
  return false;
}

Result<std::string> lower_nfc(std::string_view text) {
  if (is_ascii(text)) return ascii_lower(text);
  if (!is_utf8(text)) return Error{Errc::invalid, "not UTF-8"};
  CS_ASSIGN(std::string lower, lower_once(text));
  // Composition can yield a letter that has a lower case of its own; two rounds have been enough
  // for every code point, more are refused rather than compared in two spellings.
  for (int round = 0; round < 4; ++round) {
    CS_ASSIGN(std::string again, lower_once(lower));
    if (again == lower) return lower;
    lower = std::move(again);
  }
  return Error{Errc::invalid, "text has no stable lower case"};
}

std::string ascii_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

}  // namespace countersign
