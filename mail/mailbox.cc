// SPDX-License-Identifier: Apache-2.0
#include "mail/mailbox.h"

#include <algorithm>

#include "base/encoding.h"
#include "mail/domain.h"
#include "mail/structured_field.h"
#include "mail/unicode.h"

namespace countersign {
namespace {

constexpr std::size_t kLongestLocalPart = 64;  // RFC 5321 §4.5.3.1.1

Error invalid(const char* why) { return Error{Errc::invalid, std::string("mailbox: ") + why}; }

// RFC 5321 §4.1.2 Dot-string, RFC 6531 §3.3.
bool is_dot_string(std::string_view local) {
  if (local.empty() || local.front() == '.' || local.back() == '.') return false;
  for (std::size_t i = 0; i < local.size(); ++i)
    if (!is_atext(local[i]) && (local[i] != '.' || local[i - 1] == '.')) return false;
  return true;
}

bool is_plain_in_keys(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '@' || c == '_' ||
         c == '-';
}

// Reads RFC 5321 Quoted-string from the front of `text`; `end` becomes the place after it.
Result<std::string> unquoted(std::string_view text, std::size_t& end) {
  std::string local;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      end = i + 1;
      return local;
    }
    if (text[i] == '\\' && ++i == text.size()) break;
    local += text[i];
  }
  return invalid("a quoted local part has no end");
}

}  // namespace

Result<Mailbox> Mailbox::parse(std::string_view text) {
  if (!is_utf8(text)) return invalid("not UTF-8");
  if (has_misleading(text)) return invalid("it contains a control");
  std::string local;
  std::size_t end = 0;
  if (text.starts_with('"')) {
    CS_ASSIGN(local, unquoted(text, end));
  } else {
    end = std::min(text.find('@'), text.size());
    local = text.substr(0, end);
    if (!is_dot_string(local)) return invalid("the local part is no dot-string");
  }
  if (end == text.size() || text[end] != '@') return invalid("no '@' after the local part");
  CS_ASSIGN(local, lower_nfc(local));
  if (local.size() > kLongestLocalPart) return invalid("the local part is over 64 octets");
  CS_ASSIGN(std::string domain, to_a_labels(text.substr(end + 1)));
  return Mailbox(std::move(local), std::move(domain));
}

std::string Mailbox::address() const {
  if (is_dot_string(local_)) {
    std::string plain;
    plain.reserve(local_.size() + 1 + domain_.size());
    plain += local_;
    plain += '@';
    plain += domain_;
    return plain;
  }
  std::string quoted = "\"";
  for (const char c : local_) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"@" + domain_;
}

std::string Mailbox::key() const { return encode_key(address()); }

Mailbox Mailbox::without_detail(std::string_view delimiters) const {
  const std::size_t at = local_.find_first_of(delimiters, 1);
  return at == std::string::npos ? *this : Mailbox(local_.substr(0, at), domain_);
}

Result<Mailbox> Mailbox::with_detail(char delimiter, std::string_view detail) const {
  std::string local = local_ + delimiter;
  local += detail;
  return parse(Mailbox(std::move(local), domain_).address());
}

std::vector<std::pair<Mailbox, std::string>> Mailbox::readings(std::string_view delimiters) const {
  std::vector<std::pair<Mailbox, std::string>> out;
  for (auto at = local_.find_first_of(delimiters, 1); at != std::string::npos;
       at = local_.find_first_of(delimiters, at + 1))
    out.emplace_back(Mailbox(local_.substr(0, at), domain_), local_.substr(at + 1));
  return out;
}

std::string encode_key(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string key;
  if (std::all_of(text.begin(), text.end(), is_plain_in_keys)) return key.assign(text);
  key.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_plain_in_keys(c)) {
      key += c;
    } else {
      key += '%';
      key += kHex[byte >> 4U];
      key += kHex[byte & 0xfU];
    }
  }
  return key;
}

std::string decode_key(std::string_view key) {
  std::string out;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const auto byte = key[i] == '%' ? hex_decode(key.substr(i + 1, 2)) : Error{Errc::invalid, {}};
    if (byte && byte->size() == 1) {
      out += *byte;
      i += 2;
    } else {
      out += key[i];
    }
  }
  return out;
}

}  // namespace countersign
