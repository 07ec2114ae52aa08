// SPDX-License-Identifier: Apache-2.0
#include "admin/token_log.h"

#include <algorithm>

#include "admin/token_words.h"

namespace countersign::admin {
namespace {

/// How countersign-milter begins what it says of a token.
constexpr std::string_view kEvent = ": token ";
/// What stands around addresses in logs.
constexpr std::string_view kSeparators = " \t<>,;=()[]{}'\"";
constexpr long long kMostUses = 1'000'000'000'000;

std::map<std::string, std::string, std::less<>> fields_of(std::string_view text) {
  std::map<std::string, std::string, std::less<>> out;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    const auto equals = word.find('=');
    if (equals != std::string_view::npos)
      out.emplace(word.substr(0, equals), word.substr(equals + 1));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace

void TokenLog::read(std::string_view line) {
  read_event(line);
  read_addresses(line);
}

void TokenLog::read_event(std::string_view line) {
  const auto at = line.find(kEvent);
  if (at == std::string_view::npos) return;
  auto fields = fields_of(line.substr(at + kEvent.size()));
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

void TokenLog::read_addresses(std::string_view line) {
  for (std::size_t at = 0; at < line.size();) {
    const auto end = std::min(line.find_first_of(kSeparators, at), line.size());
    const std::string_view word = line.substr(at, end - at);
    at = end + 1;
    if (word.find('@') == std::string_view::npos) continue;
    const auto address = Mailbox::parse(word);
    const auto token = address ? token_of(config_, keys_, *address) : std::nullopt;
    if (!token) continue;
    LoggedToken& known = tokens_[{token->owner.key(), token->id}];
    known.label = token->label;
    known.mailbox = token->mailbox.address();
  }
}

}  // namespace countersign::admin
