// SPDX-License-Identifier: Apache-2.0
//
// One row for each rule, and for each pair of rules whose order matters.
#include "screening/screen.h"

#include <cppunit/extensions/HelperMacros.h>

#include <functional>

#include "tests/support/screening_facts.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

using enum Disposition;
using test::allow;
using test::deny;
using test::Scene;

/// What a row changes of test::stranger(): an authenticated person whom nobody knows, who writes to
/// a protected mailbox in mode `hold`.
struct Row {
  const char* name;
  std::function<void(Scene&)> change;
  Decision want;
};

Decision decided(Disposition disposition, Reason reason) {
  Decision out;
  out.disposition = disposition;
  out.reason = reason;
  return out;
}

Decision watched(Disposition would, Reason reason, bool learn_author) {
  Decision out = decided(pass, reason);
  out.would = would;
  out.learn_author = learn_author;
  return out;
}

Decision awaited() {
  Decision out = decided(pass, Reason::expected);
  out.spend_window = true;
  return out;
}

Decision taking_fingerprint() {
  Decision out = decided(pass, Reason::contact);
  out.learn_fingerprint = true;
  return out;
}

void internal(Scene& s) { s.facts.internal = true; }
void paused(Scene& s) { s.facts.paused = true; }
void unprotected(Scene& s) { s.recipient.is_protected = false; }
void exempt(Scene& s) { s.recipient.exempt = true; }
void unknown(Scene& s) { s.recipient.unknown = true; }
void blocked(Scene& s) { s.recipient.knowledge.matches = {deny(Level::mailbox)}; }
void own_domain(Scene& s) { s.facts.author_domain_protected = true; }
void contact(Scene& s) { s.recipient.knowledge.matches = {allow(Level::mailbox, "example.com")}; }
void unauthenticated(Scene& s) { s.facts.authentication.fingerprint.clear(); }
void unsure(Scene& s) {
  unauthenticated(s);
  s.facts.authentication.unsure = true;
}
void nobody_looks(Scene& s) { s.facts.authentication = {}; }
void address_only(Scene& s) { s.recipient.knowledge.matches = {allow(Level::mailbox, "")}; }
void forged(Scene& s) {
  contact(s);
  unauthenticated(s);
}
void dmarc_fails(Scene& s) { s.facts.authentication.dmarc_failed = true; }
void malformed(Scene& s) { s.facts.author = {std::nullopt, FromProblem::several}; }
void machine(Scene& s) { s.facts.machine_mark = "auto-submitted"; }
void bounce(Scene& s) {
  s.facts.null_reverse_path = true;
  s.facts.machine_mark = "null-reverse-path";
}
void infected(Scene& s) { s.facts.infected = true; }
void token(Scene& s) { s.recipient.token = TokenUse::valid; }
void old_token(Scene& s) { s.recipient.token = TokenUse::over; }
void strangers_token(Scene& s) { s.recipient.token = TokenUse::stranger; }
void replied(Scene& s) { s.recipient.knowledge.replied = true; }
void returned(Scene& s) {
  bounce(s);
  s.recipient.knowledge.returned = true;
}
void expected(Scene& s) { s.recipient.knowledge.expected = true; }
void spam(Scene& s) { s.facts.spam = true; }
void forwarded(Scene& s) { s.facts.forwarded = true; }
void observe(Scene& s) { s.recipient.policy.mode = Mode::observe; }
void aside_mode(Scene& s) { s.recipient.policy.mode = Mode::aside; }

void refuse_mode(Scene& s) { s.recipient.policy.mode = Mode::refuse; }
void keeps_nothing(Scene& s) { s.recipient.policy.keep = false; }
void defer_mode(Scene& s) { s.recipient.policy.mode = Mode::defer; }
void waits(Scene& s) { s.recipient.waits = true; }
void answered(Scene& s) { s.recipient.answered = true; }
void score_below(Scene& s) {
  s.recipient.policy.challenge_from = 4.5;
  s.facts.spam_score = 4.4;
}
void score_at(Scene& s) {
  score_below(s);
  s.facts.spam_score = 4.5;
}
void other_path(Scene& s) { s.facts.reverse_path_is_author = false; }

