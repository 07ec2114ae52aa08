// SPDX-License-Identifier: Apache-2.0
#include "admin/token_words.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "admin/whom.h"
#include "config/values.h"
#include "mail/domain.h"

namespace countersign::admin {
namespace {

Record::Value text_or_null(const std::string& text) {
  return text.empty() ? Record::Value(nullptr) : Record::Value(text);
}

std::string day(WallTime t) { return rfc3339(t).substr(0, 10); }

std::string spoken_uses(const Permit& permit) {
  std::string out = "used " + std::to_string(permit.uses) + (permit.uses == 1 ? " time" : " times");
  if (permit.last_use != WallTime{}) out += ", last on " + day(permit.last_use);
  if (permit.uses_left) out += ", " + std::to_string(*permit.uses_left) + " left";
  return out;
}

std::string spoken_binding(const Permit& permit) {
  if (permit.binding == Binding::anyone) return "for anyone";
  return permit.bound_to.empty() ? "for the first who uses it" : "for " + permit.bound_to;
}

}  // namespace

Result<WallTime> parse_until(std::string_view text, WallTime now) {
  const std::string copy(text);
  int year = 0, month = 0, day_of_month = 0, hour = 0, minute = 0, second = 0, end = 0;
  const bool is_day =
      std::sscanf(copy.c_str(), "%4d-%2d-%2d%n", &year, &month, &day_of_month, &end) == 3 &&
      end == 10 && copy.size() == 10;
  const bool is_moment = !is_day &&
                         std::sscanf(copy.c_str(), "%4d-%2d-%2dT%2d:%2d:%2dZ%n", &year, &month,
                                     &day_of_month, &hour, &minute, &second, &end) == 6 &&
                         end == 20 && copy.size() == 20;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day_of_month))};
  if ((!is_day && !is_moment) || !date.ok() || hour > 23 || minute > 59 || second > 59)
    return Error{Errc::invalid, "--until: " + in_quotes(text) +
                                    " is no date; allowed: 2027-06-30 (the end of that day, UTC) "
                                    "or 2027-06-30T14:00:00Z"};
  WallTime until = std::chrono::sys_days(date) + std::chrono::hours(hour) +
                   std::chrono::minutes(minute) + seconds(second);
  // RFC 3339 has no later moment.
  constexpr WallTime kLast = std::chrono::sys_days(std::chrono::year(9999) / 12 / 31) +
                             std::chrono::hours(24) - seconds(1);
  if (is_day) until = std::min(until + std::chrono::hours(24), kLast);
  if (until <= now)
    return Error{Errc::invalid, "--until: " + in_quotes(text) + " is over; allowed: a later date"};
  return until;
}

Result<long long> parse_number(std::string_view text, long long least, long long most) {
  long long out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size() || out < least || out > most)
    return Error{Errc::invalid, in_quotes(text) + " is no number that fits; allowed: " +
                                    std::to_string(least) + " to " + std::to_string(most)};
  return out;
}

Error public_suffix(std::string_view text) {
  return {Errc::invalid, in_quotes(text) + " is a public suffix: name a domain below it"};
}

Result<std::string> parse_fingerprint(std::string_view text) {
  const auto domain = to_a_labels(text);
  if (!domain || domain->empty() || domain->starts_with('[') ||
      domain->find('.') == std::string::npos)
    return Error{Errc::invalid, in_quotes(text) + " is no domain"};
  if (is_registry(*domain)) return public_suffix(text);
  return organizational_domain(*domain);
}

Status parse_binding(std::string_view text, Permit& permit) {
  permit.bound_to.clear();
  permit.binding = text == "anyone" ? Binding::anyone : Binding::first;
  if (text == "anyone" || text == "first") return {};
  const auto domain = parse_fingerprint(text);
  if (!domain)
    return Error{Errc::invalid,
                 "--bind: " + domain.error().detail + "; allowed: first, anyone, or a domain"};
  permit.binding = Binding::domain;
  permit.bound_to = *domain;
  return {};
}

