// SPDX-License-Identifier: Apache-2.0
#include "holding/asking_desk.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/holding_rig.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

using test::HoldingRig;

/// A rig in which alice@example.com was refused by joe@example.org.
struct Rig {
  explicit Rig(const std::string& fingerprint = "") {
    question.tuple = {.copy = Copy::refused,
                      .author = "alice@example.com",
                      .reverse_path = "alice@example.com",
                      .evidence = fingerprint.empty() ? "net:192.0.2.0/24" : "author:example.com",
                      .owners = {}};
    question.recipients = {{.owner = "joe@example.org", .address = "joe@example.org"}};
    question.fingerprint = fingerprint;
    question.addresses = {"alice@example.com"};
    question.arrived = rig.clock.wall();
    url = *rig.asking.ask(question, HoldingRig::soon());
  }

  HeldId id() const { return id_for({"joe@example.org"}); }
  HeldId id_for(std::vector<std::string> owners) const {
    AskedTuple tuple = question.tuple;
    tuple.owners = std::move(owners);
    return asked_id(tuple);
  }
  Request answer(const std::string& address = "Alice@example.com") {
    Request r{.kind = "answer",
              .id = id().text(),
              .token = url.substr(url.rfind('/') + 1),
              .address = address,
              .proof = "address+pow",
              .nonce = hex_encode(random_bytes(16)),
              .mac = {}};
    sign(r);
    return r;
  }
  void sign(Request& r, std::string_view node = kAnyNode) {
    r.mac = hex_encode(hmac_sha256(rig.keys.current("web")->bytes, r.mac_input(node)));
  }
  DeskOutcome handle(const Request& r) { return *rig.asking.handle(r, HoldingRig::soon()); }
  Inquiry inquiry(const std::string& owner, const HeldId& id) const {
    Inquiry out;
    out.recipients = {*Mailbox::parse(owner)};
    out.now = rig.clock.wall();
    out.asked = {{id.text()}};
    return out;
  }
  std::optional<AskedRecord> record() {
    const auto known =
        rig.store.directory().look_up(inquiry("joe@example.org", id()), HoldingRig::soon());
    return known->recipients[0].asked[0];
  }
  HeldState state() { return rig.store.held().get(id(), HoldingRig::soon())->state; }
  std::size_t contacts() {
    return rig.store.contacts()
        .list({Level::mailbox, "joe@example.org"}, HoldingRig::soon())
        ->size();
  }

  HoldingRig rig;
  Question question;
  std::string url;
};

struct Row {
  const char* name;
  void (*change)(Rig&, Request&);
  bool sign_again;
  DeskOutcome want;
};