Decision let_in(bool learn_author) {
  Decision out = decided(pass, Reason::answered);
  out.learn_author = learn_author;
  return out;
}

Decision spending() {
  Decision out = decided(pass, Reason::token);
  out.spend_token = true;
  return out;
}
Decision learning() {
  Decision out = decided(pass, Reason::reply);
  out.learn_author = true;
  return out;
}

template <class... Changes>
std::function<void(Scene&)> all(Changes... changes) {
  return [=](Scene& s) { (changes(s), ...); };
}

const Row kRows[] = {
    // Each rule
    {"1: mail of an authenticated client passes", internal, decided(pass, Reason::internal)},
    {"2: mail to a domain that is not protected passes", unprotected,
     decided(pass, Reason::unprotected)},
    {"3: a mailbox that must be reached is reached", exempt, decided(pass, Reason::exempt)},
    {"the operator's pause lets all pass", paused, decided(pass, Reason::paused)},
    {"without the store mail waits with its sender", unknown, decided(defer, Reason::unscreened)},
    {"without the store mail passes where it is only watched", all(unknown, observe),
     watched(defer, Reason::unscreened, false)},
    {"4: a denied author is refused", blocked, decided(refuse, Reason::blocked)},
    {"4: or held silently, by policy",
     all(blocked, [](Scene& s) { s.recipient.policy.blocked = hold_silently; }),
     decided(hold_silently, Reason::blocked)},
    {"5: malware is held silently", infected, decided(hold_silently, Reason::infected)},
    {"5: malware passes where mail is only watched", all(infected, observe),
     watched(hold_silently, Reason::infected, false)},
    {"6: a token's mail passes and spends one use", token, spending()},
    {"6: a token needs no author that is authenticated", all(token, unauthenticated), spending()},
    {"6: a use is a use in mode observe too", all(token, observe), spending()},
    {"7: a token that is over is refused", old_token, decided(refuse, Reason::token_refused)},
    {"7: a token in a stranger's hands is refused", strangers_token,
     decided(refuse, Reason::token_refused)},
    {"7: a refused token passes where mail is only watched", all(old_token, observe),
     watched(refuse, Reason::token_refused, false)},
    {"8: one of ours from outside passes when authenticated", own_domain,
     decided(pass, Reason::own_domain)},
    {"8: and is held silently when not", all(own_domain, unauthenticated),
     decided(hold_silently, Reason::own_domain)},
    {"8: where nobody looks, one of ours is nobody's forgery",
     all(own_domain, nobody_looks, aside_mode), decided(aside, Reason::first_contact)},
    {"8: and waits with its sender when nobody could find out", all(own_domain, unsure),
     decided(defer, Reason::own_domain)},
    {"7: a token whose holder nobody could find out is not refused", all(strangers_token, unsure),
     decided(defer, Reason::token_refused)},
    {"7: a token that is over is, whoever holds it", all(old_token, unsure),
     decided(refuse, Reason::token_refused)},
    {"9: a contact of whom nobody could find out waits with his sender", all(contact, unsure),
     decided(defer, Reason::contact)},
    {"9: so does one known by address only", all(address_only, unsure),
     decided(defer, Reason::contact)},
    {"9: where mail is only watched he does not", all(contact, unsure, observe),
     watched(defer, Reason::contact, false)},
    {"12: a reply of whom nobody could find out waits with its sender", all(replied, unsure),
     decided(defer, Reason::reply)},
    {"14: so does mail that is expected", all(expected, unsure),
     decided(defer, Reason::expected)},
    {"19: a stranger of whom nobody could find out is asked like any other", unsure,
     decided(hold, Reason::first_contact)},
    {"9: a contact with its fingerprint passes", contact, decided(pass, Reason::contact)},
    {"9: any of several fingerprints matches",
     all(contact,
         [](Scene& s) {
           s.recipient.knowledge.matches[0].entry.fingerprints = {"example.net", "example.com"};
         }),
     decided(pass, Reason::contact)},
    {"9: a contact known by address only passes when authenticated, and is known better then",
     address_only, taking_fingerprint()},
    {"9: a contact known by address only is a stranger when not authenticated",
     all(address_only, unauthenticated), decided(hold, Reason::first_contact)},
    {"9: a domain's entry lets its authors pass",
     [](Scene& s) {
       s.recipient.knowledge.matches = {allow(Level::site, "example.com")};
       s.recipient.knowledge.matches[0].subject = "d:example.com";
     },
     decided(pass, Reason::contact)},
    {"10: a contact without authentication is a forgery", forged,
     decided(hold_silently, Reason::forged_contact)},
    {"10: a contact with another fingerprint is a forgery",
     all(contact, [](Scene& s) { s.facts.authentication.fingerprint = "example.net"; }),
     decided(hold_silently, Reason::forged_contact)},
    {"10: where nobody looks, a contact is a stranger", all(contact, nobody_looks, aside_mode),
     decided(aside, Reason::first_contact)},
    {"11: mail that fails DMARC is held silently", dmarc_fails,
     decided(hold_silently, Reason::unauthentic)},
    {"11: or refused, by policy",
     all(dmarc_fails, [](Scene& s) { s.recipient.policy.unauthentic = refuse; }),
     decided(refuse, Reason::unauthentic)},
    {"12: an answer to one's own mail passes, and its author is learnt", replied, learning()},
    {"12: a public Message-ID helps no forger", all(replied, unauthenticated),
     decided(hold, Reason::first_contact)},
    {"13: a bounce of one's own mail passes", returned, decided(pass, Reason::bounce)},
    {"13: another bounce is a machine's mail", bounce, decided(hold_silently, Reason::machine)},
    {"13: what has a reverse-path is no bounce",
     [](Scene& s) { s.recipient.knowledge.returned = true; },
     decided(hold, Reason::first_contact)},
    {"14: whom the recipient expects passes, and takes a use", expected, awaited()},
    {"14: not who only says that he is the expected", all(expected, unauthenticated),
     decided(hold, Reason::first_contact)},
    {"15: mail without one author is held silently", malformed,
     decided(hold_silently, Reason::malformed)},
    {"16: a machine's mail is held silently", machine, decided(hold_silently, Reason::machine)},
    {"16: or filed aside, by policy",
     all(machine, [](Scene& s) { s.recipient.policy.machines = aside; }),
     decided(aside, Reason::machine)},
    {"17: spam is held silently", spam, decided(hold_silently, Reason::spam)},
    {"18: what somebody sent on is held silently", forwarded,
     decided(hold_silently, Reason::forwarded)},
    {"19: a stranger is held and challenged", [](Scene&) {}, decided(hold, Reason::first_contact)},
    {"19: authenticated or not", unauthenticated, decided(hold, Reason::first_contact)},
    {"19: in mode aside he is filed aside", aside_mode, decided(aside, Reason::first_contact)},
    {"19: where nobody looks nobody is held", nobody_looks, decided(aside, Reason::first_contact)},

    // Order
    {"1 before 2", all(internal, unprotected), decided(pass, Reason::internal)},
    {"1 before 4: what the recipient denies still leaves the house", all(internal, blocked),
     decided(pass, Reason::internal)},
    {"2 before 4", all(unprotected, blocked), decided(pass, Reason::unprotected)},
    {"2 before the pause", all(unprotected, paused), decided(pass, Reason::unprotected)},
    {"3 before 4: postmaster denies nobody", all(exempt, blocked), decided(pass, Reason::exempt)},
    {"3 before the store's failure", all(exempt, unknown), decided(pass, Reason::exempt)},
    {"3 before 15", all(exempt, malformed), decided(pass, Reason::exempt)},
    {"the pause before the store's failure", all(paused, unknown), decided(pass, Reason::paused)},
    {"the pause before 4", all(paused, blocked), decided(pass, Reason::paused)},
    {"the store's failure before 8", all(unknown, own_domain), decided(defer, Reason::unscreened)},
    {"the store's failure before 15", all(unknown, malformed), decided(defer, Reason::unscreened)},
    {"3 before 5: what postmaster gets is for the MTA's milters", all(exempt, infected),
     decided(pass, Reason::exempt)},
    {"3 before 7", all(exempt, old_token), decided(pass, Reason::exempt)},
    {"the store's failure before 7", all(unknown, old_token), decided(defer, Reason::unscreened)},
    {"4 before 5", all(blocked, infected), decided(refuse, Reason::blocked)},
    {"4 before 6: a token does not let a blocked author in", all(blocked, token),
     decided(refuse, Reason::blocked)},
    {"4 before 12", all(blocked, replied), decided(refuse, Reason::blocked)},
    {"4 before 14", all(blocked, expected), decided(refuse, Reason::blocked)},
    {"5 before 6", all(infected, token), decided(hold_silently, Reason::infected)},
    {"5 before 7", all(infected, old_token), decided(hold_silently, Reason::infected)},
    {"5 before 9: a friend's virus is a virus", all(infected, contact),
     decided(hold_silently, Reason::infected)},
    {"5 before 12", all(infected, replied), decided(hold_silently, Reason::infected)},
    {"6 before 8", all(token, own_domain, unauthenticated), spending()},
    {"6 before 9: a use is spent by contacts too", all(token, contact), spending()},
    {"6 before 10", all(token, forged), spending()},
    {"6 before 11", all(token, dmarc_fails), spending()},
    {"6 before 15", all(token, malformed), spending()},
    {"6 before 16: that is what tokens are for", all(token, machine), spending()},
    {"6 before 17", all(token, spam), spending()},
    {"7 before 9", all(old_token, contact), decided(refuse, Reason::token_refused)},
    {"7 before 16", all(old_token, machine), decided(refuse, Reason::token_refused)},
    {"7 before 19", all(strangers_token), decided(refuse, Reason::token_refused)},
    {"8 before 12", all(own_domain, unauthenticated, replied),
     decided(hold_silently, Reason::own_domain)},
    {"9 before 12", all(contact, replied), decided(pass, Reason::contact)},
    {"9 before 17: what a friend writes is no spam", all(contact, spam),
     decided(pass, Reason::contact)},
    {"9 before 18", all(contact, forwarded), decided(pass, Reason::contact)},
    {"10 before 12", all(forged, replied), decided(hold_silently, Reason::forged_contact)},
    {"10 before 14", all(forged, expected), decided(hold_silently, Reason::forged_contact)},
    {"11 before 12", all(dmarc_fails, replied), decided(hold_silently, Reason::unauthentic)},
    {"11 before 13", all(dmarc_fails, returned), decided(hold_silently, Reason::unauthentic)},
    {"11 before 14", all(dmarc_fails, expected), decided(hold_silently, Reason::unauthentic)},
    {"11 before 17", all(dmarc_fails, spam), decided(hold_silently, Reason::unauthentic)},
    {"12 before 14", all(replied, expected), learning()},
    {"12 before 16: an answer by a machine", all(replied, machine), learning()},
    {"12 before 17", all(replied, spam), learning()},
    {"12 before 18", all(replied, forwarded), learning()},
    {"13 before 15: a bounce may come without a From that is a mailbox", all(returned, malformed),
     decided(pass, Reason::bounce)},
    {"13 before 17", all(returned, spam), decided(pass, Reason::bounce)},
    {"14 before 16", all(expected, machine), awaited()},
    {"14 before 17", all(expected, spam), awaited()},
    {"14 before 18", all(expected, forwarded), awaited()},
    {"15 before 17", all(malformed, spam), decided(hold_silently, Reason::malformed)},
    {"16 before 17", all(machine, spam), decided(hold_silently, Reason::machine)},
    {"16 before 18", all(machine, forwarded), decided(hold_silently, Reason::machine)},
    {"17 before 18", all(spam, forwarded), decided(hold_silently, Reason::spam)},
    {"17 before 19: spam is not challenged", all(spam, aside_mode),
     decided(hold_silently, Reason::spam)},
    {"18 before 19: forwarders are not challenged", all(forwarded, aside_mode),
     decided(hold_silently, Reason::forwarded)},
    {"4 before 8", all(blocked, own_domain), decided(refuse, Reason::blocked)},
    {"4 before 11", all(blocked, dmarc_fails), decided(refuse, Reason::blocked)},
    {"4 before 16", all(blocked, machine), decided(refuse, Reason::blocked)},
    {"8 before 9", all(own_domain, contact), decided(pass, Reason::own_domain)},
    {"8 before 10", all(own_domain, forged), decided(hold_silently, Reason::own_domain)},
    {"8 before 11", all(own_domain, dmarc_fails), decided(pass, Reason::own_domain)},
    {"8 before 16", all(own_domain, machine), decided(pass, Reason::own_domain)},
    {"9 before 11", all(contact, dmarc_fails), decided(pass, Reason::contact)},
    {"9 before 16: a newsletter one knows passes", all(contact, machine),
     decided(pass, Reason::contact)},
    {"10 before 11", all(forged, dmarc_fails), decided(hold_silently, Reason::forged_contact)},
    {"10 before 16", all(forged, machine), decided(hold_silently, Reason::forged_contact)},
    {"11 before 15", all(dmarc_fails, malformed), decided(hold_silently, Reason::unauthentic)},
    {"11 before 16: machines may be filed aside, forgeries not",
     all(dmarc_fails, machine, [](Scene& s) { s.recipient.policy.machines = aside; }),
     decided(hold_silently, Reason::unauthentic)},
    {"11 before 19", all(dmarc_fails, unauthenticated),
     decided(hold_silently, Reason::unauthentic)},
    {"15 before 16", all(malformed, machine), decided(hold_silently, Reason::malformed)},
    {"16 before 19", all(machine, aside_mode), decided(hold_silently, Reason::machine)},

    // Modes refuse and defer, and what their answers do
    {"19: in mode refuse he is refused", refuse_mode, decided(refuse, Reason::first_contact)},
    {"19: in mode defer his server keeps it for now", all(defer_mode, waits),
     decided(defer, Reason::first_contact)},
    {"19: after its time it is held", defer_mode, decided(hold, Reason::first_contact)},
    {"19: who is not known for a doubt of ours is not refused",
     all(refuse_mode, unauthenticated,
         [](Scene& s) { s.facts.authentication.unsure = true; }),
     decided(defer, Reason::first_contact)},
    {"19: where nothing is kept he is refused", keeps_nothing,
     decided(refuse, Reason::first_contact)},
    {"19: where nothing is kept he is refused after he was deferred",
     all(defer_mode, keeps_nothing), decided(refuse, Reason::first_contact)},
    {"19: mode aside is the same where nothing is kept", all(aside_mode, keeps_nothing),
     decided(aside, Reason::first_contact)},
    {"16 before 19: a machine is held where nothing is kept", all(machine, keeps_nothing),
     decided(hold_silently, Reason::machine)},
    {"19: where nobody looks, no mode refuses or defers", all(nobody_looks, refuse_mode),
     decided(aside, Reason::first_contact)},
    {"16 before 19: a machine hears no 5yz in mode refuse", all(machine, refuse_mode),
     decided(hold_silently, Reason::machine)},
    {"16 before 19: nor does it wait in mode defer", all(machine, defer_mode, waits),
     decided(hold_silently, Reason::machine)},
    {"11: by policy what fails DMARC is refused",
     all(dmarc_fails, [](Scene& s) { s.recipient.policy.unauthentic = refuse; }),
     decided(refuse, Reason::unauthentic)},
    {"11: but no machine hears a 5yz for it",
     all(dmarc_fails, machine, [](Scene& s) { s.recipient.policy.unauthentic = refuse; }),
     decided(hold_silently, Reason::unauthentic)},
    {"who answered for the reverse-path and is authenticated is learnt", all(answered, defer_mode),
     let_in(true)},
    {"of another reverse-path he is not", all(answered, other_path), let_in(false)},
    {"who answered and is not authenticated has one message let in",
     all(answered, unauthenticated, refuse_mode), let_in(false)},
    {"10 before an answer: nobody answers for a contact", all(answered, forged),
     decided(hold_silently, Reason::forged_contact)},
    {"8 before an answer", all(answered, own_domain, unauthenticated),
     decided(hold_silently, Reason::own_domain)},
    {"11 before an answer", all(answered, dmarc_fails),
     decided(hold_silently, Reason::unauthentic)},
    {"5 before an answer", all(answered, infected), decided(hold_silently, Reason::infected)},
    {"16 before an answer", all(answered, machine), decided(hold_silently, Reason::machine)},
    {"17 before an answer", all(answered, spam), decided(hold_silently, Reason::spam)},
    {"18 before an answer", all(answered, forwarded), decided(hold_silently, Reason::forwarded)},
    {"observe: an answer is not spent", all(answered, observe),
     watched(hold, Reason::first_contact, true)},

    // Challenge only from a score on
    {"a first contact below the score passes", score_below, decided(pass, Reason::first_contact)},
    {"in every mode", all(score_below, refuse_mode, unauthenticated),
     decided(pass, Reason::first_contact)},
    {"from the score on he is challenged", score_at, decided(hold, Reason::first_contact)},
    {"without a score he is challenged",
     all(score_below, [](Scene& s) { s.facts.spam_score.reset(); }),
     decided(hold, Reason::first_contact)},
    {"10 before the score", all(score_below, forged),
     decided(hold_silently, Reason::forged_contact)},
    {"16 before the score", all(score_below, machine), decided(hold_silently, Reason::machine)},
    {"observe: what would pass by its score is learnt as ever", all(score_below, observe),
     watched(pass, Reason::first_contact, true)},

    // Lists
    {"the mailbox's allow beats the domain's deny",
     [](Scene& s) {
       s.recipient.knowledge.matches = {allow(Level::mailbox, "example.com"), deny(Level::domain)};
     },
     decided(pass, Reason::contact)},
    {"the mailbox's deny beats the site's allow",
     [](Scene& s) {
       s.recipient.knowledge.matches = {deny(Level::mailbox), allow(Level::site, "example.com")};
     },
     decided(refuse, Reason::blocked)},
    {"a final deny of the site beats the mailbox's allow",
     [](Scene& s) {
       s.recipient.knowledge.matches = {allow(Level::mailbox, "example.com"), deny(Level::site)};
       s.recipient.knowledge.matches[1].entry.final = true;
     },
     decided(refuse, Reason::blocked)},
    {"a final allow of the site beats the mailbox's deny",
     [](Scene& s) {
       s.recipient.knowledge.matches = {deny(Level::mailbox), allow(Level::site, "example.com")};
       s.recipient.knowledge.matches[1].entry.final = true;
     },
     decided(pass, Reason::contact)},
    {"the word final counts for the site only",
     [](Scene& s) {
       s.recipient.knowledge.matches = {allow(Level::mailbox, "example.com"), deny(Level::domain)};
       s.recipient.knowledge.matches[1].entry.final = true;
     },
     decided(pass, Reason::contact)},

    // Mode observe
    {"observe: a stranger passes and is learnt", observe,
     watched(hold, Reason::first_contact, true)},
    {"observe: a stranger who is not authenticated is not learnt", all(observe, unauthenticated),
     watched(hold, Reason::first_contact, false)},
    {"observe: a known machine is a contact to be", all(observe, machine),
     watched(hold_silently, Reason::machine, true)},
    {"observe: who wrote a bounce is not learnt", all(observe, bounce),
     watched(hold_silently, Reason::machine, false)},
    {"observe: a denied author passes and is not learnt", all(observe, blocked),
     watched(refuse, Reason::blocked, false)},
    {"observe: a forgery passes and is not learnt", all(observe, forged),
     watched(hold_silently, Reason::forged_contact, false)},
    {"observe: what fails DMARC passes and is not learnt", all(observe, dmarc_fails),
     watched(hold_silently, Reason::unauthentic, false)},
    {"observe: one of ours from outside passes and is not learnt",
     all(observe, own_domain, unauthenticated), watched(hold_silently, Reason::own_domain, false)},
    {"observe: mail without one author passes", all(observe, malformed),
     watched(hold_silently, Reason::malformed, false)},
    {"observe: a contact passes as ever", all(observe, contact), decided(pass, Reason::contact)},
    {"observe: a contact known by address only takes its fingerprint", all(observe, address_only),
     taking_fingerprint()},
    {"observe: mail to mailboxes that must be reached tells no would", all(observe, exempt),
     decided(pass, Reason::exempt)},
};

