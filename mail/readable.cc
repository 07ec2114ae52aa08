// SPDX-License-Identifier: Apache-2.0
#include <unistr.h>

#include <optional>

#include "base/encoding.h"
#include "mail/header_section.h"
#include "mail/unicode.h"

namespace countersign {
namespace {

constexpr char32_t kReplacement = 0xfffd;

enum class Charset { utf8, latin1 };

// What one encoded word (RFC 2047 §2) says, still in its character set: a character may be cut in
// two by careless software, so neighbours are joined before they are read.
struct EncodedWord {
  Charset charset = Charset::utf8;
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
  if (lower == "utf-8" || lower == "us-ascii" || lower == "utf8") return Charset::utf8;
  if (lower == "iso-8859-1" || lower == "latin1") return Charset::latin1;
  return std::nullopt;
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

void append_decoded(std::string& text, Charset charset, const std::string& bytes) {
  if (charset == Charset::utf8) {
    text += bytes;
    return;
  }
  for (const char c : bytes) append(text, static_cast<unsigned char>(c));
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
    while (word && word->charset == charset) {
      bytes += word->bytes;
      text.remove_prefix(word->size);
      const std::size_t next = text.find_first_not_of(" \t");
      word = next == std::string_view::npos ? std::nullopt : encoded_word(text.substr(next));
      if (word) text.remove_prefix(next);
    }
    append_decoded(decoded, charset, bytes);
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
