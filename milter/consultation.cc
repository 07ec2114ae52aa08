// SPDX-License-Identifier: Apache-2.0
#include "milter/consultation.h"

#include <algorithm>
#include <set>
#include <utility>

#include "mail/list_fields.h"
#include "mail/message_id.h"
#include "milter/gather.h"

namespace countersign {

Inquiry Consultation::question(const std::optional<Mailbox>& author,
                               std::span<const RecipientFacts> recipients) {
  Inquiry out{.recipients = {},
              .author = author,
              .now = began_,
              .list_id = list_id_of(header_),
              .list_post = list_post_of(header_)};
  if (author) out.answers = services_.sent_digests.of_answer(answered_ids(header_), *author);
  std::set<Mailbox> seen;
  for (const RecipientFacts& recipient : recipients)
    if (to_be_screened(recipient) && recipient.owner && seen.insert(*recipient.owner).second) {
      out.recipients.push_back(*recipient.owner);
      out.asked.push_back(correspondence_.ids_for(author, *recipient.owner));
    }
  for (const RecipientFacts& recipient : recipients) {
    if (!to_be_screened(recipient) || !recipient.address_token) continue;
    TokenQuestion token{recipient.owner->key(), recipient.address_token->id};
    if (std::ranges::find(out.tokens, token) == out.tokens.end())
      out.tokens.push_back(std::move(token));
  }
  return out;
}

void Consultation::begin(const std::optional<Mailbox>& author,
                         std::span<const RecipientFacts> recipients) {
  if (early_) return;
  asked_ = question(author, recipients);
  if (!asked_.recipients.empty()) early_ = services_.directory.ask(asked_);
}

Result<Knowledge> Consultation::answer(const Inquiry& question, Deadline deadline) {
  if (early_ && asked_ == question) return early_->answer(deadline);
  return services_.directory.look_up(question, deadline);
}

}  // namespace countersign
