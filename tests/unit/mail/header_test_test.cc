// SPDX-License-Identifier: Apache-2.0
#include "mail/header_test.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "tests/support/table_suite.h"

namespace countersign {
namespace {

struct Row {
  const char* name;
  const char* test;
  const char* value;
  bool matches;
};

const Row kRows[] = {
    {"the value is that", "X-Spam: Yes", " Yes", true},
    {"whatever its case", "X-Spam: yes", "YES ", true},
    {"not when it goes on", "X-Spam: Yes", " Yes, score=1", false},
    {"a star stands for any text", "X-Spam: Yes*", " Yes, score=1", true},
    {"also for none", "X-Spam: Yes*", " Yes", true},
    {"stars anywhere", "X-Spam: *score=1*", " No, score=12, x", true},
    {"stars that find nothing", "X-Spam: *score=2*", " No, score=12, x", false},
    {"two stars need both", "X-Spam: a*b*c", "axxbxx", false},
    {"folds are no part of it", "X-Spam: a b", " a\r\n b", true},
    {"not: another value", "X-Virus: !Clean", " Eicar", true},
    {"not: that value", "X-Virus: !Clean", " Clean", false},
    {"a number that is reached", "X-Spam-Score >= 5", " 5.0", true},
    {"a number that is not", "X-Spam-Score >= 5", " 4.999", false},
    {"a number below zero", "X-Spam-Score >= -1", " -0.5", true},
    {"no number", "X-Spam-Score >= 0", " none", false},
    {"stars are a number", "X-Spam-Level >= 3", " ****", true},
    {"a colon in the value", "X-A: b: c", " b: c", true},
};

void check(const Row& row) {
  const auto test = HeaderTest::parse(row.test);
  CPPUNIT_ASSERT_MESSAGE(test ? "" : test.error().detail, test);
  CPPUNIT_ASSERT_EQUAL(row.matches, test->matches(row.value));
  // Its spelling comes to the same.
  CPPUNIT_ASSERT_EQUAL(row.matches, HeaderTest::parse(test->text())->matches(row.value));
}

struct BadRow {
  const char* name;
  std::string text;
};

const BadRow kBadRows[] = {
    {"nothing", ""},
    {"no field", ": Yes"},
    {"no value", "X-Spam:"},
    {"nothing but not", "X-Spam: !"},
    {"no number to compare with", "X-Spam >= much"},
    {"no end of digits", "X-Spam >= " + std::string(30, '9')},
    {"a name with blanks", "X Spam: Yes"},
    {"a name without end", std::string(77, 'x') + ": Yes"},
    {"a control", "X-Spam: Y\x01"},
    {"bytes outside ASCII", "X-Spam: \xc3\xa9"},
    {"a value without end", "X-Spam: " + std::string(201, 'x')},
};

void check_bad(const BadRow& row) { CPPUNIT_ASSERT(!HeaderTest::parse(row.text)); }

struct ScoreRow {
  const char* name;
  std::string value;
  std::optional<double> want;
};

const ScoreRow kScoreRows[] = {
    {"a number", " 7.5", 7.5},
    {"with a plus", "+3", 3.0},
    {"below zero", "-0.1", -0.1},
    {"a number and more", "7.5 / 15", 7.5},
    {"of a status", "Yes, SCORE=10.0 required=5", 10.0},
    {"of a status in folds", "Yes,\r\n\tscore=10.0", 10.0},
    {"in brackets", "default: False [1.90 / 15.00]; A(0)[]", 1.9},
    {"stars", "*****", 5.0},
    {"a word", "none", std::nullopt},
    {"nothing", "", std::nullopt},
    {"an infinity", "inf", std::nullopt},
    {"a power", "1e300", 1.0},
    {"two dots", "1.2.3", std::nullopt},
    {"digits without end", std::string(400, '9'), std::nullopt},
    {"a status without a number", "Yes, score=x", std::nullopt},
};

void check_score(const ScoreRow& row) { CPPUNIT_ASSERT(score_in(row.value) == row.want); }

class HeaderTestTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HeaderTestTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) {
    test::add_rows(context, kRows, check);
    test::add_rows(context, kBadRows, check_bad);
    test::add_rows(context, kScoreRows, check_score);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(HeaderTestTest);

}  // namespace
}  // namespace countersign
