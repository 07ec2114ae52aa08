// SPDX-License-Identifier: Apache-2.0
#include "spool/held_head.h"

#include <optional>

namespace countersign {
namespace {

enum Tag : std::uint16_t {
  kId = 1,
  kNode = 2,
  kArrived = 3,
  kExpires = 4,
  kKeptSince = 5,
  kReversePath = 6,  ///< group of path tags
  kRecipient = 7,    ///< group of path tags, one for each recipient, in order
  kAuthor = 8,
  kFingerprint = 9,
  kAddress = 10,  ///< one for each
  kReason = 11,
  kChallenged = 12,
  kByMail = 13,
  kGeneration = 14,
  kMessageId = 15,
  kSubject = 16,
  kQueueId = 17,
  kReceived = 18,
  kShare = 19,
  kNetwork = 20,
  kNetworkFingerprint = 21,
  kDate = 22,
  kAnswerKey = 23,
};

enum PathTag : std::uint16_t {
  kRaw = 1,
  kMailbox = 2,
  kNull = 3,
  kParameter = 4,  ///< one for each, in order
  kRcptAddr = 5,
  kOwner = 6,
  kRecipientReason = 7,  ///< where it is not that of the message
};

void put_strings(std::string& out, std::uint16_t tag, const std::vector<std::string>& values) {
  for (const std::string& value : values) put_field(out, tag, value);
}

void put_time(std::string& out, std::uint16_t tag, WallTime time) {
  put_number_field(out, tag, static_cast<std::uint64_t>(to_epoch_ms(time)));
}

void put_path(std::string& out, const std::string& raw, const std::optional<Mailbox>& mailbox,
              const std::vector<std::string>& parameters) {
  put_field(out, kRaw, raw);
  if (mailbox) put_field(out, kMailbox, mailbox->address());
  put_strings(out, kParameter, parameters);
}

/// One path's fields, of either kind.
struct Path {
  std::string raw;
  std::optional<Mailbox> mailbox;
  bool null = false;
  std::vector<std::string> parameters;
  std::string rcpt_addr;
  std::string owner;
  std::string reason;
};

Result<Path> get_path(std::string_view group) {
  Path path;
  TaggedReader reader(group);
  while (!reader.at_end()) {
    CS_ASSIGN(const TaggedReader::Field field, reader.next());
    switch (field.tag) {
      case kRaw:
        path.raw = field.text();
        break;
      case kMailbox:
        // What was a mailbox to an earlier version and is none to this one can still be
        // reinjected: the raw path says all that is needed.
        if (auto mailbox = Mailbox::parse(field.value)) path.mailbox = *std::move(mailbox);
        break;
      case kNull: {
        CS_ASSIGN(const std::uint64_t null, field.number());
        path.null = null != 0;
        break;
      }
      case kParameter:
        path.parameters.push_back(field.text());
        break;
      case kRcptAddr:
        path.rcpt_addr = field.text();
        break;
      case kOwner:
        path.owner = field.text();
        break;
      case kRecipientReason:
        path.reason = field.text();
        break;
      default:
        break;
    }
  }
  return path;
}

Status get_reverse_path(std::string_view group, HeldEnvelope& e) {
  CS_ASSIGN(Path path, get_path(group));
  e.envelope.reverse_path = {std::move(path.raw), std::move(path.mailbox), path.null,
                             std::move(path.parameters)};
  return {};
}

Status get_recipient(std::string_view group, HeldEnvelope& e) {
  CS_ASSIGN(Path path, get_path(group));
  e.envelope.recipients.push_back({std::move(path.raw), std::move(path.rcpt_addr),
                                   std::move(path.mailbox), std::move(path.parameters)});
  e.owners.push_back(std::move(path.owner));
  e.reasons.push_back(std::move(path.reason));
  return {};
}

/// Where a tag's text goes, or null: it is no text.
std::string* text_of(std::uint16_t tag, DecodedHead& head) {
  HeldEnvelope& e = head.envelope;
  switch (tag) {
    case kNode:
      return &e.node;
    case kAuthor:
      return &e.author;
    case kFingerprint:
      return &e.fingerprint;
    case kNetworkFingerprint:
      return &e.network_fingerprint;
    case kReason:
      return &e.reason;
    case kMessageId:
      return &e.message_id;
    case kSubject:
      return &e.subject;
    case kDate:
      return &e.date;
    case kAnswerKey:
      return &e.answer_key;
    case kQueueId:
      return &e.queue_id;
    case kReceived:
      return &e.received;
    case kShare:
      return &e.share;
    case kNetwork:
      return &head.network;
    default:
      return nullptr;
  }
}

Status get_number_field(const TaggedReader::Field& field, HeldEnvelope& e) {
  CS_ASSIGN(const std::uint64_t value, field.number());
  const auto ms = static_cast<long long>(value);
  switch (field.tag) {
    case kArrived:
      e.arrived = from_epoch_ms(ms);
      break;
    case kExpires:
      e.expires = from_epoch_ms(ms);
      break;
    case kKeptSince:
      e.kept_since = milliseconds(ms);
      break;
    case kChallenged:
      e.challenged = value != 0;
      break;
    case kByMail:
      e.by_mail = value != 0;
      break;
    case kGeneration:
      e.generation = static_cast<int>(value);
      break;
    default:
      break;
  }
  return {};
}

Status get_field(const TaggedReader::Field& field, DecodedHead& head) {
  switch (field.tag) {
    case kReversePath:
      return get_reverse_path(field.value, head.envelope);
    case kRecipient:
      return get_recipient(field.value, head.envelope);
    case kAddress:
      head.envelope.addresses.push_back(field.text());
      return {};
    case kArrived:
    case kExpires:
    case kKeptSince:
    case kChallenged:
    case kByMail:
    case kGeneration:
      return get_number_field(field, head.envelope);
    default:
      if (std::string* text = text_of(field.tag, head)) *text = field.text();
      return {};
  }
}

}  // namespace

Result<std::string> encode_head_fields(const HeldEnvelope& e, const std::string& network) {
  const auto& recipients = e.envelope.recipients;
  if (e.owners.size() != recipients.size())
    return Error{Errc::invalid, std::to_string(recipients.size()) + " recipients but " +
                                    std::to_string(e.owners.size()) + " owners"};
  std::string out;
  // The id stands first, so that an operator finds it in a file that is cut.
  put_field(out, kId, e.id.text());
  put_field(out, kNode, e.node);
  put_time(out, kArrived, e.arrived);
  put_time(out, kExpires, e.expires);
  put_number_field(out, kKeptSince, static_cast<std::uint64_t>(e.kept_since.count()));

  std::string group;
  const ReversePath& from = e.envelope.reverse_path;
  put_path(group, from.raw, from.mailbox, from.parameters);
  put_number_field(group, kNull, from.null);
  put_field(out, kReversePath, group);
  for (std::size_t i = 0; i < recipients.size(); ++i) {
    group.clear();
    put_path(group, recipients[i].raw, recipients[i].mailbox, recipients[i].parameters);
    put_field(group, kRcptAddr, recipients[i].rcpt_addr);
    put_field(group, kOwner, e.owners[i]);
    if (e.reason_for(i) != e.reason) put_field(group, kRecipientReason, e.reason_for(i));
    put_field(out, kRecipient, group);
  }

  put_field(out, kAuthor, e.author);
  put_field(out, kFingerprint, e.fingerprint);
  put_strings(out, kAddress, e.addresses);
  put_field(out, kReason, e.reason);
  put_number_field(out, kChallenged, e.challenged);
  put_number_field(out, kByMail, e.by_mail);
  put_number_field(out, kGeneration, static_cast<std::uint64_t>(e.generation));
  put_field(out, kMessageId, e.message_id);
  put_field(out, kSubject, e.subject);
  put_field(out, kQueueId, e.queue_id);
  put_field(out, kReceived, e.received);
  put_field(out, kShare, e.share);
  put_field(out, kNetwork, network);
  if (!e.network_fingerprint.empty()) put_field(out, kNetworkFingerprint, e.network_fingerprint);
  if (!e.date.empty()) put_field(out, kDate, e.date);
  if (!e.answer_key.empty()) put_field(out, kAnswerKey, e.answer_key);
  return out;
}

Result<DecodedHead> decode_head_fields(std::string_view fields) {
  TaggedReader reader(fields);
  // An id must be there before there can be an envelope to fill.
  if (reader.at_end()) return Error{Errc::corrupt, "no fields"};
  CS_ASSIGN(const TaggedReader::Field first, reader.next());
  if (first.tag != kId) return Error{Errc::corrupt, "the id does not stand first"};
  const auto id = HeldId::parse(first.value);
  if (!id) return Error{Errc::corrupt, id.error().detail};
  DecodedHead head{HeldEnvelope{.id = *id}, {}};
  while (!reader.at_end()) {
    CS_ASSIGN(const TaggedReader::Field field, reader.next());
    CS_TRY(get_field(field, head));
  }
  return head;
}

}  // namespace countersign
