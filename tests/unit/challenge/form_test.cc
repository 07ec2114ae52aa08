// SPDX-License-Identifier: Apache-2.0
#include "challenge/form.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"

namespace countersign::challenge {
namespace {

using Fields = std::map<std::string, std::string>;

struct Row {
  const char* name;
  std::string body;
  bool good;
  Fields want = {};
};

const Row kRows[] = {
    {"one field", "address=alice%40example.com", true, {{"address", "alice@example.com"}}},
    {"two fields", "address=a&wait=b", true, {{"address", "a"}, {"wait", "b"}}},
    {"a plus sign is a blank", "address=a+b%2Bc", true, {{"address", "a b+c"}}},
    {"UTF-8",
     "address=b%C3%BCcher",
     true,
     {{"address",
       "b\xC3\xBC"
       "cher"}}},
    {"an empty value", "address=", true, {{"address", ""}}},
    {"no equals sign", "address", true, {{"address", ""}}},
    {"a second equals sign belongs to the value", "altcha=YQ==", true, {{"altcha", "YQ=="}}},
    {"empty pieces", "&&a=1&&", true, {{"a", "1"}}},
    {"nothing", "", true, {}},
    {"line ends", "a=1%0D%0A2", true, {{"a", "1\r\n2"}}},
    {"a field twice", "address=a&address=b", false},
    {"a field twice, once escaped", "address=a&%61ddress=b", false},
    {"a broken escape", "a=%4", false},
    {"an escape at the end", "a=%", false},
    {"an escape of other digits", "a=%zz", false},
    {"a NUL", "a=%00", false},
    {"a bare control", "a=\x01", false},
    {"an escaped delete", "a=%7F", false},
    {"more fields than any form has", "a=&b=&c=&d=&e=&f=&g=&h=&i=&j=&k=&l=&m=&n=&o=&p=&q=", false},
};

void check(const Row& row) {
  const auto got = parse_form(row.body);
  CPPUNIT_ASSERT_EQUAL(row.good, static_cast<bool>(got));
  if (got) CPPUNIT_ASSERT(row.want == *got);
}

class FormTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(FormTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }
};
CPPUNIT_TEST_SUITE_REGISTRATION(FormTest);

}  // namespace
}  // namespace countersign::challenge