void check(const Row& row) {
  Scene scene = test::stranger();
  row.change(scene);
  const Decision got = screen(scene.facts, scene.recipient);
  CPPUNIT_ASSERT_EQUAL(std::string(word(row.want.reason)), std::string(word(got.reason)));
  CPPUNIT_ASSERT_EQUAL(std::string(word(row.want.disposition)), std::string(word(got.disposition)));
  CPPUNIT_ASSERT(row.want == got);
}

struct PolicyRow {
  const char* name;
  PolicyValues values;
  Policy want;
};

const PolicyRow kPolicyRows[] = {
    {"nothing set: the configuration's", {}, {}},
    {"a mode", {{"mode", "hold"}}, {.mode = Mode::hold}},
    {"no mode's word changes nothing", {{"mode", "loud"}}, {}},
    {"machines aside", {{"machines", "aside"}}, {.machines = aside}},
    {"blocked held", {{"blocked", "hold"}}, {.blocked = hold_silently}},
    {"unauthentic refused", {{"unauthentic", "refuse"}}, {.unauthentic = refuse}},
    {"a score", {{"challenge_from", "4.5"}}, {.challenge_from = 4.5}},
    {"no score's text changes nothing", {{"challenge_from", "much"}}, {}},
    {"a word of another key changes nothing", {{"machines", "refuse"}, {"blocked", "aside"}}, {}},
    {"keys of later versions change nothing", {{"colour", "blue"}}, {}},
};

