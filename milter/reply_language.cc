// SPDX-License-Identifier: Apache-2.0
#include "milter/reply_language.h"

#include <algorithm>

namespace countersign {

namespace {

std::vector<std::string> months(const language::Catalogue& in) {
  std::vector<std::string> out;
  std::string_view names =
      in.say_in("SMTP reply, ASCII only", "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec");
  while (!names.empty()) {
    const auto end = std::min(names.find('|'), names.size());
    out.emplace_back(names.substr(0, end));
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return out;
}

}  // namespace

ReplyTexts reply_texts(const language::Catalogue& in) {
  return {.kept = {std::string(
                       in.say_in("SMTP reply, ASCII only",
                                 "Not delivered yet, but kept for you. To deliver it open {url}")),
                   std::string(in.say_in(
                       "SMTP reply, ASCII only",
                       "and type your address. Kept until {date}. No need to send it again."))},
          .refused = {std::string(in.say_in("SMTP reply, ASCII only",
                                            "Not delivered. To be let in open {url}")),
                      std::string(in.say_in(
                          "SMTP reply, ASCII only",
                          "and type your address. Then please send your message once more."))},
          .deferred = {std::string(
              in.say_in("SMTP reply, ASCII only",
                        "First message to this address; waiting for the recipient. To "
                        "speed up open {url}"))},
          .date = std::string(in.say_in("SMTP reply, ASCII only", "{day} {month} {year}")),
          .months = months(in)};
}

}  // namespace countersign
