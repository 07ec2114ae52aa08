// SPDX-License-Identifier: Apache-2.0
//
// Answers by reply, from the address in the challenge to the node that holds the message.
#include "holding/reply_desk.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>

#include "mail/reply_address.h"
#include "tests/support/holding_rig.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

using test::HoldingRig;

HeldEnvelope by_mail() {
  HeldEnvelope envelope = HoldingRig::envelope();
  envelope.by_mail = true;
  return envelope;
}

/// The place that the challenge of this message names.
std::string place_of(const HoldingRig& rig, const HeldId& id) {
  const auto address = reply_address_of(rig.keys, id, *Mailbox::parse("joe@example.org"), "+");
  return find_reply_address(*address, "+", rig.keys.all("answer"))->place;
}

Request reply(const HoldingRig& rig, const HeldId& id) {
  Request request{.kind = "reply",
                  .id = id.text(),
                  .token = place_of(rig, id),
                  .address = "alice@example.com",
                  .proof = "reply",
                  .nonce = hex_encode(random_bytes(16)),
                  .mac = {}};
  rig.sign(request, "operator");
  return request;
}

struct Row {
  const char* name;
  void (*change_held)(HeldEnvelope&);
  void (*change)(HoldingRig&, const HeldId&, Request&);
  const char* key;
  DeskOutcome want;
};

void as_it_is(HeldEnvelope&) {}
void the_same(HoldingRig&, const HeldId&, Request&) {}

const Row kRows[] = {
    {"a reply of its author frees the message", as_it_is, the_same, "operator",
     DeskOutcome::accepted},
    {"the web host cannot say that there was one", as_it_is, the_same, "web", DeskOutcome::forged},
    {"one of somebody else does not", as_it_is,
     [](HoldingRig&, const HeldId&, Request& r) { r.address = "mallory@example.com"; }, "operator",
     DeskOutcome::forged},
    {"one to another message's address does not", as_it_is,
     [](HoldingRig& rig, const HeldId&, Request& r) { r.token = place_of(rig, HeldId::random()); },
     "operator", DeskOutcome::forged},
    {"one with the token of the page does not", as_it_is,
     [](HoldingRig& rig, const HeldId& id, Request& r) {
       r.token = *answer_token(rig.keys, id, 1);
     },
     "operator", DeskOutcome::forged},
    {"one with another proof does not", as_it_is,
     [](HoldingRig&, const HeldId&, Request& r) { r.proof = "address+pow"; }, "operator",
     DeskOutcome::forged},
    {"who was challenged in the SMTP reply has no address to reply to",
     [](HeldEnvelope& e) { e.by_mail = false; }, the_same, "operator", DeskOutcome::forged},
    {"of an author whom nobody vouches for none counts",
     [](HeldEnvelope& e) {
       e.fingerprint.clear();
       e.share = "unauthenticated";
     },
     the_same, "operator", DeskOutcome::forged},
    {"what only the recipient may free is not freed",
     [](HeldEnvelope& e) { e.reason = "forged-contact"; }, the_same, "operator",
     DeskOutcome::forged},
    {"the recipient's deny wins", as_it_is,
     [](HoldingRig& rig, const HeldId&, Request&) {
       (void)rig.store.contacts().put({Level::mailbox, "joe@example.org"}, "a:alice@example.com",
                                      {.standing = Standing::deny}, HoldingRig::soon());
     },
     "operator", DeskOutcome::not_wanted},
};

void check(const Row& row) {
  HoldingRig rig;
  HeldEnvelope envelope = by_mail();
  row.change_held(envelope);
  const auto receipt = rig.hold(envelope);
  CPPUNIT_ASSERT(receipt);
  Request request = reply(rig, receipt->id);
  row.change(rig, receipt->id, request);
  rig.sign(request, row.key);
  const auto outcome = rig.desk.handle(request, HoldingRig::soon());
  CPPUNIT_ASSERT(outcome);
  CPPUNIT_ASSERT_EQUAL(std::string(word(kDeskOutcomeWords, row.want)),
                       std::string(word(kDeskOutcomeWords, *outcome)));
  const History history = history_of(*rig.spool->read(receipt->id));
  CPPUNIT_ASSERT_EQUAL(row.want == DeskOutcome::accepted, history.may_go);
  if (history.may_go) CPPUNIT_ASSERT_EQUAL(std::string("reply"), history.proof);
}

