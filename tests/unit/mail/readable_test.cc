// SPDX-License-Identifier: Apache-2.0
#include <cppunit/extensions/HelperMacros.h>

#include "mail/header_section.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

struct Row {
  const char* name;
  std::string value;
  const char* want;
};
const Row kRows[] = {
    {"plain text", " Offer for 40 chairs", "Offer for 40 chairs"},
    {"nothing", "", ""},
    {"a fold", " Offer\r\n for 40", "Offer for 40"},
    {"a tab is a blank", "a\tb", "a b"},
    {"UTF-8 as it is", " J\u00fcrg", "J\u00fcrg"},
    {"RFC 2047: a Q word", "=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?=", "Keld J\u00f8rn Simonsen"},
    {"RFC 2047: US-ASCII", "=?US-ASCII?Q?Keith_Moore?=", "Keith Moore"},
    {"RFC 2047: two B words in one charset",
     "=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n =?iso-8859-1?B?dS4=?=",
     "If you can read this you."},
    {"RFC 2047 section 8: no word", "(=?ISO-8859-1?Q?a?=)", "(a)"},
    {"RFC 2047 section 8: a word and text", "=?ISO-8859-1?Q?a?= b", "a b"},
    {"RFC 2047 section 8: two words", "=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"},
    {"RFC 2047 section 8: two words and much space",
     "=?ISO-8859-1?Q?a?=  \r\n  =?UTF-8?Q?b?=", "ab"},
    {"RFC 2047 section 8: a space in a word", "=?ISO-8859-1?Q?a_b?=", "a b"},
    {"RFC 2047 section 8: a space at the end of a word",
     "=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?_b?=", "a b"},
    {"a UTF-8 B word", "=?utf-8?b?SsO8cmc=?=", "J\u00fcrg"},
    {"a B word without padding", "=?utf-8?B?SsO8cmc?=", "J\u00fcrg"},
    {"a character cut in two words", "=?utf-8?Q?J=C3?= =?utf-8?Q?=BCrg?=", "J\u00fcrg"},
    {"a language tag (RFC 2231)", "=?utf-8*de?Q?J=C3=BCrg?=", "J\u00fcrg"},
    {"words of two charsets", "=?utf-8?Q?=C3=BC?= =?iso-8859-1?Q?=FC?=", "\u00fc\u00fc"},
    {"an empty word",
     "a=?utf-8?Q?"
     "?=b",
     "ab"},
    {"text before and behind", "Re: =?utf-8?Q?=C3=BC?= x", "Re: \u00fc x"},
    {"Cyrillic", "=?koi8-r?B?8NLJ18XU?=", "Привет"},
    {"Japanese", "=?ISO-2022-JP?B?GyRCMFg7UiROOCtAUSRiJGobKEI=?=", "椅子の見積もり"},
    {"Japanese in Shift_JIS", "=?Shift_JIS?B?iNaOcQ==?=", "椅子"},
    {"Chinese, named by the smaller set", "=?gb2312?B?0s7X0+lG?=", "椅子镕"},
    {"Chinese in Big5", "=?Big5?B?tMikbA==?=", "椅子"},
    {"Korean", "=?euc-kr?B?wMfA2g==?=", "의자"},
    {"Polish", "=?ISO-8859-2?B?a3J6ZXOzbw==?=", "krzesło"},
    {"Turkish", "=?iso-8859-9?B?/v0=?=", "şı"},
    {"Arabic", "=?windows-1256?B?39HT7Q==?=", "كرسي"},
    {"the euro of a Windows that says Latin-1", "=?iso-8859-1?Q?=80?=", "€"},
    {"Latin-9", "=?iso-8859-15?Q?=A4?=", "€"},
    {"bytes that its charset does not have", "=?gb18030?B?/////w==?= x", "???? x"},
    {"a name with an option of iconv",
     "=?koi8-r//IGNORE?B?8PLJ18XU?=", "=?koi8-r//IGNORE?B?8PLJ18XU?="},
    {"a charset that we do not read", "=?x-own?B?8PLJ18XU?=", "=?x-own?B?8PLJ18XU?="},
    {"an encoding that does not exist", "=?utf-8?X?abc?=", "=?utf-8?X?abc?="},
    {"bad base64", "=?utf-8?B?a?=", "=?utf-8?B?a?="},
    {"a bad escape", "=?utf-8?Q?a=ZZ?=", "=?utf-8?Q?a=ZZ?="},
    {"an escape that is cut", "=?utf-8?Q?a=4?=", "=?utf-8?Q?a=4?="},
    {"a word without end", "=?utf-8?Q?abc", "=?utf-8?Q?abc"},
    {"a blank in a word", "=?utf-8?Q?a b?=", "=?utf-8?Q?a b?="},
    {"a word in a word", "=?utf-8?Q?=3D=3Futf-8=3FQ=3Fx=3F=3D?=", "=?utf-8?Q?x?="},
    {"the start of a word twice", "=?=?utf-8?Q?x?=", "=?x"},
    {"ill-formed UTF-8",
     "a\xfc"
     "b",
     "a\ufffd"
     "b"},
    {"ill-formed UTF-8 in a word", "=?utf-8?Q?a=FCb?=",
     "a\ufffd"
     "b"},
    {"an overlong slash", "\xc0\xaf", "\ufffd\ufffd"},
    {"a control",
     "a\x01"
     "b",
     "a\ufffd"
     "b"},
    {"a NUL", std::string("a\0b", 3),
     "a\ufffd"
     "b"},
    {"a line end in a word cannot start a line", "=?utf-8?Q?a=0D=0AX:_y?=", "a\ufffd\ufffdX: y"},
    {"a C1 control", "=?utf-8?Q?a=C2=85b?=",
     "a\ufffd"
     "b"},
    {"a line separator", "a\u2028b",
     "a\ufffd"
     "b"},
    {"a right-to-left override", "a\u202egro.elpmaxe", "a\ufffdgro.elpmaxe"},
    {"Hebrew with its marks stays", "\u05e9\u05dc\u05d5\u05dd\u200f",
     "\u05e9\u05dc\u05d5\u05dd\u200f"},
    {"markup stays for the page to escape", "<b>&amp;</b>", "<b>&amp;</b>"},
};
void check(const Row& row) { CPPUNIT_ASSERT_EQUAL(std::string(row.want), readable(row.value)); }

}  // namespace

class ReadableTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReadableTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(it_is_cut_after_whole_code_points);
  CPPUNIT_TEST(sixty_kb_are_read);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& c) { test::add_rows(c, kRows, check); }

  void it_is_cut_after_whole_code_points() {
    CPPUNIT_ASSERT_EQUAL(std::string("\u00fc\u00fc\u2026"), readable("\u00fc\u00fc\u00fc", 2));
    CPPUNIT_ASSERT_EQUAL(std::string("\u00fc\u00fc\u00fc"), readable("\u00fc\u00fc\u00fc", 3));
    CPPUNIT_ASSERT_EQUAL(std::string("\u2026"), readable("a", 0));
    CPPUNIT_ASSERT_EQUAL(std::string(), readable("", 0));
  }
  void sixty_kb_are_read() {
    std::string starts;
    for (int i = 0; i < 20'000; ++i) starts += "=?u";
    CPPUNIT_ASSERT_EQUAL(starts, readable(starts, 60'000));
    std::string words;
    for (int i = 0; i < 4'000; ++i) words += "=?utf-8?Q?x?= ";
    CPPUNIT_ASSERT_EQUAL(std::string(4'000, 'x'), readable(words, 60'000));
    CPPUNIT_ASSERT_EQUAL(std::size_t{203}, readable(std::string(60'000, 'x')).size());
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(ReadableTest);

}  // namespace countersign
