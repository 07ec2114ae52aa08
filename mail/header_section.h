// SPDX-License-Identifier: Apache-2.0
//
// The header section (RFC 5322 §2.1) as received: nothing is normalised, nothing is cut.
// Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace countersign {

struct HeaderField {
  /// As received, with the white space that stood before the colon. Empty: a line that is no field,
  /// which stands in `value` whole.
  std::string name;
  std::string value;  ///< all after the colon, leading space and folds (CRLF) kept, no final CRLF
};

class HeaderSection {
 public:
  /// Adds a field below the others. A bare LF in `value` (as MTAs hand over folds) becomes CRLF;
  /// nothing else is changed, a bare CR neither.
  void add(std::string_view name, std::string_view value);

  const std::vector<HeaderField>& fields() const { return fields_; }
  std::size_t size_bytes() const { return size_bytes_; }  ///< of bytes()
  /// The fields of that name by same_name(), in order.
  std::vector<const HeaderField*> all(std::string_view name) const;
  /// The first field of that name, or null.
  const HeaderField* first(std::string_view name) const;
  /// "Name:value CRLF" for each field, "value CRLF" for one without name; without the empty line
  /// that ends the section.
  std::string bytes() const;

  /// Splits the text of a header section (CRLF lines; the empty line and what follows are not
  /// looked at; a bare CR or LF is part of its line). bytes() gives the same text back.
  static HeaderSection parse(std::string_view bytes);

 private:
  /// Adds a field of that name, whose value is still to come.
  HeaderField& add_named(std::string_view name);
  /// Calls `use` with each field of that name until it returns false.
  template <class Use>
  void for_each(std::string_view name, Use use) const;

  std::vector<HeaderField> fields_;
  std::vector<std::uint32_t> marks_;  ///< of their names: those of same names are the same
  std::size_t size_bytes_ = 0;
};

/// Whether two field names are the same: ASCII case folded, and without the white space that the
/// obsolete syntax has before the colon (RFC 5322 §4.5), because mail readers ignore it as well.
bool same_name(std::string_view a, std::string_view b);

/// Returns the value unfolded (RFC 5322 §2.2.3): CRLF or LF before white space is dropped, and the
/// white space at both ends.
std::string unfold(std::string_view value);

/// Returns a Subject or display text for people: unfolded, RFC 2047 words of UTF-8, US-ASCII and
/// ISO-8859-1 decoded (others stay encoded), a tab as blank, ill-formed UTF-8 and what
/// is_misleading() (mail/unicode.h) replaced by U+FFFD; one line of UTF-8 of `most` code points at
/// most, with "…" behind them if it was cut. Not escaped for any markup.
std::string readable(std::string_view value, std::size_t most = 200);

}  // namespace countersign
