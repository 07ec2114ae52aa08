// SPDX-License-Identifier: Apache-2.0
#include "screening/replies.h"

#include <algorithm>

namespace countersign {
namespace {

/// The fingerprint as a parameter; nothing for an author who is not authenticated. A domain in
/// A-labels is safe; of anything else nothing is pasted into a header section.
std::string author_parameter(std::string_view fingerprint) {
  const bool safe =
      !fingerprint.empty() && fingerprint.size() <= 255 &&
      std::all_of(fingerprint.begin(), fingerprint.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
      });
  return safe ? "; author=" + std::string(fingerprint) : "";
}

void fill(std::string& line, std::string_view hole, const std::string& value) {
  if (const auto at = line.find(hole); at != std::string::npos)
    line.replace(at, hole.size(), value);
}

std::vector<std::string> filled(std::vector<std::string> lines, const std::string& url,
                                const std::string& date) {
  for (std::string& line : lines) {
    fill(line, "{date}", date);
    fill(line, "{url}", url);
  }
  return lines;
}

/// The day in UTC.
std::string spoken_date(WallTime time, const ReplyTexts& texts) {
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(time));
  std::string out = texts.date;
  fill(out, "{day}", std::to_string(static_cast<unsigned>(day.day())));
  fill(out, "{month}", texts.months.at(static_cast<unsigned>(day.month()) - 1));
  fill(out, "{year}", std::to_string(static_cast<int>(day.year())));
  return out;
}

}  // namespace

SmtpReply kept_reply(const std::string& url, WallTime expires, const ReplyTexts& texts) {
  return {"554", "5.7.1", filled(texts.kept, url, spoken_date(expires, texts))};
}

SmtpReply refused_reply(const std::string& url, const ReplyTexts& texts) {
  return {"554", "5.7.1", filled(texts.refused, url, "")};
}

SmtpReply deferred_reply(const std::string& url, const ReplyTexts& texts) {
  return {"450", "4.7.1", filled(texts.deferred, url, "")};
}

SmtpReply blocked_reply() {
  return {"554", "5.7.1", {"This recipient does not accept mail from you"}};
}

SmtpReply token_refused_reply() { return {"554", "5.7.1", {"This address is no longer in use"}}; }

SmtpReply try_later_reply() {
  return {"451", "4.3.0", {"Temporary problem, please try again later"}};
}

SmtpReply no_room_reply() {
  return {"450", "4.3.1", {"No room to keep this message now, please try again later"}};
}

SmtpReply too_large_reply() {
  return {"552", "5.3.4", {"Message or its header section is too large"}};
}

SmtpReply field_too_large_reply() {
  return {"552", "5.3.4", {"A header field is too large, and the message was not delivered"}};
}

SmtpReply bad_bytes_reply() {
  return {"554", "5.6.0", {"Message has a bare CR or a bare LF, and was not delivered"}};
}

std::string field_value(const Decision& decision, std::string_view fingerprint) {
  const std::string reason = "; reason=" + std::string(word(decision.reason));
  if (decision.would) return "observed; would=" + std::string(word(*decision.would)) + reason;
  if (decision.reason == Reason::answered && fingerprint.empty())
    return std::string(word(decision.disposition)) + reason + "; author=unverified";
  return std::string(word(decision.disposition)) + reason + author_parameter(fingerprint);
}

std::string field_value_for_several(Disposition disposition) {
  return std::string(word(disposition));
}

}  // namespace countersign
