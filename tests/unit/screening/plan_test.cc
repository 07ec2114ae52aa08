// SPDX-License-Identifier: Apache-2.0
#include "screening/plan.h"

#include <cppunit/extensions/HelperMacros.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/support/screening_facts.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

using enum Disposition;
using Indexes = std::vector<std::size_t>;
using Change = std::function<void(Facts&, std::vector<RecipientFacts>&)>;

Decision decided(Disposition disposition, Reason reason) {
  Decision out;
  out.disposition = disposition;
  out.reason = reason;
  return out;
}

const Decision kContact = decided(pass, Reason::contact);
const Decision kUnprotected = decided(pass, Reason::unprotected);
const Decision kAside = decided(aside, Reason::first_contact);
const Decision kHold = decided(hold, Reason::first_contact);
const Decision kSilent = decided(hold_silently, Reason::machine);
const Decision kForged = decided(hold_silently, Reason::forged_contact);
const Decision kRefuse = decided(refuse, Reason::blocked);
const Decision kAsk = decided(refuse, Reason::first_contact);
const Decision kWait = decided(defer, Reason::first_contact);
const Decision kDefer = decided(defer, Reason::unscreened);

void as_they_are(Facts&, std::vector<RecipientFacts>&) {}
void by_mail(Facts& facts, std::vector<RecipientFacts>&) { facts.mail_channel = true; }
void page_down(Facts& facts, std::vector<RecipientFacts>&) { facts.page = PageState::down; }
void page_long_down(Facts& facts, std::vector<RecipientFacts>&) {
  facts.page = PageState::long_down;
}

template <class... Changes>
Change all(Changes... changes) {
  return [=](Facts& facts, std::vector<RecipientFacts>& recipients) {
    (changes(facts, recipients), ...);
  };
}

struct Row {
  const char* name;
  std::vector<Decision> decisions;
  Change change;
  Handling answer;
  Indexes deleted;
  Indexes held;
  Challenge challenge;
  Indexes asked = {};
};

