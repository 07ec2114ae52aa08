// SPDX-License-Identifier: Apache-2.0
//
// Self-describing fields of a held file: tag (2 octets), length (4 octets), value; numbers are
// big-endian. A reader skips the tags that it does not know. Pure, thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace countersign {

/// Appends `value` in `octets` octets, big-endian.
void put_number(std::string& out, std::uint64_t value, std::size_t octets);
/// Returns the number in all octets of `bytes` (at most 8).
std::uint64_t get_number(std::string_view bytes);

/// Appends one field. The value must be shorter than 4 GiB.
void put_field(std::string& out, std::uint16_t tag, std::string_view value);
void put_number_field(std::string& out, std::uint16_t tag, std::uint64_t value);

/// Walks over fields.
class TaggedReader {
 public:
  explicit TaggedReader(std::string_view bytes) : rest_(bytes) {}

  struct Field {
    std::uint16_t tag = 0;
    std::string_view value;

    std::string text() const { return std::string(value); }
    /// Errors: corrupt (not 8 octets).
    Result<std::uint64_t> number() const;
  };

  bool at_end() const { return rest_.empty(); }
  /// Errors: corrupt (a field longer than what is left).
  Result<Field> next();

 private:
  std::string_view rest_;
};

}  // namespace countersign
