// SPDX-License-Identifier: Apache-2.0
#include "mail/date_time.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"

namespace countersign {
namespace {

struct Row {
  const char* name;
  const char* value;
  const char* want;  ///< the instant, as rfc3339(); "": none
  int offset = 0;    ///< minutes
};

const Row kRows[] = {
    {"the form of today", " Mon, 03 May 2027 14:02:09 +0000", "2027-05-03T14:02:09Z"},
    {"a zone in the east", "Mon, 3 May 2027 14:02:00 +0530", "2027-05-03T08:32:00Z", 330},
    {"a zone in the west", "Mon, 3 May 2027 22:02:00 -0800", "2027-05-04T06:02:00Z", -480},
    {"UTC, and nobody says where", "3 May 2027 14:02 -0000", "2027-05-03T14:02:00Z"},
    {"no day of the week, no seconds", "3 May 2027 14:02 +0200", "2027-05-03T12:02:00Z", 120},
    {"another day of the week", "Fri, 3 May 2027 14:02:00 +0000", "2027-05-03T14:02:00Z"},
    {"any case", "MON, 3 MAY 2027 14:02:00 GMT", "2027-05-03T14:02:00Z"},
    {"comments and folds", "Mon (today),\r\n 3 May\t2027 (a.d.) 14:02:00 +0000 (GMT)",
     "2027-05-03T14:02:00Z"},
    {"blanks around colons", "Mon , 3 May 2027 14 : 02 : 00 +0000", "2027-05-03T14:02:00Z"},
    {"the example of RFC 5322 A.6.2, with its two-digit year", "21 Nov 97 09:55:06 GMT",
     "1997-11-21T09:55:06Z"},
    {"a two-digit year of this century", "21 Nov 27 09:55:06 GMT", "2027-11-21T09:55:06Z"},
    {"a three-digit year", "21 Nov 127 09:55:06 GMT", "2027-11-21T09:55:06Z"},
    {"a zone by name", "3 May 2027 14:02:00 PDT", "2027-05-03T21:02:00Z", -420},
    {"a military zone says nothing", "3 May 2027 14:02:00 A", "2027-05-03T14:02:00Z"},
    {"no zone", "3 May 2027 14:02:00", "2027-05-03T14:02:00Z"},
    {"a leap second", "31 Dec 2016 23:59:60 +0000", "2016-12-31T23:59:59Z"},
    {"a leap day", "29 Feb 2028 00:00:00 +0000", "2028-02-29T00:00:00Z"},
    {"no leap day", "29 Feb 2027 00:00:00 +0000", ""},
    {"no such day", "32 Jan 2027 00:00:00 +0000", ""},
    {"no such month", "3 Mai 2027 14:02:00 +0000", ""},
    {"no such hour", "3 May 2027 24:00:00 +0000", ""},
    {"no such zone", "3 May 2027 14:02:00 +0075", ""},
    {"a zone beyond the day", "3 May 2027 14:02:00 +9900", ""},
    {"before the epoch", "3 May 1969 14:02:00 +0000", ""},
    {"a year of five digits", "3 May 20270 14:02:00 +0000", ""},
    {"a sign before the day", "-3 May 2027 14:02:00 +0000", ""},
    {"text behind it", "3 May 2027 14:02:00 +0000 x", ""},
    {"a comment without end", "3 May 2027 14:02:00 +0000 (x", ""},
    {"another form", "2027-05-03T14:02:00Z", ""},
    {"digits without end", "333333333333333333333 May 2027 14:02:00 +0000", ""},
    {"only a day", "Mon,", ""},
    {"nothing", "", ""},
};

void check(const Row& row) {
  const auto got = parse_date_time(row.value);
  CPPUNIT_ASSERT_EQUAL(std::string(row.want), got ? rfc3339(got->instant) : "");
  if (!got) return;
  CPPUNIT_ASSERT_EQUAL(row.offset, static_cast<int>(got->offset.count()));
  CPPUNIT_ASSERT(got->local() - got->instant == got->offset);
}

}  // namespace

class DateTimeTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DateTimeTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& c) { test::add_rows(c, kRows, check); }
};
CPPUNIT_TEST_SUITE_REGISTRATION(DateTimeTest);

}  // namespace countersign
