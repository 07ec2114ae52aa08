// SPDX-License-Identifier: Apache-2.0
#include "admin/output.h"

#include <nlohmann/json.hpp>

namespace countersign::admin {
namespace {

nlohmann::ordered_json json_of(const Record& record);

nlohmann::ordered_json json_of(const Record::Value& value) {
  return std::visit(
      [](const auto& v) -> nlohmann::ordered_json {
        if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::vector<Record>>) {
          auto array = nlohmann::ordered_json::array();
          for (const Record& element : v) array.push_back(json_of(element));
          return array;
        } else {
          return v;
        }
      },
      value);
}

nlohmann::ordered_json json_of(const Record& record) {
  auto object = nlohmann::ordered_json::object();
  for (const auto& [name, value] : record.fields()) object[name] = json_of(value);
  return object;
}

/// Returns the length of the well-formed UTF-8 sequence at the front of `text` and its code point;
/// {0, 0} if there is none.
std::pair<std::size_t, char32_t> first_code_point(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {1, lead};
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return {0, 0};
  char32_t point = lead & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) return {0, 0};
    point = (point << 6) | (byte(i) & 0x3fU);
  }
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (point < kLeast[size] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
    return {0, 0};
  return {size, point};
}

bool is_harmful(char32_t point) {
  return point < 0x20 || (point >= 0x7f && point < 0xa0) || (point >= 0x202a && point <= 0x202e) ||
         (point >= 0x2066 && point <= 0x2069) || point == 0x2028 || point == 0x2029 ||
         point == 0x200e || point == 0x200f || point == 0x061c;
}

}  // namespace

Record::Record() = default;
Record::Record(const Record& other) = default;
Record::Record(Record&& other) noexcept = default;
Record& Record::operator=(const Record& other) = default;
Record& Record::operator=(Record&& other) noexcept = default;
Record::~Record() = default;

Record& Record::add(std::string name, Value value) {
  fields_.emplace_back(std::move(name), std::move(value));
  return *this;
}

Record& Record::add(std::string name, std::nullptr_t) {
  // Made in place: of a temporary that is moved GCC 12 says that it may be uninitialized.
  fields_.emplace_back(std::move(name), nullptr);
  return *this;
}

Record& Record::add(std::string name, const char* value) {
  return add(std::move(name), Value(std::string(value)));
}

Record& Record::add(std::string name, std::string_view value) {
  return add(std::move(name), Value(std::string(value)));
}

Record& Record::add(std::string name, const std::string& value) {
  return add(std::move(name), Value(value));
}

std::string Record::json() const {
  return json_of(*this).dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Record::Value time_value(WallTime t) {
  if (t == WallTime{}) return nullptr;
  return rfc3339(t);
}

std::string for_terminal(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto [size, point] = first_code_point(text);
    if (size == 0 || is_harmful(point))
      out += '?';
    else
      out += text.substr(0, size);
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return out;
}

void Output::put(const Record& record, std::string_view line) {
  if (json_)
    put(record);
  else
    this->line(line);
}

void Output::put(const Record& record) {
  if (json_) out_ << record.json() << '\n';
}

void Output::line(std::string_view text) {
  if (!json_) out_ << for_terminal(text) << '\n';
}

void Output::raw(std::string_view bytes) {
  out_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void Output::say(std::string_view text) { err_ << for_terminal(text) << '\n'; }

void Output::flush() {
  out_.flush();
  err_.flush();
}

}  // namespace countersign::admin
