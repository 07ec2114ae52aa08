// SPDX-License-Identifier: Apache-2.0
#include "mail/structured_field.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"

namespace countersign {
namespace {

struct Cfws {
  const char* name;
  std::string text;
  const char* rest;  ///< what is next after CFWS; null: the reader has failed
};
const Cfws kCfws[] = {
    {"nothing", "", ""},
    {"none in front", "a b", "a"},
    {"white space", " \t a", "a"},
    {"a fold", "\r\n a", "a"},
    {"a bare LF as fold", "\n a", "a"},
    {"two folds", " \r\n \r\n a", "a"},
    {"a comment", "(x)a", "a"},
    {"comments and white space", " (x) (y)\r\n\t(z) a", "a"},
    {"nested comments", "(a(b(c)d)e)f", "f"},
    {"an escaped parenthesis", "(\\))a", "a"},
    {"an escaped opening parenthesis", "(\\()a", "a"},
    {"an escaped backslash", "(\\\\)a", "a"},
    {"a comment at the end", "(x)", ""},
    {"an open comment", "(x", nullptr},
    {"an open nested comment", "((x)", nullptr},
    {"a backslash at the end", "(\\", nullptr},
    {"a NUL anywhere", std::string("a\0", 2), nullptr},
    {"a bare CR", "a\rb", nullptr},
    {"a line end that is no fold", "a\r\nb", nullptr},
    {"a line end at the end", "a\r\n", nullptr},
    {"a bell", "a\a", nullptr},
    {"a DEL", "a\x7f", nullptr},
    {"no UTF-8", "a\xfc", nullptr},
};
void check_cfws(const Cfws& row) {
  FieldReader reader(row.text);
  reader.skip_cfws();
  CPPUNIT_ASSERT_EQUAL(row.rest == nullptr, reader.failed());
  CPPUNIT_ASSERT_EQUAL(row.rest == nullptr ? '\0' : row.rest[0], reader.peek());
  if (row.rest == nullptr) CPPUNIT_ASSERT(!reader.consumed());
}

struct Quoted {
  const char* name;
  const char* text;
  const char* want;  ///< null: no quoted string
};
const Quoted kQuoted[] = {
    {"words", "\"a b\"", "a b"},
    {"nothing", "\"\"", ""},
    {"escapes", "\"a\\\"b\\\\c\\d\"", "a\"b\\cd"},
    {"a fold", "\"a\r\n b\"", "a b"},
    {"parentheses", "\"(a\"", "(a"},
    {"no end", "\"a", nullptr},
    {"an escaped end", "\"a\\\"", nullptr},
    {"a backslash at the end", "\"a\\", nullptr},
};
void check_quoted(const Quoted& row) {
  FieldReader reader(row.text);
  const auto got = reader.quoted_string();
  CPPUNIT_ASSERT_EQUAL(row.want != nullptr, got.has_value());
  CPPUNIT_ASSERT_EQUAL(row.want != nullptr, reader.consumed());
  if (got) CPPUNIT_ASSERT_EQUAL(std::string(row.want), *got);
}

}  // namespace

class StructuredFieldTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StructuredFieldTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(cfws);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(quoted);
  CPPUNIT_TEST(skip_cfws_says_whether_there_was_any);
  CPPUNIT_TEST(a_failed_reader_gives_nothing_more);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void cfws(TestSuiteBuilderContextType& c) { test::add_rows(c, kCfws, check_cfws); }
  static void quoted(TestSuiteBuilderContextType& c) { test::add_rows(c, kQuoted, check_quoted); }

  void skip_cfws_says_whether_there_was_any() {
    FieldReader reader(" (x)a");
    CPPUNIT_ASSERT(reader.skip_cfws());
    CPPUNIT_ASSERT(!reader.skip_cfws());
    CPPUNIT_ASSERT(reader.take('a'));
    CPPUNIT_ASSERT(!reader.take('a'));
    CPPUNIT_ASSERT(reader.consumed());
  }
  void a_failed_reader_gives_nothing_more() {
    FieldReader reader("abc");
    reader.fail();
    CPPUNIT_ASSERT(!reader.take('a'));
    CPPUNIT_ASSERT(reader.take_while(is_atext).empty());
    CPPUNIT_ASSERT(!reader.skip_cfws());
    CPPUNIT_ASSERT(!reader.consumed());
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(StructuredFieldTest);

}  // namespace countersign
