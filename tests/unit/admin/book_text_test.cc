// SPDX-License-Identifier: Apache-2.0
#include "admin/book_text.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"

using namespace countersign;
using namespace countersign::admin;

namespace {

std::string utf16(std::string_view ascii, bool little) {
  std::string out = little ? "\xff\xfe" : "\xfe\xff";
  for (const char c : ascii) {
    if (!little) out += '\0';
    out += c;
    if (little) out += '\0';
  }
  return out;
}

struct Row {
  const char* name;
  std::string bytes;
  std::string want;  ///< "": refused
};
const Row kRows[] = {
    {"plain text", "a,b\r\n", "a,b\r\n"},
    {"UTF-8 with a byte order mark", "\xef\xbb\xbf\xc3\xa4", "\xc3\xa4"},
    {"UTF-16, low byte first", utf16("a,b\n", true), "a,b\n"},
    {"UTF-16, high byte first", utf16("a,b\n", false), "a,b\n"},
    {"UTF-16 of two, three and four octets of UTF-8",
     std::string("\xff\xfe\xe4\x00\xac\x20\x3d\xd8\x00\xde", 10),
     "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
    {"an older character set", "J\xf6rg,a@x.example\n", "J\xf6rg,a@x.example\n"},
    {"the end of a DOS file", "a\n\x1a", "a\n\x1a"},
    {"UTF-16 that is cut", std::string("\xff\xfe\x61\x00\x62", 5), ""},
    {"half a pair", std::string("\xff\xfe\x3d\xd8", 4), ""},
    {"a pair of which the second is none", std::string("\xff\xfe\x3d\xd8\x61\x00", 6), ""},
    {"the second of a pair alone", std::string("\xff\xfe\x00\xde\x61\x00", 6), ""},
    {"octets of anything",
     std::string("\x7f"
                 "ELF\x02\x01\x00\x00",
                 8),
     ""},
    {"UTF-16 without a byte order mark", std::string("a\0b\0", 4), ""},
    {"a control character", "a\x01", ""},
};
void check(const Row& row) {
  const auto text = book_text(row.bytes);
  CPPUNIT_ASSERT_EQUAL(row.want, text ? *text : std::string());
  CPPUNIT_ASSERT(text || text.error().code == Errc::invalid);
}

class BookTextTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(BookTextTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(add);
  CPPUNIT_TEST(leading_lines_go_and_no_others);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void add(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }

  void leading_lines_go_and_no_others() {
    CPPUNIT_ASSERT_EQUAL(std::string_view("a\n\nb"), without_leading_lines("\r\n \t\n\na\n\nb"));
    CPPUNIT_ASSERT_EQUAL(std::string_view(" a"), without_leading_lines(" a"));
    CPPUNIT_ASSERT_EQUAL(std::string_view(" "), without_leading_lines("\n "));
    CPPUNIT_ASSERT_EQUAL(std::string_view(), without_leading_lines("\n"));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(BookTextTest);

}  // namespace
