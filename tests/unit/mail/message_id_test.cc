// SPDX-License-Identifier: Apache-2.0
#include "mail/message_id.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <vector>

#include "tests/support/table_suite.h"

namespace countersign {
namespace {

using Texts = std::vector<std::string>;

struct Row {
  const char* name;
  std::string value;
  std::size_t most;
  Texts want;
};
const Row kRows[] = {
    {"one", " <1@example.org>", 1, {"1@example.org"}},
    {"none", "", 1, {}},
    {"several", "<1@a> <2@b>\r\n <3@c>", 9, {"1@a", "2@b", "3@c"}},
    {"the last of several", "<1@a> <2@b> <3@c>", 2, {"2@b", "3@c"}},
    {"without blanks between", "<1@a><2@b>", 9, {"1@a", "2@b"}},
    {"with words around, as old programs write In-Reply-To",
     "Your message of 3 May <1@a> (x)",
     9,
     {"1@a"}},
    {"folded inside", "<1@very.long\r\n .example>", 1, {"1@very.long.example"}},
    {"upper case stays", "<ABC@Example.ORG>", 1, {"ABC@Example.ORG"}},
    {"without brackets", " 1@example.org\r\n", 1, {"1@example.org"}},
    {"a word without brackets that is no id", "hello", 1, {}},
    {"words without brackets", "see 1@example.org", 1, {}},
    {"a bracket that does not close", "<1@a", 1, {}},
    {"a bracket in a bracket", "<1@a <2@b>", 9, {"2@b"}},
    {"nothing in brackets", "<>", 1, {}},
    {"over 500 bytes", "<" + std::string(501, 'x') + ">", 1, {}},
};

void check(const Row& row) { CPPUNIT_ASSERT(row.want == message_ids(row.value, row.most)); }

class MessageIdTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MessageIdTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(add);
  CPPUNIT_TEST(a_reply_names_what_it_answers_in_both_fields);
  CPPUNIT_TEST(a_long_thread_is_cut_at_its_beginning);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void add(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }

  void a_reply_names_what_it_answers_in_both_fields() {
    HeaderSection header;
    CPPUNIT_ASSERT(answered_ids(header).empty());
    header.add("in-reply-to", " <2@b>");
    header.add("References", " <1@a> <2@b>");
    CPPUNIT_ASSERT((Texts{"2@b", "1@a"}) == answered_ids(header));
  }
  void a_long_thread_is_cut_at_its_beginning() {
    HeaderSection header;
    std::string value;
    for (int i = 0; i < 100; ++i) value += " <" + std::to_string(i) + "@a>";
    header.add("References", value);
    const Texts ids = answered_ids(header);
    CPPUNIT_ASSERT_EQUAL(std::size_t{20}, ids.size());
    CPPUNIT_ASSERT_EQUAL(std::string("99@a"), ids.back());
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(MessageIdTest);

}  // namespace
}  // namespace countersign
