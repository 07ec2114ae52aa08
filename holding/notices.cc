// SPDX-License-Identifier: Apache-2.0
#include "holding/notices.h"

#include <algorithm>

#include "holding/challenge_words.h"
#include "holding/mime_writer.h"
#include "holding/notice_text.h"

namespace countersign {
namespace {

std::string html_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string challenge_plain(const ChallengeWords& words, const std::string& url) {
  return words.greeting + "\n\n" + wrapped(words.before) + "\n    " + url + "\n\n" +
         wrapped(words.after) + '\n' + wrapped(words.last);
}

std::string challenge_html(const ChallengeWords& words, const std::string& url,
                           const language::Catalogue& in) {
  return "<!DOCTYPE html>\n<html lang=\"" + std::string(in.tag()) + "\" dir=\"" +
         std::string(in.direction()) + "\">\n<head><meta charset=\"utf-8\"></head>\n<body>\n<p>" +
         html_text(words.greeting) + "</p>\n<p>" + wrapped(html_text(words.before)) + "<a href=\"" +
         html_text(url) + "\">" + html_text(url) + "</a>\n" + wrapped(html_text(words.after)) +
         "</p>\n<p>" + wrapped(html_text(words.last)) + "</p>\n</body>\n</html>\n";
}

/// The reverse-path, if it is the author: the local part as it was written (RFC 5321 §2.4).
std::string author_behind(const HeldEnvelope& envelope) {
  const ReversePath& path = envelope.envelope.reverse_path;
  if (path.null || !path.mailbox || path.mailbox->address() != envelope.author) return "";
  const std::string& raw = path.raw;
  const bool plain = raw.starts_with('<') && raw.ends_with('>') && !raw.starts_with("<@");
  return plain ? raw.substr(1, raw.size() - 2) : path.mailbox->address();
}

}  // namespace

Notice challenge_notice(const HeldMessage& message, const std::string& url,
                        const NoticeSettings& settings, WallTime now, const std::string& reply_to) {
  const HeldEnvelope& envelope = message.envelope;
  const std::string to = author_behind(envelope);
  if (to.empty() || envelope.envelope.recipients.empty()) return {};
  std::vector<std::string> recipients;
  for (const ForwardPath& path : envelope.envelope.recipients)
    recipients.push_back(address_of(path));
  const std::string domain = domain_of(recipients.front());
  const language::Catalogue& in = language_for(settings, domain);
  const std::string list = spoken_list(recipients, in);
  const NoticeSender sender = sender_for(settings, domain, in);
  const ChallengeWords words = challenge_words(envelope, list, !reply_to.empty(), in);
  MimeMail mail{
      .from_name = sender.name,
      .from = sender.address,
      .to = to,
      .subject = reply_subject(envelope, in.say("Your message to {to} is waiting", {{"to", list}})),
      .message_id = "challenge." + envelope.id.text() + '@' + domain_of(sender.address),
      .date = now,
      .fields = threading_fields(envelope.message_id),
      .multipart = "alternative",
      .parts = {{"text/plain", challenge_plain(words, url)},
                {"text/html", challenge_html(words, url, in)}}};
  if (!reply_to.empty()) mail.fields.emplace_back("Reply-To", reply_to);
  mail.fields.emplace_back("Auto-Submitted", "auto-replied");
  mail.fields.emplace_back("X-Auto-Response-Suppress", "All");
  return {to, write_mime(mail)};
}

Status send_notice(Relay& relay, const Notice& notice) {
  if (notice.to.empty()) return {};
  // A path that no MTA ever gave us needs one that knows what it means.
  const bool outside_ascii =
      std::ranges::any_of(notice.to, [](char c) { return static_cast<unsigned char>(c) > 127; });
  Delivery delivery{.reverse_path = "<>",
                    .mail_parameters = outside_ascii ? std::vector<std::string>{"SMTPUTF8"}
                                                     : std::vector<std::string>{},
                    .recipients = {{'<' + notice.to + '>', {"NOTIFY=NEVER"}}},
                    .size_bytes = notice.bytes.size(),
                    .content = [&](const std::function<Status(std::string_view)>& sink) {
                      return sink(notice.bytes);
                    }};
  const DeliveryOutcome outcome = relay.send(delivery);
  const auto& [kind, reply] = outcome.recipients.at(0);
  if (kind == DeliveryOutcome::Kind::taken) return {};
  std::string detail = std::to_string(reply.code) + ' ' + reply.text;
  std::ranges::replace(detail, '\n', ' ');
  const bool refused = kind == DeliveryOutcome::Kind::refused;
  return Error{refused ? Errc::invalid : Errc::unavailable, std::move(detail)};
}

}  // namespace countersign
