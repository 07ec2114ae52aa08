// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/record.h"

#include <charconv>

#include "base/encoding.h"

namespace countersign {
namespace {

constexpr char kVersion = '1';

Error corrupt(std::string_view why) { return {Errc::corrupt, "record: " + std::string(why)}; }

std::string escape(std::string_view text, std::string_view also = "") {
  std::string out;
  out.reserve(text.size());
  for (const char& c : text) {
    const bool plain = c > ' ' && c < 127 && c != '%' && c != '&' && c != '=' &&
                       also.find(c) == std::string_view::npos;
    if (plain)
      out += c;
    else
      out.append("%").append(hex_encode(std::string_view(&c, 1)));
  }
  return out;
}

Result<std::string> unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const auto byte = hex_decode(text.substr(i + 1, 2));
    if (!byte || byte->size() != 1) return corrupt("'%' without two hex digits");
    out += *byte;
    i += 2;
  }
  return out;
}

bool is_name(std::string_view name) {
  return !name.empty() &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

}  // namespace

void Record::add(std::string_view name, std::string_view value) {
  fields_.emplace_back(name, value);
}

void Record::add_all(std::string_view name, const std::vector<std::string>& values) {
  for (const std::string& value : values) add(name, value);
}

std::optional<std::string> Record::get(std::string_view name) const {
  for (const auto& [key, value] : fields_)
    if (key == name) return value;
  return std::nullopt;
}

std::vector<std::string> Record::all(std::string_view name) const {
  std::vector<std::string> out;
  for (const auto& [key, value] : fields_)
    if (key == name) out.push_back(value);
  return out;
}

Result<WallTime> Record::time(std::string_view name) const {
  const auto value = get(name);
  return value ? parse_time(*value) : Result<WallTime>(WallTime{});
}

std::string Record::encode() const {
  std::string out(1, kVersion);
  for (const auto& [name, value] : fields_) {
    out += '&';
    out += name;
    out += '=';
    out += escape(value);
  }
  return out;
}

Result<Record> Record::decode(std::string_view bytes) {
  if (bytes.empty() || bytes.front() != kVersion) return corrupt("a version that is not known");
  bytes.remove_prefix(1);
  Record out;
  while (!bytes.empty()) {
    if (bytes.front() != '&') return corrupt("no '&' before a field");
    const std::string_view field = bytes.substr(1, bytes.find('&', 1) - 1);
    bytes.remove_prefix(1 + field.size());
    const auto equals = field.find('=');
    if (equals == std::string_view::npos || !is_name(field.substr(0, equals)))
      return corrupt("a field without name");
    CS_ASSIGN(const std::string value, unescape(field.substr(equals + 1)));
    out.add(field.substr(0, equals), value);
  }
  return out;
}

std::string join_list(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) {
    if (!out.empty()) out += ',';
    out += escape(text, ",");
  }
  return out;
}

Result<std::vector<std::string>> split_list(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto comma = text.find(',');
    CS_ASSIGN(std::string one, unescape(text.substr(0, comma)));
    out.push_back(std::move(one));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return out;
}

Result<WallTime> parse_time(std::string_view text) {
  long long ms = 0;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (bad != std::errc() || end != text.data() + text.size()) return corrupt("a time is no number");
  return from_epoch_ms(ms);
}

}  // namespace countersign
