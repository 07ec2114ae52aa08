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
              .list_post = list_post_of(header_),
              .any_asked = true};
  if (author) out.answers = services_.sent_digests.of_answer(answered_ids(header_), *author);
  std::set<Mailbox> seen;
  for (const RecipientFacts& recipient : recipients)
    if (to_be_screened(recipient) && recipient.owner && seen.insert(*recipient.owner).second) {
      out.recipients.push_back(*recipient.owner);
      out.asked.emplace_back();
      if (correspondence_.may_have_asked(*recipient.owner))
        out.asked.back() = correspondence_.ids_for(author, *recipient.owner);
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
  const bool is_begun = early_ && asked_ == question;
  CS_ASSIGN(Knowledge known,
            is_begun ? early_->answer(deadline) : services_.directory.look_up(question, deadline));
  CS_TRY(add_asked(question, known, deadline));
  return known;
}

/// Asks for the records of those owners of whom there are any.
Status Consultation::add_asked(const Inquiry& question, Knowledge& known, Deadline deadline) {
  Inquiry more{.now = question.now};
  std::vector<std::size_t> whose;
  for (std::size_t i = 0; i < question.recipients.size(); ++i) {
    if (!known.recipients.at(i).has_asked) continue;
    const Mailbox& owner = question.recipients[i];
    services_.modes.note_asked(owner);
    more.recipients.push_back(owner);
    more.asked.push_back(correspondence_.ids_for(question.author, owner));
    whose.push_back(i);
  }
  if (whose.empty()) return {};
  CS_ASSIGN(Knowledge found, services_.directory.look_up(more, deadline));
  for (std::size_t n = 0; n < whose.size(); ++n)
    known.recipients[whose[n]].asked = std::move(found.recipients.at(n).asked);
  return {};
}

}  // namespace countersign
