// SPDX-License-Identifier: Apache-2.0
#include "mail/machine.h"

#include "mail/folded_path.h"
#include "mail/unicode.h"

namespace countersign {
namespace {

// The keyword at the front of the value, in lower case: "no" of " (yes) No; x=y".
std::string keyword(std::string_view value) {
  std::string word;
  std::size_t depth = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (c == '(') ++depth;
    if (depth > 0) {
      if (c == '\\') ++i;
      if (c == ')') --depth;
    } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ';') {
      if (!word.empty() || c == ';') break;
    } else {
      word += c;
    }
  }
  return ascii_lower(word);
}

// RFC 3834 §5: anything but "no" says that a machine wrote it.
bool is_auto_submitted(const HeaderSection& header) {
  for (const HeaderField* field : header.all("Auto-Submitted"))
    if (keyword(field->value) != "no") return true;
  return false;
}

bool has_bulk_precedence(const HeaderSection& header) {
  for (const HeaderField* field : header.all("Precedence")) {
    const std::string word = keyword(field->value);
    if (word == "bulk" || word == "junk" || word == "list") return true;
  }
  return false;
}

// "list-id" (RFC 2919), "list" for the others (RFC 2369, RFC 8058), or "".
std::string list_mark(const HeaderSection& header) {
  std::string mark;
  for (const HeaderField& field : header.fields()) {
    if (same_name(field.name, "List-Id")) return "list-id";
    if (same_name(std::string_view(field.name).substr(0, 5), "list-")) mark = "list";
  }
  return mark;
}

// The mark of a mailbox that reads no mail; the detail and the way it is joined do not matter.
std::string local_part_mark(const Mailbox& mailbox) {
  const Mailbox bare = mailbox.without_detail("+=");
  std::string joined;
  for (const char c : bare.local())
    if (c != '-' && c != '_' && c != '.') joined += c;
  if (joined == "noreply" || joined == "donotreply") return "no-reply";
  return joined == "mailerdaemon" ? "mailer-daemon" : "";
}

}  // namespace

std::string machine_mark(const ReversePath& reverse_path, const HeaderSection& header,
                         const std::optional<Mailbox>& author) {
  if (reverse_path.null) return "null-reverse-path";
  if (is_auto_submitted(header)) return "auto-submitted";
  if (std::string mark = list_mark(header); !mark.empty()) return mark;
  if (has_bulk_precedence(header)) return "precedence";
  if (header.first("Feedback-ID") != nullptr || header.first("CFBL-Feedback-ID") != nullptr)
    return "feedback-id";
  if (reverse_path.mailbox)
    if (std::string mark = local_part_mark(without_batv(*reverse_path.mailbox)); !mark.empty())
      return mark;
  return author ? local_part_mark(*author) : "";
}

}  // namespace countersign
