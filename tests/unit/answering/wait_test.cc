// SPDX-License-Identifier: Apache-2.0
#include "answering/wait.h"

#include <cppunit/extensions/HelperMacros.h>

#include "answering/token.h"
#include "tests/support/held_fixture.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

enum class Want { refused, early, good };

struct Row {
  const char* name;
  milliseconds age;
  Want want;
};

const Row kRows[] = {
    {"at once is early", seconds(0), Want::early},
    {"just before ten seconds is early", milliseconds(9999), Want::early},
    {"ten seconds are enough", seconds(10), Want::good},
    {"an hour is not too late", std::chrono::hours(1), Want::good},
    {"more than an hour is too late", std::chrono::hours(1) + milliseconds(1), Want::refused},
    {"a clock that was set back makes it early", seconds(-30), Want::early},
};

struct Fixture {
  ManualClock clock;
  std::unique_ptr<Wait> wait = *Wait::make(test::web_keyring(), clock, {});
  std::string binding = proof_binding(test::kToken);
};

void check(const Row& row) {
  Fixture f;
  const std::string stamp = f.wait->issue(f.binding);
  f.clock.step_wall(row.age);
  const auto got = f.wait->check(stamp, f.binding);
  CPPUNIT_ASSERT_EQUAL(row.want == Want::refused, !got);
  if (got) CPPUNIT_ASSERT_EQUAL(row.want == Want::early, got->early);
}

class WaitTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WaitTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(every_change_of_a_stamp_is_refused);
  CPPUNIT_TEST(a_stamp_of_another_message_is_refused);
  CPPUNIT_TEST(an_old_key_still_verifies);
  CPPUNIT_TEST(no_key_is_an_error);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }

  void every_change_of_a_stamp_is_refused() {
    Fixture f;
    const std::string stamp = f.wait->issue(f.binding);
    f.clock.advance(seconds(20));
    CPPUNIT_ASSERT(f.wait->check(stamp, f.binding));
    for (std::size_t i = 0; i < stamp.size(); ++i) {
      std::string changed = stamp;
      changed[i] = changed[i] == '0' ? '1' : '0';
      CPPUNIT_ASSERT_MESSAGE(changed, !f.wait->check(changed, f.binding));
      CPPUNIT_ASSERT(!f.wait->check(stamp.substr(0, i), f.binding));
    }
    CPPUNIT_ASSERT(!f.wait->check(stamp + "00", f.binding));
    CPPUNIT_ASSERT(!f.wait->check(stamp + ".", f.binding));
    CPPUNIT_ASSERT(!f.wait->check("..", f.binding));
  }

  void a_stamp_of_another_message_is_refused() {
    Fixture f;
    const std::string stamp = f.wait->issue(proof_binding(test::kOtherToken));
    f.clock.advance(seconds(20));
    CPPUNIT_ASSERT(!f.wait->check(stamp, f.binding));
  }

  void an_old_key_still_verifies() {
    Fixture f;
    const std::string stamp = f.wait->issue(f.binding);
    f.clock.advance(seconds(20));
    const auto rotated = Keyring::parse(
        "wait k2 " + std::string(64, '9') + "\nwait k1 " + std::string(64, '4') + "\n", "x");
    const auto wait = Wait::make(*rotated, f.clock, {});
    CPPUNIT_ASSERT((*wait)->check(stamp, f.binding));
    CPPUNIT_ASSERT(!f.wait->check((*wait)->issue(f.binding), f.binding));
  }

  void no_key_is_an_error() {
    ManualClock clock;
    const auto wait = Wait::make(*Keyring::parse("", "empty.secrets"), clock, {});
    CPPUNIT_ASSERT(!wait);
    CPPUNIT_ASSERT(wait.error().detail.find("empty.secrets") != std::string::npos);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(WaitTest);

}  // namespace
}  // namespace countersign