const Row kRows[] = {
    {"one who passes: deliver",
     {kContact},
     as_they_are,
     Handling::deliver,
     {},
     {},
     Challenge::none},
    {"all pass: deliver",
     {kContact, kAside, kUnprotected},
     as_they_are,
     Handling::deliver,
     {},
     {},
     Challenge::none},
    {"nothing of ours: accept as it is",
     {kUnprotected, kUnprotected},
     as_they_are,
     Handling::accept,
     {},
     {},
     Challenge::none},
    {"one held: keep, challenged in the reply",
     {kHold},
     as_they_are,
     Handling::keep,
     {},
     {0},
     Challenge::in_reply},
    {"all held: one message, challenged in the reply",
     {kHold, kHold},
     as_they_are,
     Handling::keep,
     {},
     {0, 1},
     Challenge::in_reply},
    {"one held silently: keep, no challenge",
     {kSilent},
     as_they_are,
     Handling::keep,
     {},
     {0},
     Challenge::none},
    {"any held silently: nobody is challenged",
     {kHold, kSilent},
     as_they_are,
     Handling::keep,
     {},
     {0, 1},
     Challenge::none},
    {"all refused: refuse",
     {kRefuse, kRefuse},
     as_they_are,
     Handling::refuse,
     {},
     {},
     Challenge::none},
    {"held and refused: keep for the held, with the URL",
     {kRefuse, kHold},
     as_they_are,
     Handling::keep,
     {},
     {1},
     Challenge::in_reply},
    {"held silently and refused: keep, no challenge",
     {kSilent, kRefuse},
     as_they_are,
     Handling::keep,
     {},
     {0},
     Challenge::none},
    {"passed and held: deliver to one, keep for the other, no reply to name a URL in",
     {kContact, kHold},
     as_they_are,
     Handling::deliver,
     {1},
     {1},
     Challenge::none},
    {"passed, held, silent, refused: deliver to the first",
     {kContact, kHold, kSilent, kRefuse},
     as_they_are,
     Handling::deliver,
     {1, 2, 3},
     {1, 2},
     Challenge::none},
    {"unprotected and refused: deliver to the first, delete the other",
     {kUnprotected, kRefuse},
     as_they_are,
     Handling::deliver,
     {1},
     {},
     Challenge::none},
    {"any doubt: defer all",
     {kContact, kHold, kDefer},
     as_they_are,
     Handling::defer,
     {},
     {},
     Challenge::none},
    {"doubt and refused: defer",
     {kRefuse, kDefer},
     as_they_are,
     Handling::defer,
     {},
     {},
     Challenge::none},

    // The channel
    {"by mail: keep, challenged by mail",
     {kHold},
     by_mail,
     Handling::keep,
     {},
     {0},
     Challenge::by_mail},
    {"by mail: also when the mail goes on to others",
     {kHold, kContact},
     by_mail,
     Handling::deliver,
     {0},
     {0},
     Challenge::by_mail},
    {"by mail: never to one held silently",
     {kSilent},
     by_mail,
     Handling::keep,
     {},
     {0},
     Challenge::none},
    {"by mail: without SPF aligned in the reply",
     {kHold},
     all(by_mail, [](Facts& facts, auto&) { facts.authentication.spf_aligned = false; }),
     Handling::keep,
     {},
     {0},
     Challenge::in_reply},
    {"by mail: reverse-path of another in the reply",
     {kHold},
     all(by_mail, [](Facts& facts, auto&) { facts.reverse_path_is_author = false; }),
     Handling::keep,
     {},
     {0},
     Challenge::in_reply},
    {"by mail: a recipient not named in the reply",
     {kHold, kHold},
     all(by_mail, [](Facts&, auto& recipients) { recipients[1].named = false; }),
     Handling::keep,
     {},
     {0, 1},
     Challenge::in_reply},
    {"by mail: who passes need not be named",
     {kHold, kContact},
     all(by_mail, [](Facts&, auto& recipients) { recipients[1].named = false; }),
     Handling::deliver,
     {0},
     {0},
     Challenge::by_mail},
    {"a relay of ours hears of no challenge, or it would bounce to whoever was forged",
     {kHold},
     [](Facts& facts, auto&) { facts.from_relay = true; },
     Handling::keep,
     {},
     {0},
     Challenge::none},
    {"nor does its author get a mail",
     {kHold},
     all(by_mail, [](Facts& facts, auto&) { facts.from_relay = true; }),
     Handling::keep,
     {},
     {0},
     Challenge::none},

    // The page
    {"page down: try later", {kHold}, page_down, Handling::defer, {}, {}, Challenge::none},
    {"page down: try later, by mail too",
     {kHold},
     all(by_mail, page_down),
     Handling::defer,
     {},
     {},
     Challenge::none},
    {"page down: held silently needs no page",
     {kSilent},
     page_down,
     Handling::keep,
     {},
     {0},
     Challenge::none},
    {"page down: a mix needs no page",
     {kHold, kSilent},
     page_down,
     Handling::keep,
     {},
     {0, 1},
     Challenge::none},
    {"page down: who passes does not wait for it",
     {kContact, kHold},
     all(by_mail, page_down),
     Handling::deliver,
     {1},
     {1},
     Challenge::none},
    {"page down for long: held, no challenge",
     {kHold},
     page_long_down,
     Handling::keep,
     {},
     {0},
     Challenge::none},
    {"page down for long: no mail either",
     {kHold},
     all(by_mail, page_long_down),
     Handling::keep,
     {},
     {0},
     Challenge::none},

    // Modes refuse and defer
    {"refused with the URL", {kAsk}, as_they_are, Handling::ask, {}, {}, Challenge::none, {0}},
    {"all of them by one URL",
     {kAsk, kAsk},
     as_they_are,
     Handling::ask,
     {},
     {},
     Challenge::none,
     {0, 1}},
    {"who is denied is not spoken of",
     {kRefuse, kAsk},
     as_they_are,
     Handling::ask,
     {},
     {},
     Challenge::none,
     {1}},
    {"where others get it, it is held for who would refuse",
     {kContact, kAsk},
     as_they_are,
     Handling::deliver,
     {1},
     {1},
     Challenge::none},
    {"where others hold it, so is it for who would refuse",
     {kAsk, kHold},
     as_they_are,
     Handling::keep,
     {},
     {0, 1},
     Challenge::in_reply},
    {"where others hold it silently, nobody is told",
     {kAsk, kSilent},
     as_they_are,
     Handling::keep,
     {},
     {0, 1},
     Challenge::none},
    {"by mail nothing is refused", {kAsk}, by_mail, Handling::ask, {}, {}, Challenge::none, {0}},
    {"page down: no URL", {kAsk}, page_down, Handling::defer, {}, {}, Challenge::none},
    {"page down for long: held", {kAsk}, page_long_down, Handling::keep, {}, {0}, Challenge::none},
    {"deferred with the URL", {kWait}, as_they_are, Handling::wait, {}, {}, Challenge::none, {0}},
    {"any that waits makes all wait",
     {kContact, kWait, kHold},
     as_they_are,
     Handling::wait,
     {},
     {},
     Challenge::none,
     {1}},
    {"a doubt is said before",
     {kDefer, kWait},
     as_they_are,
     Handling::defer,
     {},
     {},
     Challenge::none},
    {"page down: no URL to wait by", {kWait}, page_down, Handling::defer, {}, {}, Challenge::none},
    {"page down for long: nothing waits",
     {kWait},
     page_long_down,
     Handling::keep,
     {},
     {0},
     Challenge::none},
};

