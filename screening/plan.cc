// SPDX-License-Identifier: Apache-2.0
#include "screening/plan.h"

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>

#include "screening/replies.h"

namespace countersign {
namespace {

/// A joining in progress: the recipients, sorted by what becomes of them.
struct Sorted {
  std::vector<std::size_t> passing;
  std::vector<std::size_t> held;
  std::vector<std::size_t> refused;
  std::vector<std::size_t> asked;    ///< first contacts in mode refuse
  std::vector<std::size_t> waiting;  ///< first contacts in mode defer
  bool any_deferred = false;
  bool any_silent = false;
};

Sorted sort(std::span<const RecipientFacts> recipients, std::span<const Decision> decisions) {
  Sorted out;
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    switch (decisions[i].disposition) {
      case Disposition::pass:
      case Disposition::aside:
        out.passing.push_back(i);
        break;
      case Disposition::hold_silently:
        out.any_silent = true;
        [[fallthrough]];
      case Disposition::hold:
        out.held.push_back(i);
        break;
      case Disposition::refuse:
        (decisions[i].reason == Reason::first_contact ? out.asked : out.refused).push_back(i);
        break;
      case Disposition::defer:
        if (decisions[i].reason == Reason::first_contact && recipients[i].waits)
          out.waiting.push_back(i);
        else
          out.any_deferred = true;
        break;
    }
  }
  return out;
}

/// Holds for those whom a reply with the URL would speak of, where there can be none.
void hold_the_asked(Sorted& sorted) {
  for (auto* list : {&sorted.asked, &sorted.waiting}) {
    sorted.held.insert(sorted.held.end(), list->begin(), list->end());
    list->clear();
  }
  std::sort(sorted.held.begin(), sorted.held.end());
}

/// The answer that keeps nothing and names the URL; nothing where there is none to give.
std::optional<Handling> answer_with_url(const Sorted& sorted) {
  if (!sorted.waiting.empty()) return Handling::wait;
  if (sorted.asked.empty() || !sorted.passing.empty() || !sorted.held.empty()) return std::nullopt;
  return Handling::ask;
}

/// Returns the reason of the earliest rule, among those who hold silently if there are any: they
/// are what an answer must not touch.
Reason reason_to_hold(const Sorted& sorted, std::span<const Decision> decisions) {
  Reason earliest = Reason::first_contact;
  for (const std::size_t i : sorted.held)
    if (!sorted.any_silent || decisions[i].disposition == Disposition::hold_silently)
      earliest = std::min(earliest, decisions[i].reason);
  return earliest;
}

bool may_go_by_mail(const Facts& facts, std::span<const RecipientFacts> recipients,
                    const Sorted& sorted) {
  return facts.mail_channel && facts.authentication.spf_aligned && facts.reverse_path_is_author &&
         std::all_of(sorted.held.begin(), sorted.held.end(),
                     [&](std::size_t i) { return recipients[i].named; });
}

/// A challenge, were the page up.
Challenge wanted_challenge(const Facts& facts, std::span<const RecipientFacts> recipients,
                           const Sorted& sorted) {
  // A relay of ours would make a bounce of a 554, to whoever was forged (law 2).
  if (sorted.held.empty() || sorted.any_silent || facts.from_relay) return Challenge::none;
  if (may_go_by_mail(facts, recipients, sorted)) return Challenge::by_mail;
  return sorted.passing.empty() ? Challenge::in_reply : Challenge::none;
}

/// Whether a report of ours reaches the author, and nobody else: his own server wrote to us.
bool may_be_told(const Facts& facts) {
  return facts.authentication.spf_aligned && facts.reverse_path_is_author && !facts.from_relay &&
         facts.machine_mark.empty();
}

std::string field_for(const Facts& facts, std::span<const RecipientFacts> recipients,
                      std::span<const Decision> decisions, const Sorted& sorted) {
  const bool incoming =
      !facts.internal && std::any_of(sorted.passing.begin(), sorted.passing.end(),
                                     [&](std::size_t i) { return recipients[i].is_protected; });
  if (!incoming) return {};
  if (sorted.passing.size() > 1) {
    // One copy goes to all: it is filed apart only where nobody whom we protect knows its author.
    const bool aside =
        std::all_of(sorted.passing.begin(), sorted.passing.end(), [&](std::size_t i) {
          return !recipients[i].is_protected || decisions[i].disposition == Disposition::aside;
        });
    return field_value_for_several(aside ? Disposition::aside : Disposition::pass);
  }
  return field_value(decisions[sorted.passing.front()], facts.authentication.fingerprint);
}

Scope scope_of(Level level, const Mailbox& owner) {
  switch (level) {
    case Level::mailbox:
      return {level, owner.key()};
    case Level::domain:
      return {level, owner.domain()};
    case Level::site:
      break;
  }
  return {Level::site, ""};
}

std::vector<Lesson> lessons_of(const Facts& facts, std::span<const RecipientFacts> recipients,
                               std::span<const Decision> decisions) {
  std::vector<Lesson> lessons;
  std::set<std::tuple<Level, std::string, std::string>> seen;
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    const RecipientFacts& recipient = recipients[i];
    if (!recipient.owner) continue;
    Lesson lesson;
    lesson.entry.source = "observed";
    lesson.entry.fingerprints = {facts.authentication.fingerprint};
    lesson.entry.created = lesson.entry.seen = facts.arrived;
    lesson.scope = scope_of(Level::mailbox, *recipient.owner);
    if (decisions[i].learn_author && facts.author.mailbox) {
      lesson.subject = "a:" + facts.author.mailbox->address();
      if (decisions[i].reason == Reason::reply) lesson.entry.source = "learnt";
      if (decisions[i].reason == Reason::answered) lesson.entry.source = "answered";
    } else if (decisions[i].learn_fingerprint) {
      const ContactMatch* match = authenticated_contact(facts, recipient.knowledge);
      lesson.scope = scope_of(match->level, *recipient.owner);
      lesson.subject = match->subject;
      lesson.entry.source = match->entry.source;
      lesson.entry.fingerprints = {fingerprint_to_take(*match, facts)};
    } else if (decisions[i].learn_list) {
      lesson.subject = "l:" + facts.list_id;
      lesson.entry.source = "learnt";
      lesson.entry.fingerprints = {list_written_to(facts, recipient.knowledge)};
    } else {
      continue;
    }
    // Two recipients may have one owner, or one domain's entry.
    if (seen.emplace(lesson.scope.level, lesson.scope.name, lesson.subject).second)
      lessons.push_back(std::move(lesson));
  }
  return lessons;
}

}  // namespace

