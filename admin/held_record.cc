// SPDX-License-Identifier: Apache-2.0
#include "admin/held_record.h"

#include "holding/view.h"

namespace countersign::admin {
namespace {

std::string joined(const std::vector<std::string>& list) {
  std::string out;
  for (const auto& text : list) out += (out.empty() ? "" : ", ") + text;
  return out;
}

std::string_view channel_of(const HeldEnvelope& envelope) {
  if (!envelope.challenged) return "none";
  return envelope.by_mail ? "mail" : "reply";
}

/// Whether an event is about one recipient.
bool has_recipient(HeldEvent::Kind kind) {
  return kind == HeldEvent::Kind::released || kind == HeldEvent::Kind::refused ||
         kind == HeldEvent::Kind::announced || kind == HeldEvent::Kind::declined ||
         kind == HeldEvent::Kind::freed || kind == HeldEvent::Kind::let_in ||
         kind == HeldEvent::Kind::dropped_for || kind == HeldEvent::Kind::unreached;
}

Record event_record(const HeldEvent& event, const std::vector<std::string>& recipients) {
  Record record;
  record.add("event", event_word(event.kind)).add("when", time_value(event.when));
  if (has_recipient(event.kind) && event.recipient < recipients.size())
    record.add("recipient", recipients[event.recipient]);
  else
    record.add("recipient", nullptr);
  record.add("text", event.text);
  return record;
}

std::vector<Record> delivery_records(const HeldEnvelope& e, const History& history) {
  const auto recipients = readable_recipients(e);
  std::vector<Record> out;
  for (std::size_t i = 0; i < recipients.size() && i < history.recipients.size(); ++i)
    out.push_back(Record()
                      .add("recipient", recipients[i])
                      .add("reason", history.reasons[i])
                      .add("delivery", word(history.recipients[i]))
                      .add("announced", static_cast<bool>(history.announced[i])));
  return out;
}

}  // namespace

std::string_view event_word(HeldEvent::Kind kind) {
  using Kind = HeldEvent::Kind;
  switch (kind) {
    case Kind::answered:
      return "answered";
    case Kind::approved:
      return "approved";
    case Kind::released:
      return "released";
    case Kind::refused:
      return "refused";
    case Kind::deferred:
      return "deferred";
    case Kind::dropped:
    case Kind::dropped_for:
      return "dropped";
    case Kind::announced:
      return "announced";
    case Kind::challenged:
      return "challenged";
    case Kind::reported:
      return "reported";
    case Kind::expired:
      return "expired";
    case Kind::contact:
      return "contact";
    case Kind::withdrawn:
      return "withdrawn";
    case Kind::restored:
      return "restored";
    case Kind::declined:
      return "declined";
    case Kind::freed:
      return "freed";
    case Kind::let_in:
      return "let-in";
    case Kind::unreached:
      return "unreached";
  }
  return "unknown";
}

Record list_record(const HeldMessage& message, const History& history) {
  const HeldEnvelope& e = message.envelope;
  Record record;
  record.add("id", e.id.text())
      .add("state", word(history.state))
      .add("reason", e.reason)
      .add("author", e.author)
      .add("fingerprint", e.fingerprint)
      .add("recipients", readable_recipients(e))
      .add("subject", e.subject)
      .add("arrived", time_value(e.arrived))
      .add("expires", time_value(e.expires))
      .add("bytes", static_cast<long long>(message.content_bytes))
      .add("challenged", e.challenged)
      .add("deliveries", delivery_records(e, history));
  return record;
}

std::string list_line(const HeldMessage& message, const History& history) {
  const HeldEnvelope& e = message.envelope;
  std::string line = e.id.text();
  line.append(" ").append(word(history.state)).append(" ").append(rfc3339(e.arrived));
  line.append(" ").append(e.reason).append(" ").append(e.author.empty() ? "-" : e.author);
  line.append(e.fingerprint.empty() ? " (unverified)" : "");
  return line + " -> " + joined(readable_recipients(e)) + ": " + e.subject;
}

Record show_record(const HeldMessage& message, const History& history) {
  const HeldEnvelope& e = message.envelope;
  const auto recipients = readable_recipients(e);
  Record record = list_record(message, history);
  std::vector<Record> events;
  for (const HeldEvent& event : message.events) events.push_back(event_record(event, recipients));
  record.add("node", e.node)
      .add("queue_id", e.queue_id)
      .add("message_id", e.message_id)
      .add("reverse_path", e.envelope.reverse_path.raw)
      .add("owners", e.owners)
      .add("network_fingerprint", e.network_fingerprint)
      .add("share", e.share)
      .add("channel", channel_of(e))
      .add("changed", time_value(history.changed))
      .add("events", std::move(events));
  return record;
}

std::string show_text(const HeldMessage& message, const History& history) {
  const HeldEnvelope& e = message.envelope;
  const auto recipients = readable_recipients(e);
  std::string out;
  const auto add = [&](std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(for_terminal(value)).append("\n");
  };
  add("id", e.id.text());
  add("state", std::string(word(history.state)) + " since " + rfc3339(history.changed));
  add("reason", e.reason);
  add("author", e.author.empty() ? "none" : e.author);
  add("fingerprint", e.fingerprint.empty() ? "none: unverified" : e.fingerprint);
  if (!e.network_fingerprint.empty()) add("network", e.network_fingerprint);
  add("reverse-path", e.envelope.reverse_path.raw);
  add("subject", e.subject);
  add("message-id", e.message_id);
  add("arrived", rfc3339(e.arrived));
  add("expires", rfc3339(e.expires));
  add("bytes", std::to_string(message.content_bytes));
  add("share", e.share);
  add("challenge", channel_of(e));
  add("node", e.node);
  add("queue id", e.queue_id);
  for (std::size_t i = 0; i < recipients.size() && i < history.recipients.size(); ++i)
    add("recipient", recipients[i] + ", " + std::string(word(history.recipients[i])) +
                         (history.reasons[i] == e.reason ? "" : ", held as " + history.reasons[i]));
  for (const HeldEvent& event : message.events) {
    std::string line = rfc3339(event.when) + " " + std::string(event_word(event.kind));
    if (has_recipient(event.kind) && event.recipient < recipients.size())
      line += " " + recipients[event.recipient];
    add("event", event.text.empty() ? line : line + ": " + event.text);
  }
  return out;
}

}  // namespace countersign::admin
