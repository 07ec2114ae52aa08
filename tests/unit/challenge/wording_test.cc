// SPDX-License-Identifier: Apache-2.0
#include "challenge/wording.h"

#include <cppunit/extensions/HelperMacros.h>

#include <cstdlib>

namespace countersign::challenge {
namespace {

using language::Catalogue;

// Monday 3 May 2027, 14:02 UTC
const WallTime kMonday(seconds(1'809'352'920));
const Catalogue& kEnglish = language::english();

std::string list(const std::vector<std::string>& addresses) {
  std::string out;
  for (const Texts& item : wording::list(addresses, kEnglish))
    out += item.at("before") + item.at("address");
  return out;
}

class WordingTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WordingTest);
  CPPUNIT_TEST(times_are_said_as_people_say_them);
  CPPUNIT_TEST(times_follow_the_zone);
  CPPUNIT_TEST(a_day_of_the_week_is_said_with_its_date_when_it_is_long_ago);
  CPPUNIT_TEST(lists_of_addresses);
  CPPUNIT_TEST(the_postmaster_is_the_first_address_s);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { zone("UTC"); }
  void tearDown() override { zone("UTC"); }

  void times_are_said_as_people_say_them() {
    CPPUNIT_ASSERT_EQUAL(std::string("Monday 3 May, 14:02"), wording::moment(kMonday, kEnglish));
    CPPUNIT_ASSERT_EQUAL(std::string("2 June"),
                         wording::day(kMonday + std::chrono::hours(24 * 30), kEnglish));
    CPPUNIT_ASSERT_EQUAL(std::string("Monday at 14:09"),
                         wording::delivered(kMonday + std::chrono::minutes(7), kMonday, kEnglish));
  }

  void times_follow_the_zone() {
    zone("UTC-10");  // POSIX counts westwards: ten hours before Greenwich
    CPPUNIT_ASSERT_EQUAL(std::string("Tuesday 4 May, 00:02"), wording::moment(kMonday, kEnglish));
  }

  void a_day_of_the_week_is_said_with_its_date_when_it_is_long_ago() {
    const auto later = [](int hours) { return kMonday + std::chrono::hours(hours); };
    CPPUNIT_ASSERT_EQUAL(std::string("Monday at 14:02"),
                         wording::delivered(kMonday, later(143), kEnglish));
    CPPUNIT_ASSERT_EQUAL(std::string("Monday 3 May at 14:02"),
                         wording::delivered(kMonday, later(144), kEnglish));
  }

  void lists_of_addresses() {
    CPPUNIT_ASSERT_EQUAL(std::string(""), list({}));
    CPPUNIT_ASSERT_EQUAL(std::string("a"), list({"a"}));
    CPPUNIT_ASSERT_EQUAL(std::string("a and b"), list({"a", "b"}));
    CPPUNIT_ASSERT_EQUAL(std::string("a, b and c"), list({"a", "b", "c"}));
    CPPUNIT_ASSERT_EQUAL(std::string("a, b and 2 others"), list({"a", "b", "c", "d"}));
  }

  void the_postmaster_is_the_first_address_s() {
    CPPUNIT_ASSERT_EQUAL(std::string("postmaster@example.org"),
                         wording::postmaster({"joe@example.org", "x@example.com"}));
    CPPUNIT_ASSERT_EQUAL(std::string("postmaster@example.org"),
                         wording::postmaster({"\"a@b\"@example.org"}));
    CPPUNIT_ASSERT_EQUAL(std::string("postmaster"), wording::postmaster({"joe"}));
    CPPUNIT_ASSERT_EQUAL(std::string("postmaster"), wording::postmaster({}));
  }

 private:
  static void zone(const char* name) {
    setenv("TZ", name, 1);
    tzset();
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(WordingTest);

}  // namespace
}  // namespace countersign::challenge
