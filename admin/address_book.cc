// SPDX-License-Identifier: Apache-2.0
#include "admin/address_book.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <utility>

#include "admin/book_text.h"
#include "admin/csv.h"
#include "admin/fingerprint_words.h"
#include "admin/whom.h"
#include "base/encoding.h"
#include "config/values.h"
#include "mail/unicode.h"

namespace countersign::admin {
namespace {

constexpr std::size_t kMostHeader = 1 << 20U;
constexpr std::array<std::string_view, 8> kColumns = {
    "subject", "standing", "source", "fingerprints", "final", "created", "seen", "note"};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto from = text.find_first_not_of(kBlanks);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(kBlanks) - from + 1);
}

/// "alice@example.com", or that in "Alice <alice@example.com>".
Result<Mailbox> address_in(std::string_view text) {
  const auto open = text.ends_with('>') ? text.rfind('<') : std::string_view::npos;
  if (open != std::string_view::npos) text = text.substr(open + 1, text.size() - open - 2);
  return Mailbox::parse(trimmed(text));
}

/// The addresses in a cell, with ',', ';' or " ::: " between; a comma in a name before "<" is none
/// of them.
std::vector<std::string> addresses_in(std::string cell) {
  for (std::size_t at = 0; (at = cell.find(":::", at)) != std::string::npos;)
    cell.replace(at, 3, ";");
  std::vector<std::string> out;
  std::string name;
  for (std::size_t at = 0; at <= cell.size();) {
    const auto end = std::min(cell.find_first_of(",;", at), cell.size());
    const std::string piece = cell.substr(at, end - at);
    at = end + 1;
    const bool is_whole = piece.find('@') != std::string::npos || at > cell.size();
    const bool goes_on = !is_whole && cell.find('<', at) < cell.find_first_of(",;", at);
    if (goes_on)
      name += piece + ",";
    else
      out.push_back(std::exchange(name, "") + piece);
  }
  return out;
}

void add_address(AddressBook& book, std::size_t line, std::string_view text) {
  text = trimmed(text);
  if (text.empty()) return;
  if (auto mailbox = address_in(text))
    book.addresses.push_back(*std::move(mailbox));
  else
    book.bad.push_back({line, in_quotes(text) + " is no address"});
}

/// A content line of a card, unfolded, and where it begins.
struct CardLine {
  std::size_t line;
  std::string text;
};

std::vector<CardLine> card_lines(std::string_view text) {
  std::vector<CardLine> lines;
  std::size_t number = 0;
  bool soft = false;  // a line end of quoted-printable
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    at = end + 1;
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!lines.empty() && soft)
      lines.back().text.append(line);
    else if (!lines.empty() && (line.starts_with(' ') || line.starts_with('\t')))
      lines.back().text.append(line.substr(1));
    else
      lines.push_back({number, std::string(line)});
    const std::string upper = ascii_lower(lines.back().text);
    soft = line.ends_with('=') && upper.find("quoted-printable") != std::string::npos;
    if (soft) lines.back().text.pop_back();
  }
  return lines;
}

std::string from_quoted_printable(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = text[i] == '=' ? hex_decode(text.substr(i + 1, 2)) : Error{Errc::invalid, {}};
    out += byte && byte->size() == 1 ? *byte : std::string(1, text[i]);
    if (byte && byte->size() == 1) i += 2;
  }
  return out;
}

std::string time_text(WallTime t) { return t == WallTime{} ? "" : rfc3339(t); }

/// "2027-05-03T14:02:00Z"; "" for never.
Result<WallTime> parse_rfc3339(std::string_view text) {
  if (text.empty()) return WallTime{};
  const Error bad{Errc::invalid, in_quotes(text) + " is no time (2027-05-03T14:02:00Z)"};
  if (text.size() != 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
      text[16] != ':' || text[19] != 'Z')
    return bad;
  bool good = true;
  const auto number = [&](std::size_t from, std::size_t size) {
    int out = 0;
    const auto [end, error] = std::from_chars(text.data() + from, text.data() + from + size, out);
    good = good && error == std::errc() && end == text.data() + from + size;
    return out;
  };
  const std::chrono::year_month_day day{std::chrono::year(number(0, 4)),
                                        std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(8, 2)))};
  const int hour = number(11, 2);
  const int minute = number(14, 2);
  const int second = number(17, 2);
  if (!good || !day.ok() || hour > 23 || minute > 59 || second > 60) return bad;
  return WallTime(std::chrono::sys_days(day)) + std::chrono::hours(hour) +
         std::chrono::minutes(minute) + seconds(second);
}