void check_policy(const PolicyRow& row) {
  CPPUNIT_ASSERT(resolve_policy(Policy{}, row.values) == row.want);
}

/// Whether a first message of a person in mode defer waits, after a change.
struct WaitRow {
  const char* name;
  std::function<void(Scene&)> change;
  bool waits;
};

const WaitRow kWaitRows[] = {
    {"a first message waits", [](Scene&) {}, true},
    {"also one whose page is down for now: it is tried again",
     [](Scene& s) { s.facts.page = PageState::down; }, true},
    {"not in another mode", [](Scene& s) { s.recipient.policy.mode = Mode::hold; }, false},
    {"not of one of our users", internal, false},
    {"not in a pause", paused, false},
    {"not to others", unprotected, false},
    {"not to who must be reached", exempt, false},
    {"not without the store: the end of the header section will tell", unknown, false},
    {"not a bounce", bounce, false},
    {"not a machine", machine, false},
    {"not through a forwarder", forwarded, false},
    {"not through a relay of ours", [](Scene& s) { s.facts.from_relay = true; }, false},
    {"not where nobody looks", nobody_looks, false},
    {"not while the page is down for long", [](Scene& s) { s.facts.page = PageState::long_down; },
     false},
    {"not a known reverse-path", contact, false},
    {"not one that is denied: it is refused", blocked, false},
    {"not with a token, whatever it is good for",
     [](Scene& s) {
       s.recipient.address_token = AddressToken{
           test::mailbox("joe@example.org"), test::mailbox("joe@example.org"), "shop", "12345678"};
     },
     false},
    {"not while anything is expected: whose it is, From will tell",
     [](Scene& s) {
       s.recipient.knowledge.windows.emplace_back();
       s.recipient.knowledge.windows.back().bound_to = "bank.example";
     },
     false},
    {"what was expected until yesterday waits",
     [](Scene& s) {
       s.recipient.knowledge.windows.emplace_back();
       s.recipient.knowledge.windows.back().bound_to = "example.com";
       s.recipient.knowledge.windows.back().expires = s.facts.arrived - std::chrono::hours(24);
     },
     true},
    {"not who answered", answered, false},
};

