// SPDX-License-Identifier: Apache-2.0
#include "holding/view.h"

#include <algorithm>

#include "holding/answer_token.h"
#include "mail/date_time.h"

namespace countersign {
std::vector<std::string> readable_recipients(const HeldEnvelope& envelope) {
  std::vector<std::string> out;
  for (const ForwardPath& path : envelope.envelope.recipients)
    out.push_back(path.mailbox ? path.mailbox->address() : path.raw);
  return out;
}

Result<IndexEntry> index_entry(const HeldEnvelope& envelope, const std::string& node,
                               const History& history, const Keyring& keys) {
  IndexEntry entry{.view = {.id = envelope.id,
                            .node = node,
                            .recipients = readable_recipients(envelope),
                            .owners = envelope.owners,
                            .author = envelope.author,
                            .fingerprint = envelope.fingerprint,
                            .subject = envelope.subject,
                            .reason = envelope.reason,
                            .sent = parse_date_time(envelope.date),
                            .arrived = envelope.arrived,
                            .expires = envelope.expires,
                            .state = history.state,
                            .changed = history.changed,
                            .outcomes = history.recipients,
                            .answered = history.answered,
                            .confirmed = history.confirmed,
                            .taken_back = history.taken_back,
                            .challenged = envelope.challenged,
                            .by_mail = envelope.by_mail,
                            .address_proofs = {}},
                   .digest = {}};
  auto& owners = entry.view.owners;
  std::ranges::sort(owners);
  // Not std::ranges::unique: Clang 14 cannot compile GCC 12's subranges.
  owners.erase(std::unique(owners.begin(), owners.end()), owners.end());
  if (!envelope.challenged) return entry;
  CS_ASSIGN(entry.token, answer_token(keys, envelope.id, envelope.generation, envelope.answer_key));
  entry.digest = token_digest(entry.token);
  for (const std::string& address : envelope.addresses)
    entry.view.address_proofs.push_back(address_proof(entry.token, address));
  return entry;
}

}  // namespace countersign
