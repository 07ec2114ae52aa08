// SPDX-License-Identifier: Apache-2.0
#include "holding/notices.h"

#include <algorithm>

#include "holding/challenge_words.h"
#include "holding/history.h"
#include "holding/mime_writer.h"
#include "holding/notice_text.h"
#include "mail/held_id.h"

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

/// Why a message is held, for its recipient.
std::string spoken_reason(const std::string& word_of_reason) {
  switch (from_word<Reason>(kReasonWords, word_of_reason).value_or(Reason::unscreened)) {
    case Reason::first_contact:
      return "the first message from this sender";
    case Reason::own_domain:
      return "claims to come from your own domain, but nothing shows that it does";
    case Reason::forged_contact:
      return "has the address of a sender you know, but came from elsewhere";
    case Reason::unauthentic:
      return "fails the checks that its sender's domain asks for";
    case Reason::malformed:
      return "does not say properly who wrote it";
    case Reason::machine:
      return "sent by a program, which cannot confirm anything";
    case Reason::spam:
      return "looks like spam";
    case Reason::infected:
      return "holds malware";
    case Reason::forwarded:
      return "came through a forwarder, so its sender cannot be asked";
    case Reason::blocked:
      return "its sender is blocked";
    default:
      return "held (" + in_one_line(word_of_reason, 40) + ')';
  }
}

/// What became of it since, if it is not simply waiting.
std::string spoken_state(const HeldMessage& message) {
  if (history_of(message).state != HeldState::failed) return "";
  std::string reply;
  for (const HeldEvent& event : message.events)
    if (event.kind == HeldEvent::Kind::refused) reply = event.text;
  return "    State:    let in, but the mail server refused it: " + in_one_line(reply, 200) + '\n';
}

/// All that is told of a message that its sender took back: that there was one.
std::string withdrawn_entry(const HeldEnvelope& e, std::size_t number) {
  return std::to_string(number) +
         ".  State:    taken back by its sender\n    Came:     " + spoken_time(e.arrived) +
         "\n    Kept:     until " + short_date(e.expires) + "\n    Id:       " + e.id.text() +
         "\n\n";
}

std::string digest_entry(const HeldMessage& message, std::size_t number) {
  const HeldEnvelope& e = message.envelope;
  if (history_of(message).withdrawn) return withdrawn_entry(e, number);
  const std::string subject = in_one_line(e.subject);
  const std::string author = e.author.empty() ? "(no sender named)" : in_one_line(e.author, 320);
  return std::to_string(number) + ".  Subject:  " + (subject.empty() ? "(none)" : subject) +
         "\n    From:     " + author + (e.fingerprint.empty() ? " (not verified)" : "") +
         "\n    Came:     " + spoken_time(e.arrived) +
         "\n    Why held: " + spoken_reason(e.reason) + '\n' + spoken_state(message) +
         "    Kept:     until " + short_date(e.expires) + "\n    Id:       " + e.id.text() + "\n\n";
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
  const auto own = settings.domain_languages.find(domain);
  const language::Catalogue& in =
      own == settings.domain_languages.end() ? *settings.in : *own->second;
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

Notice digest_notice(const std::string& owner_address, const std::vector<HeldMessage>& held,
                     const NoticeSettings& settings, WallTime now) {
  const std::string owner = in_one_line(owner_address, 320);
  const std::string domain = domain_of(owner_address);
  const NoticeSender sender = sender_for(settings, domain);
  const std::string count =
      std::to_string(held.size()) + (held.size() == 1 ? " message" : " messages");
  std::string text =
      "Hello,\n\n" +
      wrapped(count + " to " + owner + (held.size() == 1 ? " is" : " are") +
              " held. A sender who confirms that a person wrote it has the message delivered; you "
              "need not do anything. What nobody confirms or lets in is removed after the day "
              "given.") +
      '\n';
  for (std::size_t i = 0; i < held.size(); ++i) text += digest_entry(held[i], i + 1);
  text += wrapped("To have a message let in or dropped, tell postmaster@" + domain + " its id.");
  MimeMail mail{
      .from_name = sender.name,
      .from = sender.address,
      .to = owner_address,
      .subject = count + " held for " + owner,
      .message_id = "digest." + HeldId::random().text() + '@' + domain_of(sender.address),
      .date = now,
      .fields = {{"Auto-Submitted", "auto-generated"}, {"X-Auto-Response-Suppress", "All"}},
      .multipart = "",
      .parts = {{"text/plain", text}}};
  return {owner_address, write_mime(mail)};
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