const Row kRows[] = {
    {"a good answer is accepted", [](Rig&, Request&) {}, false, DeskOutcome::accepted},
    {"another address is not", [](Rig&, Request& r) { r.address = "m@x.y"; }, true,
     DeskOutcome::forged},
    {"no address is not", [](Rig&, Request& r) { r.address = ""; }, true, DeskOutcome::forged},
    {"no token is not", [](Rig&, Request& r) { r.token = ""; }, true, DeskOutcome::forged},
    {"a token of held mail under the same id is not",
     [](Rig& a, Request& r) { r.token = *answer_token(a.rig.keys, a.id(), 1); }, true,
     DeskOutcome::forged},
    {"a token of another generation is not",
     [](Rig& a, Request& r) { r.token = *asked_token(a.rig.keys, a.id(), 2); }, true,
     DeskOutcome::forged},
    {"a token of another tuple is not",
     [](Rig& a, Request& r) { r.token = *asked_token(a.rig.keys, HeldId::random(), 1); }, true,
     DeskOutcome::forged},
    {"what was changed after signing is not", [](Rig&, Request& r) { r.proof = "x"; }, false,
     DeskOutcome::forged},
    {"the web host's key does not make an operator's word",
     [](Rig&, Request& r) { r.kind = "release"; }, true, DeskOutcome::forged},
    {"nor another node's", [](Rig&, Request& r) { r.kind = "free"; }, true, DeskOutcome::forged},
    {"a request to one node is none to all",
     [](Rig& a, Request& r) { a.sign(r, a.rig.spool->node()); }, false, DeskOutcome::forged},
    {"an id that is none is not", [](Rig&, Request& r) { r.id = "../../x"; }, true,
     DeskOutcome::forged},
    {"what was not asked is unknown", [](Rig&, Request& r) { r.id = HeldId::random().text(); },
     true, DeskOutcome::unknown},
    {"past its time it is unknown",
     [](Rig& a, Request&) { a.rig.clock.advance(std::chrono::hours(24 * 30)); }, false,
     DeskOutcome::unknown},
    {"until its last moment it is not",
     [](Rig& a, Request&) { a.rig.clock.advance(std::chrono::hours(24 * 30) - milliseconds(1)); },
     false, DeskOutcome::accepted},
    {"the recipient's deny wins over an answer",
     [](Rig& a, Request&) {
       (void)a.rig.store.contacts().put({Level::mailbox, "joe@example.org"}, "a:alice@example.com",
                                        {.standing = Standing::deny}, HoldingRig::soon());
     },
     false, DeskOutcome::not_wanted},
};

void check(const Row& row) {
  Rig asked;
  Request request = asked.answer();
  row.change(asked, request);
  if (row.sign_again) asked.sign(request);
  CPPUNIT_ASSERT_EQUAL(std::string(word(kDeskOutcomeWords, row.want)),
                       std::string(word(kDeskOutcomeWords, asked.handle(request))));
  const auto record = asked.record();
  const bool passes = record && record->state == AskedRecord::State::answered;
  CPPUNIT_ASSERT_EQUAL(row.want == DeskOutcome::accepted, passes);
}

}  // namespace

class AskingDeskTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AskingDeskTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(a_new_key_changes_no_url_that_was_given);
  CPPUNIT_TEST(a_tuple_has_one_id_whatever_the_order_of_its_owners);
  CPPUNIT_TEST(asking_again_names_the_same_url);
  CPPUNIT_TEST(a_spent_answer_has_another_url_next_time);
  CPPUNIT_TEST(an_answer_frees_nobody_and_makes_no_contact_without_authentication);
  CPPUNIT_TEST(an_authenticated_author_becomes_a_contact_and_his_held_mail_goes);
  CPPUNIT_TEST(what_came_all_the_same_is_answered_no_more);
  CPPUNIT_TEST(one_answer_is_for_all_its_recipients);
  CPPUNIT_TEST(who_blocks_the_author_takes_no_answer_from_the_others);
  CPPUNIT_TEST(where_all_block_him_the_page_tells_that);
  CPPUNIT_TEST(a_second_answer_changes_nothing);
  CPPUNIT_TEST(a_view_that_was_tampered_with_is_not_believed);
  CPPUNIT_TEST(a_store_that_is_down_names_no_url_and_leaves_the_request);
  CPPUNIT_TEST(any_node_takes_an_answer);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_new_key_changes_no_url_that_was_given() {
    Rig a;
    a.rig.keys = test::test_keys("answer 2 " + std::string(64, 'f') + "\n");
    a.question.recipients.front().before = a.record();
    CPPUNIT_ASSERT_EQUAL(a.url, *a.rig.asking.ask(a.question, HoldingRig::soon()));
    CPPUNIT_ASSERT(a.handle(a.answer()) == DeskOutcome::accepted);
  }
  static void rows(TestSuiteBuilderContextType& c) { test::add_rows(c, kRows, check); }

  void a_tuple_has_one_id_whatever_the_order_of_its_owners() {
    const AskedTuple tuple{.copy = Copy::refused,
                           .author = "a@x.y",
                           .reverse_path = "b@x.y",
                           .evidence = "e",
                           .owners = {"one@x.y", "two@x.y"}};
    AskedTuple other = tuple;
    std::swap(other.owners[0], other.owners[1]);
    CPPUNIT_ASSERT(asked_id(tuple) == asked_id(other));
    const auto differs = [&](auto change) {
      AskedTuple changed = tuple;
      change(changed);
      return asked_id(changed) != asked_id(tuple);
    };
    CPPUNIT_ASSERT(differs([](AskedTuple& t) { t.copy = Copy::deferred; }));
    CPPUNIT_ASSERT(differs([](AskedTuple& t) { t.author = "c@x.y"; }));
    CPPUNIT_ASSERT(differs([](AskedTuple& t) { t.reverse_path = "a@x.y"; }));
    CPPUNIT_ASSERT(differs([](AskedTuple& t) { t.evidence = "f"; }));
    CPPUNIT_ASSERT(differs([](AskedTuple& t) { t.owners.pop_back(); }));
  }
  void asking_again_names_the_same_url() {
    Rig asked;
    asked.rig.clock.advance(std::chrono::hours(5));
    asked.question.arrived = asked.rig.clock.wall();
    CPPUNIT_ASSERT_EQUAL(asked.url, *asked.rig.asking.ask(asked.question, HoldingRig::soon()));
    CPPUNIT_ASSERT(asked.url.starts_with("https://gate.example.org/c/"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{26}, asked.url.size() - asked.url.rfind('/') - 1);
  }
  void what_came_all_the_same_is_answered_no_more() {
    for (const bool held : {true, false}) {
      Rig asked;
      const AskedRecord before = *asked.record();
      CPPUNIT_ASSERT(asked.rig.asking.settle("joe@example.org", asked.id().text(), before, held,
                                             HoldingRig::soon()));
      CPPUNIT_ASSERT(asked.state() == (held ? HeldState::expired : HeldState::released));
      CPPUNIT_ASSERT(DeskOutcome::repeated == asked.handle(asked.answer()));
      CPPUNIT_ASSERT(asked.record() == (held ? std::optional(before) : std::nullopt));
      // Should it be asked about again, it is under the same URL.
      CPPUNIT_ASSERT_EQUAL(asked.url, *asked.rig.asking.ask(asked.question, HoldingRig::soon()));
      CPPUNIT_ASSERT(asked.state() == HeldState::held);
      CPPUNIT_ASSERT(DeskOutcome::accepted == asked.handle(asked.answer()));
    }
    Rig lost;
    AskedRecord record = *lost.record();
    record.view = HeldId::random().text();
    const Status told = lost.rig.asking.settle("joe@example.org", lost.id().text(), record, false,
                                               HoldingRig::soon());
    CPPUNIT_ASSERT(!told && told.error().code == Errc::not_found);
  }
  void a_spent_answer_has_another_url_next_time() {
    Rig asked;
    asked.handle(asked.answer());
    const auto spend = [&](const AskedUse& use) {
      return *asked.rig.asking.spend("joe@example.org", asked.id().text(), *asked.record(), use,
                                     HoldingRig::soon());
    };
    CPPUNIT_ASSERT(spend({"h", "m"}));
    CPPUNIT_ASSERT(asked.state() == HeldState::released);
    CPPUNIT_ASSERT(!spend({"h", "other"}));
    const Request old = asked.answer();
    asked.question.recipients[0].before = asked.record();
    const std::string url = *asked.rig.asking.ask(asked.question, HoldingRig::soon());
    CPPUNIT_ASSERT(url != asked.url);
    CPPUNIT_ASSERT(asked.state() == HeldState::held);
    // Who kept the first URL, or the web host, cannot answer by it for what came later.
    CPPUNIT_ASSERT(DeskOutcome::forged == asked.handle(old));
    asked.url = url;
    CPPUNIT_ASSERT(DeskOutcome::accepted == asked.handle(asked.answer()));
  }
  void an_answer_frees_nobody_and_makes_no_contact_without_authentication() {
    Rig asked;
    const auto held = asked.rig.hold(HoldingRig::envelope(""));
    CPPUNIT_ASSERT(DeskOutcome::accepted == asked.handle(asked.answer()));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, asked.contacts());
    CPPUNIT_ASSERT(!history_of(*asked.rig.spool->read(held->id)).may_go);
    CPPUNIT_ASSERT(asked.state() == HeldState::answered);
  }
  void an_authenticated_author_becomes_a_contact_and_his_held_mail_goes() {
    Rig asked("example.com");
    const auto held = asked.rig.hold(HoldingRig::envelope("example.com"));
    const auto forged = asked.rig.hold(HoldingRig::envelope(""), "other\r\n");
    CPPUNIT_ASSERT(DeskOutcome::accepted == asked.handle(asked.answer()));
    const auto list =
        *asked.rig.store.contacts().list({Level::mailbox, "joe@example.org"}, HoldingRig::soon());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, list.size());
    CPPUNIT_ASSERT_EQUAL(std::string("answered"), list[0].second.source);
    CPPUNIT_ASSERT(list[0].second.fingerprints == std::vector<std::string>{"example.com"});
    CPPUNIT_ASSERT(history_of(*asked.rig.spool->read(held->id)).may_go);
    CPPUNIT_ASSERT(!history_of(*asked.rig.spool->read(forged->id)).may_go);
    // He passes as a contact: should the recipient take that back, nothing is left to spend.
    CPPUNIT_ASSERT(asked.record()->state == AskedRecord::State::waiting);
  }
  void one_answer_is_for_all_its_recipients() {
    Rig asked;
    asked.question.recipients.push_back({.owner = "ann@example.org", .address = "ann@example.org"});
    asked.url = *asked.rig.asking.ask(asked.question, HoldingRig::soon());
    Request request = asked.answer();
    request.id = asked.id_for({"ann@example.org", "joe@example.org"}).text();
    asked.sign(request);
    CPPUNIT_ASSERT(DeskOutcome::accepted == asked.handle(request));
    CPPUNIT_ASSERT(asked.record()->state == AskedRecord::State::answered);
    const auto ann = asked.rig.store.directory().look_up(
        asked.inquiry("ann@example.org", asked.id_for({"ann@example.org"})), HoldingRig::soon());
    CPPUNIT_ASSERT(ann->recipients[0].asked[0]->state == AskedRecord::State::answered);
  }
  void who_blocks_the_author_takes_no_answer_from_the_others() {
    for (const char* fingerprint : {"", "example.com"}) {
      Rig asked(fingerprint);
      asked.question.recipients.push_back(
          {.owner = "ann@example.org", .address = "ann@example.org"});
      asked.url = *asked.rig.asking.ask(asked.question, HoldingRig::soon());
      CPPUNIT_ASSERT(
          asked.rig.store.contacts().put({Level::mailbox, "ann@example.org"}, "a:alice@example.com",
                                         {.standing = Standing::deny}, HoldingRig::soon()));
      Request request = asked.answer();
      const HeldId both = asked.id_for({"ann@example.org", "joe@example.org"});
      request.id = both.text();
      asked.sign(request);
      CPPUNIT_ASSERT(DeskOutcome::accepted == asked.handle(request));
      const bool known = *fingerprint != '\0';
      CPPUNIT_ASSERT_EQUAL(std::size_t{known}, asked.contacts());
      CPPUNIT_ASSERT((asked.record()->state == AskedRecord::State::answered) == !known);
      const auto ann = asked.rig.store.directory().look_up(
          asked.inquiry("ann@example.org", asked.id_for({"ann@example.org"})), HoldingRig::soon());
      CPPUNIT_ASSERT(ann->recipients[0].asked[0]->state == AskedRecord::State::waiting);
      const HeldView view = *asked.rig.store.held().get(both, HoldingRig::soon());
      CPPUNIT_ASSERT(view.state == HeldState::answered);
      CPPUNIT_ASSERT(view.recipients_left() == std::vector<std::string>{"joe@example.org"});
      CPPUNIT_ASSERT(view.recipients_who(RecipientState::declined) ==
                     std::vector<std::string>{"ann@example.org"});
    }
  }
  void where_all_block_him_the_page_tells_that() {
    Rig asked;
    CPPUNIT_ASSERT(
        asked.rig.store.contacts().put({Level::mailbox, "joe@example.org"}, "a:alice@example.com",
                                       {.standing = Standing::deny}, HoldingRig::soon()));
    CPPUNIT_ASSERT(DeskOutcome::not_wanted == asked.handle(asked.answer()));
    const HeldView view = *asked.rig.store.held().get(asked.id(), HoldingRig::soon());
    CPPUNIT_ASSERT(view.state == HeldState::failed && view.recipients_left().empty());
    CPPUNIT_ASSERT(DeskOutcome::repeated == asked.handle(asked.answer()));
    // He changes his mind: the next try is asked about anew, by the same URL.
    CPPUNIT_ASSERT_EQUAL(asked.url, *asked.rig.asking.ask(asked.question, HoldingRig::soon()));
    const HeldView again = *asked.rig.store.held().get(asked.id(), HoldingRig::soon());
    CPPUNIT_ASSERT(again.state == HeldState::held && again.recipients_left().size() == 1);
  }
  void a_second_answer_changes_nothing() {
    Rig asked;
    CPPUNIT_ASSERT(DeskOutcome::accepted == asked.handle(asked.answer()));
    const auto after = asked.record();
    CPPUNIT_ASSERT(DeskOutcome::repeated == asked.handle(asked.answer()));
    CPPUNIT_ASSERT(after == asked.record());
  }
  void a_view_that_was_tampered_with_is_not_believed() {
    Rig asked;
    HeldView view = *asked.rig.store.held().get(asked.id(), HoldingRig::soon());
    view.author = "thief@evil.example";
    view.owners = {"joe@example.org"};
    CPPUNIT_ASSERT(asked.rig.store.asked().ask(view, view.digest, {}, HoldingRig::soon()));
    CPPUNIT_ASSERT(DeskOutcome::forged == asked.handle(asked.answer()));
  }
  void a_store_that_is_down_names_no_url_and_leaves_the_request() {
    Rig asked;
    const Request request = asked.answer();
    asked.rig.store.set_down(true);
    CPPUNIT_ASSERT(!asked.rig.asking.ask(asked.question, HoldingRig::soon()));
    const auto outcome = asked.rig.asking.handle(request, HoldingRig::soon());
    CPPUNIT_ASSERT(!outcome && outcome.error().code == Errc::unavailable);
    asked.rig.store.set_down(false);
    // Whichever step fails, the same request does it all the next time.
    for (int n = 1; n <= 4; ++n) {
      asked.rig.store.fail_call(n);
      CPPUNIT_ASSERT(!asked.rig.asking.handle(request, HoldingRig::soon()));
    }
    CPPUNIT_ASSERT(DeskOutcome::accepted == asked.handle(request));
    CPPUNIT_ASSERT(asked.record()->state == AskedRecord::State::answered);
  }
  void any_node_takes_an_answer() {
    Rig asked;
    CPPUNIT_ASSERT(asked.rig.store.requests().append(std::string(kAnyNode), asked.answer(),
                                                     HoldingRig::soon()));
    CPPUNIT_ASSERT(asked.rig.node.start());
    CPPUNIT_ASSERT(
        test::eventually([&] { return asked.record()->state == AskedRecord::State::answered; }));
    CPPUNIT_ASSERT(test::eventually([&] {
      return asked.rig.store.requests()
          .read(std::string(kAnyNode), std::chrono::steady_clock::now())
          ->empty();
    }));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(AskingDeskTest);

}  // namespace countersign
