// SPDX-License-Identifier: Apache-2.0
//
// The header section (RFC 5322 §2.1) as received: nothing is normalised, nothing is cut.
// Not thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace countersign {

struct HeaderField {
  std::string name;   ///< as received
  std::string value;  ///< all after the colon, leading space and folds (CRLF) kept, no final CRLF
};

class HeaderSection {
 public:
  /// Adds a field below the others. A bare LF in `value` (as MTAs hand over folds) becomes CRLF.
  void add(std::string_view name, std::string_view value);

  const std::vector<HeaderField>& fields() const { return fields_; }
  std::size_t size_bytes() const { return size_bytes_; }  ///< of bytes()
  /// The fields of that name, whatever its case, in order.
  std::vector<const HeaderField*> all(std::string_view name) const;
  /// The first field of that name, or null.
  const HeaderField* first(std::string_view name) const;
  /// "Name:value CRLF" for each field; without the empty line that ends the section.
  std::string bytes() const;

  /// Splits the text of a header section (CRLF lines; the empty line and what follows are not
  /// looked at). A line that is no field is kept as a field with an empty name.
  static HeaderSection parse(std::string_view bytes);

 private:
  std::vector<HeaderField> fields_;
  std::size_t size_bytes_ = 0;
};

/// Whether two field names are the same (ASCII case folded).
bool same_name(std::string_view a, std::string_view b);

/// Returns the value unfolded (RFC 5322 §2.2.3): CRLF before white space is dropped, and the white
/// space at both ends.
std::string unfold(std::string_view value);

/// Returns a Subject or display text for people: unfolded, RFC 2047 words of UTF-8, US-ASCII and
/// ISO-8859-1 decoded, ill-formed UTF-8 and controls replaced by U+FFFD, at most `most` code points
/// (then "…" at the end).
std::string readable(std::string_view value, std::size_t most = 200);

}  // namespace countersign
