// SPDX-License-Identifier: Apache-2.0
#include "mail/header_section.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"

namespace countersign {
namespace {

// "name|value" of each field, with a line end between them.
std::string fields_of(const HeaderSection& header) {
  std::string text;
  for (const HeaderField& field : header.fields()) {
    if (!text.empty()) text += '\n';
    text += field.name + '|' + field.value;
  }
  return text;
}

struct Split {
  const char* name;
  std::string bytes;
  std::string fields;
};
const Split kSplits[] = {
    {"nothing", "", ""},
    {"an ordinary section", "From: a\r\nTo: b\r\n", "From| a\nTo| b"},
    {"no space after the colon", "From:a\r\n", "From|a"},
    {"a tab after the colon", "From:\ta\r\n", "From|\ta"},
    {"spaces at both ends", "From:  a  \r\n", "From|  a  "},
    {"an empty value", "Subject:\r\nTo: b\r\n", "Subject|\nTo| b"},
    {"a value of one space", "Subject: \r\n", "Subject| "},
    {"a fold", "Subject: a\r\n b\r\n\tc\r\nTo: d\r\n", "Subject| a\r\n b\r\n\tc\nTo| d"},
    {"a value that starts with a fold", "Subject:\r\n a\r\n", "Subject|\r\n a"},
    {"a fold that holds white space only", "Subject: a\r\n \r\nTo: b\r\n",
     "Subject| a\r\n \nTo| b"},
    {"white space before the colon", "From : a\r\n", "From | a"},
    {"a weird name", "X-\xfc!#$(): a\r\n", "X-\xfc!#$()| a"},
    {"a name with a blank in it", "Foo Bar: a\r\n", "Foo Bar| a"},
    {"8-bit and controls", "Subject: \xfc\x01\x7f\xff\r\n", "Subject| \xfc\x01\x7f\xff"},
    {"a NUL", std::string("Subject: a\0b\r\n", 14), std::string("Subject| a\0b", 12)},
    {"a bare CR", "Subject: a\rb\r\n", "Subject| a\rb"},
    {"a bare LF", "Subject: a\nTo: b\r\n", "Subject| a\nTo: b"},
    {"CR CR LF", "Subject: a\r\r\nTo: b\r\n", "Subject| a\r\nTo| b"},
    {"a colon in the value", "Subject: a: b:c\r\n", "Subject| a: b:c"},
    {"a line without colon", "garbage\r\nTo: b\r\n", "|garbage\nTo| b"},
    {"a line with nothing before the colon", ": a\r\n", "|: a"},
    {"a line with white space before the colon", " : a\r\n", "| : a"},
    {"a first line that is a continuation", " a: b\r\nTo: c\r\n", "| a: b\nTo| c"},
    {"a line of white space in front", " \r\nTo: c\r\n", "| \nTo| c"},
    {"a colon in the fold of a line without", "garbage\r\n a: b\r\n", "|garbage\r\n a: b"},
    {"an mbox line", "From joe@example.org Mon May  3 14:02:00 2027\r\nTo: b\r\n",
     "From joe@example.org Mon May  3 14|02:00 2027\nTo| b"},
};
void check_split(const Split& row) {
  const HeaderSection header = HeaderSection::parse(row.bytes);
  CPPUNIT_ASSERT_EQUAL(row.fields, fields_of(header));
  CPPUNIT_ASSERT_EQUAL(row.bytes, header.bytes());
  CPPUNIT_ASSERT_EQUAL(row.bytes.size(), header.size_bytes());
}

struct Unfolded {
  const char* name;
  std::string value;
  std::string want;
};
const Unfolded kUnfolded[] = {
    {"nothing", "", ""},
    {"white space at both ends goes", " \ta b \t", "a b"},
    {"a fold becomes its white space", " a\r\n b\r\n\tc", "a b\tc"},
    {"a fold as MTAs hand it over", " a\n b", "a b"},
    {"white space inside stays", "a  b", "a  b"},
    {"only white space", " \r\n \t", ""},
    {"a bare CR inside stays", "a\rb", "a\rb"},
    {"a line end that is no fold stays", "a\r\nb", "a\r\nb"},
    {"8-bit stays", " \xfc ", "\xfc"},
};
void check_unfolded(const Unfolded& row) { CPPUNIT_ASSERT_EQUAL(row.want, unfold(row.value)); }

}  // namespace

class HeaderSectionTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HeaderSectionTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(splits);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(unfolded);
  CPPUNIT_TEST(what_the_mta_hands_over_comes_back_with_crlf);
  CPPUNIT_TEST(fields_are_found_whatever_their_case);
  CPPUNIT_TEST(names_are_the_same_but_for_case_and_blanks_behind);
  CPPUNIT_TEST(the_body_is_not_looked_at);
  CPPUNIT_TEST(a_missing_final_line_end_is_added);
  CPPUNIT_TEST(a_field_of_60_kb_is_kept_whole);
  CPPUNIT_TEST(twenty_thousand_fields_are_kept_in_order);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void splits(TestSuiteBuilderContextType& c) { test::add_rows(c, kSplits, check_split); }
  static void unfolded(TestSuiteBuilderContextType& c) {
    test::add_rows(c, kUnfolded, check_unfolded);
  }

