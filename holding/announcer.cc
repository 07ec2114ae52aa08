// SPDX-License-Identifier: Apache-2.0
#include "holding/announcer.h"

#include <algorithm>

#include "base/log.h"
#include "holding/answer_token.h"
#include "holding/notice_text.h"
#include "holding/reply_desk.h"
#include "screening/replies.h"

namespace countersign {
namespace {

using Kind = HeldEvent::Kind;
constexpr seconds kClaimLife = std::chrono::hours(24 * 30);
constexpr seconds kStoreTime{2};
constexpr seconds kDigestClaimLife = std::chrono::hours(36);

constexpr std::size_t kMost = 65536;  ///< bytes of a header section that a report returns

/// Returns the lines of `head` that are within kMost.
std::string returnable(std::string head) {
  if (head.size() > kMost) head.resize(head.rfind("\r\n", kMost) + 2);
  return head;
}

/// The header section of a held message, at most kMost of it.
Result<std::string> header_section(Spool& spool, const HeldId& id) {
  std::string head;
  bool whole = false;
  const Status read = spool.content(id, [&](std::string_view piece) -> Status {
    if (whole) return {};
    head += piece;
    const auto end = head.find("\r\n\r\n");
    if (end != std::string::npos) head.resize(end + 2);
    whole = end != std::string::npos || head.size() > kMost;
    return {};
  });
  if (!read) return read.error();
  return returnable(std::move(head));
}

/// What the MTA would have heard, were it the only recipient.
std::string refusal_said_for(std::string_view reason) {
  const SmtpReply reply =
      reason == word(Reason::token_refused) ? token_refused_reply() : blocked_reply();
  return reply.code() + ' ' + reply.status() + ' ' + reply.lines().front();
}

bool held_for(const HeldLine& line, const std::string& owner) {
  return may_be_let_in(line.state) && std::ranges::find(line.owners, owner) != line.owners.end();
}

}  // namespace

Status Announcer::mark(const HeldId& id, Kind kind, std::string text, std::uint32_t recipient) {
  CS_TRY(parts_.spool.log(id, {.kind = kind,
                               .when = parts_.clock.wall(),
                               .recipient = recipient,
                               .text = std::move(text)}));
  if (auto message = parts_.spool.read(id)) parts_.table.put(*message);
  return {};
}

Notice Announcer::challenge_for(const HeldMessage& message, const std::string& token) const {
  // Without its header the challenge still goes out, in the site's language.
  const auto head = header_section(parts_.spool, message.envelope.id);
  const NoticeSettings settings = in_language_of(head ? *head : "", this->settings());
  const auto& recipients = message.envelope.envelope.recipients;
  const auto reply_to =
      recipients.empty() ? std::nullopt
                         : reply_address_of(parts_.keys, message.envelope.id,
                                            recipients.front().mailbox, settings.reply_delimiters);
  const PageUrls urls{settings.base_url, settings.domain_urls};
  const std::string first = recipients.empty() ? "" : address_of(recipients.front());
  return challenge_notice(message, page_url(urls.for_address(first), token), settings,
                          parts_.clock.wall(), reply_to ? reply_to->address() : "");
}

Status Announcer::challenge(const HeldId& id) {
  const auto claim = parts_.claims.take(id);
  if (!claim) return Error{Errc::unavailable, "busy"};
  const auto message = parts_.spool.read(id);
  if (!message)
    return message.error().code == Errc::unavailable ? Status(message.error()) : Status();
  const History history = history_of(*message);
  const HeldEnvelope& envelope = message->envelope;
  if (!envelope.by_mail || !envelope.challenged || history.challenge_sending ||
      history.state != HeldState::held)
    return {};

  const std::string name = "challenge:" + id.text();
  CS_ASSIGN(const bool ours,
            parts_.outbox.claim(name, kClaimLife, std::chrono::steady_clock::now() + kStoreTime));
  if (!ours) return mark(id, Kind::challenged, "sending");
  CS_TRY(mark(id, Kind::challenged, "sending"));
  CS_ASSIGN(const std::string token,
            answer_token(parts_.keys, id, envelope.generation, envelope.answer_key));
  const Status sent = send_notice(parts_.notices, challenge_for(*message, token));
  log::info("challenge by mail", {{"held", id.text()},
                                  {"author", envelope.author},
                                  {"result", sent ? "sent" : sent.error().detail}});
  if (!sent && sent.error().code == Errc::unavailable) {
    CS_TRY(mark(id, Kind::challenged, "again"));
    (void)parts_.outbox.give_back(name, std::chrono::steady_clock::now() + kStoreTime);
    return sent;
  }
  return mark(id, Kind::challenged, sent ? "sent" : "failed " + sent.error().detail);
}

Status Announcer::send_failure(const HeldMessage& message, const std::string& head) const {
  const Status sent =
      send_notice(parts_.notices, failure_notice(message, head, in_language_of(head, settings()),
                                                 reporting_mta_, parts_.clock.wall()));
  log::info("delivery failure reported", {{"held", message.envelope.id.text()},
                                          {"author", message.envelope.author},
                                          {"result", sent ? "sent" : sent.error().detail}});
  return sent;
}

Status Announcer::report_failure(const HeldMessage& message) {
  const HeldEnvelope& envelope = message.envelope;
  if (envelope.fingerprint.empty() || envelope.author.empty() || history_of(message).reported)
    return {};
  CS_ASSIGN(const std::string head, header_section(parts_.spool, envelope.id));
  const Status sent = send_failure(message, head);
  // Law 1 asks for the report: one too many after a crash is better than none.
  if (!sent && sent.error().code != Errc::invalid) return sent;
  return mark(envelope.id, Kind::reported, sent ? "sent" : "failed " + sent.error().detail);
}

Status Announcer::report_refusal(const OwedReport& report) {
  HeldMessage message{.envelope = report.envelope, .content_bytes = 0, .events = {}};
  for (std::size_t i = 0; i < report.envelope.envelope.recipients.size(); ++i)
    message.events.push_back({.kind = Kind::refused,
                              .when = report.envelope.arrived,
                              .recipient = static_cast<std::uint32_t>(i),
                              .text = refusal_said_for(report.envelope.reason_for(i))});
  const std::string head = returnable(report.header_section);
  const Status sent = send_failure(message, head);
  return sent || sent.error().code == Errc::invalid ? Status() : sent;
}

Status Announcer::digest(const std::string& owner, const std::string& claim) {
  const auto ids = parts_.table.where([&](const HeldLine& line) { return held_for(line, owner); });
  std::vector<HeldMessage> held;
  for (const HeldId& id : ids)
    if (auto message = parts_.spool.read(id); message && is_listed_for(owner, *message))
      held.push_back(*std::move(message));
  if (held.empty()) return {};
  std::ranges::sort(held, {}, [](const HeldMessage& m) { return m.envelope.arrived; });

  CS_ASSIGN(const bool ours, parts_.outbox.claim(claim, kDigestClaimLife,
                                                 std::chrono::steady_clock::now() + kStoreTime));
  if (!ours) return {};
  const Status sent = send_notice(
      parts_.notices, digest_notice(decode_key(owner), held, settings(), parts_.clock.wall()));
  log::info("digest", {{"owner", owner},
                       {"messages", static_cast<long long>(held.size())},
                       {"result", sent ? "sent" : sent.error().detail}});
  if (!sent) {
    (void)parts_.outbox.give_back(claim, std::chrono::steady_clock::now() + kStoreTime);
    return Error{Errc::unavailable, sent.error().detail};
  }
  for (const HeldMessage& message : held)
    if (auto marked = mark_announced(message, owner); !marked)
      log::warning("digest sent, but not marked",
                   {{"held", message.envelope.id.text()}, {"error", marked.error().detail}});
  return {};
}

Status Announcer::leak(const LeakAlarm& alarm) {
  const auto day = std::chrono::floor<std::chrono::days>(alarm.when).time_since_epoch().count();
  const std::string name = "leak:" + alarm.owner + ":" + alarm.id + ":" + std::to_string(day);
  CS_ASSIGN(const bool ours, parts_.outbox.claim(name, kDigestClaimLife,
                                                 std::chrono::steady_clock::now() + kStoreTime));
  if (!ours) return {};
  const Status sent = send_notice(parts_.notices, leak_notice(alarm, settings()));
  log::info(
      "leak told",
      {{"owner", alarm.owner}, {"id", alarm.id}, {"result", sent ? "sent" : sent.error().detail}});
  if (sent || sent.error().code != Errc::unavailable) return {};
  (void)parts_.outbox.give_back(name, std::chrono::steady_clock::now() + kStoreTime);
  return sent;
}

Status Announcer::mark_announced(const HeldMessage& message, const std::string& owner) {
  const History history = history_of(message);
  const auto& owners = message.envelope.owners;
  const auto claim = parts_.claims.take(message.envelope.id);
  if (!claim) return Error{Errc::unavailable, "busy"};
  for (std::size_t i = 0; i < owners.size(); ++i)
    if (owners[i] == owner && !history.announced[i])
      CS_TRY(mark(message.envelope.id, Kind::announced, "", static_cast<std::uint32_t>(i)));
  return {};
}

}  // namespace countersign
