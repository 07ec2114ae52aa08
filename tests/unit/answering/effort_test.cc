// SPDX-License-Identifier: Apache-2.0
#include "answering/effort.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"

namespace countersign {
namespace {

const std::vector<std::string> kTable = {"authenticated 0 1500", "unauthenticated 100 12000",
                                         "unauthenticated 0 3000", "unauthenticated 30 6000"};

struct Row {
  const char* name;
  bool authenticated;
  int answers;
  int want;
};

const Row kRows[] = {
    {"an authenticated author has it gentlest", true, 0, 1500},
    {"however busy his network, where the table says no more", true, 1000, 1500},
    {"any other pays the usual", false, 0, 3000},
    {"until the network is busy", false, 29, 3000},
    {"then more", false, 30, 6000},
    {"and still more, in whatever order the rows stand", false, 100, 12000},
};

void check(const Row& row) {
  CPPUNIT_ASSERT_EQUAL(row.want, Effort::parse(kTable)->tries(row.authenticated, row.answers));
}

struct BadRow {
  const char* name;
  const char* text;
};

const BadRow kBadRows[] = {
    {"nothing", ""},
    {"an unknown word", "everybody 0 3000"},
    {"no tries", "authenticated 0"},
    {"too much", "authenticated 0 3000 1"},
    {"no work", "authenticated 0 0"},
    {"a negative count", "authenticated -1 3000"},
    {"work for hours", "authenticated 0 1000001"},
};

void check_bad(const BadRow& row) { CPPUNIT_ASSERT(!Effort::parse({row.text})); }

class EffortTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(EffortTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(without_a_row_that_fits_it_is_the_usual);
  CPPUNIT_TEST(levels_are_all_that_can_be_asked_for);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) {
    test::add_rows(context, kRows, check);
    test::add_rows(context, kBadRows, check_bad);
  }
  void without_a_row_that_fits_it_is_the_usual() {
    CPPUNIT_ASSERT_EQUAL(3000, Effort::parse({})->tries(true, 0));
    CPPUNIT_ASSERT_EQUAL(3000, Effort::parse({"authenticated 10 1"})->tries(true, 9));
  }
  void levels_are_all_that_can_be_asked_for() {
    CPPUNIT_ASSERT((Effort::parse(kTable)->levels() == std::vector<int>{1500, 3000, 6000, 12000}));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(EffortTest);

}  // namespace
}  // namespace countersign