struct AddressRow {
  const char* name;
  std::string recipient;
  const char* delimiters;
  std::string before;  ///< the answer's address up to the place; "": there is none
};

const AddressRow kAddressRows[] = {
    {"a mailbox", "joe@example.org", "+", "joe+"},
    {"the first of the delimiters", "joe@example.org", "-+", "joe-"},
    {"a mailbox with a detail keeps it", "joe+shop@example.org", "+", "joe+shop+"},
    {"unless that is too long", "joe+" + std::string(40, 's') + "@example.org", "+", "joe+"},
    {"no room at all", std::string(40, 'j') + "@example.org", "+", ""},
    {"no delimiter", "joe@example.org", "", ""},
    {"a local part outside ASCII", "j\xc3\xb6@example.org", "+", ""},
};

void check_address(const AddressRow& row) {
  const auto address = reply_address_of(test::test_keys(), HeldId::random(),
                                        *Mailbox::parse(row.recipient), row.delimiters);
  CPPUNIT_ASSERT_EQUAL(!row.before.empty(), address.has_value());
  if (!address) return;
  CPPUNIT_ASSERT_EQUAL(row.before, address->local().substr(0, row.before.size()));
  CPPUNIT_ASSERT_EQUAL(row.before.size() + 26, address->local().size());
}

}  // namespace

class ReplyDeskTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReplyDeskTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(what_waits_is_found_by_its_place);
  CPPUNIT_TEST(what_does_not_wait_is_not);
  CPPUNIT_TEST(a_store_that_is_down_says_so);
  CPPUNIT_TEST(two_replies_free_it_once);
  CPPUNIT_TEST(the_node_that_holds_it_hears_of_it);
  CPPUNIT_TEST(the_challenge_names_the_address_only_where_it_is_of_use);
  CPPUNIT_TEST_SUITE_END();

  static constexpr const char* kJoe = "joe@example.org";

 public:
  static void rows(TestSuiteBuilderContextType& c) {
    test::add_rows(c, kRows, check);
    test::add_rows(c, kAddressRows, check_address);
  }

  void what_waits_is_found_by_its_place() {
    HoldingRig rig;
    StoreReplyDesk desk(rig.store.held(), rig.store.requests(), rig.keys);
    const HeldId id = rig.hold(by_mail())->id;
    (void)rig.hold(by_mail(), "another\r\n");
    const auto found = desk.find(kJoe, place_of(rig, id), HoldingRig::soon());
    CPPUNIT_ASSERT(found && *found);
    CPPUNIT_ASSERT_EQUAL(id.text(), (*found)->id.text());
    CPPUNIT_ASSERT(!*desk.find("ann@example.org", place_of(rig, id), HoldingRig::soon()));
    CPPUNIT_ASSERT(!*desk.find(kJoe, place_of(rig, HeldId::random()), HoldingRig::soon()));
  }

  void what_does_not_wait_is_not() {
    HoldingRig rig;
    StoreReplyDesk desk(rig.store.held(), rig.store.requests(), rig.keys);
    HeldEnvelope in_reply = by_mail();
    in_reply.by_mail = false;
    const HeldId told = rig.hold(in_reply, "told\r\n")->id;
    CPPUNIT_ASSERT(!*desk.find(kJoe, place_of(rig, told), HoldingRig::soon()));
    const HeldId id = rig.hold(by_mail())->id;
    for (const HeldState state : {HeldState::withdrawn, HeldState::answered, HeldState::released}) {
      const auto view = rig.store.held().get(id, HoldingRig::soon());
      (void)rig.store.held().set_state(*view, state, rig.clock.wall(), HoldingRig::soon());
      CPPUNIT_ASSERT(!*desk.find(kJoe, place_of(rig, id), HoldingRig::soon()));
    }
  }

  void a_store_that_is_down_says_so() {
    HoldingRig rig;
    StoreReplyDesk desk(rig.store.held(), rig.store.requests(), rig.keys);
    const HeldId id = rig.hold(by_mail())->id;
    const HeldView view = *rig.store.held().get(id, HoldingRig::soon());
    rig.store.set_down(true);
    CPPUNIT_ASSERT(!desk.find(kJoe, place_of(rig, id), HoldingRig::soon()));
    CPPUNIT_ASSERT(!desk.answer(view, place_of(rig, id), HoldingRig::soon()));
  }

  void two_replies_free_it_once() {
    HoldingRig rig;
    const HeldId id = rig.hold(by_mail())->id;
    CPPUNIT_ASSERT(*rig.desk.handle(reply(rig, id), HoldingRig::soon()) == DeskOutcome::accepted);
    CPPUNIT_ASSERT(*rig.desk.handle(reply(rig, id), HoldingRig::soon()) == DeskOutcome::repeated);
    const auto events = rig.spool->read(id)->events;
    CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t{1}, std::ranges::count_if(events, [](const HeldEvent& e) {
                           return e.kind == HeldEvent::Kind::answered;
                         }));
  }

  void the_node_that_holds_it_hears_of_it() {
    HoldingRig rig;
    CPPUNIT_ASSERT(rig.node.start());
    StoreReplyDesk desk(rig.store.held(), rig.store.requests(), rig.keys);
    const HeldId id = rig.hold(by_mail())->id;
    const std::string place = place_of(rig, id);
    const auto found = desk.find(kJoe, place, HoldingRig::soon());
    CPPUNIT_ASSERT(found && *found);
    CPPUNIT_ASSERT(desk.answer(**found, place, HoldingRig::soon()));
    CPPUNIT_ASSERT(desk.answer(**found, place, HoldingRig::soon()));
    CPPUNIT_ASSERT(test::eventually([&] { return !rig.mta.sent().empty(); }));
    CPPUNIT_ASSERT(test::eventually([&] { return rig.table.size() == 0; }));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.mta.sent().size());
    CPPUNIT_ASSERT(rig.mta.sent().front().bytes.find("proof=reply\r\n") != std::string::npos);
  }

  void the_challenge_names_the_address_only_where_it_is_of_use() {
    const auto challenge = [](const std::string& delimiters) {
      HoldingRig rig;
      Announcer announcer({.spool = *rig.spool,
                           .table = rig.table,
                           .claims = rig.claims,
                           .outbox = rig.store.outbox(),
                           .notices = rig.notices,
                           .keys = rig.keys,
                           .clock = rig.clock},
                          {.from = "countersign@{domain}",
                           .base_url = "https://gate.example.org",
                           .reply_delimiters = delimiters},
                          "mx.example.org");
      const HeldId held = rig.hold(by_mail())->id;
      CPPUNIT_ASSERT(announcer.challenge(held));
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.notices.sent().size());
      return std::pair(held, rig.notices.sent().back().bytes);
    };
    const auto [with, offered] = challenge("+");
    const auto address = reply_address_of(test::test_keys(), with, *Mailbox::parse(kJoe), "+");
    CPPUNIT_ASSERT(offered.find("\r\nReply-To: " + address->address() + "\r\n") !=
                   std::string::npos);
    CPPUNIT_ASSERT(offered.find("reply to this mail") != std::string::npos);
    const auto [without, plain] = challenge("");
    CPPUNIT_ASSERT(plain.find("\r\nReply-To") == std::string::npos);
    CPPUNIT_ASSERT(plain.find("reply to this mail") == std::string::npos);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(ReplyDeskTest);

}  // namespace countersign
