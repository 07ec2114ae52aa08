// SPDX-License-Identifier: Apache-2.0
#include "answering/views.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/held_fixture.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

using test::kToken;

const milliseconds kMonth = std::chrono::hours(24 * 30);

struct Row {
  const char* name;
  HeldState state;
  bool marked;         ///< the web server has sent an answer on
  milliseconds later;  ///< after it was held
  const char* want;    ///< word of ViewState; "": not_found
};

const Row kRows[] = {
    {"held waits", HeldState::held, false, seconds(0), "waiting"},
    {"held waits until its last moment", HeldState::held, false, kMonth - seconds(1), "waiting"},
    {"held past its time waits until its node ends it", HeldState::held, false, kMonth, "waiting"},
    {"held with an answer on its way is being delivered", HeldState::held, true, seconds(0),
     "delivering"},
    {"answered is being delivered", HeldState::answered, false, seconds(0), "delivering"},
    {"answered is being delivered past its time too", HeldState::answered, false, kMonth,
     "delivering"},
    {"released is delivered", HeldState::released, true, seconds(0), "delivered"},
    {"refused for good is shown", HeldState::failed, true, seconds(0), "failed"},
    {"dropped is gone", HeldState::dropped, false, seconds(0), ""},
    {"dropped is gone though it was answered", HeldState::dropped, true, seconds(0), ""},
    {"expired is shown", HeldState::expired, false, seconds(0), "expired"},
    {"taken back is shown", HeldState::withdrawn, false, seconds(0), "withdrawn"},
    {"taken back is shown past its time too", HeldState::withdrawn, true, kMonth, "withdrawn"},
};

struct Fixture {
  ManualClock clock;
  MemoryStore store{clock};
  Views views{store.held(), clock, {"pow", "code", "wait"}};
};

Status mark(Fixture& f, const HeldView& held, const std::string& how) {
  return f.store.web().mark_answered(held.id.text(), mark_text(held, how), seconds(3600),
                                     test::soon());
}

void check(const Row& row) {
  Fixture f;
  HeldView held = test::held_view(f.clock.wall());
  test::hold(f.store, held);
  if (row.state != HeldState::held)
    CPPUNIT_ASSERT(f.store.held().set_state(held, row.state, f.clock.wall(), test::soon()));
  f.clock.advance(row.later);
  if (row.marked) CPPUNIT_ASSERT(mark(f, held, "answer"));
  const auto got = f.views.look_up(kToken, test::soon());
  const std::string word(got ? countersign::word(kViewStateWords, got->state) : "");
  CPPUNIT_ASSERT_EQUAL(std::string(row.want), word);
  if (!got) CPPUNIT_ASSERT(got.error().code == Errc::not_found);
}

struct ProofRow {
  const char* name;
  const char* fingerprint;
  std::vector<std::string> configured;
  std::vector<ProofKind> want;
};

const ProofRow kProofRows[] = {
    {"an authenticated author may also wait",
     "example.com",
     {"pow", "code", "wait"},
     {ProofKind::pow, ProofKind::code, ProofKind::wait}},
    {"any other may not", "", {"pow", "code", "wait"}, {ProofKind::pow, ProofKind::code}},
    {"what the site leaves out is not offered", "example.com", {"wait"}, {ProofKind::wait}},
    {"nothing may be left", "", {"wait"}, {}},
};

void check_proofs(const ProofRow& row) {
  Fixture f;
  HeldView held = test::held_view(f.clock.wall());
  held.fingerprint = row.fingerprint;
  test::hold(f.store, held);
  const Views views(f.store.held(), f.clock, row.configured);
  const auto got = views.look_up(kToken, test::soon());
  CPPUNIT_ASSERT(got);
  CPPUNIT_ASSERT(row.want == got->proofs);
}

class ViewsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ViewsTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(every_token_costs_the_same_calls);
  CPPUNIT_TEST(a_failing_call_is_unavailable);
  CPPUNIT_TEST(many_are_looked_up_in_one_call);
  CPPUNIT_TEST(what_was_shown_is_never_taken_for_what_is);
  CPPUNIT_TEST(an_unchallenged_message_has_no_page);
  CPPUNIT_TEST(what_was_taken_back_and_restored_waits_again);
  CPPUNIT_TEST(what_was_confirmed_is_not_asked_for_again);
  CPPUNIT_TEST(any_spelling_of_the_token_finds_it);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) {
    test::add_rows(context, kRows, check);
    test::add_rows(context, kProofRows, check_proofs);
  }

  void every_token_costs_the_same_calls() {
    const auto calls = [](const std::string& token, milliseconds later, HeldState state) {
      Fixture f;
      const HeldView held = test::held_view(f.clock.wall());
      test::hold(f.store, held);
      if (state != HeldState::held)
        CPPUNIT_ASSERT(f.store.held().set_state(held, state, f.clock.wall(), test::soon()));
      f.clock.advance(later);
      const int before = f.store.calls();
      (void)f.views.look_up(token, test::soon());
      return f.store.calls() - before;
    };
    const int known = calls(kToken, seconds(0), HeldState::held);
    CPPUNIT_ASSERT_EQUAL(1, known);
    CPPUNIT_ASSERT_EQUAL(known, calls(test::kOtherToken, seconds(0), HeldState::held));
    CPPUNIT_ASSERT_EQUAL(known, calls("not a token", seconds(0), HeldState::held));
    CPPUNIT_ASSERT_EQUAL(known, calls("", seconds(0), HeldState::held));
    CPPUNIT_ASSERT_EQUAL(known, calls(kToken, kMonth, HeldState::held));
    CPPUNIT_ASSERT_EQUAL(known, calls(kToken, seconds(0), HeldState::dropped));
    CPPUNIT_ASSERT_EQUAL(known, calls(kToken, seconds(0), HeldState::released));
  }

  void a_failing_call_is_unavailable() {
    for (const std::string& token : {kToken, test::kOtherToken, std::string("?")}) {
      Fixture f;
      test::hold(f.store, test::held_view(f.clock.wall()));
      f.store.fail_call(1);
      const auto got = f.views.look_up(token, test::soon());
      CPPUNIT_ASSERT_MESSAGE(token, !got);
      CPPUNIT_ASSERT(got.error().code == Errc::unavailable);
    }
  }

  void many_are_looked_up_in_one_call() {
    Fixture f;
    test::hold(f.store, test::held_view(f.clock.wall()));
    const int before = f.store.calls();
    const std::vector<std::string_view> tokens = {"?", kToken, test::kOtherToken, kToken};
    const auto got = f.views.look_up(tokens, test::soon());
    CPPUNIT_ASSERT_EQUAL(1, f.store.calls() - before);
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, got.size());
    CPPUNIT_ASSERT(!got[0] && got[1] && !got[2] && got[3]);
    CPPUNIT_ASSERT_EQUAL(kToken, got[3]->token);
  }

  void what_was_shown_is_never_taken_for_what_is() {
    Fixture f;
    const HeldView held = test::held_view(f.clock.wall());
    test::hold(f.store, held);
    const auto state = [&] { return f.views.look_up(kToken, test::soon())->state; };
    CPPUNIT_ASSERT(state() == ViewState::waiting);
    CPPUNIT_ASSERT(mark(f, held, "withdraw"));
    CPPUNIT_ASSERT(state() == ViewState::withdrawn);
    CPPUNIT_ASSERT(
        f.store.held().set_state(held, HeldState::released, f.clock.wall(), test::soon()));
    CPPUNIT_ASSERT(state() == ViewState::delivered);
    CPPUNIT_ASSERT(
        f.store.held().set_state(held, HeldState::dropped, f.clock.wall(), test::soon()));
    for (int i = 0; i < 2; ++i) {
      const auto gone = f.views.look_up(kToken, test::soon());
      CPPUNIT_ASSERT(!gone && gone.error().code == Errc::not_found);
    }
  }

  void an_unchallenged_message_has_no_page() {
    Fixture f;
    HeldView held = test::held_view(f.clock.wall());
    held.challenged = false;
    test::hold(f.store, held);
    CPPUNIT_ASSERT(!f.views.look_up(kToken, test::soon()));
  }

  void what_was_taken_back_and_restored_waits_again() {
    Fixture f;
    const HeldView held = test::held_view(f.clock.wall());
    test::hold(f.store, held);
    const auto state = [&] { return f.views.look_up(kToken, test::soon())->state; };
    CPPUNIT_ASSERT(mark(f, held, "withdraw"));
    CPPUNIT_ASSERT(state() == ViewState::withdrawn);
    for (const HeldState next : {HeldState::withdrawn, HeldState::held}) {
      f.clock.advance(seconds(1));
      CPPUNIT_ASSERT(f.store.held().set_state(held, next, f.clock.wall(), test::soon()));
    }
    CPPUNIT_ASSERT(state() == ViewState::waiting);
  }

  void what_was_confirmed_is_not_asked_for_again() {
    Fixture f;
    HeldView held = test::held_view(f.clock.wall());
    held.confirmed = true;
    test::hold(f.store, held);
    const auto state = [&] { return f.views.look_up(kToken, test::soon())->state; };
    CPPUNIT_ASSERT(state() == ViewState::answered);
    CPPUNIT_ASSERT(f.views.look_up(kToken, test::soon())->proofs.empty());
    CPPUNIT_ASSERT(mark(f, held, "answer"));
    CPPUNIT_ASSERT(state() == ViewState::answered);
    CPPUNIT_ASSERT(
        f.store.held().set_state(held, HeldState::released, f.clock.wall(), test::soon()));
    CPPUNIT_ASSERT(state() == ViewState::delivered);
  }

  void any_spelling_of_the_token_finds_it() {
    Fixture f;
    test::hold(f.store, test::held_view(f.clock.wall()));
    const auto got = f.views.look_up("7q2m-xf4p-k9td-3hwa-7q2m-xf4p-k9", test::soon());
    CPPUNIT_ASSERT(got);
    CPPUNIT_ASSERT_EQUAL(kToken, got->token);
    CPPUNIT_ASSERT_EQUAL(std::string("Offer for 40 chairs"), got->held.subject);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(ViewsTest);

}  // namespace
}  // namespace countersign
