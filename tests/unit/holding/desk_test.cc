// SPDX-License-Identifier: Apache-2.0
#include "holding/desk.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/holding_rig.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

using test::HoldingRig;

struct Row {
  const char* name;
  void (*change)(HoldingRig&, const HeldId&, Request&);
  bool sign_again;
  DeskOutcome want;
};

const Row kRows[] = {
    {"a good answer is accepted", [](HoldingRig&, const HeldId&, Request&) {}, false,
     DeskOutcome::accepted},
    {"another address is not", [](HoldingRig&, const HeldId&, Request& r) { r.address = "m@x.y"; },
     true, DeskOutcome::forged},
    {"no address is not", [](HoldingRig&, const HeldId&, Request& r) { r.address = ""; }, true,
     DeskOutcome::forged},
    {"a token of another message is not",
     [](HoldingRig& rig, const HeldId&, Request& r) {
       r.token = *answer_token(rig.keys, HeldId::random(), 1);
     },
     true, DeskOutcome::forged},
    {"a token of another generation is not",
     [](HoldingRig& rig, const HeldId& id, Request& r) {
       r.token = *answer_token(rig.keys, id, 2);
     },
     true, DeskOutcome::forged},
    {"no token is not", [](HoldingRig&, const HeldId&, Request& r) { r.token = ""; }, true,
     DeskOutcome::forged},
    {"what was changed after signing is not",
     [](HoldingRig&, const HeldId&, Request& r) { r.proof = "address+wait"; }, false,
     DeskOutcome::forged},
    {"the web host's key does not make an operator's release",
     [](HoldingRig&, const HeldId&, Request& r) { r.kind = "release"; }, true, DeskOutcome::forged},
    {"nor a drop", [](HoldingRig&, const HeldId&, Request& r) { r.kind = "drop"; }, true,
     DeskOutcome::forged},
    {"nor another node's word", [](HoldingRig&, const HeldId&, Request& r) { r.kind = "free"; },
     true, DeskOutcome::forged},
    {"a kind that does not exist is not",
     [](HoldingRig&, const HeldId&, Request& r) { r.kind = "x"; }, true, DeskOutcome::forged},
    {"an id that is none is not", [](HoldingRig&, const HeldId&, Request& r) { r.id = "../../x"; },
     true, DeskOutcome::forged},
    {"a message that is not here is unknown",
     [](HoldingRig&, const HeldId&, Request& r) { r.id = HeldId::random().text(); }, true,
     DeskOutcome::unknown},
    {"the recipient's deny wins over an answer",
     [](HoldingRig& rig, const HeldId&, Request&) {
       (void)rig.store.contacts().put({Level::mailbox, "joe@example.org"}, "a:alice@example.com",
                                      {.standing = Standing::deny}, HoldingRig::soon());
     },
     false, DeskOutcome::not_wanted},
};

void check(const Row& row) {
  HoldingRig rig;
  const auto receipt = rig.hold(HoldingRig::envelope());
  CPPUNIT_ASSERT(receipt);
  Request request = rig.answer(receipt->id);
  row.change(rig, receipt->id, request);
  if (row.sign_again) rig.sign(request, "web");
  const auto outcome = rig.desk.handle(request, HoldingRig::soon());
  CPPUNIT_ASSERT(outcome);
  CPPUNIT_ASSERT_EQUAL(std::string(word(kDeskOutcomeWords, row.want)),
                       std::string(word(kDeskOutcomeWords, *outcome)));
  const auto message = rig.spool->read(receipt->id);
  CPPUNIT_ASSERT_EQUAL(row.want == DeskOutcome::accepted, history_of(*message).may_go);
  const auto contacts =
      rig.store.contacts().list({Level::mailbox, "joe@example.org"}, HoldingRig::soon());
  std::size_t allowed = 0;
  for (const auto& [subject, entry] : *contacts) allowed += entry.standing == Standing::allow;
  CPPUNIT_ASSERT_EQUAL(std::size_t{row.want == DeskOutcome::accepted}, allowed);
}

struct BackRow {
  const char* name;
  const char* kind;
  bool by_mail;
  void (*change)(HoldingRig&, const HeldId&, Request&);
  DeskOutcome want;
};