std::vector<RecipientFacts> recipients_for(const std::vector<Decision>& decisions) {
  std::vector<RecipientFacts> out;
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    RecipientFacts recipient = test::stranger().recipient;
    recipient.is_protected = decisions[i].reason != Reason::unprotected;
    recipient.waits = decisions[i].disposition == defer;
    recipient.owner = test::mailbox("joe" + std::to_string(i) + "@example.org");
    out.push_back(recipient);
  }
  return out;
}

void check(const Row& row) {
  Facts facts = test::stranger().facts;
  auto recipients = recipients_for(row.decisions);
  row.change(facts, recipients);
  const Plan got = plan(facts, recipients, row.decisions);
  CPPUNIT_ASSERT_EQUAL(static_cast<int>(row.answer), static_cast<int>(got.answer));
  CPPUNIT_ASSERT(row.deleted == got.deleted);
  CPPUNIT_ASSERT(row.held == got.held);
  CPPUNIT_ASSERT(row.asked == got.asked);
  CPPUNIT_ASSERT_EQUAL(static_cast<int>(row.challenge), static_cast<int>(got.challenge));
}

class PlanTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PlanTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(a_held_message_has_the_reason_an_answer_must_not_touch);
  CPPUNIT_TEST(the_field_tells_one_recipient_all_and_several_nothing);
  CPPUNIT_TEST(outgoing_mail_gets_no_field);
  CPPUNIT_TEST(an_observed_author_is_learnt_for_each_owner_once);
  CPPUNIT_TEST(an_address_takes_its_fingerprint_where_it_is_listed);
  CPPUNIT_TEST(nothing_is_learnt_from_mail_that_is_not_taken);
  CPPUNIT_TEST(a_refusal_beside_others_is_reported_to_who_wrote_it);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }

  void a_held_message_has_the_reason_an_answer_must_not_touch() {
    CPPUNIT_ASSERT(planned({kHold, kHold}).held_reason == Reason::first_contact);
    CPPUNIT_ASSERT(planned({kHold, kSilent}).held_reason == Reason::machine);
    CPPUNIT_ASSERT(planned({kSilent, kForged, kHold}).held_reason == Reason::forged_contact);
    CPPUNIT_ASSERT(planned({kContact, kSilent}).held_reason == Reason::machine);
  }

  void the_field_tells_one_recipient_all_and_several_nothing() {
    const std::string whole = "pass; reason=contact; author=example.com";
    CPPUNIT_ASSERT_EQUAL(whole, planned({kContact}).field);
    CPPUNIT_ASSERT_EQUAL(whole, planned({kHold, kContact}).field);
    CPPUNIT_ASSERT_EQUAL(std::string("pass"), planned({kContact, kContact}).field);
    CPPUNIT_ASSERT_EQUAL(std::string("pass"), planned({kContact, kAside}).field);
    CPPUNIT_ASSERT_EQUAL(std::string("aside"), planned({kAside, kAside}).field);
    CPPUNIT_ASSERT_EQUAL(std::string("aside"), planned({kUnprotected, kAside}).field);
    CPPUNIT_ASSERT_EQUAL(std::string("pass"), planned({kContact, kUnprotected}).field);
    CPPUNIT_ASSERT_EQUAL(std::string(), planned({kUnprotected, kHold}).field);
    CPPUNIT_ASSERT_EQUAL(std::string(), planned({kHold}).field);
  }

  void outgoing_mail_gets_no_field() {
    Facts facts = test::stranger().facts;
    facts.internal = true;
    const std::vector<Decision> decisions{decided(pass, Reason::internal)};
    const Plan got = plan(facts, recipients_for(decisions), decisions);
    CPPUNIT_ASSERT(got.answer == Handling::accept);
    CPPUNIT_ASSERT_EQUAL(std::string(), got.field);
  }

  void an_observed_author_is_learnt_for_each_owner_once() {
    Decision observed = decided(pass, Reason::first_contact);
    observed.would = hold;
    observed.learn_author = true;
    const std::vector<Decision> decisions{observed, observed, observed, kContact};
    auto recipients = recipients_for(decisions);
    recipients[1].owner = recipients[0].owner;
    const Facts facts = test::stranger().facts;
    const Plan got = plan(facts, recipients, decisions);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, got.lessons.size());
    const Lesson& lesson = got.lessons[0];
    CPPUNIT_ASSERT((lesson.scope == Scope{Level::mailbox, "joe0@example.org"}));
    CPPUNIT_ASSERT_EQUAL(std::string("a:alice@example.com"), lesson.subject);
    CPPUNIT_ASSERT(lesson.entry.standing == Standing::allow);
    CPPUNIT_ASSERT_EQUAL(std::string("observed"), lesson.entry.source);
    CPPUNIT_ASSERT(lesson.entry.fingerprints == std::vector<std::string>{"example.com"});
    CPPUNIT_ASSERT(lesson.entry.created == facts.arrived);
    CPPUNIT_ASSERT((got.lessons[1].scope == Scope{Level::mailbox, "joe2@example.org"}));
  }

  void an_address_takes_its_fingerprint_where_it_is_listed() {
    Decision better = kContact;
    better.learn_fingerprint = true;
    const std::vector<Decision> decisions{better, better, better, better};
    auto recipients = recipients_for(decisions);
    recipients[0].knowledge.matches = {test::allow(Level::mailbox, "")};
    recipients[1].knowledge.matches = {test::allow(Level::domain, "")};
    recipients[2].knowledge.matches = {test::allow(Level::domain, "")};
    recipients[3].knowledge.matches = {test::allow(Level::site, "")};
    const Plan got = plan(test::stranger().facts, recipients, decisions);
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, got.lessons.size());
    CPPUNIT_ASSERT((got.lessons[0].scope == Scope{Level::mailbox, "joe0@example.org"}));
    CPPUNIT_ASSERT((got.lessons[1].scope == Scope{Level::domain, "example.org"}));
    CPPUNIT_ASSERT((got.lessons[2].scope == Scope{Level::site, ""}));
    CPPUNIT_ASSERT_EQUAL(std::string("answered"), got.lessons[0].entry.source);
    CPPUNIT_ASSERT(got.lessons[0].entry.fingerprints == std::vector<std::string>{"example.com"});
  }

  void nothing_is_learnt_from_mail_that_is_not_taken() {
    Decision observed = decided(pass, Reason::first_contact);
    observed.learn_author = true;
    CPPUNIT_ASSERT(planned({observed, kDefer}).lessons.empty());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, planned({observed, kRefuse}).lessons.size());
  }

  void a_refusal_beside_others_is_reported_to_who_wrote_it() {
    CPPUNIT_ASSERT((planned({kContact, kRefuse, kHold, kRefuse}).reported == Indexes{1, 3}));
    CPPUNIT_ASSERT((planned({kSilent, kRefuse}).reported == Indexes{1}));
    for (const auto& others : {std::vector{kRefuse, kRefuse}, {kAsk, kRefuse}, {kDefer, kRefuse}})
      CPPUNIT_ASSERT(planned(others).reported.empty());
    const std::vector<Decision> mixed{kContact, kRefuse};
    const std::vector<void (*)(Facts&)> not_his_own_server = {
        [](Facts& facts) { facts.authentication.spf_aligned = false; },
        [](Facts& facts) { facts.reverse_path_is_author = false; },
        [](Facts& facts) { facts.from_relay = true; },
        [](Facts& facts) { facts.machine_mark = "list"; }};
    for (const auto change : not_his_own_server) {
      Facts facts = test::stranger().facts;
      change(facts);
      CPPUNIT_ASSERT(plan(facts, recipients_for(mixed), mixed).reported.empty());
    }
  }

 private:
  static Plan planned(const std::vector<Decision>& decisions) {
    return plan(test::stranger().facts, recipients_for(decisions), decisions);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(PlanTest);

}  // namespace
}  // namespace countersign
