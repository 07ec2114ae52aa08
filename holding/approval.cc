// SPDX-License-Identifier: Apache-2.0
#include "holding/approval.h"

#include <set>

namespace countersign {
namespace {

/// The recipients whom a word for `recipient`, or for all, lets it in for.
std::vector<std::uint32_t> meant_by(const HeldEnvelope& envelope, const History& history,
                                    std::optional<std::uint32_t> recipient,
                                    const std::set<std::string>& blocking) {
  if (recipient) return {*recipient};
  const auto& owners = envelope.owners;
  std::vector<std::uint32_t> all, open;
  for (std::uint32_t i = 0; i < owners.size(); ++i) {
    all.push_back(i);
    if (!blocking.contains(owners[i]) && history.recipients[i] != RecipientState::dropped)
      open.push_back(i);
  }
  return open.empty() ? all : open;
}

}  // namespace

std::vector<HeldEvent> words_of_leave(const HeldEnvelope& envelope,
                                      const std::vector<std::uint32_t>& recipients,
                                      History::Leave leave, const std::string& text, WallTime now) {
  using Kind = HeldEvent::Kind;
  const bool answer = leave == History::Leave::answer;
  if (recipients.size() == envelope.owners.size())
    return {{.kind = answer ? Kind::answered : Kind::approved,
             .when = now,
             .recipient = 0,
             .text = text}};
  std::vector<HeldEvent> out;
  for (const std::uint32_t i : recipients)
    out.push_back(
        {.kind = answer ? Kind::freed : Kind::let_in, .when = now, .recipient = i, .text = text});
  return out;
}

std::vector<HeldEvent> words_of_answer(const HeldMessage& message,
                                       const std::set<std::string>& silent,
                                       const std::string& proof, WallTime now) {
  const auto& owners = message.envelope.owners;
  const History history = history_of(message);
  std::vector<std::uint32_t> reached;
  for (std::uint32_t i = 0; i < owners.size(); ++i)
    if (!silent.contains(owners[i])) reached.push_back(i);
  if (reached.size() < owners.size())
    std::erase_if(reached, [&](std::uint32_t i) {
      return history.recipients[i] != RecipientState::waiting || history.goes_to(i);
    });
  return words_of_leave(message.envelope, reached, History::Leave::answer, proof, now);
}

HeldEvent word_of_drop(std::optional<std::uint32_t> recipient, const std::string& who,
                       WallTime now) {
  return {.kind = recipient ? HeldEvent::Kind::dropped_for : HeldEvent::Kind::dropped,
          .when = now,
          .recipient = recipient.value_or(0),
          .text = who};
}

std::vector<HeldEvent> words_of_approval(const HeldMessage& message,
                                         std::optional<std::uint32_t> recipient,
                                         const std::set<std::string>& blocking,
                                         const std::string& who, WallTime now) {
  const History history = history_of(message);
  auto meant = meant_by(message.envelope, history, recipient, blocking);
  if (meant.size() < message.envelope.owners.size())
    std::erase_if(meant, [&](std::uint32_t i) {
      return history.goes_to(i) || history.recipients[i] == RecipientState::taken;
    });
  else if (history.state == HeldState::answered)
    return {};
  return words_of_leave(message.envelope, meant, History::Leave::approval, who, now);
}

bool asks_who_blocks(const HeldEnvelope& envelope, std::optional<std::uint32_t> recipient) {
  return !recipient && std::set(envelope.owners.begin(), envelope.owners.end()).size() > 1;
}

Result<ContactEntry> approve_author(const HeldMessage& message,
                                    std::optional<std::uint32_t> recipient,
                                    const std::set<std::string>& blocking, Contacts& contacts,
                                    WallTime now, Deadline deadline) {
  const HeldEnvelope& envelope = message.envelope;
  if (envelope.author.empty()) return Error{Errc::invalid, "its From field names no single author"};
  const std::string& fingerprint =
      envelope.fingerprint.empty() ? envelope.network_fingerprint : envelope.fingerprint;
  ContactEntry entry{.standing = Standing::allow, .source = "released", .created = now};
  if (!fingerprint.empty()) entry.fingerprints = {fingerprint};
  std::set<std::string> owners;
  for (const std::uint32_t i : meant_by(envelope, history_of(message), recipient, blocking))
    owners.insert(envelope.owners[i]);
  for (const std::string& owner : owners) {
    const auto stands = contacts.approve({.level = Level::mailbox, .name = owner},
                                         "a:" + envelope.author, entry, deadline);
    if (!stands) return stands.error();
  }
  return entry;
}

}  // namespace countersign
