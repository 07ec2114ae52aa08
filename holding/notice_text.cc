// SPDX-License-Identifier: Apache-2.0
#include "holding/notice_text.h"

#include <algorithm>
#include <ctime>

#include "language/choice.h"
#include "language/spoken.h"
#include "mail/date_time.h"
#include "mail/domain.h"
#include "mail/header_section.h"

namespace countersign {
namespace {

std::tm utc(WallTime t) {
  const std::time_t secs = std::chrono::floor<seconds>(t).time_since_epoch().count();
  std::tm out{};
  gmtime_r(&secs, &out);
  return out;
}

}  // namespace

std::string in_one_line(std::string_view text, std::size_t most) { return readable(text, most); }

std::string spoken_day(WallTime t, const language::Catalogue& in) {
  return language::spoken(language::TimeForm::day, utc(t), in);
}

std::string spoken_time(WallTime t, const language::Catalogue& in) {
  return language::spoken(language::TimeForm::moment, utc(t), in) + " UTC";
}

std::string spoken_sent(const HeldEnvelope& envelope, const language::Catalogue& in) {
  const auto date = parse_date_time(envelope.date);
  return date ? language::spoken(language::TimeForm::moment, utc(date->local()), in)
              : spoken_time(envelope.arrived, in);
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

std::string spoken_list(const std::vector<std::string>& items, const language::Catalogue& in) {
  std::string out;
  for (const language::Listed& item : language::spoken_list(items, in))
    out += item.before + item.text;
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

std::string spoken_message(const HeldEnvelope& envelope, const language::Catalogue& in) {
  const std::string subject = in_one_line(envelope.subject);
  const std::string sent = spoken_sent(envelope, in);
  if (subject.empty()) return sent;
  return in.say("\"{subject}\", {sent}", {{"subject", subject}, {"sent", sent}});
}

std::string reply_subject(const HeldEnvelope& envelope, std::string_view otherwise) {
  const std::string subject = in_one_line(envelope.subject);
  if (subject.empty()) return std::string(otherwise);
  return same_name(subject.substr(0, 3), "re:") ? subject : "Re: " + subject;
}

NoticeSender sender_for(const NoticeSettings& settings, const std::string& domain,
                        const language::Catalogue& in) {
  constexpr std::string_view kDomain = "{domain}";
  NoticeSender sender{in.say("{domain} mail desk", {{"domain", domain}}), settings.from};
  if (const auto at = sender.address.find(kDomain); at != std::string::npos)
    sender.address.replace(at, kDomain.size(), domain);
  return sender;
}

const language::Catalogue& language_for(const NoticeSettings& settings, const std::string& domain) {
  const auto own = settings.domain_languages.find(domain);
  return own == settings.domain_languages.end() ? *settings.in : *own->second;
}

NoticeSettings in_language_of(std::string_view header_section, NoticeSettings settings) {
  const HeaderSection header = HeaderSection::parse(header_section);
  const HeaderField* field = header.first("Content-Language");
  if (!field || header.all("Content-Language").size() > 1) return settings;
  for (std::string_view rest = field->value; !rest.empty();) {
    const auto comma = rest.find(',');
    std::string tag(rest.substr(0, comma));
    std::erase_if(tag, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
    if (const auto* in = language::look_up(tag)) {
      settings.in = in;
      settings.domain_languages.clear();
      return settings;
    }
    rest.remove_prefix(comma == rest.npos ? rest.size() : comma + 1);
  }
  return settings;
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
