// SPDX-License-Identifier: Apache-2.0
#include "mail/unicode.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"

namespace countersign {
namespace {

struct Lower {
  const char* name;
  std::string text;
  const char* want;  ///< null: invalid
};
const Lower kLowers[] = {
    {"ASCII", "JOE.Smith+X", "joe.smith+x"},
    {"nothing", "", ""},
    {"an umlaut", "\u00dc", "\u00fc"},
    {"a decomposed umlaut is composed", "U\u0308", "\u00fc"},
    {"marks in another order are one spelling", "q\u0307\u0323", "q\u0323\u0307"},
    {"Greek", "\u0391\u0392", "\u03b1\u03b2"},
    {"a sigma at the end", "\u0391\u03a3", "\u03b1\u03c2"},
    {"Cyrillic", "\u0416", "\u0436"},
    {"a sharp s is no ss", "STRA\u00dfE", "stra\u00dfe"},
    {"the Turkish capital keeps its dot", "\u0130", "i\u0307"},
    {"the Kelvin sign is a k (canonical)", "\u212a", "k"},
    {"a full-width letter is not the plain one", "\uff2a", "\uff4a"},
    {"a ligature is not its letters", "\ufb01", "\ufb01"},
    {"a letter outside the first plane", "\U00010400", "\U00010428"},
    {"no UTF-8", "\xfc", nullptr},
    {"an overlong form", "\xc1\x81", nullptr},
    {"a surrogate", "\xed\xa0\x80", nullptr},
    {"over the last code point", "\xf4\x90\x80\x80", nullptr},
    {"a cut character", "a\xc3", nullptr},
};
void check_lower(const Lower& row) {
  const auto got = lower_nfc(row.text);
  CPPUNIT_ASSERT_EQUAL(row.want != nullptr, bool(got));
  CPPUNIT_ASSERT_EQUAL(row.want != nullptr, is_utf8(row.text));
  if (got) CPPUNIT_ASSERT_EQUAL(std::string(row.want), *got);
}

struct Misleading {
  const char* name;
  std::string text;
  bool want;
};
const Misleading kMisleading[] = {
    {"nothing", "", false},
    {"text", "Joe \u00dc \u4f8b", false},
    {"a tab", "a\tb", true},
    {"a NUL", std::string("a\0", 2), true},
    {"a DEL", "a\x7f", true},
    {"the last C1 control", "\u009f", true},
    {"a no-break space", "\u00a0", false},
    {"a line separator", "\u2028", true},
    {"a paragraph separator", "\u2029", true},
    {"a left-to-right embedding", "\u202a", true},
    {"a right-to-left override", "\u202e", true},
    {"a first strong isolate", "\u2068", true},
    {"a pop isolate", "\u2069", true},
    {"a right-to-left mark, which Hebrew needs", "\u200f", false},
    {"a joiner, which Persian needs", "\u200c", false},
};
void check_misleading(const Misleading& row) {
  CPPUNIT_ASSERT_EQUAL(row.want, has_misleading(row.text));
}

std::string utf8(char32_t c) {
  const auto byte = [](char32_t bits) { return static_cast<char>(bits); };
  if (c < 0x80) return {byte(c)};
  if (c < 0x800) return {byte(0xc0 | c >> 6U), byte(0x80 | (c & 0x3fU))};
  if (c < 0x10000)
    return {byte(0xe0 | c >> 12U), byte(0x80 | (c >> 6U & 0x3fU)), byte(0x80 | (c & 0x3fU))};
  return {byte(0xf0 | c >> 18U), byte(0x80 | (c >> 12U & 0x3fU)), byte(0x80 | (c >> 6U & 0x3fU)),
          byte(0x80 | (c & 0x3fU))};
}

}  // namespace

class UnicodeTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(UnicodeTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(lowers);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(misleading);
  CPPUNIT_TEST(every_code_point_has_one_lower_case);
  CPPUNIT_TEST(ascii_lower_leaves_other_letters_alone);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void lowers(TestSuiteBuilderContextType& c) { test::add_rows(c, kLowers, check_lower); }
  static void misleading(TestSuiteBuilderContextType& c) {
    test::add_rows(c, kMisleading, check_misleading);
  }

  void every_code_point_has_one_lower_case() {
    for (char32_t c = 0; c <= 0x10ffff; ++c) {
      if (c >= 0xd800 && c <= 0xdfff) continue;
      const auto lower = lower_nfc(utf8(c));
      CPPUNIT_ASSERT_MESSAGE(std::to_string(c), lower && *lower_nfc(*lower) == *lower);
    }
  }
  void ascii_lower_leaves_other_letters_alone() {
    CPPUNIT_ASSERT_EQUAL(std::string("az@[\u00dc"), ascii_lower("AZ@[\u00dc"));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(UnicodeTest);

}  // namespace countersign
