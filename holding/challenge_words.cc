// SPDX-License-Identifier: Apache-2.0
#include "holding/challenge_words.h"

#include "holding/notice_text.h"

namespace countersign {

ChallengeWords challenge_words(const HeldEnvelope& envelope, const std::string& recipients,
                               bool by_reply, const language::Catalogue& in) {
  return {
      .greeting = std::string(in.say("Hello,")),
      .before = in.say("your message to {to} ({message}) has arrived and is waiting. It is your "
                       "first to this address, so we ask once whether a person sent it. Please "
                       "open",
                       {{"to", recipients}, {"message", spoken_message(envelope, in)}}),
      .after = std::string(
          by_reply
              ? in.say("and type your address, or simply reply to this mail. Then it is "
                       "delivered and you are not asked again. No password, no account, no cost.")
              : in.say("and type your address. Then it is delivered and you are not asked again. "
                       "No password, no account, no cost.")),
      .last = in.say("You may also do nothing: the recipient sees that it waits and can let it "
                     "in. We keep it until {kept}. Not your message? Open the page and say so; "
                     "we will not write again.",
                     {{"kept", spoken_day(envelope.expires, in)}})};
}

}  // namespace countersign
