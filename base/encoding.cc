// SPDX-License-Identifier: Apache-2.0
#include "base/encoding.h"

#include <openssl/evp.h>

#include <cassert>

namespace countersign {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string hex_encode(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

Result<std::string> hex_decode(std::string_view text) {
  if (text.size() % 2 != 0) return Error{Errc::invalid, "odd number of hex digits"};
  std::string out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_digit(text[i]);
    const int low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) return Error{Errc::invalid, "not a hex digit"};
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

std::string base64_encode(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int n = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                reinterpret_cast<const unsigned char*>(bytes.data()),
                                static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(n));
  return out;
}

Result<std::string> base64_decode(std::string_view text) {
  // EVP_DecodeBlock skips white space and does not say how much of the end was padding.
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  const std::string_view digits = text.substr(0, text.size() - padding);
  for (const char c : digits)
    if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
          c == '/'))
      return Error{Errc::invalid, "not a base64 digit"};
  if (text.size() % 4 != 0) return Error{Errc::invalid, "base64 of odd length"};
  std::string out(text.size() / 4 * 3 + 1, '\0');
  const int n = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                reinterpret_cast<const unsigned char*>(text.data()),
                                static_cast<int>(text.size()));
  if (n < 0) return Error{Errc::invalid, "not base64"};
  out.resize(static_cast<std::size_t>(n) - padding);
  return out;
}

std::string crockford_encode(std::string_view bytes, std::size_t bits) {
  assert(bytes.size() * 8 >= bits);
  std::string out;
  out.reserve((bits + 4) / 5);
  unsigned taken = 0;       // bits that no digit says yet, above those of former digits
  std::size_t waiting = 0;  // how many
  for (std::size_t at = 0, byte = 0; at < bits; at += 5) {
    if (waiting < 5) {
      const auto next = byte < bytes.size() ? static_cast<unsigned char>(bytes[byte]) : 0U;
      taken = (taken << 8 | next) & 0xFFFFU;
      waiting += 8;
      ++byte;
    }
    waiting -= 5;
    unsigned digit = (taken >> waiting) & 31U;
    // What the last digit has beyond the bits that were asked for is zero.
    if (at + 5 > bits) digit &= 31U << (at + 5 - bits);
    out += kCrockford[digit & 31U];
  }
  return out;
}

Result<std::string> crockford_canonical(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '-') continue;
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == 'I' || c == 'L') c = '1';
    if (c == 'O') c = '0';
    if (kCrockford.find(c) == std::string_view::npos)
      return Error{Errc::invalid, "not a base32 digit"};
    out += c;
  }
  return out;
}

}  // namespace countersign