const BackRow kBackRows[] = {
    {"its sender takes it back", "withdraw", false, [](HoldingRig&, const HeldId&, Request&) {},
     DeskOutcome::accepted},
    {"who was challenged by mail disowns it", "not-me", true,
     [](HoldingRig&, const HeldId&, Request&) {}, DeskOutcome::accepted},
    {"who was challenged in the reply does not", "not-me", false,
     [](HoldingRig&, const HeldId&, Request&) {}, DeskOutcome::forged},
    {"another address does not", "withdraw", false,
     [](HoldingRig&, const HeldId&, Request& r) { r.address = "m@x.y"; }, DeskOutcome::forged},
    {"no token does not", "withdraw", false,
     [](HoldingRig&, const HeldId&, Request& r) { r.token = ""; }, DeskOutcome::forged},
    {"a token of another message does not", "withdraw", false,
     [](HoldingRig& rig, const HeldId&, Request& r) {
       r.token = *answer_token(rig.keys, HeldId::random(), 1);
     },
     DeskOutcome::forged},
    {"what may go already is left alone", "withdraw", false,
     [](HoldingRig& rig, const HeldId& id, Request&) {
       CPPUNIT_ASSERT(*rig.desk.handle(rig.answer(id), HoldingRig::soon()) ==
                      DeskOutcome::accepted);
     },
     DeskOutcome::repeated},
    {"twice is once", "withdraw", false,
     [](HoldingRig& rig, const HeldId&, Request& r) {
       rig.sign(r, "web");
       CPPUNIT_ASSERT(*rig.desk.handle(r, HoldingRig::soon()) == DeskOutcome::accepted);
     },
     DeskOutcome::repeated},
};

void check_back(const BackRow& row) {
  HoldingRig rig;
  HeldEnvelope envelope = HoldingRig::envelope();
  envelope.by_mail = row.by_mail;
  const auto receipt = rig.hold(envelope);
  CPPUNIT_ASSERT(receipt);
  Request request = rig.answer(receipt->id);
  request.kind = row.kind;
  request.proof = "address";
  row.change(rig, receipt->id, request);
  rig.sign(request, "web");
  const auto outcome = rig.desk.handle(request, HoldingRig::soon());
  CPPUNIT_ASSERT(outcome);
  CPPUNIT_ASSERT_EQUAL(std::string(word(kDeskOutcomeWords, row.want)),
                       std::string(word(kDeskOutcomeWords, *outcome)));
  const auto message = rig.spool->read(receipt->id);
  CPPUNIT_ASSERT(message);  // only marked
  if (row.want != DeskOutcome::repeated)
    CPPUNIT_ASSERT_EQUAL(row.want == DeskOutcome::accepted, history_of(*message).withdrawn);
}

}  // namespace

class DeskTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DeskTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(an_unauthenticated_author_makes_no_contact);
  CPPUNIT_TEST(no_answer_frees_what_was_taken_back);
  CPPUNIT_TEST(the_recipient_undoes_it);
  CPPUNIT_TEST(the_recipient_lets_it_in_all_the_same);
  CPPUNIT_TEST(who_disowned_a_message_is_not_mailed_for_a_year);
  CPPUNIT_TEST(a_store_that_is_down_leaves_disowning_for_later);
  CPPUNIT_TEST(an_authenticated_answer_frees_the_same_authors_other_mail);
  CPPUNIT_TEST(an_answer_reaches_other_mail_only_for_those_it_was_for);
  CPPUNIT_TEST(an_answer_reaches_whom_another_recipients_list_does_not_touch);
  CPPUNIT_TEST(a_word_for_all_is_none_for_who_blocks_the_author);
  CPPUNIT_TEST(a_word_for_all_goes_by_the_lists_of_now);
  CPPUNIT_TEST(who_drops_it_drops_it_for_himself);
  CPPUNIT_TEST(what_is_dropped_on_its_way_goes_to_nobody);
  CPPUNIT_TEST(what_all_have_dropped_is_over);
  CPPUNIT_TEST(a_word_for_one_lets_it_go_to_him_alone);
  CPPUNIT_TEST(what_all_block_goes_by_a_word_for_all);
  CPPUNIT_TEST(no_answer_frees_what_a_forger_wrote_under_the_same_name);
  CPPUNIT_TEST(no_answer_frees_what_the_rules_keep_for_the_recipient);
  CPPUNIT_TEST(a_second_answer_changes_nothing);
  CPPUNIT_TEST(a_store_that_is_down_leaves_the_request);
  CPPUNIT_TEST(a_contact_that_was_not_written_is_written_later);
  CPPUNIT_TEST(what_is_left_of_an_answer_is_not_for_who_dropped_it);
  CPPUNIT_TEST(who_blocked_the_author_meanwhile_keeps_it_from_nobody_else);
  CPPUNIT_TEST(who_blocks_him_silently_keeps_it_and_tells_nothing);
  CPPUNIT_TEST(who_came_to_know_him_by_something_else_gets_no_answered_mail);
  CPPUNIT_TEST(what_all_have_blocked_goes_nowhere_and_says_so);
  CPPUNIT_TEST(a_message_without_challenge_cannot_be_answered);
  CPPUNIT_TEST(another_node_frees_by_the_operators_key_only_a_contacts_mail);
  CPPUNIT_TEST_SUITE_END();

  std::size_t contacts(HoldingRig& rig) {
    return rig.store.contacts()
        .list({Level::mailbox, "joe@example.org"}, HoldingRig::soon())
        ->size();
  }
  bool may_go(HoldingRig& rig, const HeldId& id) { return history_of(*rig.spool->read(id)).may_go; }

 public:
  static void rows(TestSuiteBuilderContextType& c) {
    test::add_rows(c, kRows, check);
    test::add_rows(c, kBackRows, check_back);
  }

  static HeldId held_back(HoldingRig& rig, const std::string& kind = "withdraw") {
    HeldEnvelope envelope = HoldingRig::envelope();
    envelope.by_mail = true;
    const HeldId id = rig.hold(envelope)->id;
    CPPUNIT_ASSERT(*rig.desk.handle(back(rig, id, kind), HoldingRig::soon()) ==
                   DeskOutcome::accepted);
    return id;
  }
  static Request back(HoldingRig& rig, const HeldId& id, const std::string& kind) {
    Request request = rig.answer(id);
    request.kind = kind;
    rig.sign(request, "web");
    return request;
  }

  void no_answer_frees_what_was_taken_back() {
    HoldingRig rig;
    const HeldId id = held_back(rig);
    CPPUNIT_ASSERT(*rig.desk.handle(rig.answer(id), HoldingRig::soon()) == DeskOutcome::repeated);
    // Nor does the answer for another message of the same author.
    const HeldId other = rig.hold(HoldingRig::envelope(), "other\r\n")->id;
    CPPUNIT_ASSERT(*rig.desk.handle(rig.answer(other), HoldingRig::soon()) ==
                   DeskOutcome::accepted);
    CPPUNIT_ASSERT(history_of(*rig.spool->read(id)).state == HeldState::withdrawn);
  }

  void the_recipient_undoes_it() {
    HoldingRig rig;
    const HeldId id = held_back(rig);
    CPPUNIT_ASSERT(rig.desk.restore(id, "joe"));
    CPPUNIT_ASSERT(rig.table.find(id)->state == HeldState::held);
    CPPUNIT_ASSERT(*rig.desk.handle(rig.answer(id), HoldingRig::soon()) == DeskOutcome::accepted);
  }

  void the_recipient_lets_it_in_all_the_same() {
    HoldingRig rig;
    const HeldId id = held_back(rig);
    CPPUNIT_ASSERT(rig.desk.approve(id, "joe", {}, HoldingRig::soon()));
    CPPUNIT_ASSERT(history_of(*rig.spool->read(id)).state == HeldState::answered);
  }

  void who_disowned_a_message_is_not_mailed_for_a_year() {
    HoldingRig rig;
    (void)held_back(rig, "not-me");
    const auto may = [&](const std::string& id) {
      return *rig.store.budgets().take_challenge("ann@example.org", "alice@example.com",
                                                 "example.com", id, {}, HoldingRig::soon());
    };
    CPPUNIT_ASSERT(!may("1"));
    rig.clock.advance(std::chrono::hours(24 * 364));
    CPPUNIT_ASSERT(!may("2"));
    rig.clock.advance(std::chrono::hours(24 * 2));
    CPPUNIT_ASSERT(may("3"));
  }

  void a_store_that_is_down_leaves_disowning_for_later() {
    HoldingRig rig;
    HeldEnvelope envelope = HoldingRig::envelope();
    envelope.by_mail = true;
    const HeldId id = rig.hold(envelope)->id;
    rig.store.set_down(true);
    CPPUNIT_ASSERT(!rig.desk.handle(back(rig, id, "not-me"), HoldingRig::soon()));
    CPPUNIT_ASSERT(!history_of(*rig.spool->read(id)).withdrawn);
    rig.store.set_down(false);
    CPPUNIT_ASSERT(*rig.desk.handle(back(rig, id, "not-me"), HoldingRig::soon()) ==
                   DeskOutcome::accepted);
  }

  /// For joe@ by the first of the reasons, and ann@ by the second; not challenged.
  static HeldEnvelope for_two(const char* of_joe, const char* of_ann) {
    HeldEnvelope e = HoldingRig::envelope();
    e.envelope.recipients.push_back(parse_forward_path({"<ann@example.org>"}, "ann@example.org"));
    e.owners.push_back("ann@example.org");
    e.reasons = {of_joe, of_ann};
    e.reason = of_joe;
    e.challenged = false;
    return e;
  }
  static void deny(HoldingRig& rig, const std::string& owner) {
    CPPUNIT_ASSERT(rig.store.contacts().put({Level::mailbox, owner}, "a:alice@example.com",
                                            {.standing = Standing::deny}, HoldingRig::soon()));
  }
  /// "joe", "ann", "joe ann" or "": to whom it is on its way.
  static std::string going_to(HoldingRig& rig, const HeldId& id) {
    const History history = history_of(*rig.spool->read(id));
    std::string out = history.goes_to(0) ? "joe" : "";
    if (history.goes_to(1)) out += out.empty() ? "ann" : " ann";
    return out;
  }

  void an_answer_reaches_other_mail_only_for_those_it_was_for() {
    HoldingRig rig;
    const HeldId both = rig.hold(for_two("first-contact", "first-contact"), "both\r\n")->id;
    const HeldId one = rig.hold(HoldingRig::envelope(), "one\r\n")->id;
    CPPUNIT_ASSERT(*rig.desk.handle(rig.answer(one), HoldingRig::soon()) == DeskOutcome::accepted);
    CPPUNIT_ASSERT_EQUAL(std::string("joe"), going_to(rig, both));
    const History history = history_of(*rig.spool->read(both));
    CPPUNIT_ASSERT(history.state == HeldState::held);
    CPPUNIT_ASSERT_EQUAL(std::string("address+pow"), history.proof);
  }

  void an_answer_reaches_whom_another_recipients_list_does_not_touch() {
    HoldingRig rig;
    const HeldId both = rig.hold(for_two("first-contact", "blocked"), "both\r\n")->id;
    const HeldId spoofed = rig.hold(for_two("forged-contact", "first-contact"), "no\r\n")->id;
    const HeldId one = rig.hold(HoldingRig::envelope(), "one\r\n")->id;
    CPPUNIT_ASSERT(*rig.desk.handle(rig.answer(one), HoldingRig::soon()) == DeskOutcome::accepted);
    CPPUNIT_ASSERT_EQUAL(std::string("joe"), going_to(rig, both));
    CPPUNIT_ASSERT_EQUAL(std::string(), going_to(rig, spoofed));
  }

  void a_word_for_all_is_none_for_who_blocks_the_author() {
    HoldingRig rig;
    const HeldId id = rig.hold(for_two("first-contact", "blocked"))->id;
    deny(rig, "ann@example.org");
    CPPUNIT_ASSERT(rig.desk.approve(id, "root", {}, HoldingRig::soon()));
    CPPUNIT_ASSERT_EQUAL(std::string("joe"), going_to(rig, id));
    CPPUNIT_ASSERT(rig.table.find(id)->under_way);
    CPPUNIT_ASSERT(rig.desk.approve(id, "ann", 1, HoldingRig::soon()));
    CPPUNIT_ASSERT_EQUAL(std::string("joe ann"), going_to(rig, id));
  }

  void a_word_for_all_goes_by_the_lists_of_now() {
    HoldingRig rig;
    const HeldId later = rig.hold(for_two("first-contact", "first-contact"), "later\r\n")->id;
    const HeldId before = rig.hold(for_two("first-contact", "blocked"), "before\r\n")->id;
    CPPUNIT_ASSERT(rig.desk.approve(before, "root", {}, HoldingRig::soon()));
    CPPUNIT_ASSERT_EQUAL(std::string("joe ann"), going_to(rig, before));
    deny(rig, "ann@example.org");
    rig.store.set_down(true);
    CPPUNIT_ASSERT(!rig.desk.approve(later, "root", {}, HoldingRig::soon()));
    CPPUNIT_ASSERT_EQUAL(std::string(), going_to(rig, later));
    rig.store.set_down(false);
    CPPUNIT_ASSERT(rig.desk.approve(later, "root", {}, HoldingRig::soon()));
    CPPUNIT_ASSERT_EQUAL(std::string("joe"), going_to(rig, later));
  }

  void who_drops_it_drops_it_for_himself() {
    HoldingRig rig;
    const HeldId id = rig.hold(for_two("first-contact", "first-contact"))->id;
    CPPUNIT_ASSERT(rig.desk.drop(id, "root", 1));
    CPPUNIT_ASSERT(rig.table.find(id)->state == HeldState::held);
    // Neither an answer nor a word for all brings it back to him; his own word does.
    const HeldId one = rig.hold(HoldingRig::envelope(), "one\r\n")->id;
    CPPUNIT_ASSERT(*rig.desk.handle(rig.answer(one), HoldingRig::soon()) == DeskOutcome::accepted);
    CPPUNIT_ASSERT_EQUAL(std::string("joe"), going_to(rig, id));
    const auto of_ann =
        rig.store.contacts().list({Level::mailbox, "ann@example.org"}, HoldingRig::soon());
    CPPUNIT_ASSERT(of_ann && of_ann->empty());
    CPPUNIT_ASSERT(rig.desk.approve(id, "root", {}, HoldingRig::soon()));
    CPPUNIT_ASSERT_EQUAL(std::string("joe"), going_to(rig, id));
    CPPUNIT_ASSERT(rig.desk.approve(id, "ann", 1, HoldingRig::soon()));
    CPPUNIT_ASSERT_EQUAL(std::string("joe ann"), going_to(rig, id));
  }

  void what_is_dropped_on_its_way_goes_to_nobody() {
    HoldingRig rig;
    for (const std::optional<std::uint32_t> recipient : {std::optional<std::uint32_t>(), {0U}}) {
      const HeldId id = rig.hold(for_two("machine", "machine"))->id;
      CPPUNIT_ASSERT(rig.desk.approve(id, "root", recipient, HoldingRig::soon()));
      CPPUNIT_ASSERT(rig.desk.drop(id, "root"));
      const History history = history_of(*rig.spool->read(id));
      CPPUNIT_ASSERT(history.state == HeldState::dropped && !history.is_under_way());
    }
  }

  void what_all_have_dropped_is_over() {
    HoldingRig rig;
    const HeldId id = rig.hold(for_two("machine", "machine"))->id;
    for (const std::uint32_t recipient : {0U, 1U})
      CPPUNIT_ASSERT(rig.desk.drop(id, "root", recipient));
    CPPUNIT_ASSERT(history_of(*rig.spool->read(id)).state == HeldState::dropped);
  }

  void a_word_for_one_lets_it_go_to_him_alone() {
    HoldingRig rig;
    const HeldId id = rig.hold(for_two("machine", "machine"))->id;
    CPPUNIT_ASSERT(rig.desk.approve(id, "ann", 1, HoldingRig::soon()));
    CPPUNIT_ASSERT_EQUAL(std::string("ann"), going_to(rig, id));
    CPPUNIT_ASSERT(rig.table.find(id)->state == HeldState::held);
    CPPUNIT_ASSERT(rig.desk.approve(id, "root", {}, HoldingRig::soon()));
    CPPUNIT_ASSERT_EQUAL(std::string("joe ann"), going_to(rig, id));
  }

  void what_all_block_goes_by_a_word_for_all() {
    HoldingRig rig;
    const HeldId id = rig.hold(for_two("blocked", "blocked"))->id;
    deny(rig, "joe@example.org");
    deny(rig, "ann@example.org");
    CPPUNIT_ASSERT(rig.desk.approve(id, "root", {}, HoldingRig::soon()));
    CPPUNIT_ASSERT_EQUAL(std::string("joe ann"), going_to(rig, id));
  }

  void an_unauthenticated_author_makes_no_contact() {
    HoldingRig rig;
    const auto one = rig.hold(HoldingRig::envelope(""), "one\r\n");
    const auto two = rig.hold(HoldingRig::envelope(""), "two\r\n");
    CPPUNIT_ASSERT(DeskOutcome::accepted ==
                   *rig.desk.handle(rig.answer(one->id), HoldingRig::soon()));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, contacts(rig));
    CPPUNIT_ASSERT(may_go(rig, one->id));
    CPPUNIT_ASSERT(!may_go(rig, two->id));
  }
  void an_authenticated_answer_frees_the_same_authors_other_mail() {
    HoldingRig rig;
    const auto one = rig.hold(HoldingRig::envelope(), "one\r\n");
    const auto two = rig.hold(HoldingRig::envelope(), "two\r\n");
    CPPUNIT_ASSERT(DeskOutcome::accepted ==
                   *rig.desk.handle(rig.answer(one->id), HoldingRig::soon()));
    CPPUNIT_ASSERT(may_go(rig, two->id));
  }
  void no_answer_frees_what_a_forger_wrote_under_the_same_name() {
    HoldingRig rig;
    const auto real = rig.hold(HoldingRig::envelope(), "real\r\n");
    const auto forged = rig.hold(HoldingRig::envelope(""), "forged\r\n");
    const auto other = rig.hold(HoldingRig::envelope("evil.example"), "signed by another\r\n");
    CPPUNIT_ASSERT(DeskOutcome::accepted ==
                   *rig.desk.handle(rig.answer(real->id), HoldingRig::soon()));
    CPPUNIT_ASSERT(!may_go(rig, forged->id));
    CPPUNIT_ASSERT(!may_go(rig, other->id));
  }
  void no_answer_frees_what_the_rules_keep_for_the_recipient() {
    HoldingRig rig;
    const auto good = rig.hold(HoldingRig::envelope(), "good\r\n");
    std::vector<HeldId> kept;
    for (const char* reason : {"infected", "own-domain", "forged-contact", "unauthentic"}) {
      HeldEnvelope e = HoldingRig::envelope();
      e.reason = reason;
      kept.push_back(rig.hold(e, reason)->id);
      CPPUNIT_ASSERT(DeskOutcome::forged ==
                     *rig.desk.handle(rig.answer(kept.back()), HoldingRig::soon()));
    }
    CPPUNIT_ASSERT(DeskOutcome::accepted ==
                   *rig.desk.handle(rig.answer(good->id), HoldingRig::soon()));
    for (const HeldId& id : kept) CPPUNIT_ASSERT(!may_go(rig, id));
  }
  void a_second_answer_changes_nothing() {
    HoldingRig rig;
    const auto one = rig.hold(HoldingRig::envelope());
    (void)rig.desk.handle(rig.answer(one->id), HoldingRig::soon());
    const std::size_t events = rig.spool->read(one->id)->events.size();
    CPPUNIT_ASSERT(DeskOutcome::repeated ==
                   *rig.desk.handle(rig.answer(one->id), HoldingRig::soon()));
    CPPUNIT_ASSERT_EQUAL(events, rig.spool->read(one->id)->events.size());
  }
  void a_store_that_is_down_leaves_the_request() {
    HoldingRig rig;
    const auto one = rig.hold(HoldingRig::envelope());
    rig.store.set_down(true);
    CPPUNIT_ASSERT(!rig.desk.handle(rig.answer(one->id), HoldingRig::soon()));
    CPPUNIT_ASSERT(!may_go(rig, one->id));
    rig.store.set_down(false);
    CPPUNIT_ASSERT(DeskOutcome::accepted ==
                   *rig.desk.handle(rig.answer(one->id), HoldingRig::soon()));
  }
  void a_contact_that_was_not_written_is_written_later() {
    HoldingRig rig;
    const auto one = rig.hold(HoldingRig::envelope());
    const auto two = rig.hold(HoldingRig::envelope(), "another\r\n");
    rig.store.fail_call(2);  // the look-up is the first, the contact the second
    CPPUNIT_ASSERT(!rig.desk.handle(rig.answer(one->id), HoldingRig::soon()));
    CPPUNIT_ASSERT(may_go(rig, one->id));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, contacts(rig));
    CPPUNIT_ASSERT(!may_go(rig, two->id));
    CPPUNIT_ASSERT(rig.desk.finish_answer(one->id));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, contacts(rig));
    CPPUNIT_ASSERT(may_go(rig, two->id));
  }
  void what_is_left_of_an_answer_is_not_for_who_dropped_it() {
    HoldingRig rig;
    const HeldId id = hold_for_two(rig, {});
    CPPUNIT_ASSERT(rig.desk.drop(id, "operator root", 0));
    CPPUNIT_ASSERT(rig.spool->log(
        id, {.kind = HeldEvent::Kind::answered, .when = rig.clock.wall(), .text = "address+pow"}));
    CPPUNIT_ASSERT(rig.desk.finish_answer(id));
    const auto contacts_of = [&](const char* owner) {
      return rig.store.contacts().list({Level::mailbox, owner}, HoldingRig::soon())->size();
    };
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, contacts_of("joe@example.org"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, contacts_of("jane@example.org"));
  }
  /// Holds for two, of whom some block the author then; returns its id.
  static HeldId hold_for_two(HoldingRig& rig, const std::vector<std::string>& blocking) {
    HeldEnvelope e = HoldingRig::envelope();
    e.envelope.recipients.push_back(parse_forward_path({"<jane@example.org>"}, ""));
    e.owners.push_back("jane@example.org");
    const HeldId id = rig.hold(e)->id;
    for (const std::string& owner : blocking) deny(rig, owner);
    return id;
  }
  void who_blocked_the_author_meanwhile_keeps_it_from_nobody_else() {
    HoldingRig rig;
    const HeldId id = hold_for_two(rig, {"joe@example.org"});
    CPPUNIT_ASSERT(DeskOutcome::accepted == *rig.desk.handle(rig.answer(id), HoldingRig::soon()));
    const History history = history_of(*rig.spool->read(id));
    CPPUNIT_ASSERT(history.may_go && history.state == HeldState::answered);
    CPPUNIT_ASSERT(history.recipients[0] == RecipientState::declined);
    CPPUNIT_ASSERT(history.recipients[1] == RecipientState::waiting);
    const auto list =
        rig.store.contacts().list({Level::mailbox, "jane@example.org"}, HoldingRig::soon());
    CPPUNIT_ASSERT(list && list->size() == 1);
  }
  void who_blocks_him_silently_keeps_it_and_tells_nothing() {
    for (const bool both : {false, true}) {
      HoldingRig rig;
      const HeldId id = hold_for_two(rig, {"joe@example.org"});
      if (both) deny(rig, "jane@example.org");
      for (const char* owner : {"joe@example.org", "jane@example.org"})
        CPPUNIT_ASSERT(rig.store.policies().set({Level::mailbox, owner}, {{"blocked", "hold"}},
                                                HoldingRig::soon()));
      CPPUNIT_ASSERT((both ? DeskOutcome::not_wanted : DeskOutcome::accepted) ==
                     *rig.desk.handle(rig.answer(id), HoldingRig::soon()));
      CPPUNIT_ASSERT(DeskOutcome::repeated == *rig.desk.handle(rig.answer(id), HoldingRig::soon()));
      const History history = history_of(*rig.spool->read(id));
      CPPUNIT_ASSERT(history.state == HeldState::held && !history.goes_to(0));
      CPPUNIT_ASSERT(history.confirmed && !history.answered);
      CPPUNIT_ASSERT(history.recipients[0] == RecipientState::waiting);
      CPPUNIT_ASSERT_EQUAL(!both, history.goes_to(1));
      const auto list =
          rig.store.contacts().list({Level::mailbox, "joe@example.org"}, HoldingRig::soon());
      CPPUNIT_ASSERT(list && list->size() == 1 && list->front().second.standing == Standing::deny);
    }
  }
  void who_came_to_know_him_by_something_else_gets_no_answered_mail() {
    struct {
      const char* held_as;
      std::vector<std::string> known_by;
      bool freed;
    } const rows[] = {{"", {"example.com"}, false},
                      {"", {}, true},
                      {"", {"net:192.0.2.0/24"}, false},
                      {"", {"ptr:host.example"}, true},
                      {"example.com", {"other.example"}, false},
                      {"example.com", {"other.example", "example.com"}, true},
                      {"example.com", {}, true}};
    for (const auto& row : rows) {
      HoldingRig rig;
      HeldEnvelope e = HoldingRig::envelope(row.held_as);
      e.network_fingerprint = "ptr:host.example";
      const HeldId id = rig.hold(e)->id;
      CPPUNIT_ASSERT(rig.store.contacts().put(
          {Level::mailbox, "joe@example.org"}, "a:alice@example.com",
          {.standing = Standing::allow, .fingerprints = row.known_by}, HoldingRig::soon()));
      CPPUNIT_ASSERT((row.freed ? DeskOutcome::accepted : DeskOutcome::not_wanted) ==
                     *rig.desk.handle(rig.answer(id), HoldingRig::soon()));
      // Nobody who forges him learns that he is known.
      CPPUNIT_ASSERT(history_of(*rig.spool->read(id)).state ==
                     (row.freed ? HeldState::answered : HeldState::held));
      CPPUNIT_ASSERT(history_of(*rig.spool->read(id)).confirmed);
    }
  }
  void what_all_have_blocked_goes_nowhere_and_says_so() {
    HoldingRig rig;
    const HeldId id = hold_for_two(rig, {"joe@example.org", "jane@example.org"});
    for (int i = 0; i < 2; ++i)
      CPPUNIT_ASSERT(DeskOutcome::not_wanted ==
                     *rig.desk.handle(rig.answer(id), HoldingRig::soon()));
    CPPUNIT_ASSERT(history_of(*rig.spool->read(id)).state == HeldState::failed);
    // The recipient still decides.
    CPPUNIT_ASSERT(rig.desk.approve(id, "operator root", {}, HoldingRig::soon()));
    CPPUNIT_ASSERT(history_of(*rig.spool->read(id)).state == HeldState::answered);
  }
  void a_message_without_challenge_cannot_be_answered() {
    HoldingRig rig;
    HeldEnvelope e = HoldingRig::envelope();
    e.challenged = false;
    const auto one = rig.hold(e);
    CPPUNIT_ASSERT_EQUAL(std::string(), one->url);
    CPPUNIT_ASSERT(DeskOutcome::forged ==
                   *rig.desk.handle(rig.answer(one->id), HoldingRig::soon()));
  }
  void another_node_frees_by_the_operators_key_only_a_contacts_mail() {
    HoldingRig rig;
    const auto one = rig.hold(HoldingRig::envelope());
    Request request{.kind = "free",
                    .id = one->id.text(),
                    .token = {},
                    .address = "alice@example.com",
                    .proof = "address+pow",
                    .nonce = "00",
                    .mac = {}};
    request.address = "eve@example.com";  // a contact's request frees that contact's mail
    rig.sign(request, "operator");
    CPPUNIT_ASSERT(DeskOutcome::forged == *rig.desk.handle(request, HoldingRig::soon()));
    request.address = "alice@example.com";
    rig.sign(request, "operator");
    CPPUNIT_ASSERT(DeskOutcome::not_wanted == *rig.desk.handle(request, HoldingRig::soon()));
    (void)rig.store.contacts().put({Level::mailbox, "joe@example.org"}, "a:alice@example.com",
                                   {.standing = Standing::allow, .fingerprints = {"example.com"}},
                                   HoldingRig::soon());
    CPPUNIT_ASSERT(DeskOutcome::accepted == *rig.desk.handle(request, HoldingRig::soon()));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(DeskTest);

}  // namespace countersign
