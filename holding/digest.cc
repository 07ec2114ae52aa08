// SPDX-License-Identifier: Apache-2.0
//
// The daily list of digest_notice(), in the language of its reader's domain.
#include <algorithm>

#include "holding/history.h"
#include "holding/mime_writer.h"
#include "holding/notice_text.h"
#include "holding/notices.h"
#include "mail/held_id.h"

namespace countersign {
namespace {

using language::Catalogue;

/// Why a message is held, for its recipient.
std::string spoken_reason(const std::string& word_of_reason, const Catalogue& in) {
  switch (from_word<Reason>(kReasonWords, word_of_reason).value_or(Reason::unscreened)) {
    case Reason::first_contact:
      return std::string(in.say("the first message from this sender"));
    case Reason::own_domain:
      return std::string(
          in.say("claims to come from your own domain, but nothing shows that it does"));
    case Reason::forged_contact:
      return std::string(in.say("has the address of a sender you know, but came from elsewhere"));
    case Reason::unauthentic:
      return std::string(in.say("fails the checks that its sender's domain asks for"));
    case Reason::malformed:
      return std::string(in.say("does not say properly who wrote it"));
    case Reason::machine:
      return std::string(in.say("sent by a program, which cannot confirm anything"));
    case Reason::spam:
      return std::string(in.say("looks like spam"));
    case Reason::infected:
      return std::string(in.say("holds malware"));
    case Reason::forwarded:
      return std::string(in.say("came through a forwarder, so its sender cannot be asked"));
    case Reason::blocked:
      return std::string(in.say("its sender is blocked"));
    default:
      return in.say("held ({reason})", {{"reason", in_one_line(word_of_reason, 40)}});
  }
}

/// "    Kept:     until 2 June", in columns as far as letters are of one width.
std::string line(std::string_view label, std::string_view text) {
  constexpr std::size_t kColumn = 10;
  const auto width = static_cast<std::size_t>(std::ranges::count_if(
      label, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
  return "    " + std::string(label) + std::string(width < kColumn ? kColumn - width : 1, ' ') +
         std::string(text) + '\n';
}

/// A message as one of its recipients may see it: nothing of the others.
struct Share {
  const HeldMessage& message;
  const History history;
  std::uint32_t recipient;  ///< his, the first that does not have it

  /// None: he has it, or wants it no more.
  static std::optional<Share> of(const HeldMessage& message, const std::string& owner) {
    History history = history_of(message);
    for (std::uint32_t i = 0; i < message.envelope.owners.size(); ++i)
      if (message.envelope.owners[i] == owner && history.is_kept_for(i))
        return Share{message, std::move(history), i};
    return std::nullopt;
  }
  bool is_refused() const { return history.recipients[recipient] == RecipientState::refused; }
  /// He may have blocked its author since it came.
  std::string reason() const {
    if (history.recipients[recipient] == RecipientState::declined)
      return std::string(word(Reason::blocked));
    return history.reasons[recipient];
  }
  bool waits() const {
    return history.recipients[recipient] == RecipientState::waiting &&
           history.leaves[recipient] == History::Leave::none;
  }
};

/// What became of it since, if it is not simply waiting.
std::string spoken_state(const Share& share, const Catalogue& in) {
  if (!share.is_refused()) return "";
  std::string reply;
  for (const HeldEvent& event : share.message.events)
    if (event.kind == HeldEvent::Kind::refused && event.recipient == share.recipient)
      reply = event.text;
  return line(in.say("State:"), in.say("let in, but the mail server refused it: {reply}",
                                       {{"reply", in_one_line(reply, 200)}}));
}

std::string kept_and_id(const HeldEnvelope& e, const Catalogue& in) {
  return line(in.say("Kept:"), in.say("until {kept}", {{"kept", spoken_day(e.expires, in)}})) +
         line(in.say("Id:"), e.id.text()) + '\n';
}

/// Whether the challenge by mail did not go out: it was refused, or a crash came in between.
bool lost_its_challenge(const History& history) {
  return history.challenge_failed || (history.challenge_sending && !history.challenge_done);
}

/// Whether nobody else can let it in: its sender was not asked, or his answer was not enough.
bool waits_for_its_recipient(const Share& share) {
  const History& history = share.history;
  return !history.withdrawn &&
         (!share.message.envelope.challenged || history.state == HeldState::failed ||
          lost_its_challenge(history) || (history.confirmed && share.waits()));
}

/// What the reader has to do, and what becomes of what he leaves.
std::string_view advice(const std::vector<Share>& held, const Catalogue& in) {
  if (std::ranges::any_of(held, waits_for_its_recipient))
    return in.say(
        "Some wait for you alone: their senders are not asked, or cannot answer. What nobody "
        "confirms or lets in is removed after the day given.");
  if (std::ranges::all_of(held, [](const Share& share) { return share.history.withdrawn; }))
    return in.say(
        "What its sender took back only you can have let in. What you do not let in is removed "
        "after the day given.");
  return in.say(
      "A sender who confirms that a person wrote it has the message delivered; you need not do "
      "anything. What nobody confirms or lets in is removed after the day given.");
}

/// All that is told of a message that its sender took back: that there was one.
std::string withdrawn_lines(const HeldEnvelope& e, const Catalogue& in) {
  return line(in.say("State:"), in.say("taken back by its sender")) +
         line(in.say("Came:"), spoken_time(e.arrived, in)) + kept_and_id(e, in);
}

std::string entry_lines(const Share& share, const Catalogue& in) {
  const HeldEnvelope& e = share.message.envelope;
  if (share.history.withdrawn) return withdrawn_lines(e, in);
  const std::string subject = in_one_line(e.subject);
  std::string author(in.say("(no sender named)"));
  if (!e.author.empty()) author = in_one_line(e.author, 320);
  if (e.fingerprint.empty()) author = in.say("{sender} (not verified)", {{"sender", author}});
  return line(in.say("Subject:"), subject.empty() ? in.say("(none)") : subject) +
         line(in.say("From:"), author) + line(in.say("Came:"), spoken_time(e.arrived, in)) +
         line(in.say("Why held:"), spoken_reason(share.reason(), in)) + spoken_state(share, in) +
         (waits_for_its_recipient(share) ? line(in.say("Waits:"), in.say("for you alone")) : "") +
         kept_and_id(e, in);
}

/// "1.  Subject: ..."; the number stands where the first line is indented.
std::string digest_entry(const Share& share, std::size_t number, const Catalogue& in) {
  const std::string mark = std::to_string(number) + ".  ";
  return mark + entry_lines(share, in).substr(4);
}

}  // namespace

bool is_listed_for(const std::string& owner, const HeldMessage& message) {
  return Share::of(message, owner).has_value();
}

Notice digest_notice(const std::string& owner_address, const std::vector<HeldMessage>& messages,
                     const NoticeSettings& settings, WallTime now) {
  const auto mailbox = Mailbox::parse(owner_address);
  std::vector<Share> held;
  for (const HeldMessage& message : messages)
    if (auto share = Share::of(message, mailbox ? mailbox->key() : owner_address))
      held.push_back(*std::move(share));
  if (held.empty()) return {};
  const std::string owner = in_one_line(owner_address, 320);
  const std::string domain = domain_of(owner_address);
  const Catalogue& in = language_for(settings, domain);
  const NoticeSender sender = sender_for(settings, domain, in);
  const language::Filling to = {{"to", owner}};
  std::string text =
      std::string(in.say("Hello,")) + "\n\n" +
      wrapped(language::filled(in.count("{n} message to {to} is held.",
                                        "{n} messages to {to} are held.", held.size()),
                               to) +
              ' ' + std::string(advice(held, in))) +
      '\n';
  for (std::size_t i = 0; i < held.size(); ++i) text += digest_entry(held[i], i + 1, in);
  text += wrapped(in.say("To have a message let in or dropped, tell {postmaster} its id.",
                         {{"postmaster", "postmaster@" + domain}}));
  MimeMail mail{
      .from_name = sender.name,
      .from = sender.address,
      .to = owner_address,
      .subject = language::filled(
          in.count("{n} message held for {to}", "{n} messages held for {to}", held.size()), to),
      .message_id = "digest." + HeldId::random().text() + '@' + domain_of(sender.address),
      .date = now,
      .fields = {{"Auto-Submitted", "auto-generated"}, {"X-Auto-Response-Suppress", "All"}},
      .multipart = "",
      .parts = {{"text/plain", text}}};
  return {owner_address, write_mime(mail)};
}

}  // namespace countersign