Result<std::pair<Subject, ContactEntry>> entry_of(
    const std::map<std::string_view, std::string>& cells) {
  CS_ASSIGN(Subject subject, parse_subject(cells.at("subject")));
  ContactEntry entry;
  const std::string& standing = cells.at("standing");
  if (standing != "allow" && standing != "deny")
    return Error{Errc::invalid, "standing: " + in_quotes(standing) + "; allowed: allow, deny"};
  entry.standing = standing == "allow" ? Standing::allow : Standing::deny;
  entry.source = cells.at("source");
  const std::string& fingerprints = cells.at("fingerprints");
  for (std::size_t at = 0; at < fingerprints.size();) {
    const auto end = std::min(fingerprints.find(' ', at), fingerprints.size());
    if (end > at) {
      CS_ASSIGN(std::string one,
                parse_contact_fingerprint(subject, fingerprints.substr(at, end - at)));
      entry.fingerprints.push_back(std::move(one));
    }
    at = end + 1;
  }
  const std::string& final = cells.at("final");
  if (final != "yes" && final != "no" && !final.empty())
    return Error{Errc::invalid, "final: " + in_quotes(final) + "; allowed: yes, no"};
  entry.final = final == "yes";
  CS_ASSIGN(entry.created, parse_rfc3339(cells.at("created")));
  CS_ASSIGN(entry.seen, parse_rfc3339(cells.at("seen")));
  entry.note = cells.at("note");
  return std::pair(std::move(subject), std::move(entry));
}

HeaderSection header_of(std::string_view text) {
  std::string crlf;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) break;
    crlf.append(line).append("\r\n");
    at = end + 1;
  }
  return HeaderSection::parse(crlf);
}

BadEntry open_quote(const CsvRow& row) {
  return {row.open_quote,
          "a quote begins here that does not end with its cell: what it takes in is not read; "
          "allowed: quotes around a whole cell, and two for one in it"};
}

/// A card whose end has not come yet. Its addresses wait for that: where a file is cut off the last
/// one may be cut as well, and then be somebody else's.
struct OpenCard {
  std::size_t line;  ///< of its beginning
  AddressBook book;
};

void append(AddressBook& book, const AddressBook& card) {
  book.addresses.insert(book.addresses.end(), card.addresses.begin(), card.addresses.end());
  book.bad.insert(book.bad.end(), card.bad.begin(), card.bad.end());
}

}  // namespace

AddressBook read_vcards(std::string_view text) {
  AddressBook book;
  std::vector<OpenCard> open;  // vCard 2.1 has cards in cards
  for (const auto& [line, content] : card_lines(text)) {
    const std::string whole = ascii_lower(trimmed(content));
    if (whole == "begin:vcard") {
      open.push_back({line, {}});
      continue;
    }
    if (whole == "end:vcard" && !open.empty()) {
      append(book, open.back().book);
      open.pop_back();
      continue;
    }
    // "item1.EMAIL;TYPE=work:alice@example.com": group, name, parameters, value.
    const auto colon = content.find(':');
    if (colon == std::string::npos) continue;
    const std::string name = ascii_lower(std::string_view(content).substr(0, colon));
    const std::string_view bare = std::string_view(name).substr(0, name.find(';'));
    if (bare != "email" && !bare.ends_with(".email")) continue;
    std::string value = content.substr(colon + 1);
    if (name.find("quoted-printable") != std::string::npos) value = from_quoted_printable(value);
    if (ascii_lower(std::string_view(value).substr(0, 7)) == "mailto:") value.erase(0, 7);
    std::erase(value, '\\');
    add_address(open.empty() ? book : open.back().book, line, value);
  }
  for (const OpenCard& card : open)
    book.bad.push_back({card.line,
                        "a card begins here that does not end (END:VCARD), as in a file that is "
                        "cut off: its addresses are not read"});
  std::ranges::stable_sort(book.bad, {}, &BadEntry::line);
  return book;
}

