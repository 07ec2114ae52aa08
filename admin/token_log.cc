// SPDX-License-Identifier: Apache-2.0
#include "admin/token_log.h"

#include <algorithm>

#include "admin/syslog_line.h"
#include "admin/token_words.h"

namespace countersign::admin {
namespace {

constexpr std::string_view kMilter = "countersign-milter";
/// How countersign-milter begins what it says of a token, behind the word of the level.
constexpr std::string_view kEvent = ": token ";
/// What stands around addresses in logs.
constexpr std::string_view kSeparators = " \t<>,;=()[]{}'\"";
constexpr long long kMostUses = 1'000'000'000'000;

using Fields = std::map<std::string, std::string, std::less<>>;

/// Takes a value as log::quoted() writes it off the front.
std::string take_value(std::string_view& text) {
  std::string out;
  if (!text.starts_with('"')) {
    out = text.substr(0, text.find(' '));
    text.remove_prefix(out.size());
    return out;
  }
  std::size_t i = 1;
  for (; i < text.size() && text[i] != '"'; ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out += text[i];
  }
  text.remove_prefix(std::min(i + 1, text.size()));
  return out;
}

Fields fields_of(std::string_view text) {
  Fields out;
  while (!text.empty()) {
    const auto end = text.find_first_of(" =");
    if (end == std::string_view::npos) break;
    const std::string name(text.substr(0, end));
    const bool is_field = text[end] == '=';
    text.remove_prefix(end + 1);
    if (is_field) out.emplace(name, take_value(text));
  }
  return out;
}

/// What countersign-milter says of a token in this line. By systemd its own line, with a time and
/// its name, stands in the text of the journal's.
std::optional<Fields> event_of(std::string_view line) {
  auto entry = parse_syslog_line(line);
  if (!entry || entry->program != kMilter) return std::nullopt;
  if (const auto own = parse_syslog_line(entry->text)) entry = own;
  const auto level = entry->text.find_first_not_of("abcdefghijklmnopqrstuvwxyz");
  if (entry->program != kMilter || level == 0 || level == std::string_view::npos ||
      !entry->text.substr(level).starts_with(kEvent))
    return std::nullopt;
  return fields_of(entry->text.substr(level + kEvent.size()));
}

}  // namespace

Status TokenLog::read(std::string_view line) {
  read_event(line);
  return read_addresses(line);
}

void TokenLog::read_event(std::string_view line) {
  auto event = event_of(line);
  if (!event) return;
  Fields& fields = *event;
  const auto id = parse_token_id(fields["id"]);
  if (!id || fields["owner"].empty()) return;
  LoggedToken& token = tokens_[{fields["owner"], *id}];
  const std::string& result = fields["result"];
  if (result == "spent") ++token.spent;
  if (result == "revoked") token.revoked = true;
  if (!fields["bound"].empty()) token.bound_to = fields["bound"];
  if (const auto left = parse_number(fields["left"], 0, kMostUses))
    token.uses_left = std::min(*left, token.uses_left.value_or(*left));
}

Status TokenLog::read_addresses(std::string_view line) {
  for (std::size_t at = 0; at < line.size();) {
    const auto end = std::min(line.find_first_of(kSeparators, at), line.size());
    const std::string_view word = line.substr(at, end - at);
    at = end + 1;
    if (word.find('@') == std::string_view::npos) continue;
    const auto address = Mailbox::parse(word);
    if (!address) continue;
    CS_ASSIGN(const auto token, token_of(config_, keys_, *address));
    if (!token) continue;
    LoggedToken& known = tokens_[{token->owner.key(), token->id}];
    known.label = token->label;
    known.mailbox = token->mailbox.address();
  }
  return {};
}

}  // namespace countersign::admin
