// SPDX-License-Identifier: Apache-2.0
#include "admin/held_desk.h"

#include "admin/held_elsewhere.h"
#include "holding/approval.h"
#include "holding/history.h"
#include "holding/release.h"

namespace countersign::admin {
namespace {

using Kind = HeldEvent::Kind;

/// Why the last try failed, as the log has it.
std::string last_failure(const HeldMessage& message) {
  std::string out;
  for (const HeldEvent& event : message.events)
    if (event.kind == Kind::refused || event.kind == Kind::deferred) out = event.text;
  return out;
}

}  // namespace

Result<std::unique_ptr<HeldDesk>> HeldDesk::open(HeldDeskParts parts, const SpoolLimits& limits) {
  auto spool = Spool::open(parts.fs, limits);
  if (!spool && spool.error().code != Errc::already_exists) return spool.error();
  return std::unique_ptr<HeldDesk>(
      new HeldDesk(std::move(parts), spool ? std::move(*spool) : nullptr));
}

Result<HeldMessage> HeldDesk::find(const HeldId& id) {
  auto message = spool_ ? spool_->read(id) : SpoolReader(parts_.fs).read(id);
  if (!message) {
    if (message.error().code == Errc::not_found)
      return Error{Errc::not_found, std::string(kNotHeldHere)};
    return message.error();
  }
  const HeldState state = history_of(*message).state;
  if (is_over(state)) return Error{Errc::not_found, "is " + std::string(word(state)) + " already"};
  return message;
}

Result<HeldDone> HeldDesk::order(const HeldId& id, const std::string& verb,
                                 std::optional<std::uint32_t> recipient) {
  CS_TRY(give_order(parts_.fs, {id, verb, parts_.who, recipient}));
  return HeldDone{"ordered", ""};
}

Result<HeldDone> HeldDesk::release(const HeldId& id, std::optional<std::uint32_t> recipient,
                                   const std::set<std::string>& blocking) {
  CS_ASSIGN(const HeldMessage before, find(id));
  const auto words =
      words_of_approval(before, recipient, blocking, parts_.who, parts_.clock.wall());
  if (words.empty() && !history_of(before).is_under_way())
    return Error{Errc::invalid,
                 "waits only for those who block its author: --for MAILBOX lets it in"};
  if (!spool_) return order(id, "release", recipient);
  for (const HeldEvent& word : words) CS_TRY(spool_->log(id, word));
  Releaser releaser(*spool_, parts_.relay, parts_.clock);
  CS_ASSIGN(const ReleaseStep step, releaser.try_once(id));
  CS_ASSIGN(const HeldMessage after, spool_->read(id));
  // What is not finished the daemon takes up again, and reports to the author what was refused.
  if (!step.finished) return HeldDone{"deferred", last_failure(after)};
  if (step.any_refused) return HeldDone{"refused", last_failure(after)};
  if (waits_for_a_word(history_of(after).state)) {
    (void)parts_.tell_index(after);
    return HeldDone{"released", "it waits for others still"};
  }
  CS_TRY(finish(id));
  return HeldDone{"released", ""};
}

Result<HeldDone> HeldDesk::drop(const HeldId& id, std::optional<std::uint32_t> recipient) {
  CS_ASSIGN(const HeldMessage before, find(id));
  if (!spool_) return order(id, "drop", recipient);
  CS_TRY(spool_->log(id, word_of_drop(recipient, parts_.who, parts_.clock.wall())));
  CS_ASSIGN(const HeldMessage after, spool_->read(id));
  const HeldState state = history_of(after).state;
  if (is_over(state)) {
    CS_TRY(finish(id));
  } else {
    (void)parts_.tell_index(after);
  }
  return HeldDone{"dropped", is_over(state) ? "" : "it waits for others still"};
}

Result<HeldDone> HeldDesk::restore(const HeldId& id) {
  CS_ASSIGN(const HeldMessage before, find(id));
  if (!history_of(before).withdrawn) return Error{Errc::invalid, "was not taken back"};
  if (!spool_) return order(id, "restore");
  CS_TRY(spool_->log(id, {Kind::restored, parts_.clock.wall(), 0, parts_.who}));
  CS_ASSIGN(const HeldMessage after, spool_->read(id));
  // The daemon tells the index at its next start, if it cannot be told now.
  (void)parts_.tell_index(after);
  return HeldDone{"restored", ""};
}

/// The index first, then the file, as the daemon does it. What is over in the log is over, whether
/// the index can be told or not: then the daemon ends it at its next start.
Status HeldDesk::finish(const HeldId& id) {
  CS_ASSIGN(const HeldMessage message, spool_->read(id));
  if (!parts_.tell_index(message)) return {};
  return spool_->remove(id);
}

}  // namespace countersign::admin