void check_wait(const WaitRow& row) {
  Scene scene = test::stranger();
  scene.recipient.policy.mode = Mode::defer;
  row.change(scene);
  CPPUNIT_ASSERT_EQUAL(row.waits, waits_at_sender(scene.facts, scene.recipient));
}

/// Whose mail's way is remembered.
struct KnownRow {
  const char* name;
  Decision decision;
  bool known;
};

const KnownRow kKnownRows[] = {
    {"a contact", decided(pass, Reason::contact), true},
    {"one of us, from outside", decided(pass, Reason::own_domain), true},
    {"who answers our mail", decided(pass, Reason::reply), true},
    {"not who answered a challenge: his next is asked for", decided(pass, Reason::answered), false},
    {"not who is expected for now", decided(pass, Reason::expected), false},
    {"not a token's: it is in the address", decided(pass, Reason::token), false},
    {"not a bounce", decided(pass, Reason::bounce), false},
    {"not a stranger whose score is low", decided(pass, Reason::first_contact), false},
    {"not one of ours", decided(pass, Reason::internal), false},
    {"not in a pause, when anybody passes", decided(pass, Reason::paused), false},
    {"not to who must be reached", decided(pass, Reason::exempt), false},
    {"not a contact of whom it is not sure", decided(defer, Reason::contact), false},
    {"not one of us without proof", decided(hold_silently, Reason::own_domain), false},
    {"not what only passes as nobody is delayed", watched(defer, Reason::contact, false), false},
};