AddressBook read_csv(std::string_view text) {
  AddressBook book;
  const auto rows = parse_csv(text);
  if (rows.empty()) return book;
  std::vector<std::size_t> columns;
  for (std::size_t i = 0; i < rows.front().cells.size(); ++i) {
    const std::string name = ascii_lower(rows.front().cells[i]);
    const auto has = [&](std::string_view word) { return name.find(word) != std::string::npos; };
    if (has("mail") && !has("@") && !has("type") && !has("label")) columns.push_back(i);
  }
  for (const CsvRow& row : rows) {
    if (row.open_quote != 0) {
      book.bad.push_back(open_quote(row));
      continue;
    }
    if (&row == &rows.front() && !columns.empty()) continue;
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      if (columns.empty()) {
        if (auto mailbox = address_in(trimmed(row.cells[i])))
          book.addresses.push_back(*std::move(mailbox));
        continue;
      }
      if (std::find(columns.begin(), columns.end(), i) == columns.end()) continue;
      for (const std::string& address : addresses_in(row.cells[i]))
        add_address(book, row.line, address);
    }
  }
  return book;
}

bool is_contact_list(std::string_view text) {
  text = without_leading_lines(text);
  const auto rows = parse_csv(text.substr(0, text.find('\n')));
  return !rows.empty() && rows.front().cells.size() >= 2 && rows.front().cells[0] == kColumns[0] &&
         rows.front().cells[1] == kColumns[1];
}

ContactList read_contact_list(std::string_view text) {
  ContactList list;
  const auto rows = parse_csv(text);
  if (rows.empty()) return list;
  if (rows.front().open_quote != 0) {
    list.bad.push_back(open_quote(rows.front()));
    return list;
  }
  const std::vector<std::string>& names = rows.front().cells;
  for (const std::string& name : names)
    if (std::find(kColumns.begin(), kColumns.end(), name) == kColumns.end())
      list.bad.push_back({rows.front().line, in_quotes(name) + " is no column"});
  if (!list.bad.empty()) return list;
  for (std::size_t r = 1; r < rows.size(); ++r) {
    if (rows[r].open_quote != 0) {
      list.bad.push_back(open_quote(rows[r]));
      continue;
    }
    if (rows[r].cells.size() != names.size()) {
      list.bad.push_back({rows[r].line, std::to_string(rows[r].cells.size()) +
                                            " columns; allowed: " + std::to_string(names.size())});
      continue;
    }
    std::map<std::string_view, std::string> cells;
    for (const std::string_view column : kColumns) cells[column] = "";
    for (std::size_t i = 0; i < names.size(); ++i)
      cells[*std::find(kColumns.begin(), kColumns.end(), names[i])] = rows[r].cells[i];
    auto entry = entry_of(cells);
    if (entry)
      list.entries.push_back({std::move(entry->first), std::move(entry->second), rows[r].line});
    else
      list.bad.push_back({rows[r].line, entry.error().detail});
  }
  return list;
}

std::string write_contact_list(const std::vector<std::pair<Subject, ContactEntry>>& entries) {
  std::string out = csv_line({kColumns.begin(), kColumns.end()});
  for (const auto& [subject, entry] : entries) {
    std::string fingerprints;
    for (const std::string& one : entry.fingerprints)
      fingerprints += (fingerprints.empty() ? "" : " ") + one;
    out += csv_line({shown_subject(subject), entry.standing == Standing::allow ? "allow" : "deny",
                     entry.source, fingerprints, entry.final ? "yes" : "no",
                     time_text(entry.created), time_text(entry.seen), entry.note});
  }
  return out;
}

void read_mbox(std::string_view text, const std::function<void(const HeaderSection&)>& use) {
  // A line "From " begins a message at the start, and behind an empty line.
  bool empty = true;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    at = std::min(end + 1, text.size());
    if (empty && line.starts_with("From ")) use(header_of(text.substr(at)));
    empty = line.empty() || line == "\r";
  }
}

Status read_maildir(const std::string& folder,
                    const std::function<void(const HeaderSection&)>& use) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::vector<fs::path> files;
  for (const char* name : {"cur", "new"}) {
    const fs::path place = fs::path(folder) / name;
    if (!fs::is_directory(place, error))
      return Error{Errc::not_found, folder + ": no Maildir, it has no folder " + name};
    for (const auto& entry : fs::directory_iterator(place, error))
      if (entry.is_regular_file(error)) files.push_back(entry.path());
    if (error) return Error{Errc::unavailable, place.string() + ": " + error.message()};
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& path : files) {
    std::ifstream in(path, std::ios::binary);
    std::string text(kMostHeader, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (in.bad()) return Error{Errc::unavailable, path.string() + ": cannot be read"};
    use(header_of(text));
  }
  return {};
}

}  // namespace countersign::admin
