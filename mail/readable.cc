// SPDX-License-Identifier: Apache-2.0
#include <uniconv.h>
#include <unistr.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>

#include "base/encoding.h"
#include "mail/header_section.h"
#include "mail/unicode.h"

namespace countersign {
namespace {

constexpr char32_t kReplacement = 0xfffd;

/// Character sets that mail is written in, and what iconv(3) is to read them as: often a larger one
/// that contains them, as senders name the smaller. "": as UTF-8.
using Charset = const char*;
constexpr std::array<std::pair<std::string_view, Charset>, 42> kCharsets = {{
    {"utf-8", ""},
    {"utf8", ""},
    {"us-ascii", ""},
    {"iso-8859-1", "WINDOWS-1252"},
    {"latin1", "WINDOWS-1252"},
    {"iso-8859-2", "ISO-8859-2"},
    {"iso-8859-3", "ISO-8859-3"},
    {"iso-8859-4", "ISO-8859-4"},
    {"iso-8859-5", "ISO-8859-5"},
    {"iso-8859-6", "ISO-8859-6"},
    {"iso-8859-7", "ISO-8859-7"},
    {"iso-8859-8", "ISO-8859-8"},
    {"iso-8859-8-i", "ISO-8859-8"},
    {"iso-8859-9", "WINDOWS-1254"},
    {"iso-8859-10", "ISO-8859-10"},
    {"iso-8859-13", "ISO-8859-13"},
    {"iso-8859-14", "ISO-8859-14"},
    {"iso-8859-15", "ISO-8859-15"},
    {"iso-8859-16", "ISO-8859-16"},
    {"windows-1250", "WINDOWS-1250"},
    {"windows-1251", "WINDOWS-1251"},
    {"windows-1252", "WINDOWS-1252"},
    {"windows-1253", "WINDOWS-1253"},
    {"windows-1254", "WINDOWS-1254"},
    {"windows-1255", "WINDOWS-1255"},
    {"windows-1256", "WINDOWS-1256"},
    {"windows-1257", "WINDOWS-1257"},
    {"windows-1258", "WINDOWS-1258"},
    {"koi8-r", "KOI8-R"},
    {"koi8-u", "KOI8-U"},
    {"iso-2022-jp", "ISO-2022-JP"},
    {"shift_jis", "CP932"},
    {"euc-jp", "EUC-JP"},
    {"gb2312", "GB18030"},
    {"gbk", "GB18030"},
    {"gb18030", "GB18030"},
    {"big5", "BIG5"},
    {"big5-hkscs", "BIG5-HKSCS"},
    {"euc-kr", "CP949"},
    {"ks_c_5601-1987", "CP949"},
    {"iso-2022-kr", "ISO-2022-KR"},
    {"tis-620", "TIS-620"},
}};

// What one encoded word (RFC 2047 §2) says, still in its character set: a character may be cut in
// two by careless software, so neighbours are joined before they are read.
struct EncodedWord {
  Charset charset = "";
  std::string bytes;
  std::size_t size = 0;  ///< of its text, with "=?" and "?="
};

void append(std::string& text, char32_t c) {
  std::uint8_t unit[6];
  const int n = u8_uctomb(unit, c, sizeof unit);
  if (n > 0) text.append(reinterpret_cast<const char*>(unit), static_cast<std::size_t>(n));
}

std::optional<Charset> charset_of(std::string_view name) {
  const std::string lower = ascii_lower(name.substr(0, name.find('*')));  // RFC 2231 §5
  const auto* at = std::ranges::find(kCharsets, lower, &decltype(kCharsets)::value_type::first);
  if (at == kCharsets.end()) return std::nullopt;
  return at->second;
}

// RFC 2047 §4.2. Nothing if an escape is no hex pair.
std::optional<std::string> decode_q(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '_') {
      bytes += ' ';
    } else if (text[i] == '=') {
      const auto byte = hex_decode(text.substr(i + 1, 2));
      if (!byte || byte->size() != 1) return std::nullopt;
      bytes += *byte;
      i += 2;
    } else {
      bytes += text[i];
    }
  }
  return bytes;
}