void check_known(const KnownRow& row) {
  CPPUNIT_ASSERT_EQUAL(row.known, is_from_known(row.decision));
}

class ScreenTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ScreenTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(values_set_over_other_defaults_win);
  CPPUNIT_TEST(the_page_is_down_after_a_minute_and_long_down_after_four_hours);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) {
    test::add_rows(context, kRows, check);
    test::add_rows(context, kPolicyRows, check_policy);
    test::add_rows(context, kWaitRows, check_wait);
    test::add_rows(context, kKnownRows, check_known);
  }

  void values_set_over_other_defaults_win() {
    const Policy defaults{
        .mode = Mode::hold, .machines = aside, .blocked = hold_silently, .unauthentic = refuse};
    const Policy want{.mode = Mode::observe,
                      .machines = hold_silently,
                      .blocked = refuse,
                      .unauthentic = hold_silently};
    CPPUNIT_ASSERT(resolve_policy(defaults, {{"mode", "observe"},
                                             {"machines", "hold"},
                                             {"blocked", "refuse"},
                                             {"unauthentic", "hold"}}) == want);
    CPPUNIT_ASSERT(resolve_policy(defaults, {}) == defaults);
  }

  void the_page_is_down_after_a_minute_and_long_down_after_four_hours() {
    CPPUNIT_ASSERT(page_state(milliseconds(0)) == PageState::up);
    CPPUNIT_ASSERT(page_state(seconds(60)) == PageState::up);
    CPPUNIT_ASSERT(page_state(milliseconds(60'001)) == PageState::down);
    CPPUNIT_ASSERT(page_state(std::chrono::hours(4)) == PageState::down);
    CPPUNIT_ASSERT(page_state(std::chrono::hours(4) + milliseconds(1)) == PageState::long_down);
    CPPUNIT_ASSERT(page_state(std::nullopt) == PageState::long_down);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(ScreenTest);

}  // namespace
}  // namespace countersign
