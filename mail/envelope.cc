// SPDX-License-Identifier: Apache-2.0
#include "mail/envelope.h"

namespace countersign {
namespace {

std::string_view without_blanks(std::string_view text) {
  const std::size_t start = text.find_first_not_of(" \t");
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(" \t") - start + 1);
}

// What stands in the angle brackets; all of it where the MTA gave none.
std::string_view inside(std::string_view raw) {
  raw = without_blanks(raw);
  if (raw.size() >= 2 && raw.front() == '<' && raw.back() == '>')
    raw = without_blanks(raw.substr(1, raw.size() - 2));
  return raw;
}

// RFC 5321 §4.1.2 A-d-l: "@relay,@other:" before the mailbox. A domain holds no quotes, so the
// first colon outside an address literal ends it. A route behind a route is no path, but some MTAs
// take it: then the mailbox is what stands behind the last.
std::string_view drop_route(std::string_view path) {
  bool literal = false;
  for (std::size_t i = 0; path.starts_with('@') && i < path.size(); ++i) {
    if (path[i] == '[') literal = true;
    if (path[i] == ']') literal = false;
    if (path[i] != ':' || literal) continue;
    path = without_blanks(path.substr(i + 1));
    i = 0;
  }
  return path;
}

std::optional<Mailbox> mailbox_of(std::string_view path) {
  auto mailbox = Mailbox::parse(drop_route(path));
  if (!mailbox) return std::nullopt;
  return *std::move(mailbox);
}

std::vector<std::string> parameters_of(const std::vector<std::string_view>& arguments) {
  std::vector<std::string> parameters;
  for (std::size_t i = 1; i < arguments.size(); ++i) parameters.emplace_back(arguments[i]);
  return parameters;
}

}  // namespace

std::optional<Mailbox> ForwardPath::given() const { return mailbox_of(inside(raw)); }

std::string ForwardPath::without_route() const {
  return '<' + std::string(drop_route(inside(raw))) + '>';
}

ReversePath parse_reverse_path(const std::vector<std::string_view>& arguments) {
  ReversePath path;
  if (!arguments.empty()) path.raw = arguments.front();
  const std::string_view text = inside(path.raw);
  path.null = text.empty();
  path.mailbox = mailbox_of(text);
  path.parameters = parameters_of(arguments);
  return path;
}

ForwardPath parse_forward_path(const std::vector<std::string_view>& arguments,
                               std::string_view rcpt_addr) {
  ForwardPath path;
  if (!arguments.empty()) path.raw = arguments.front();
  path.rcpt_addr = rcpt_addr;
  // The macro first: it is what the MTA made of "joe%example.org@relay" or "joe@example.org.", and
  // so where it delivers. Sendmail gives the bare user name for local ones, which is no mailbox.
  path.mailbox = mailbox_of(inside(rcpt_addr));
  if (!path.mailbox) path.mailbox = mailbox_of(inside(path.raw));
  path.parameters = parameters_of(arguments);
  return path;
}

}  // namespace countersign