Plan plan(const Facts& facts, std::span<const RecipientFacts> recipients,
          std::span<const Decision> decisions) {
  Plan out;
  Sorted sorted = sort(recipients, decisions);
  const bool nobody_gets_it = sorted.passing.empty();
  if (sorted.any_deferred) return out;
  if (const auto answer = answer_with_url(sorted); answer && facts.page != PageState::long_down) {
    if (facts.page == PageState::down) return out;
    out.answer = *answer;
    out.asked = std::move(*answer == Handling::wait ? sorted.waiting : sorted.asked);
    return out;
  }
  hold_the_asked(sorted);
  const Challenge challenge = wanted_challenge(facts, recipients, sorted);
  if (challenge != Challenge::none && facts.page == PageState::down && nobody_gets_it) return out;

  if (facts.page == PageState::up) out.challenge = challenge;
  out.held_reason = reason_to_hold(sorted, decisions);
  if (nobody_gets_it) {
    out.answer = sorted.held.empty() ? Handling::refuse : Handling::keep;
  } else {
    out.deleted = sorted.held;
    out.deleted.insert(out.deleted.end(), sorted.refused.begin(), sorted.refused.end());
    out.field = field_for(facts, recipients, decisions, sorted);
    out.answer = out.field.empty() && out.deleted.empty() ? Handling::accept : Handling::deliver;
    out.lessons = lessons_of(facts, recipients, decisions);
  }
  if (out.answer != Handling::refuse && may_be_told(facts)) out.reported = sorted.refused;
  out.held = std::move(sorted.held);
  return out;
}

}  // namespace countersign
