// SPDX-License-Identifier: Apache-2.0
#include "holding/approval.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/holding_rig.h"

namespace countersign {
namespace {

using test::HoldingRig;

const Scope kJoe{Level::mailbox, "joe@example.org"};
const Scope kAnn{Level::mailbox, "ann@example.org"};

class ApprovalTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ApprovalTest);
  CPPUNIT_TEST(an_author_is_known_by_what_authenticates_him);
  CPPUNIT_TEST(else_by_his_network);
  CPPUNIT_TEST(else_by_name_only);
  CPPUNIT_TEST(all_owners_let_him_in_and_no_others);
  CPPUNIT_TEST(a_second_network_stands_beside_the_first);
  CPPUNIT_TEST(what_was_denied_is_allowed);
  CPPUNIT_TEST(without_an_author_there_is_nobody_to_let_in);
  CPPUNIT_TEST_SUITE_END();

 public:
  HeldEnvelope envelope() {
    HeldEnvelope e{.id = HeldId::random()};
    e.author = "alice@legacy.example";
    e.owners = {kJoe.name};
    return e;
  }
  void approve(const HeldEnvelope& e) {
    HeldMessage message{.envelope = e, .events = {}};
    message.envelope.envelope.recipients.resize(e.owners.size());
    const auto done = approve_author(message, {}, {}, rig_.store.contacts(), rig_.clock.wall(),
                                     HoldingRig::soon());
    CPPUNIT_ASSERT_MESSAGE(done ? "" : done.error().detail, done);
  }
  std::vector<std::string> known_by(const Scope& scope) {
    const auto list = rig_.store.contacts().list(scope, HoldingRig::soon());
    CPPUNIT_ASSERT(list && list->size() == 1);
    CPPUNIT_ASSERT_EQUAL(std::string("a:alice@legacy.example"), list->front().first);
    CPPUNIT_ASSERT_EQUAL(std::string("released"), list->front().second.source);
    CPPUNIT_ASSERT(list->front().second.standing == Standing::allow);
    return list->front().second.fingerprints;
  }

  void an_author_is_known_by_what_authenticates_him() {
    HeldEnvelope e = envelope();
    e.fingerprint = "legacy.example";
    e.network_fingerprint = "ptr:host.example";
    approve(e);
    CPPUNIT_ASSERT(std::vector<std::string>{"legacy.example"} == known_by(kJoe));
  }
  void else_by_his_network() {
    HeldEnvelope e = envelope();
    e.network_fingerprint = "ptr:host.example";
    approve(e);
    CPPUNIT_ASSERT(std::vector<std::string>{"ptr:host.example"} == known_by(kJoe));
  }
  void else_by_name_only() {
    approve(envelope());
    CPPUNIT_ASSERT(known_by(kJoe).empty());
  }
  void all_owners_let_him_in_and_no_others() {
    HeldEnvelope e = envelope();
    e.owners = {kJoe.name, kAnn.name, kJoe.name};
    approve(e);
    CPPUNIT_ASSERT(known_by(kJoe).empty() && known_by(kAnn).empty());
    const auto bob =
        rig_.store.contacts().list({Level::mailbox, "bob@example.org"}, HoldingRig::soon());
    CPPUNIT_ASSERT(bob && bob->empty());
  }
  void a_second_network_stands_beside_the_first() {
    HeldEnvelope e = envelope();
    for (const char* network : {"net:192.0.2.0/24", "net:198.51.100.0/24", "net:192.0.2.0/24"}) {
      e.network_fingerprint = network;
      approve(e);
    }
    CPPUNIT_ASSERT((std::vector<std::string>{"net:192.0.2.0/24", "net:198.51.100.0/24"}) ==
                   known_by(kJoe));
  }
  void what_was_denied_is_allowed() {
    CPPUNIT_ASSERT(rig_.store.contacts().put(kJoe, "a:alice@legacy.example",
                                             {.standing = Standing::deny}, HoldingRig::soon()));
    approve(envelope());
    CPPUNIT_ASSERT(known_by(kJoe).empty());
  }
  void without_an_author_there_is_nobody_to_let_in() {
    HeldEnvelope e = envelope();
    e.author.clear();
    const auto done = approve_author({.envelope = e, .events = {}}, {}, {}, rig_.store.contacts(),
                                     rig_.clock.wall(), HoldingRig::soon());
    CPPUNIT_ASSERT(!done && done.error().code == Errc::invalid);
    const auto list = rig_.store.contacts().list(kJoe, HoldingRig::soon());
    CPPUNIT_ASSERT(list && list->empty());
  }

 private:
  HoldingRig rig_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(ApprovalTest);

}  // namespace
}  // namespace countersign
