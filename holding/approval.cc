// SPDX-License-Identifier: Apache-2.0
#include "holding/approval.h"

#include <algorithm>
#include <set>

#include "holding/history.h"

namespace countersign {
namespace {

bool blocks(const HeldEnvelope& envelope, std::uint32_t i) {
  return envelope.reason_for(i) == word(Reason::blocked);
}

/// The recipients whom a word for `recipient`, or for all, lets it in for.
std::vector<std::uint32_t> meant_by(const HeldEnvelope& envelope,
                                    std::optional<std::uint32_t> recipient) {
  if (recipient) return {*recipient};
  std::vector<std::uint32_t> all, open;
  for (std::uint32_t i = 0; i < envelope.owners.size(); ++i) {
    all.push_back(i);
    if (!blocks(envelope, i)) open.push_back(i);
  }
  return open.empty() ? all : open;
}

}  // namespace

std::vector<HeldEvent> words_of_approval(const HeldMessage& message,
                                         std::optional<std::uint32_t> recipient,
                                         const std::string& who, WallTime now) {
  const History history = history_of(message);
  const auto meant = meant_by(message.envelope, recipient);
  HeldEvent event{.kind = HeldEvent::Kind::approved, .when = now, .recipient = 0, .text = who};
  if (meant.size() == message.envelope.owners.size())
    return history.state == HeldState::answered ? std::vector<HeldEvent>() : std::vector{event};
  event.kind = HeldEvent::Kind::let_in;
  std::vector<HeldEvent> out;
  for (const std::uint32_t i : meant) {
    if (history.goes_to(i) || history.recipients[i] == RecipientState::taken) continue;
    event.recipient = i;
    out.push_back(event);
  }
  return out;
}

Result<ContactEntry> approve_author(const HeldEnvelope& envelope,
                                    std::optional<std::uint32_t> recipient, Contacts& contacts,
                                    WallTime now, Deadline deadline) {
  if (envelope.author.empty()) return Error{Errc::invalid, "its From field names no single author"};
  const std::string& fingerprint =
      envelope.fingerprint.empty() ? envelope.network_fingerprint : envelope.fingerprint;
  ContactEntry entry{.standing = Standing::allow, .source = "released", .created = now};
  if (!fingerprint.empty()) entry.fingerprints = {fingerprint};
  std::set<std::string> owners;
  for (const std::uint32_t i : meant_by(envelope, recipient)) owners.insert(envelope.owners[i]);
  for (const std::string& owner : owners) {
    const auto stands = contacts.approve({.level = Level::mailbox, .name = owner},
                                         "a:" + envelope.author, entry, deadline);
    if (!stands) return stands.error();
  }
  return entry;
}

}  // namespace countersign
