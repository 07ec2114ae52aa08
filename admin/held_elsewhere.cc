// SPDX-License-Identifier: Apache-2.0
#include "admin/held_elsewhere.h"

#include <algorithm>

#include "tokenstore/rules.h"

namespace countersign::admin {
namespace {

constexpr seconds kIndexTime{3};  ///< `held` works without a store, and should not wait for one

/// Whether an entry of a contact list is about this author.
bool covers(const Subject& subject, const std::string& author) {
  Inquiry inquiry;
  if (const auto mailbox = Mailbox::parse(author)) inquiry.author = *mailbox;
  const std::vector<Subject> about = subjects_of(inquiry);
  return std::ranges::find(about, subject) != about.end();
}

/// Whether it may still come to the mailbox.
bool waits_for(const HeldView& view, const Config& config, const Whom& whom) {
  bool is_his = false;
  for (std::size_t i = 0; i < view.recipients.size(); ++i) {
    const auto mailbox = Mailbox::parse(view.recipients[i]);
    if (!mailbox || owner_of(config, *mailbox).key() != whom.scope.name) continue;
    is_his = true;
    const RecipientState outcome = view.outcome_for(i);
    if (outcome != RecipientState::taken && outcome != RecipientState::declined) return true;
  }
  // None is: protect.mailboxes was another when it came. The store has it under this mailbox.
  return !is_his;
}

}  // namespace

std::string HeldElsewhere::words(const HeldId& id) {
  const std::string here(kNotHeldHere);
  if (given_up_) return here;
  if (!store_) {
    auto opened = tools_.open_store(config_);
    if (!opened) {
      given_up_ = true;
      return here;
    }
    store_ = *std::move(opened);
  }
  const auto view = store_->held().get(id, std::chrono::steady_clock::now() + kIndexTime);
  if (!view) {
    given_up_ = view.error().code == Errc::unavailable;
    return here;
  }
  if (view->copy != Copy::kept || view->node == node_) return here;
  if (is_over(view->state))
    return here + "; node " + view->node + " had it, and it is " +
           std::string(word(kHeldStateWords, view->state));
  return here + ", but by node " + view->node + " (see the file node in the spool of each host)";
}

std::optional<std::vector<HeldId>> waiting_for(const Config& config, const Whom& whom,
                                               const Subject& subject, HeldIndex& index,
                                               Deadline deadline) {
  if (whom.scope.level != Level::mailbox || subject.starts_with("l:")) return std::nullopt;
  const auto ids = index.held_for(whom.scope.name, deadline);
  if (!ids) return std::nullopt;
  std::vector<HeldId> waiting;
  for (const HeldId& id : *ids) {
    const auto view = index.get(id, deadline);
    if (!view && view.error().code == Errc::unavailable) return std::nullopt;
    if (view && view->state == HeldState::held && view->copy == Copy::kept &&
        covers(subject, view->author) && waits_for(*view, config, whom))
      waiting.push_back(id);
  }
  std::ranges::sort(waiting, {}, [](const HeldId& id) { return id.text(); });
  return waiting;
}

}  // namespace countersign::admin
