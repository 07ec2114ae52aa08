// SPDX-License-Identifier: Apache-2.0
#include "mail/forwarded.h"

#include <algorithm>
#include <charconv>

#include "mail/domain.h"
#include "mail/folded_path.h"
#include "mail/unicode.h"

namespace countersign {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr int kMostInstance = 50;  // RFC 8617 §4.2.1

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

bool has_resent(const HeaderSection& header) {
  constexpr std::string_view kPrefix = "resent-";
  return std::any_of(header.fields().begin(), header.fields().end(), [&](const HeaderField& f) {
    return same_name(std::string_view(f.name).substr(0, kPrefix.size()), kPrefix);
  });
}

using IsOurs = std::function<bool(const std::string&)>;

bool was_delivered_elsewhere(const HeaderSection& header, const IsOurs& is_ours) {
  const auto fields = header.all("Delivered-To");
  return std::any_of(fields.begin(), fields.end(), [&](const HeaderField* field) {
    const std::string value = unfold(field->value);
    const auto mailbox = Mailbox::parse(trimmed(value));
    // Names without a domain are what mail systems write for their own users.
    return mailbox && !is_ours(mailbox->domain());
  });
}

bool was_sealed_by_another(const HeaderSection& header, const std::optional<Mailbox>& author,
                           const IsOurs& is_ours) {
  const auto seals = header.all("ARC-Seal");
  return std::any_of(seals.begin(), seals.end(), [&](const HeaderField* seal) {
    const auto instance = tag_value(seal->value, "i");
    const auto d = tag_value(seal->value, "d");
    if (!instance || !d) return false;
    int number = 0;
    const auto [end, error] =
        std::from_chars(instance->data(), instance->data() + instance->size(), number);
    if (error != std::errc() || end != instance->data() + instance->size()) return false;
    const auto sealer = to_a_labels(*d);
    if (number < 2 || number > kMostInstance || !sealer || sealer->empty()) return false;
    return !is_ours(*sealer) && !(author && aligned(*sealer, author->domain()));
  });
}

}  // namespace

std::optional<std::string> tag_value(std::string_view tag_list, std::string_view name) {
  std::optional<std::string> found;
  while (!tag_list.empty()) {
    const auto end = std::min(tag_list.find(';'), tag_list.size());
    const std::string_view tag = tag_list.substr(0, end);
    tag_list.remove_prefix(std::min(end + 1, tag_list.size()));
    const auto equals = tag.find('=');
    if (equals == std::string_view::npos || trimmed(tag.substr(0, equals)) != name) continue;
    if (found) return std::nullopt;
    found = std::string(trimmed(tag.substr(equals + 1)));
  }
  return found;
}

std::string forward_mark(const ReversePath& reverse_path, const HeaderSection& header,
                         const std::optional<Mailbox>& author, const IsOurs& is_ours) {
  if (reverse_path.mailbox && is_srs(*reverse_path.mailbox)) return "srs";
  if (has_resent(header)) return "resent";
  if (was_delivered_elsewhere(header, is_ours)) return "delivered-to";
  return was_sealed_by_another(header, author, is_ours) ? "arc" : "";
}

}  // namespace countersign
