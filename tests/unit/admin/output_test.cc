// SPDX-License-Identifier: Apache-2.0
#include "admin/output.h"

#include <cppunit/extensions/HelperMacros.h>

#include <sstream>

#include "tests/support/table_suite.h"

using namespace countersign;
using namespace countersign::admin;
using namespace std::string_literals;

namespace {

struct Row {
  const char* name;
  std::string text;
  std::string want;
};

const Row kRows[] = {
    {"plain text stays", "Offer for 40 chairs", "Offer for 40 chairs"},
    {"letters of all scripts stay",
     "Gr\xc3\xbc\xc3\x9f"
     "e \xe4\xbd\xa0 \xf0\x9f\x98\x80",
     "Gr\xc3\xbc\xc3\x9f"
     "e \xe4\xbd\xa0 \xf0\x9f\x98\x80"},
    {"an escape sequence is broken", "\x1b[2J", "?[2J"},
    {"a line end cannot make a line", "a\nb\r", "a?b?"},
    {"a NUL is shown", "a\0b"s, "a?b"},
    {"a C1 control is broken",
     "\xc2\x9b"
     "2J",
     "?2J"},
    {"DEL is broken", "\x7f", "?"},
    {"text cannot be turned around",
     "\xe2\x80\xae"
     "gpj.exe\xe2\x81\xa6",
     "?gpj.exe?"},
    {"a byte that is no UTF-8 is shown",
     "\xff"
     "a\xc3",
     "?a?"},
    {"an overlong sequence is none", "\xc0\xaf", "??"},
    {"a surrogate is none", "\xed\xa0\x80", "???"},
    {"beyond Unicode is none", "\xf4\x90\x80\x80", "????"},
    {"empty text", "", ""},
};

void check(const Row& row) { CPPUNIT_ASSERT_EQUAL(row.want, for_terminal(row.text)); }

class OutputTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(OutputTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(a_record_is_one_line_of_json);
  CPPUNIT_TEST(json_and_lines_exclude_each_other);
  CPPUNIT_TEST(never_is_null);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }

  void a_record_is_one_line_of_json() {
    Record record;
    record.add("z", "a\"\n\xff")
        .add("flag", true)
        .add("count", 3LL)
        .add("none", nullptr)
        .add("list", std::vector<std::string>{"x", "y"})
        .add("inner", std::vector<Record>{Record().add("k", "v")});
    CPPUNIT_ASSERT_EQUAL(std::string("{\"z\":\"a\\\"\\n\xef\xbf\xbd\",\"flag\":true,\"count\":3,"
                                     "\"none\":null,\"list\":[\"x\",\"y\"],"
                                     "\"inner\":[{\"k\":\"v\"}]}"),
                         record.json());
  }

  void json_and_lines_exclude_each_other() {
    Record record;
    record.add("a", "b");
    for (const bool json : {false, true}) {
      std::ostringstream out, err;
      Output output(out, err, json);
      output.put(record, "line\x1b");
      output.put(record);
      output.line("more");
      output.say("complaint\n");
      CPPUNIT_ASSERT_EQUAL(std::string(json ? "{\"a\":\"b\"}\n{\"a\":\"b\"}\n" : "line?\nmore\n"),
                           out.str());
      CPPUNIT_ASSERT_EQUAL(std::string("complaint?\n"), err.str());
    }
  }

  void never_is_null() {
    CPPUNIT_ASSERT(std::holds_alternative<std::nullptr_t>(time_value(WallTime{})));
    CPPUNIT_ASSERT_EQUAL(std::string("2027-01-15T08:00:00Z"),
                         std::get<std::string>(time_value(WallTime(seconds(1'800'000'000)))));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(OutputTest);

}  // namespace
