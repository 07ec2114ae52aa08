// SPDX-License-Identifier: Apache-2.0
//
// What a transaction does where nothing is held: modes refuse and defer, mail over a share of the
// spool, and the answers to what was asked then.
#include <algorithm>

#include "base/log.h"
#include "milter/destination.h"
#include "milter/gather.h"
#include "milter/transaction.h"
#include "screening/replies.h"

namespace countersign {
namespace {

constexpr milliseconds kAsk{2000};

}  // namespace

Verdict Transaction::recipient(ForwardPath path, bool answered) {
  begin_step();
  path.mailbox = destination(*settings_, path, client_.mta);
  auto wait = answered ? correspondence_.wait_for(path, within(kLookUp)) : std::nullopt;
  // Once the mail goes to others, only here can he be told apart from them.
  const bool to_be_read = wait && wait->way_known &&
                          std::ranges::none_of(heard_, [](const Heard& h) { return h.settled; });
  if (wait && !to_be_read && may_wait(*wait)) {
    Result<std::string> url = Error{Errc::unavailable, "the page does not run"};
    if (wait->page == PageState::up) url = services_.asking.ask(wait->question, within(kAsk));
    log::event(url ? log::Level::info : log::Level::warning, "deferred",
               {{"reverse_path", envelope_.reverse_path.raw},
                {"recipient", path.raw},
                {"client", client_.address},
                {"error", url ? std::string() : url.error().detail}});
    Decision decision;
    decision.reason = Reason::first_contact;
    services_.metrics.count(decision);
    return Verdict::say(url ? deferred_reply(*url) : try_later_reply());
  }
  envelope_.recipients.push_back(std::move(path));
  heard_.push_back({.settled = answered && !to_be_read, .wait = {}});
  if (to_be_read) heard_.back().wait = std::move(wait);
  return {};
}

/// Whether he is deferred: where too many wait already, he is not asked to be the next, and his
/// mail is held at once.
bool Transaction::may_wait(const Correspondence::Wait& wait) {
  const AskedRecipient& recipient = wait.question.recipients.front();
  if (recipient.before) return true;
  const auto room = services_.asking.has_room(recipient.owner, within(kLookUp));
  return !room || *room;
}

/// Mode defer where RCPT was let come: the session began before anybody knew of that mode, or mail
/// of somebody who is known came by the same way before.
void Transaction::find_waiting() {
  for (std::size_t i = 0; i < recipients_.size(); ++i) {
    RecipientFacts& recipient = recipients_[i];
    if (heard_[i].settled || recipient.unknown || recipient.policy.mode != Mode::defer ||
        !to_be_screened(recipient) || !recipient.owner ||
        screen(facts_, recipient).reason != Reason::first_contact)
      continue;
    auto wait = std::move(heard_[i].wait);
    // Those who know the author are not to wait for who was let come for their like.
    if (wait && any_gets_it()) continue;
    if (!wait) wait = correspondence_.wait_for(envelope_.recipients[i], within(kLookUp));
    if (!wait || !may_wait(*wait)) continue;
    recipient.waits = true;
    auto others = std::move(deferral_.recipients);
    deferral_ = std::move(wait->question);
    deferral_.recipients.insert(deferral_.recipients.end(), others.begin(), others.end());
  }
}

bool Transaction::any_gets_it() const {
  return std::ranges::any_of(recipients_, [&](const RecipientFacts& recipient) {
    const Disposition disposition = screen(facts_, recipient).disposition;
    return disposition == Disposition::pass || disposition == Disposition::aside;
  });
}

/// Others may know the author by his From.
void Transaction::keep_only_asked(Question& question) const {
  std::erase_if(question.recipients, [&](const AskedRecipient& recipient) {
    return std::none_of(plan_.asked.begin(), plan_.asked.end(), [&](std::size_t i) {
      return recipients_[i].owner->key() == recipient.owner;
    });
  });
}

/// Nothing is kept: tells the URL, refusing or deferring as was planned.
Verdict Transaction::ask(const Question& question) {
  const auto url = services_.asking.ask(question, within(kAsk));
  if (!url) return not_held(try_later_reply(), url.error().detail);
  record("");
  return finish(Verdict::say(question.tuple.copy == Copy::deferred
                                 ? deferred_reply(*url, reply_texts())
                                 : refused_reply(*url, reply_texts())));
}

/// The spool has no room for such mail (design section 5): a person whom nobody vouches for is
/// asked as in mode refuse, all others come again.
Verdict Transaction::no_room(const Error& error) {
  intake_.reset();
  const bool person = facts_.machine_mark.empty() && facts_.authentication.fingerprint.empty() &&
                      !facts_.authentication.unsure;
  if (!person || plan_.challenge != Challenge::in_reply)
    return not_held(no_room_reply(), error.detail);
  log::warning("no room to hold", {{"queue_id", queue_id_}, {"error", error.detail}});
  for (const std::size_t i : plan_.held) decisions_[i].disposition = Disposition::refuse;
  return ask(correspondence_.question_to(plan_.held, facts_, envelope_, recipients_));
}

bool Transaction::passes_by_answer(std::size_t i) const {
  return decisions_[i].reason == Reason::answered &&
         decisions_[i].disposition == Disposition::pass && recipients_[i].answered;
}

bool Transaction::any_passes_by_answer() const {
  for (std::size_t i = 0; i < decisions_.size(); ++i)
    if (passes_by_answer(i)) return true;
  return false;
}

/// Tells of what this mail answers by reply. Who observes is not delayed for it.
std::optional<Verdict> Transaction::tell_answered() {
  const Status told = replies_.tell(decisions_, recipients_, queue_id_, within(kAsk));
  if (told) return std::nullopt;
  if (!is_only_watched()) return not_held(try_later_reply(), told.error().detail);
  log::warning("answer not told", {{"queue_id", queue_id_}, {"error", told.error().detail}});
  return std::nullopt;
}

/// Tells of what it answers for others than those who block its author.
void Transaction::tell_despite_block() {
  replies_.tell_despite_block(facts_, decisions_, recipients_, queue_id_, within(kAsk));
}

/// An answer lets one message pass, not two that come at once. Returns what to say to the other.
std::optional<Verdict> Transaction::spend_answers() {
  for (std::size_t i = 0; i < decisions_.size(); ++i) {
    if (!passes_by_answer(i)) continue;
    const auto may = correspondence_.spend(recipients_[i], within(kAsk));
    if (!may) return not_held(try_later_reply(), may.error().detail);
    if (!*may) return spent_on_another(i);
  }
  return std::nullopt;
}

/// Whoever has been deferred has a page, which is to say what became of the message.
void Transaction::settle_deferred() {
  for (std::size_t i = 0; i < recipients_.size(); ++i) {
    const bool held = std::ranges::find(plan_.held, i) != plan_.held.end();
    if (held || decisions_[i].disposition == Disposition::pass)
      correspondence_.settle(recipients_[i], held, within(kAsk));
    if (is_from_known(decisions_[i])) correspondence_.remember_way(recipients_[i], within(kAsk));
  }
}

/// The answer of recipient `i` let another message pass meanwhile.
Verdict Transaction::spent_on_another(std::size_t i) {
  // One reply can speak of one recipient; and who defers, defers at the next try.
  if (recipients_.size() > 1 || recipients_[i].policy.mode == Mode::defer ||
      facts_.page != PageState::up)
    return not_held(try_later_reply(), "the answer was spent on another message");
  decisions_[i].disposition = Disposition::refuse;
  decisions_[i].reason = Reason::first_contact;
  Question question = correspondence_.question_to({i}, facts_, envelope_, recipients_);
  if (auto& before = question.recipients.front().before) before->state = AskedRecord::State::spent;
  return ask(question);
}

}  // namespace countersign
