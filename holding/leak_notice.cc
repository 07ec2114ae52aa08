// SPDX-License-Identifier: Apache-2.0
#include "holding/mime_writer.h"
#include "holding/notice_text.h"
#include "holding/notices.h"
#include "mail/mailbox.h"

namespace countersign {
namespace {

/// Who used it: authenticated, or as he calls himself.
std::string spoken_stranger(const LeakAlarm& alarm) {
  if (!alarm.used_by.empty()) return in_one_line(alarm.used_by, 255);
  const std::string author = in_one_line(alarm.author, 320);
  return author.empty()
             ? "a sender who does not name himself"
             : "a sender who calls himself " + author + ", which nothing shows to be true";
}

}  // namespace

Notice leak_notice(const LeakAlarm& alarm, const NoticeSettings& settings) {
  const std::string owner = decode_key(alarm.owner);
  const std::string domain = domain_of(owner);
  const NoticeSender sender = sender_for(settings, domain);
  const std::string label = in_one_line(alarm.label, 40);
  const std::string bound = in_one_line(alarm.bound_to, 255);
  std::string text =
      "Hello,\n\n" +
      wrapped("the address that you made of " + in_one_line(alarm.mailbox, 320) + " for \"" +
              label + "\" belongs to " + bound + ". On " + spoken_time(alarm.when) +
              " it was used by " + spoken_stranger(alarm) + ". That message was " +
              (alarm.refused ? "refused." : "let through, as your mail is only watched so far.")) +
      '\n' +
      wrapped("Perhaps " + bound +
              " has passed your address on, or lost it; or another company sends its mail. You "
              "need not do anything: the address goes on to work for " +
              bound +
              " alone. To have it shut for everybody, or opened for the other sender, tell "
              "postmaster@" +
              domain + " its id: " + alarm.id) +
      '\n' + wrapped("You are told of this once a day at most.");
  MimeMail mail{
      .from_name = sender.name,
      .from = sender.address,
      .to = owner,
      .subject = "Your address \"" + label + "\" was used by somebody else",
      .message_id = "leak." + alarm.id + '.' + std::to_string(to_epoch_ms(alarm.when)) + '@' +
                    domain_of(sender.address),
      .date = alarm.when,
      .fields = {{"Auto-Submitted", "auto-generated"}, {"X-Auto-Response-Suppress", "All"}},
      .multipart = "",
      .parts = {{"text/plain", text}}};
  return {owner, write_mime(mail)};
}

}  // namespace countersign
