// SPDX-License-Identifier: Apache-2.0
#include "mail/header_section.h"

#include <algorithm>

#include "mail/unicode.h"

namespace countersign {
namespace {

constexpr std::string_view kCrlf = "\r\n";

/// Most mail has no more, and no field more folds: room is made for them at once.
constexpr std::size_t kUsualFields = 32;
constexpr std::size_t kUsualFolds = 16;

bool is_blank(char c) { return c == ' ' || c == '\t'; }

int folded(char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : int{c}; }

bool is_space(char c) { return is_blank(c) || c == '\r' || c == '\n'; }

void append_with_crlf(std::string_view value, std::string& text) {
  std::size_t end = value.find('\n');
  text.reserve(value.size() + (end == std::string_view::npos ? 0 : kUsualFolds));
  for (; end != std::string_view::npos; end = value.find('\n')) {
    text += value.substr(0, end);
    if (!text.ends_with('\r')) text += '\r';
    text += '\n';
    value.remove_prefix(end + 1);
  }
  text += value;
}

// The name without the white space that the obsolete syntax allows before the colon (RFC 5322
// §4.5): "From :" is a From field to whoever reads the mail.
std::string_view bare_name(std::string_view name) {
  while (!name.empty() && is_blank(name.back())) name.remove_suffix(1);
  return name;
}

/// The length of a name, its first letter and its last.
std::uint32_t mark_of(std::string_view name) {
  name = bare_name(name);
  if (name.empty()) return 0;
  const auto letter = [](char c) { return static_cast<std::uint32_t>(folded(c) & 0xff); };
  return static_cast<std::uint32_t>(name.size()) << 16 | letter(name.front()) << 8 |
         letter(name.back());
}

// The end of the field that starts at `start`: the CRLF that no white space follows.
std::size_t end_of_field(std::string_view bytes, std::size_t start) {
  for (;;) {
    const std::size_t end = bytes.find(kCrlf, start);
    if (end == std::string_view::npos) return bytes.size();
    if (end + 2 == bytes.size() || !is_blank(bytes[end + 2])) return end;
    start = end + 2;
  }
}

}  // namespace

void HeaderSection::add(std::string_view name, std::string_view value) {
  HeaderField& field = add_named(name);
  append_with_crlf(value, field.value);
  size_bytes_ += name.size() + (name.empty() ? 0U : 1U) + field.value.size() + kCrlf.size();
}

HeaderField& HeaderSection::add_named(std::string_view name) {
  if (fields_.empty()) {
    fields_.reserve(kUsualFields);
    marks_.reserve(kUsualFields);
  }
  marks_.push_back(mark_of(name));
  HeaderField& field = fields_.emplace_back();
  field.name = name;
  return field;
}

template <class Use>
void HeaderSection::for_each(std::string_view name, Use use) const {
  // Each message is asked for dozens of names that it does not have.
  const std::uint32_t mark = mark_of(name);
  for (std::size_t i = 0; i < marks_.size(); ++i)
    if (marks_[i] == mark && same_name(fields_[i].name, name) && !use(fields_[i])) return;
}

std::vector<const HeaderField*> HeaderSection::all(std::string_view name) const {
  std::vector<const HeaderField*> found;
  for_each(name, [&](const HeaderField& field) {
    found.push_back(&field);
    return true;
  });
  return found;
}

const HeaderField* HeaderSection::first(std::string_view name) const {
  const HeaderField* found = nullptr;
  for_each(name, [&](const HeaderField& field) {
    found = &field;
    return false;
  });
  return found;
}

std::string HeaderSection::bytes() const {
  std::string bytes;
  bytes.reserve(size_bytes_);
  for (const HeaderField& field : fields_) {
    bytes += field.name;
    if (!field.name.empty()) bytes += ':';
    bytes += field.value;
    bytes += kCrlf;
  }
  return bytes;
}

HeaderSection HeaderSection::parse(std::string_view bytes) {
  HeaderSection section;
  while (!bytes.empty() && !bytes.starts_with(kCrlf)) {
    const std::size_t end = end_of_field(bytes, 0);
    const std::string_view field = bytes.substr(0, end);
    const std::size_t colon = is_blank(field.front()) ? 0 : field.find(':');
    const bool named = colon != std::string_view::npos && bare_name(field.substr(0, colon)) != "" &&
                       field.substr(0, colon).find_first_of(kCrlf) == std::string_view::npos;
    const std::size_t after_name = named ? colon + 1 : 0;
    // Not add(): a bare LF that the spool kept must come back as it is.
    section.add_named(named ? field.substr(0, colon) : "").value = field.substr(after_name);
    section.size_bytes_ += field.size() + kCrlf.size();
    bytes.remove_prefix(std::min(bytes.size(), end + kCrlf.size()));
  }
  return section;
}

bool same_name(std::string_view a, std::string_view b) {
  // Most names that are asked for are told from a field's by their first letter.
  if (!a.empty() && !b.empty() && !is_blank(b.front()) && folded(a.front()) != folded(b.front()))
    return false;
  a = bare_name(a);
  b = bare_name(b);
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (folded(a[i]) != folded(b[i])) return false;
  return true;
}

std::string unfold(std::string_view value) {
  std::string text;
  text.reserve(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    const std::size_t line_end = value.substr(i).starts_with(kCrlf) ? 2 : value[i] == '\n' ? 1 : 0;
    if (line_end > 0 && i + line_end < value.size() && is_blank(value[i + line_end]))
      i += line_end - 1;
    else
      text += value[i];
  }
  const auto start = std::find_if_not(text.begin(), text.end(), is_space);
  const auto end = std::find_if_not(text.rbegin(), std::make_reverse_iterator(start), is_space);
  return std::string(start, end.base());
}

}  // namespace countersign
