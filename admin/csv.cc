// SPDX-License-Identifier: Apache-2.0
#include "admin/csv.h"

#include <algorithm>

#include "admin/book_text.h"

namespace countersign::admin {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

char separator_of(std::string_view text) {
  text = without_leading_lines(text);
  const std::string_view first = text.substr(0, text.find('\n'));
  const auto count = [&](char c) { return std::count(first.begin(), first.end(), c); };
  char best = ',';
  for (const char c : {';', '\t'})
    if (count(c) > count(best)) best = c;
  return best;
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

void note_open(CsvRow& row, std::size_t line) {
  if (row.open_quote == 0) row.open_quote = line;
}

}  // namespace

std::vector<CsvRow> parse_csv(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const char separator = separator_of(text);
  std::vector<CsvRow> rows;
  CsvRow row{1, {""}};
  std::size_t line = 1;
  std::size_t quote = 0;  // where the quote of this cell begins; 0: it has none
  bool quoted = false;
  const auto end_row = [&] {
    if (row.cells.back().ends_with('\r')) row.cells.back().pop_back();
    if (row.cells.size() > 1 || !row.cells.front().empty() || row.open_quote != 0)
      rows.push_back(std::move(row));
    row = {line, {""}};
    quote = 0;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    std::string& cell = row.cells.back();
    if (c == '\n') ++line;
    if (quoted) {
      if (c != '"')
        cell += c;
      else if (i + 1 < text.size() && text[i + 1] == '"')
        cell += text[++i];
      else
        quoted = false;
    } else if (c == '"' && quote == 0 && cell.empty()) {
      quoted = true;
      quote = line;
    } else if (c == separator) {
      row.cells.emplace_back();
      quote = 0;
    } else if (c == '\n') {
      end_row();
    } else {
      if (quote != 0 && quote != line && !is_blank(c)) note_open(row, quote);
      cell += c;
    }
  }
  if (quoted) note_open(row, quote);
  end_row();
  return rows;
}

std::string csv_line(const std::vector<std::string>& cells) {
  std::string out;
  for (const std::string& cell : cells) {
    if (&cell != &cells.front()) out += ',';
    if (cell.find_first_of(",;\t\"\r\n") == std::string::npos) {
      out += cell;
      continue;
    }
    out += '"';
    for (const char c : cell) out.append(c == '"' ? "\"\"" : std::string(1, c));
    out += '"';
  }
  return out + "\r\n";
}

}  // namespace countersign::admin
