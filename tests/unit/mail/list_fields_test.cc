// SPDX-License-Identifier: Apache-2.0
#include "mail/list_fields.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "tests/support/table_suite.h"

namespace countersign {
namespace {

struct Row {
  const char* name;
  std::string header;
  std::string want;  ///< identifier, a blank, address of List-Post
};
const Row kRows[] = {
    {"no list", "Subject: x\r\n", " "},
    {"an identifier", "List-Id: <chairs.lists.example>\r\n", "chairs.lists.example "},
    {"with a phrase, in capitals", "LIST-ID: \"All <our> chairs\" <Chairs.Lists.EXAMPLE>\r\n",
     "chairs.lists.example "},
    {"folded", "List-Id: Chairs of\r\n all kinds\r\n <chairs.lists.example>\r\n",
     "chairs.lists.example "},
    {"without brackets", "List-Id: chairs.lists.example\r\n", "chairs.lists.example "},
    {"words without brackets", "List-Id: our chairs\r\n", " "},
    {"two fields", "List-Id: <a.example>\r\nList-Id: <b.example>\r\n", " "},
    {"a bracket that does not close", "List-Id: <chairs.example\r\n", " "},
    {"an empty one", "List-Id: <>\r\n", " "},
    {"blanks inside", "List-Id: <chairs lists.example>\r\n", " "},
    {"two dots", "List-Id: <chairs..example>\r\n", " "},
    {"braces are characters of an atom", "List-Id: <{a}.example>\r\n", "{a}.example "},
    {"no ASCII", "List-Id: <ch\xc3\xa4irs.example>\r\n", " "},
    {"over 255 octets", "List-Id: <" + std::string(256, 'x') + ">\r\n", " "},
    {"where to write", "List-Id: <a.example>\r\nList-Post: <mailto:Chairs@Lists.example>\r\n",
     "a.example chairs@lists.example"},
    {"where to write, escaped", "List-Post: <MAILTO:a%2Bb@lists.example?subject=x>\r\n",
     " a+b@lists.example"},
    {"the first that is an address",
     "List-Post: <https://lists.example/>, <mailto:a@lists.example>, <mailto:b@x.example>\r\n",
     " a@lists.example"},
    {"nobody writes", "List-Post: NO\r\n", " "},
    {"nobody writes, with a comment", "List-Post: NO (closed)\r\n", " "},
    {"two List-Post", "List-Post: <mailto:a@lists.example>\r\nList-Post: <mailto:b@x.example>\r\n",
     " "},
};

void check(const Row& row) {
  const HeaderSection header = HeaderSection::parse(row.header);
  const auto post = list_post_of(header);
  CPPUNIT_ASSERT_EQUAL(row.want, list_id_of(header) + " " + (post ? post->address() : ""));
}

class ListFieldsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ListFieldsTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(add);
  CPPUNIT_TEST(an_identifier_can_be_typed_with_or_without_brackets);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void add(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }

  void an_identifier_can_be_typed_with_or_without_brackets() {
    CPPUNIT_ASSERT_EQUAL(std::string("a.example"), parse_list_id("<A.example>"));
    CPPUNIT_ASSERT_EQUAL(std::string("a.example"), parse_list_id("a.example"));
    CPPUNIT_ASSERT_EQUAL(std::string(), parse_list_id("a b"));
    CPPUNIT_ASSERT_EQUAL(std::string(), parse_list_id(""));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(ListFieldsTest);

}  // namespace
}  // namespace countersign
