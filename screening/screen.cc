// SPDX-License-Identifier: Apache-2.0
#include "screening/screen.h"

#include <algorithm>

#include "screening/known_contact.h"
#include "screening/permit.h"

namespace countersign {
namespace {

using enum Disposition;
using Judgement = std::optional<Disposition>;  // none: the rule does not match

bool authenticated(const Facts& facts) { return !facts.authentication.fingerprint.empty(); }

/// What befalls mail that only lacks its authentication: while something is out of service that is
/// a doubt, and the sending MTA keeps it (law 1).
Disposition unless_unsure(const Facts& facts, Disposition disposition) {
  return facts.authentication.unsure ? defer : disposition;
}

const ContactEntry* entry_with(Standing standing, const RecipientFacts& recipient) {
  const ContactMatch* match = effective_match(recipient.knowledge);
  return match != nullptr && match->entry.standing == standing ? &match->entry : nullptr;
}

Judgement internal(const Facts& facts, const RecipientFacts&) {
  return facts.internal ? Judgement(pass) : std::nullopt;
}

Judgement unprotected(const Facts&, const RecipientFacts& recipient) {
  return recipient.is_protected ? std::nullopt : Judgement(pass);
}

Judgement exempt(const Facts&, const RecipientFacts& recipient) {
  return recipient.exempt ? Judgement(pass) : std::nullopt;
}

Judgement paused(const Facts& facts, const RecipientFacts&) {
  return facts.paused ? Judgement(pass) : std::nullopt;
}

Judgement unscreened(const Facts&, const RecipientFacts& recipient) {
  return recipient.unknown ? Judgement(defer) : std::nullopt;
}

Judgement blocked(const Facts&, const RecipientFacts& recipient) {
  if (entry_with(Standing::deny, recipient) == nullptr) return std::nullopt;
  return recipient.policy.blocked;
}

Judgement infected(const Facts& facts, const RecipientFacts&) {
  return facts.infected ? Judgement(hold_silently) : std::nullopt;
}

Judgement token(const Facts&, const RecipientFacts& recipient) {
  return recipient.token == TokenUse::valid ? Judgement(pass) : std::nullopt;
}

Judgement token_refused(const Facts& facts, const RecipientFacts& recipient) {
  if (recipient.token == TokenUse::none) return std::nullopt;
  return recipient.token == TokenUse::stranger ? unless_unsure(facts, refuse) : refuse;
}

Judgement own_domain(const Facts& facts, const RecipientFacts&) {
  // Where nobody looks, nothing is known to be forged.
  if (!facts.author_domain_protected || !facts.authentication.checked) return std::nullopt;
  return authenticated(facts) ? pass : unless_unsure(facts, hold_silently);
}

Judgement contact(const Facts& facts, const RecipientFacts& recipient) {
  if (authenticated_contact(facts, recipient.knowledge) != nullptr ||
      !list_written_to(facts, recipient.knowledge).empty())
    return pass;
  const ContactEntry* named = entry_with(Standing::allow, recipient);
  const bool unsure =
      named != nullptr && (facts.authentication.unsure || is_unsure_of_network(facts, *named));
  return unsure ? Judgement(defer) : std::nullopt;
}

Judgement forged_contact(const Facts& facts, const RecipientFacts& recipient) {
  const ContactEntry* entry = entry_with(Standing::allow, recipient);
  // A contact known by address only has nothing to mismatch: he is a stranger until authenticated.
  if (entry == nullptr || entry->fingerprints.empty() || !facts.authentication.checked)
    return std::nullopt;
  return hold_silently;
}

Judgement unauthentic(const Facts& facts, const RecipientFacts& recipient) {
  if (!facts.authentication.dmarc_failed) return std::nullopt;
  // A machine strikes an address off at the first 5yz, so it gets none that nobody asked for.
  return facts.machine_mark.empty() ? recipient.policy.unauthentic : hold_silently;
}

Judgement reply(const Facts& facts, const RecipientFacts& recipient) {
  if (!recipient.knowledge.replied) return std::nullopt;
  if (authenticated(facts)) return pass;
  return facts.authentication.unsure ? Judgement(defer) : std::nullopt;
}

Judgement bounce(const Facts& facts, const RecipientFacts& recipient) {
  return facts.null_reverse_path && recipient.knowledge.returned ? Judgement(pass) : std::nullopt;
}

Judgement expected(const Facts& facts, const RecipientFacts& recipient) {
  if (!recipient.knowledge.expected) return std::nullopt;
  if (authenticated(facts)) return pass;
  return facts.authentication.unsure ? Judgement(defer) : std::nullopt;
}

Judgement malformed(const Facts& facts, const RecipientFacts&) {
  return facts.author.problem != FromProblem::none ? Judgement(hold_silently) : std::nullopt;
}

Judgement machine(const Facts& facts, const RecipientFacts& recipient) {
  return facts.machine_mark.empty() ? std::nullopt : Judgement(recipient.policy.machines);
}

Judgement spam(const Facts& facts, const RecipientFacts&) {
  return facts.spam ? Judgement(hold_silently) : std::nullopt;
}

Judgement forwarded(const Facts& facts, const RecipientFacts&) {
  return facts.forwarded ? Judgement(hold_silently) : std::nullopt;
}

Judgement answered(const Facts& facts, const RecipientFacts& recipient) {
  if (recipient.policy.mode == Mode::observe) return std::nullopt;
  if (recipient.answered) return pass;
  if (!recipient.replies || !may_answer(facts)) return std::nullopt;
  return authenticated(facts) ? pass : defer;
}

Judgement first_contact(const Facts& facts, const RecipientFacts& recipient) {
  const Policy& policy = recipient.policy;
  if (policy.challenge_from && facts.spam_score && *facts.spam_score < *policy.challenge_from)
    return pass;
  // Without authentication no answer could make a contact: such a site may only file aside.
  if (!facts.authentication.checked) return aside;
  switch (policy.mode) {
    case Mode::aside:
      return aside;
    case Mode::refuse:
      return unless_unsure(facts, refuse);
    case Mode::defer:
      if (recipient.waits) return defer;
      break;
    case Mode::observe:
    case Mode::hold:
      break;
  }
  return policy.keep ? Judgement(hold) : unless_unsure(facts, refuse);
}

struct Rule {
  Reason reason;
  Judgement (*judge)(const Facts&, const RecipientFacts&);
};

// The order is the policy. A rule may delay mail (defer leaves it with the sending MTA), but none
// may lose it.
constexpr Rule kRules[] = {
    {Reason::internal, internal},            // 1
    {Reason::unprotected, unprotected},      // 2
    {Reason::exempt, exempt},                // 3
    {Reason::paused, paused},                // the operator's word over all that follows
    {Reason::unscreened, unscreened},        // without the store no rule that follows can be judged
    {Reason::blocked, blocked},              // 4
    {Reason::infected, infected},            // 5
    {Reason::token, token},                  // 6
    {Reason::token_refused, token_refused},  // 7
    {Reason::own_domain, own_domain},        // 8
    {Reason::contact, contact},              // 9
    {Reason::forged_contact, forged_contact},  // 10
    {Reason::unauthentic, unauthentic},        // 11
    {Reason::reply, reply},                    // 12
    {Reason::bounce, bounce},                  // 13
    {Reason::expected, expected},              // 14
    {Reason::malformed, malformed},            // 15
    {Reason::machine, machine},                // 16
    {Reason::spam, spam},                      // 17
    {Reason::forwarded, forwarded},            // 18
    {Reason::answered, answered},              // what an answer to rule 19 did
    {Reason::first_contact, first_contact},    // 19
};

/// Whether what became of a reply lets it count as an answer.
bool is_heard(const Decision& decision) {
  if (decision.disposition != pass) return false;
  switch (decision.reason) {
    case Reason::answered:
    case Reason::contact:
    case Reason::reply:
    case Reason::expected:
    case Reason::own_domain:
      return true;
    case Reason::first_contact:  // in mode observe, or as its score is low
      return true;
    default:
      return false;
  }
}

/// Mode `observe`: the mail passes, and tells what would have happened.
Decision observed(Decision decision, const Facts& facts) {
  decision.would = decision.disposition;
  decision.disposition = pass;
  // A bounce is written by its MTA, whom nobody corresponds with.
  const bool stranger = decision.reason == Reason::first_contact ||
                        (decision.reason == Reason::machine && !facts.null_reverse_path);
  decision.learn_author = stranger && authenticated(facts);
  return decision;
}

}  // namespace

bool may_answer(const Facts& facts) {
  return (authenticated(facts) || facts.authentication.unsure) && facts.machine_mark.empty() &&
         !facts.null_reverse_path && !facts.forwarded && !facts.infected && !facts.spam;
}

bool waits_at_sender(const Facts& facts, const RecipientFacts& recipient) {
  if (recipient.policy.mode != Mode::defer || !recipient.is_protected || recipient.exempt ||
      recipient.unknown || recipient.address_token || recipient.reply_address || recipient.answered)
    return false;
  if (facts.internal || facts.paused || facts.null_reverse_path || facts.from_relay ||
      facts.forwarded || !facts.machine_mark.empty() || !facts.authentication.checked ||
      facts.page == PageState::long_down)
    return false;
  // What is expected may come by any reverse-path: whose it is its From will tell.
  const auto& windows = recipient.knowledge.windows;
  const bool expecting = std::any_of(windows.begin(), windows.end(), [&](const Permit& window) {
    return use_of(window, window.bound_to, facts.arrived, false) == TokenUse::valid;
  });
  return recipient.knowledge.matches.empty() && !recipient.knowledge.replied && !expecting;
}

bool is_from_known(const Decision& decision) {
  return decision.disposition == pass && !decision.would &&
         (decision.reason == Reason::contact || decision.reason == Reason::own_domain ||
          decision.reason == Reason::reply);
}

Decision screen(const Facts& facts, const RecipientFacts& recipient) {
  Decision decision;
  for (const Rule& rule : kRules) {
    const Judgement judgement = rule.judge(facts, recipient);
    if (!judgement) continue;
    decision.disposition = *judgement;
    decision.reason = rule.reason;
    break;
  }
  const bool passes = decision.disposition == pass;
  if (passes && decision.reason == Reason::contact) {
    const ContactMatch* match = authenticated_contact(facts, recipient.knowledge);
    decision.learn_fingerprint = match != nullptr && lacks_domain(match->entry) &&
                                 !fingerprint_to_take(*match, facts).empty();
    decision.learn_list = match == nullptr;
  }
  decision.spend_token = passes && decision.reason == Reason::token;
  decision.spend_window = passes && decision.reason == Reason::expected;
  // Who answered for the reverse-path is that author, where it is his.
  decision.learn_author = passes && (decision.reason == Reason::reply ||
                                     (decision.reason == Reason::answered && recipient.answered &&
                                      authenticated(facts) && facts.reverse_path_is_author));
  if (recipient.policy.mode == Mode::observe &&
      (!passes || decision.reason == Reason::first_contact))
    decision = observed(decision, facts);
  decision.answers_held =
      recipient.replies && authenticated(facts) && may_answer(facts) && is_heard(decision);
  return decision;
}

}  // namespace countersign
