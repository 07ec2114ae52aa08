// SPDX-License-Identifier: Apache-2.0
#include "language/spoken.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>

#include "tests/support/table_suite.h"

namespace countersign::language {
namespace {

/// Monday 3 May, 14:02
std::tm monday() {
  std::tm time{};
  time.tm_wday = 1;
  time.tm_mday = 3;
  time.tm_mon = 4;
  time.tm_hour = 14;
  time.tm_min = 2;
  return time;
}

struct Row {
  const char* name;
  const char* tag;
  TimeForm form;
  const char* want;
};

const Row kRows[] = {
    {"a moment in English", "en", TimeForm::moment, "Monday 3 May, 14:02"},
    {"a weekday in English", "en", TimeForm::weekday, "Monday at 14:02"},
    {"a date in English", "en", TimeForm::date, "Monday 3 May at 14:02"},
    {"a day in English", "en", TimeForm::day, "3 May"},
    {"a moment in German", "de", TimeForm::moment, "Montag, 3. Mai, 14:02"},
    {"a day in German", "de", TimeForm::day, "3. Mai"},
};

void check(const Row& row) {
  CPPUNIT_ASSERT_EQUAL(std::string(row.want), spoken(row.form, monday(), *find_catalogue(row.tag)));
}

class SpokenTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SpokenTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(every_language_has_all_days_and_months);
  CPPUNIT_TEST(no_hole_stays_open);
  CPPUNIT_TEST(lists_are_said);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }

  void every_language_has_all_days_and_months() {
    for (const Catalogue& in : catalogues()) {
      CPPUNIT_ASSERT_EQUAL(6L, static_cast<long>(std::ranges::count(day_names(in), '|')));
      CPPUNIT_ASSERT_EQUAL(11L, static_cast<long>(std::ranges::count(month_names(in), '|')));
      CPPUNIT_ASSERT(day_names(in).find("||") == std::string_view::npos);
    }
  }

  void no_hole_stays_open() {
    for (const Catalogue& in : catalogues())
      for (const TimeForm form :
           {TimeForm::moment, TimeForm::weekday, TimeForm::date, TimeForm::day}) {
        std::tm time = monday();
        time.tm_mon = 11;
        time.tm_wday = 6;
        const std::string said = spoken(form, time, in);
        CPPUNIT_ASSERT_MESSAGE(said, said.find_first_of("{}|") == std::string::npos);
        CPPUNIT_ASSERT_MESSAGE(said, form == TimeForm::day || said.find("14:02") != said.npos);
      }
  }

  void lists_are_said() {
    const auto said = [](std::vector<std::string> items) {
      std::string out;
      for (const Listed& item : spoken_list(items, *find_catalogue("de")))
        out += item.before + item.text;
      return out;
    };
    CPPUNIT_ASSERT_EQUAL(std::string(), said({}));
    CPPUNIT_ASSERT_EQUAL(std::string("a und b"), said({"a", "b"}));
    CPPUNIT_ASSERT_EQUAL(std::string("a, b und c"), said({"a", "b", "c"}));
    CPPUNIT_ASSERT_EQUAL(std::string("a, b und 2 andere"), said({"a", "b", "c", "d"}));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(SpokenTest);

}  // namespace
}  // namespace countersign::language