Result<Mailbox> parse_token_mailbox(std::string_view text, const Config& config) {
  const auto mailbox = Mailbox::parse(text);
  if (!mailbox) return Error{Errc::invalid, in_quotes(text) + " is no mailbox"};
  if (!is_protected(config, mailbox->domain()))
    return Error{Errc::invalid, in_quotes(text) + ": " + mailbox->domain() +
                                    " is not protected; allowed: a mailbox in a domain of "
                                    "protect.domains"};
  CS_ASSIGN(const bool own, is_own_mailbox(config, *mailbox));
  return own ? *mailbox : mailbox->without_detail(config.protect.recipient_delimiter);
}

Result<std::optional<AddressToken>> token_of(const Config& config, std::span<const Secret> keys,
                                             const Mailbox& address) {
  Status asked;
  const auto token = find_address_token(address, config.protect.recipient_delimiter, keys,
                                        [&](const Mailbox& mailbox) {
                                          const auto found = ownership_of(config, mailbox);
                                          if (!found) asked = found.error();
                                          return found ? found->owner : mailbox;
                                        });
  CS_TRY(asked);
  if (!token) return token;
  CS_ASSIGN(const bool own, is_own_mailbox(config, address));
  return own ? std::nullopt : token;
}

std::string address_of(const Config& config, std::span<const Secret> keys, const Mailbox& owner,
                       const std::string& id, const Permit& permit) {
  const auto mailbox = Mailbox::parse(permit.mailbox);
  if (!mailbox || config.protect.recipient_delimiter.empty()) return "";
  for (const Secret& key : keys) {
    if (key.id != permit.key) continue;
    const auto address = address_with_token({*mailbox, owner, permit.label, id},
                                            config.protect.recipient_delimiter.front(), key);
    if (address) return address->address();
  }
  return "";
}

std::string_view state_word(const Permit& permit, WallTime now) {
  if (permit.revoked != WallTime{}) return "revoked";
  if (permit.expires != WallTime{} && now >= permit.expires) return "expired";
  return permit.uses_left && *permit.uses_left <= 0 ? "spent" : "valid";
}

Record token_record(const std::string& address, const Mailbox& owner, const std::string& id,
                    const Permit& permit, WallTime now) {
  Record record;
  record.add("address", text_or_null(address))
      .add("mailbox", owner.address())
      .add("id", id)
      .add("label", permit.label)
      .add("state", state_word(permit, now))
      .add("created", time_value(permit.created))
      .add("until", time_value(permit.expires))
      .add("uses_left",
           permit.uses_left ? Record::Value(*permit.uses_left) : Record::Value(nullptr))
      .add("uses", permit.uses)
      .add("bind", word(permit.binding))
      .add("bound_to", text_or_null(permit.bound_to))
      .add("last_use", time_value(permit.last_use))
      .add("revoked", time_value(permit.revoked))
      .add("leaks", permit.leaks)
      .add("last_leak", time_value(permit.last_leak))
      .add("leaked_to", text_or_null(permit.leaked_to));
  return record;
}

std::string token_line(const std::string& address, const std::string& id, const Permit& permit,
                       WallTime now) {
  std::string line = address.empty() ? id + " " + permit.label + " (its key is gone)" : address;
  line += ": " + std::string(state_word(permit, now)) + ", " + spoken_binding(permit) + ", " +
          spoken_uses(permit);
  if (permit.expires != WallTime{}) line += ", until " + rfc3339(permit.expires);
  if (permit.leaks > 0)
    line += "; LEAKED: used " + std::to_string(permit.leaks) +
            (permit.leaks == 1 ? " time" : " times") + " by others, last on " +
            day(permit.last_leak) + " by " +
            (permit.leaked_to.empty() ? "nobody who is authenticated" : permit.leaked_to);
  return line;
}

}  // namespace countersign::admin
