// SPDX-License-Identifier: Apache-2.0
#include "milter/reply_use.h"

#include "base/log.h"

namespace countersign {

Status ReplyUse::judge(const Facts& facts, std::span<RecipientFacts> recipients,
                       Deadline deadline) {
  answered_.assign(recipients.size(), std::nullopt);
  if (services_.replies == nullptr || !facts.author.mailbox || !may_answer(facts)) return {};
  for (std::size_t i = 0; i < recipients.size(); ++i) {
    RecipientFacts& recipient = recipients[i];
    if (!recipient.reply_address || !recipient.owner || recipient.exempt) continue;
    CS_ASSIGN(auto held, services_.replies->find(recipient.owner->key(),
                                                 recipient.reply_address->place, deadline));
    if (!held || held->author != facts.author.mailbox->address()) continue;
    if (!facts.authentication.unsure && held->fingerprint != facts.authentication.fingerprint)
      continue;
    recipient.replies = true;
    answered_[i] = std::move(held);
  }
  return {};
}

Status ReplyUse::tell(std::span<const Decision> decisions,
                      std::span<const RecipientFacts> recipients, std::string_view queue_id,
                      Deadline deadline) {
  for (std::size_t i = 0; i < answered_.size(); ++i) {
    if (!decisions[i].answers_held || !answered_[i]) continue;
    CS_TRY(tell_one(*answered_[i], recipients[i], queue_id, deadline));
  }
  return {};
}

void ReplyUse::tell_despite_block(const Facts& facts, std::span<const Decision> decisions,
                                  std::span<const RecipientFacts> recipients,
                                  std::string_view queue_id, Deadline deadline) {
  if (facts.authentication.unsure || facts.authentication.fingerprint.empty()) return;
  for (std::size_t i = 0; i < answered_.size(); ++i) {
    // Who is its only recipient has said all that there is to say.
    if (decisions[i].reason != Reason::blocked || !answered_[i] || answered_[i]->owners.size() < 2)
      continue;
    if (const Status told = tell_one(*answered_[i], recipients[i], queue_id, deadline); !told)
      log::warning("answer not told", {{"queue_id", queue_id}, {"error", told.error().detail}});
  }
}

Status ReplyUse::tell_one(const HeldView& held, const RecipientFacts& recipient,
                          std::string_view queue_id, Deadline deadline) {
  CS_TRY(services_.replies->answer(held, recipient.reply_address->place, deadline));
  log::info("answered by reply",
            {{"queue_id", queue_id}, {"held", held.id.text()}, {"author", held.author}});
  return {};
}

}  // namespace countersign
