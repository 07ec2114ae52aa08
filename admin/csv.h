// SPDX-License-Identifier: Apache-2.0
//
// Comma-separated values (RFC 4180). Pure, thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace countersign::admin {

struct CsvRow {
  std::size_t line = 0;  ///< where it begins, from 1
  std::vector<std::string> cells;
  /// Where a quote begins that is never closed, or by all signs not meant to go beyond its line:
  /// more text stands behind its end, lines below. Its cell has swallowed lines. 0: there is none.
  std::size_t open_quote = 0;
};

/// Returns the rows that are not empty, or have an open quote. Takes LF and CRLF, quotes with line
/// ends in them, a byte order mark at the front, and as separator whichever of ',', ';' and tab the
/// first line that is not empty has most. A quote that does not close ends with the text
/// (CsvRow::open_quote).
std::vector<CsvRow> parse_csv(std::string_view text);

/// Returns a row with CRLF; cells are quoted where they must be.
std::string csv_line(const std::vector<std::string>& cells);

}  // namespace countersign::admin
