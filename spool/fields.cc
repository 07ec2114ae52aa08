// SPDX-License-Identifier: Apache-2.0
#include "spool/fields.h"

namespace countersign {
namespace {
constexpr std::size_t kTag = 2;
constexpr std::size_t kLength = 4;
constexpr std::size_t kNumber = 8;
}  // namespace

void put_number(std::string& out, std::uint64_t value, std::size_t octets) {
  for (std::size_t i = octets; i-- > 0;) out += static_cast<char>((value >> (8 * i)) & 0xff);
}

std::uint64_t get_number(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = (value << 8) | static_cast<unsigned char>(c);
  return value;
}

void put_field(std::string& out, std::uint16_t tag, std::string_view value) {
  put_number(out, tag, kTag);
  put_number(out, value.size(), kLength);
  out += value;
}

void put_number_field(std::string& out, std::uint16_t tag, std::uint64_t value) {
  std::string octets;
  put_number(octets, value, kNumber);
  put_field(out, tag, octets);
}

Result<std::uint64_t> TaggedReader::Field::number() const {
  if (value.size() != kNumber) return Error{Errc::corrupt, "a number is not 8 octets long"};
  return get_number(value);
}

Result<TaggedReader::Field> TaggedReader::next() {
  if (rest_.size() < kTag + kLength) return Error{Errc::corrupt, "a field is cut"};
  Field field;
  field.tag = static_cast<std::uint16_t>(get_number(rest_.substr(0, kTag)));
  const std::uint64_t length = get_number(rest_.substr(kTag, kLength));
  rest_.remove_prefix(kTag + kLength);
  if (rest_.size() < length) return Error{Errc::corrupt, "a field is longer than its head"};
  field.value = rest_.substr(0, length);
  rest_.remove_prefix(length);
  return field;
}

}  // namespace countersign
