// SPDX-License-Identifier: Apache-2.0
#include "relay/reply_reader.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"

namespace countersign {
namespace {

struct Row {
  const char* name;
  std::string bytes;
  const char* want;  ///< replies as "code text|", then "..." for more or "broken"
};
const Row kRows[] = {
    {"nothing yet", "", "..."},
    {"one line", "250 Ok\r\n", "250 Ok|..."},
    {"a code alone", "250\r\n", "250 |..."},
    {"a code and a blank", "250 \r\n", "250 |..."},
    {"a bare LF ends a line too", "250 Ok\n", "250 Ok|..."},
    {"half a line", "250 Ok", "..."},
    {"several lines", "250-a\r\n250-\r\n250 b\r\n", "250 a\n\nb|..."},
    {"several lines, the last one without text", "250-a\r\n250\r\n", "250 a\n|..."},
    {"several lines, the last one missing", "250-a\r\n250-b\r\n", "..."},
    {"two replies", "250 a\r\n354 b\r\n", "250 a|354 b|..."},
    {"controls and 8-bit are replaced", "250 a\tb\xc3\xa4\x7f\r\n", "250 a?b???|..."},
    {"NUL is replaced", std::string("250 a\0b\r\n", 9), "250 a?b|..."},
    {"codes that differ", "250-a\r\n251 b\r\n", "broken"},
    {"an empty line", "\r\n", "broken"},
    {"two digits", "25\r\n", "broken"},
    {"four digits", "2500 x\r\n", "broken"},
    {"a first digit of 1", "150 x\r\n", "broken"},
    {"a first digit of 6", "650 x\r\n", "broken"},
    {"a tab after the code", "250\tx\r\n", "broken"},
    {"words", "hello\r\n", "broken"},
    {"a reply, then nonsense", "250 a\r\nhello\r\n", "250 a|broken"},
    {"a line of 5000 octets", "250 " + std::string(5000, 'x') + "\r\n", "broken"},
    {"5000 octets without a line end", std::string(5000, '2'), "broken"},
    {"a reply of 70 000 octets",
     [] {
       std::string all;
       for (int i = 0; i < 70; ++i) all += "250-" + std::string(996, 'x') + "\r\n";
       return all;
     }(),
     "broken"},
};
std::string read_all(ReplyReader& reader) {
  std::string got;
  for (;;) {
    const auto reply = reader.next();
    if (!reply) return got + "broken";
    if (!*reply) return got + "...";
    got += std::to_string((*reply)->code) + " " + (*reply)->text + "|";
  }
}
void check(const Row& row) {
  ReplyReader whole;
  whole.feed(row.bytes);
  CPPUNIT_ASSERT_EQUAL(std::string(row.want), read_all(whole));
  if (std::string_view(row.want).ends_with("broken")) CPPUNIT_ASSERT(!whole.next());

  ReplyReader by_octet;
  std::string got;
  for (const char c : row.bytes) {
    by_octet.feed(std::string_view(&c, 1));
    std::string now = read_all(by_octet);
    if (now.ends_with("...")) now.resize(now.size() - 3);
    if (!got.ends_with("broken")) got += now;
  }
  if (!got.ends_with("broken")) got += "...";
  CPPUNIT_ASSERT_EQUAL(std::string(row.want), got);
}

}  // namespace

class ReplyReaderTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReplyReaderTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(empty_says_whether_anything_waits);
  CPPUNIT_TEST(text_is_cut_at_2000_octets);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }

  void empty_says_whether_anything_waits() {
    ReplyReader reader;
    CPPUNIT_ASSERT(reader.empty());
    reader.feed("250-a\r\n");
    CPPUNIT_ASSERT(!*reader.next());
    CPPUNIT_ASSERT(!reader.empty());
    reader.feed("250 b\r\n");
    CPPUNIT_ASSERT(*reader.next());
    CPPUNIT_ASSERT(reader.empty());
  }

  void text_is_cut_at_2000_octets() {
    ReplyReader reader;
    reader.feed("250 " + std::string(3000, 'x') + "\r\n");
    const auto reply = reader.next();
    CPPUNIT_ASSERT(reply && *reply);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2000}, (*reply)->text.size());
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(ReplyReaderTest);

}  // namespace countersign
