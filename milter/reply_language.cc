// SPDX-License-Identifier: Apache-2.0
#include "milter/reply_language.h"

namespace countersign {

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
          .deferred = {
              std::string(in.say_in("SMTP reply, ASCII only",
                                    "First message to this address; waiting for the recipient. To "
                                    "speed up open {url}"))}};
}

}  // namespace countersign
