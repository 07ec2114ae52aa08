// SPDX-License-Identifier: Apache-2.0
#include "challenge/open_pages.h"

#include <cppunit/extensions/HelperMacros.h>

namespace countersign::challenge {

class OpenPagesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(OpenPagesTest);
  CPPUNIT_TEST(a_page_that_nobody_looks_at_any_more_is_abandoned_once);
  CPPUNIT_TEST(one_that_was_answered_is_not);
  CPPUNIT_TEST(there_is_an_end_to_what_is_remembered);
  CPPUNIT_TEST_SUITE_END();

  const HeldId a_ = HeldId::random();
  const HeldId b_ = HeldId::random();
  static SteadyTime at(int minutes) { return SteadyTime(std::chrono::minutes(minutes)); }

 public:
  void a_page_that_nobody_looks_at_any_more_is_abandoned_once() {
    OpenPages pages;
    pages.shown(a_, at(0));
    pages.shown(b_, at(0));
    pages.shown(b_, at(30));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, pages.abandoned(at(59)));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, pages.abandoned(at(60)));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, pages.abandoned(at(89)));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, pages.abandoned(at(90)));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, pages.abandoned(at(900)));
  }
  void one_that_was_answered_is_not() {
    OpenPages pages;
    pages.shown(a_, at(0));
    pages.ended(a_);
    pages.ended(b_);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, pages.abandoned(at(900)));
  }
  void there_is_an_end_to_what_is_remembered() {
    OpenPages pages(std::chrono::hours(1), 1);
    pages.shown(a_, at(0));
    pages.shown(b_, at(0));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, pages.abandoned(at(60)));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(OpenPagesTest);

}  // namespace countersign::challenge
