// SPDX-License-Identifier: Apache-2.0
//
// What a transaction uses up when its mail is accepted: uses of tokens and windows, the place of a
// bounce. All else that can fail is done by then.
#include <algorithm>
#include <utility>

#include "milter/transaction.h"
#include "screening/replies.h"

namespace countersign {
namespace {

constexpr milliseconds kSpend{2000};

}  // namespace

/// Spends what lets this message in; returns the verdict if that does not let it in any more.
std::optional<Verdict> Transaction::spend_permits(MessageEditor& editor) {
  const Deadline deadline = within(is_only_watched() ? kLookUpWhileWatching : kSpend);
  const auto lost = permits_.spend(facts_, decisions_, recipients_, queue_id_, deadline);
  if (lost && !*lost) return std::nullopt;
  if (!lost) store_does_not_answer(lost.error());
  for (std::size_t i = 0; i < decisions_.size(); ++i) {
    if (!decisions_[i].spend_token && !decisions_[i].spend_window) continue;
    if (!lost) recipients_[i].unknown = true;
    decisions_[i] = screen(facts_, recipients_[i]);
  }
  return join_again(editor);
}

/// Lets this bounce in, and no other of its kind, now that it is accepted: as spend_permits().
std::optional<Verdict> Transaction::take_returned(MessageEditor& editor) {
  const Deadline deadline = within(is_only_watched() ? kLookUpWhileWatching : kSpend);
  std::map<Mailbox, Result<bool>> taken;
  bool lost = false;
  for (std::size_t i = 0; i < recipients_.size(); ++i) {
    RecipientFacts& recipient = recipients_[i];
    if (decisions_[i].reason != Reason::bounce) continue;
    auto mine = taken.find(*recipient.owner);
    if (mine == taken.end()) {
      const ReturnedNote& note = returned_.at(*recipient.owner);
      mine = taken.emplace(*recipient.owner, services_.sent->take_returned(note, deadline)).first;
      if (!mine->second) store_does_not_answer(mine->second.error());
    }
    if (mine->second && *mine->second) continue;
    lost = true;
    recipient.unknown = !mine->second;
    recipient.knowledge.returned = false;
    decisions_[i] = screen(facts_, recipient);
  }
  return lost ? join_again(editor) : std::nullopt;
}

/// Joins the decisions anew, after some of them have changed when all but the answer is done.
std::optional<Verdict> Transaction::join_again(MessageEditor& editor) {
  const std::vector<std::size_t> before = std::exchange(plan_.deleted, {});
  const std::vector<std::size_t> held = plan_.held;
  plan_ = plan(facts_, recipients_, decisions_);
  if (plan_.answer == Handling::refuse) return Verdict::say(refusal());
  // Whom nobody holds it for yet cannot be held for any more: the body is gone.
  if (plan_.answer == Handling::defer || plan_.answer == Handling::ask ||
      plan_.answer == Handling::wait || plan_.held != held)
    return Verdict::say(try_later_reply());
  if (!report_refused()) return Verdict::say(try_later_reply());
  if (plan_.answer == Handling::keep) return Verdict{Verdict::Kind::discard};
  for (const std::size_t i : plan_.deleted)
    if (std::ranges::find(before, i) == before.end())
      if (!marking_.delete_recipient(editor, i)) return Verdict::say(try_later_reply());
  return std::nullopt;
}

}  // namespace countersign
