// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/redis_reply.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"
#include "tokenstore/redis_connection.h"

namespace countersign {
namespace {

using Type = RedisReply::Type;

/// A reply as text: the assertion then shows what differs.
std::string show(const RedisReply& reply) {
  switch (reply.type) {
    case Type::nil:
      return "nil";
    case Type::status:
      return "+" + reply.text;
    case Type::error:
      return "-" + reply.text;
    case Type::integer:
      return ":" + std::to_string(reply.integer);
    case Type::string:
      return "'" + reply.text + "'";
    case Type::array:
      break;
  }
  std::string out = "[";
  for (const RedisReply& element : reply.elements) out += show(element) + " ";
  return out + "]";
}

struct Wire {
  const char* name;
  std::string bytes;
  const char* want;  ///< null: no reply of Redis
};
const Wire kWire[] = {
    {"a status", "+OK\r\n", "+OK"},
    {"an error", "-ERR no\r\n", "-ERR no"},
    {"an integer", ":-42\r\n", ":-42"},
    {"a text", "$3\r\nabc\r\n", "'abc'"},
    {"a text with line ends", "$4\r\n\r\n\r\n\r\n", "'\r\n\r\n'"},
    {"an empty text", "$0\r\n\r\n", "''"},
    {"a nil text", "$-1\r\n", "nil"},
    {"a nil array", "*-1\r\n", "nil"},
    {"an empty array", "*0\r\n", "[]"},
    {"a mixed array", "*4\r\n:1\r\n$1\r\na\r\n$-1\r\n*1\r\n+x\r\n", "[:1 'a' nil [+x ] ]"},
    {"an error in an array", "*1\r\n-ERR x\r\n", "[-ERR x ]"},
    {"a type that is unknown", "!x\r\n", nullptr},
    {"text", "hello\r\n", nullptr},
    {"an integer that is none", ":x\r\n", nullptr},
    {"an array larger than the limit", "*101\r\n", nullptr},
    {"arrays that are together larger than the limit", "*2\r\n*60\r\n", "more"},
    {"a negative size", "$-2\r\n", nullptr},
    {"a text larger than the limit", "$5000\r\n" + std::string(5000, 'x'), nullptr},
    {"arrays nested too deep", "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n", nullptr},
    {"half a text", "$3\r\nab", "more"},
};
constexpr ReplyLimits kLimits{.bytes = 1000, .elements = 100};

std::string outcome(RedisReplyReader& reader) {
  RedisReply reply;
  const auto is_whole = reader.next(reply);
  if (!is_whole) return "error";
  return *is_whole ? show(reply) : "more";
}
void check_wire(const Wire& row) {
  const std::string want = row.want == nullptr ? "error" : row.want;
  RedisReplyReader whole(kLimits);
  whole.feed(row.bytes);
  CPPUNIT_ASSERT_EQUAL(want, outcome(whole));
  // The same byte by byte.
  RedisReplyReader dripped(kLimits);
  std::string last = "more";
  for (const char c : row.bytes) {
    dripped.feed(std::string_view(&c, 1));
    last = outcome(dripped);
    if (last != "more") break;
  }
  CPPUNIT_ASSERT_EQUAL(want, last);
}

}  // namespace

class RedisReplyTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RedisReplyTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(wire);
  CPPUNIT_TEST(replies_come_one_by_one);
  CPPUNIT_TEST(the_limits_are_of_one_reply);
  CPPUNIT_TEST(elements_are_limited_in_all_arrays_together);
  CPPUNIT_TEST(after_a_failure_nothing_comes);
  CPPUNIT_TEST(an_error_is_known_by_its_first_word);
  CPPUNIT_TEST(arguments_are_framed_by_their_length);
  CPPUNIT_TEST(words_and_commands_are_formatted_once_for_several);
  CPPUNIT_TEST(an_error_reply_shows_the_command_but_no_arguments);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void wire(TestSuiteBuilderContextType& c) { test::add_rows(c, kWire, check_wire); }

