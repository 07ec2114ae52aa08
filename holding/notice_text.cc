// SPDX-License-Identifier: Apache-2.0
#include "holding/notice_text.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "mail/domain.h"
#include "mail/header_section.h"

namespace countersign {
namespace {

// Not strftime: its names follow the locale.
constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> kMonths = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};

std::string two_digits(long n) { return (n < 10 ? "0" : "") + std::to_string(n); }

}  // namespace

std::string in_one_line(std::string_view text, std::size_t most) { return readable(text, most); }

std::string spoken_day(WallTime t) {
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(t));
  return std::to_string(static_cast<unsigned>(day.day())) + ' ' +
         std::string(kMonths[static_cast<unsigned>(day.month()) - 1]);
}

std::string spoken_time(WallTime t) {
  const auto day = std::chrono::floor<std::chrono::days>(t);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::minutes>(t - day));
  return std::string(kDays[std::chrono::weekday(day).c_encoding()]) + ' ' + spoken_day(t) + ", " +
         two_digits(time.hours().count()) + ':' + two_digits(time.minutes().count()) + " UTC";
}

std::string wrapped(std::string_view text) {
  constexpr std::size_t kWidth = 72;
  std::string out;
  std::size_t column = 0;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (word.empty()) continue;
    if (column > 0) {
      const bool fits = column + 1 + word.size() <= kWidth;
      out += fits ? ' ' : '\n';
      column = fits ? column + 1 : 0;
    }
    out += word;
    column += word.size();
  }
  return out + '\n';
}

std::string spoken_list(const std::vector<std::string>& items) {
  constexpr std::size_t kMost = 3;
  const std::size_t shown = items.size() <= kMost ? items.size() : kMost - 1;
  std::string out;
  for (std::size_t i = 0; i < shown; ++i) {
    const bool last = i + 1 == items.size();
    if (i > 0) out += last ? " and " : ", ";
    out += items[i];
  }
  if (shown < items.size()) out += " and " + std::to_string(items.size() - shown) + " others";
  return out;
}

std::string address_of(const ForwardPath& path) {
  return in_one_line(path.mailbox ? path.mailbox->address() : path.without_route(), 320);
}

std::string domain_of(std::string_view address) {
  const std::size_t at = address.rfind('@');
  if (at != address.npos)
    if (const auto domain = to_a_labels(address.substr(at + 1))) return *domain;
  return "localhost";
}

std::string spoken_message(const HeldEnvelope& envelope) {
  const std::string subject = in_one_line(envelope.subject);
  return '(' + (subject.empty() ? "" : '"' + subject + "\", ") + spoken_time(envelope.arrived) +
         ')';
}

std::string reply_subject(const HeldEnvelope& envelope, std::string_view otherwise) {
  const std::string subject = in_one_line(envelope.subject);
  if (subject.empty()) return std::string(otherwise);
  return same_name(subject.substr(0, 3), "re:") ? subject : "Re: " + subject;
}

NoticeSender sender_for(const NoticeSettings& settings, const std::string& domain) {
  constexpr std::string_view kDomain = "{domain}";
  NoticeSender sender{domain + " mail desk", settings.from};
  if (const auto at = sender.address.find(kDomain); at != std::string::npos)
    sender.address.replace(at, kDomain.size(), domain);
  return sender;
}

std::vector<std::pair<std::string, std::string>> threading_fields(const std::string& message_id) {
  constexpr std::size_t kMost = 250;
  const auto good = [](char c) { return c > ' ' && c < 127 && c != '<' && c != '>'; };
  if (message_id.size() < 5 || message_id.size() > kMost || message_id.front() != '<' ||
      message_id.back() != '>')
    return {};
  const std::string_view inside = std::string_view(message_id).substr(1, message_id.size() - 2);
  const std::size_t at = inside.rfind('@');
  if (at == inside.npos || at == 0 || at + 1 == inside.size() || !std::ranges::all_of(inside, good))
    return {};
  return {{"In-Reply-To", message_id}, {"References", message_id}};
}

}  // namespace countersign
