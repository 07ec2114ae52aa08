// SPDX-License-Identifier: Apache-2.0
#include "answering/retract.h"

#include <cppunit/extensions/HelperMacros.h>

#include "answering/token.h"
#include "base/encoding.h"
#include "tests/support/held_fixture.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

using test::kToken;

const std::string kNetwork = "192.0.2.0/24";
const std::string kRight = "alice@example.com";

struct Fixture {
  explicit Fixture(bool by_mail = true) {
    held.by_mail = by_mail;
    test::hold(store, held);
  }
  RetractResult ask(const std::string& address, const std::string& stamp = "",
                    Retraction what = Retraction::withdraw) {
    auto got = desk.ask(kToken, what, address, stamp, kNetwork, test::soon());
    CPPUNIT_ASSERT_MESSAGE(got ? "" : got.error().detail, got);
    return *std::move(got);
  }
  std::vector<RequestEntry> requests() {
    return *store.requests().read(test::kNode, std::chrono::steady_clock::now());
  }

  ManualClock clock;
  MemoryStore store{clock};
  HeldView held = test::held_view(clock.wall());
  Keyring keyring = test::web_keyring();
  std::unique_ptr<Wait> wait = *Wait::make(keyring, clock, {});
  Views views{store.held(), clock, {"pow"}};
  RetractDesk desk{{views, *wait, store.web(), store.requests(), keyring}};
};

struct FirstRow {
  const char* name;
  const char* address;
  RetractOutcome want;
};

/// What comes of a first step; none of them asks the node for anything.
const FirstRow kFirstRows[] = {
    {"the right address is asked to confirm", "alice@example.com", RetractOutcome::confirm},
    {"any that counts is right", "Bounce@lists.example.com", RetractOutcome::confirm},
    {"another address is wrong", "mallory@example.com", RetractOutcome::wrong_address},
    {"no address is wrong", "chairs", RetractOutcome::wrong_address},
    {"a bare press does nothing", "", RetractOutcome::no_address},
};

void check_first(const FirstRow& row) {
  for (const Retraction what : {Retraction::withdraw, Retraction::not_me}) {
    Fixture f;
    const auto got = f.ask(row.address, "", what);
    CPPUNIT_ASSERT(row.want == got.outcome);
    CPPUNIT_ASSERT_EQUAL(row.want == RetractOutcome::confirm, !got.stamp.empty());
    CPPUNIT_ASSERT(f.requests().empty());
    CPPUNIT_ASSERT(f.views.look_up(kToken, test::soon())->state == ViewState::waiting);
  }
}

class RetractTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RetractTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(two_steps_make_a_request);
  CPPUNIT_TEST(the_second_step_needs_the_address_too);
  CPPUNIT_TEST(a_stamp_is_for_one_use_and_one_message);
  CPPUNIT_TEST(an_old_stamp_is_the_first_step_again);
  CPPUNIT_TEST(disowning_is_for_challenges_by_mail);
  CPPUNIT_TEST(wrong_addresses_are_limited_as_answers_are);
  CPPUNIT_TEST(what_does_not_wait_is_left_alone);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) {
    test::add_rows(context, kFirstRows, check_first);
  }

  void two_steps_make_a_request() {
    for (const auto& [what, word] :
         {std::pair(Retraction::withdraw, "withdraw"), {Retraction::not_me, "not-me"}}) {
      Fixture f;
      const std::string stamp = f.ask(kRight, "", what).stamp;
      const auto got = f.ask(" ALICE@example.com ", stamp, what);
      CPPUNIT_ASSERT(got.outcome == RetractOutcome::taken);
      CPPUNIT_ASSERT(got.view.state == ViewState::withdrawn);
      const auto all = f.requests();
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, all.size());
      const Request& r = all.front().request;
      CPPUNIT_ASSERT_EQUAL(std::string(word), r.kind);
      CPPUNIT_ASSERT_EQUAL(kRight, r.address);
      CPPUNIT_ASSERT_EQUAL(kToken, r.token);
      CPPUNIT_ASSERT(f.keyring.verify("web", r.mac_input(test::kNode), *hex_decode(r.mac)));
      CPPUNIT_ASSERT(f.views.look_up(kToken, test::soon())->state == ViewState::withdrawn);
      CPPUNIT_ASSERT(f.ask(kRight, stamp, what).outcome == RetractOutcome::already);
    }
  }

  void the_second_step_needs_the_address_too() {
    Fixture f;
    const std::string stamp = f.ask(kRight).stamp;
    CPPUNIT_ASSERT(f.ask("", stamp).outcome == RetractOutcome::no_address);
    CPPUNIT_ASSERT(f.ask("mallory@example.com", stamp).outcome == RetractOutcome::wrong_address);
    CPPUNIT_ASSERT(f.requests().empty());
  }

  void a_stamp_is_for_one_use_and_one_message() {
    Fixture f;
    for (const std::string& stamp : {std::string("x"), f.wait->issue(proof_binding(kToken)),
                                     f.wait->issue("withdraw:" + proof_binding(test::kOtherToken)),
                                     f.ask(kRight, "", Retraction::not_me).stamp})
      CPPUNIT_ASSERT(f.ask(kRight, stamp).outcome == RetractOutcome::confirm);
    CPPUNIT_ASSERT(f.requests().empty());
  }

  void an_old_stamp_is_the_first_step_again() {
    Fixture f;
    const std::string stamp = f.ask(kRight).stamp;
    f.clock.advance(std::chrono::hours(1) + seconds(1));
    const auto again = f.ask(kRight, stamp);
    CPPUNIT_ASSERT(again.outcome == RetractOutcome::confirm);
    CPPUNIT_ASSERT(f.ask(kRight, again.stamp).outcome == RetractOutcome::taken);
  }

  void disowning_is_for_challenges_by_mail() {
    Fixture f(false);
    const auto got = f.desk.ask(kToken, Retraction::not_me, kRight, "", kNetwork, test::soon());
    CPPUNIT_ASSERT(!got && got.error().code == Errc::not_found);
    CPPUNIT_ASSERT(!f.desk.look_up(kToken, Retraction::not_me, test::soon()));
    CPPUNIT_ASSERT(f.desk.look_up(kToken, Retraction::withdraw, test::soon()));
  }

  void wrong_addresses_are_limited_as_answers_are() {
    Fixture f;
    for (int i = 0; i < 5; ++i)
      CPPUNIT_ASSERT(f.ask("m@example.com").outcome == RetractOutcome::wrong_address);
    CPPUNIT_ASSERT(f.ask(kRight).outcome == RetractOutcome::limited);
    CPPUNIT_ASSERT(f.ask(kRight).retry == std::chrono::hours(1));
  }

  void what_does_not_wait_is_left_alone() {
    Fixture f;
    const std::string stamp = f.ask(kRight).stamp;
    CPPUNIT_ASSERT(
        f.store.held().set_state(f.held, HeldState::released, f.clock.wall(), test::soon()));
    CPPUNIT_ASSERT(f.ask(kRight, stamp).outcome == RetractOutcome::already);
    CPPUNIT_ASSERT(f.requests().empty());
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(RetractTest);

}  // namespace
}  // namespace countersign
