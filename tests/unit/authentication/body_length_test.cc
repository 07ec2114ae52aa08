// SPDX-License-Identifier: Apache-2.0
#include "authentication/body_length.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "tests/support/table_suite.h"

namespace countersign {
namespace {

struct Row {
  const char* name;
  std::string body;
  std::string simple;  ///< what RFC 6376 makes of it
  std::string relaxed;
};

const Row kRows[] = {
    {"nothing", "", "\r\n", ""},
    {"an empty line", "\r\n", "\r\n", ""},
    {"empty lines", "\r\n\r\n\r\n", "\r\n", ""},
    {"a line", "a\r\n", "a\r\n", "a\r\n"},
    {"a line without end", "a", "a\r\n", "a\r\n"},
    {"empty lines at the end", "a\r\n\r\n\r\n", "a\r\n", "a\r\n"},
    {"empty lines within", "a\r\n\r\nb\r\n", "a\r\n\r\nb\r\n", "a\r\n\r\nb\r\n"},
    {"the example of RFC 6376 §3.4.5", " C \r\nD \t E\r\n\r\n\r\n", " C \r\nD \t E\r\n",
     " C\r\nD E\r\n"},
    {"a line of white space at the end", "a\r\n \t\r\n", "a\r\n \t\r\n", "a\r\n"},
    {"a line of white space within", "a\r\n \t\r\nb\r\n", "a\r\n \t\r\nb\r\n", "a\r\n\r\nb\r\n"},
    {"white space at the end of all", "a \t", "a \t\r\n", "a\r\n"},
    {"an LF alone is text", "a\nb\r\n", "a\nb\r\n", "a\nb\r\n"},
    {"a CR alone is text", "a\rb\r\n", "a\rb\r\n", "a\rb\r\n"},
    {"two CRs before an LF", "a\r\r\n", "a\r\r\n", "a\r\r\n"},
};

void check(const Row& row) {
  for (std::size_t size = 1; size <= row.body.size() + 1; ++size) {
    BodyLength length;
    for (std::size_t at = 0; at < row.body.size(); at += size)
      length.take(std::string_view(row.body).substr(at, size));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{row.simple.size()}, length.simple());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{row.relaxed.size()}, length.relaxed());
  }
}

class BodyLengthTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(BodyLengthTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }
};
CPPUNIT_TEST_SUITE_REGISTRATION(BodyLengthTest);

}  // namespace
}  // namespace countersign