  void what_the_mta_hands_over_comes_back_with_crlf() {
    HeaderSection header;
    header.add("Received", " from a\n\tby b\r\n\tfor c");
    header.add("Subject", "");
    header.add("X", "\xfc");
    header.add("Y", "\n\n\r\n a\n");
    header.add("Z", "a\rb");
    const std::string want =
        "Received: from a\r\n\tby b\r\n\tfor c\r\nSubject:\r\nX:\xfc\r\n"
        "Y:\r\n\r\n\r\n a\r\n\r\nZ:a\rb\r\n";
    CPPUNIT_ASSERT_EQUAL(want, header.bytes());
    CPPUNIT_ASSERT_EQUAL(want.size(), header.size_bytes());
  }
  void fields_are_found_whatever_their_case() {
    const HeaderSection header =
        HeaderSection::parse("To: a\r\nRECEIVED: 1\r\nReceived : 2\r\nReceived-SPF: 3\r\n");
    const auto received = header.all("received");
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, received.size());
    CPPUNIT_ASSERT_EQUAL(std::string(" 1"), received[0]->value);
    CPPUNIT_ASSERT_EQUAL(std::string(" 2"), received[1]->value);
    CPPUNIT_ASSERT_EQUAL(std::string(" 1"), header.first("Received")->value);
    CPPUNIT_ASSERT(header.first("Subject") == nullptr);
    CPPUNIT_ASSERT(header.all("Subject").empty());
  }
  void names_are_the_same_but_for_case_and_blanks_behind() {
    CPPUNIT_ASSERT(same_name("From", "fROM \t"));
    CPPUNIT_ASSERT(same_name("From\t", "From"));
    CPPUNIT_ASSERT(same_name(" ", "\t"));
    CPPUNIT_ASSERT(same_name("", " "));
    CPPUNIT_ASSERT(!same_name("From", "Form"));
    CPPUNIT_ASSERT(!same_name("From", "From:"));
    CPPUNIT_ASSERT(!same_name(" From", "From"));
    CPPUNIT_ASSERT(!same_name("", "From"));
    // In other letters the bit of the case tells two signs apart.
    CPPUNIT_ASSERT(!same_name("@", "`"));
    CPPUNIT_ASSERT(!same_name("X-[", "X-{"));
  }
  void the_body_is_not_looked_at() {
    const HeaderSection header = HeaderSection::parse("To: a\r\n\r\nSubject: b\r\n");
    CPPUNIT_ASSERT_EQUAL(std::string("To| a"), fields_of(header));
    CPPUNIT_ASSERT(HeaderSection::parse("\r\nSubject: b\r\n").fields().empty());
  }
  void a_missing_final_line_end_is_added() {
    CPPUNIT_ASSERT_EQUAL(std::string("To: a\r\n"), HeaderSection::parse("To: a").bytes());
    CPPUNIT_ASSERT_EQUAL(std::size_t{7}, HeaderSection::parse("To: a").size_bytes());
  }
  void a_field_of_60_kb_is_kept_whole() {
    std::string folded;
    for (int i = 0; i < 20'000; ++i) folded += "\r\n x";
    for (const std::string& value : {std::string(60'000, 'x'), folded}) {
      HeaderSection header;
      header.add("X", value);
      CPPUNIT_ASSERT_EQUAL("X:" + value + "\r\n", header.bytes());
      CPPUNIT_ASSERT_EQUAL(value, HeaderSection::parse(header.bytes()).fields().front().value);
      CPPUNIT_ASSERT_EQUAL(value.find('\r') == 0 ? std::size_t{39'999} : value.size(),
                           unfold(value).size());
    }
  }
  void twenty_thousand_fields_are_kept_in_order() {
    HeaderSection header;
    for (int i = 0; i < 20'000; ++i) header.add("X-" + std::to_string(i), " y");
    const HeaderSection parsed = HeaderSection::parse(header.bytes());
    CPPUNIT_ASSERT_EQUAL(std::size_t{20'000}, parsed.fields().size());
    CPPUNIT_ASSERT_EQUAL(header.bytes(), parsed.bytes());
    CPPUNIT_ASSERT_EQUAL(std::string(" y"), parsed.first("x-19999")->value);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(HeaderSectionTest);

}  // namespace countersign