std::optional<std::string> decode_b(std::string_view text) {
  std::string padded(text);
  while (padded.size() % 4 != 0) padded += '=';  // often forgotten
  auto bytes = base64_decode(padded);
  if (!bytes) return std::nullopt;
  return *std::move(bytes);
}

// The encoded word at the front of `text`, if there is one that we can read.
std::optional<EncodedWord> encoded_word(std::string_view text) {
  constexpr std::size_t kLongest = 1000;  // RFC 2047 says 75; nobody else keeps to it
  if (!text.starts_with("=?")) return std::nullopt;
  text = text.substr(0, kLongest);
  const std::size_t charset_end = text.find('?', 2);
  if (charset_end == std::string_view::npos || charset_end + 2 >= text.size() ||
      text[charset_end + 2] != '?')
    return std::nullopt;
  const std::size_t start = charset_end + 3;
  const std::size_t end = text.find("?=", start);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view payload = text.substr(start, end - start);
  const auto charset = charset_of(text.substr(2, charset_end - 2));
  if (!charset || payload.find(' ') != std::string_view::npos) return std::nullopt;
  const char encoding = text[charset_end + 1];
  std::optional<std::string> bytes;
  if (encoding == 'q' || encoding == 'Q') bytes = decode_q(payload);
  if (encoding == 'b' || encoding == 'B') bytes = decode_b(payload);
  if (!bytes) return std::nullopt;
  return EncodedWord{*charset, *std::move(bytes), end + 2};
}

/// Returns `bytes` in UTF-8; nothing if they are none of that character set.
std::optional<std::string> in_utf8(Charset charset, const std::string& bytes) {
  if (*charset == '\0') return bytes;
  std::size_t size = 0;
  const std::unique_ptr<std::uint8_t, decltype(&std::free)> text(
      u8_conv_from_encoding(charset, iconveh_question_mark, bytes.data(), bytes.size(), nullptr,
                            nullptr, &size),
      std::free);
  if (text == nullptr) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(text.get()), size);
}

// Decodes all encoded words; the white space between two of them goes (RFC 2047 §6.2).
std::string decode_words(std::string_view text) {
  std::string decoded;
  while (!text.empty()) {
    auto word = encoded_word(text);
    if (!word) {
      const std::size_t next = std::min(text.find("=?", 1), text.size());
      decoded += text.substr(0, next);
      text.remove_prefix(next);
      continue;
    }
    const Charset charset = word->charset;
    std::string bytes;
    const std::string_view words = text;
    while (word && word->charset == charset) {
      bytes += word->bytes;
      text.remove_prefix(word->size);
      const std::size_t next = text.find_first_not_of(" \t");
      word = next == std::string_view::npos ? std::nullopt : encoded_word(text.substr(next));
      if (word) text.remove_prefix(next);
    }
    decoded +=
        in_utf8(charset, bytes).value_or(std::string(words.substr(0, words.size() - text.size())));
  }
  return decoded;
}

}  // namespace

std::string readable(std::string_view value, std::size_t most) {
  const std::string text = decode_words(unfold(value));
  const auto* at = reinterpret_cast<const std::uint8_t*>(text.data());
  std::size_t left = text.size();
  std::string clean;
  for (std::size_t count = 0; left > 0; ++count) {
    if (count == most) return clean + "…";
    ucs4_t c = 0;
    const int n = u8_mbtouc(&c, at, left);  // U+FFFD for what is ill-formed
    append(clean, c == '\t' ? U' ' : is_misleading(c) ? kReplacement : char32_t{c});
    at += n;
    left -= static_cast<std::size_t>(n);
  }
  return clean;
}

}  // namespace countersign