  void replies_come_one_by_one() {
    RedisReplyReader reader;
    reader.feed("+a\r\n+b\r\n+");
    CPPUNIT_ASSERT_EQUAL(std::string("+a"), outcome(reader));
    CPPUNIT_ASSERT(reader.has_rest());
    CPPUNIT_ASSERT_EQUAL(std::string("+b"), outcome(reader));
    CPPUNIT_ASSERT_EQUAL(std::string("more"), outcome(reader));
    reader.feed("c\r\n");
    CPPUNIT_ASSERT_EQUAL(std::string("+c"), outcome(reader));
    CPPUNIT_ASSERT(!reader.has_rest());
  }
  void the_limits_are_of_one_reply() {
    RedisReplyReader reader(kLimits);
    std::string array = "*90\r\n";
    for (int i = 0; i < 90; ++i) array += ":1\r\n";
    for (int i = 0; i < 10; ++i) {
      reader.feed(array);
      CPPUNIT_ASSERT(outcome(reader).starts_with("[:1"));
    }
  }
  void elements_are_limited_in_all_arrays_together() {
    RedisReplyReader reader(kLimits);
    reader.feed("*2\r\n*60\r\n");
    for (int i = 0; i < 60; ++i) reader.feed(":1\r\n");
    reader.feed("*60\r\n");
    CPPUNIT_ASSERT_EQUAL(std::string("error"), outcome(reader));
  }
  void after_a_failure_nothing_comes() {
    RedisReplyReader reader;
    reader.feed("?\r\n");
    CPPUNIT_ASSERT_EQUAL(std::string("error"), outcome(reader));
    reader.feed("+OK\r\n");
    CPPUNIT_ASSERT_EQUAL(std::string("error"), outcome(reader));
  }
  void an_error_is_known_by_its_first_word() {
    RedisReply reply{Type::error, "NOPERM you may not", 0, {}};
    CPPUNIT_ASSERT(reply.is_error("NOPERM"));
    CPPUNIT_ASSERT(!reply.is_error("NOPE"));
    reply.type = Type::string;
    CPPUNIT_ASSERT(!reply.is_error("NOPERM"));
  }
  void arguments_are_framed_by_their_length() {
    RedisPipeline pipeline;
    pipeline.add({"SET", std::string_view("a\0\r\n%s", 6), ""}).add({"PING"});
    const std::string want("*3\r\n$3\r\nSET\r\n$6\r\na\0\r\n%s\r\n$0\r\n\r\n*1\r\n$4\r\nPING\r\n",
                           45);
    CPPUNIT_ASSERT_EQUAL(want, pipeline.bytes());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, pipeline.size());
    CPPUNIT_ASSERT_EQUAL(std::string("SET"), pipeline.name(0));
    CPPUNIT_ASSERT_EQUAL(std::string("PING"), pipeline.name(1));
  }
  void words_and_commands_are_formatted_once_for_several() {
    RedisPipeline asked;
    asked.add({"MGET"}, RedisWords({"a", ""}));
    RedisPipeline pipeline;
    pipeline.reserve(3, 100);
    pipeline.add({"PING"}).add(asked).begin(1).word("TIME").add({"INFO"}, RedisWords({}));
    CPPUNIT_ASSERT_EQUAL(std::string("*1\r\n$4\r\nPING\r\n"
                                     "*3\r\n$4\r\nMGET\r\n$1\r\na\r\n$0\r\n\r\n"
                                     "*1\r\n$4\r\nTIME\r\n*1\r\n$4\r\nINFO\r\n"),
                         pipeline.bytes());
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, pipeline.size());
    CPPUNIT_ASSERT_EQUAL(std::string("MGET"), pipeline.name(1));
    CPPUNIT_ASSERT_EQUAL(std::string("TIME"), pipeline.name(2));
  }
  void an_error_reply_shows_the_command_but_no_arguments() {
    const RedisReply reply{Type::error, "OOM too much", 0, {}};
    const Status status = refused(reply, "SET");
    CPPUNIT_ASSERT(status.error().code == Errc::unavailable);
    CPPUNIT_ASSERT_EQUAL(std::string("redis: SET: OOM too much"), status.error().detail);
    CPPUNIT_ASSERT(refused({Type::nil, "", 0, {}}, "GET"));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(RedisReplyTest);

}  // namespace countersign
