// SPDX-License-Identifier: Apache-2.0
#include "authentication/dns.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/scripted_dns.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

using test::ScriptedDns;

struct NameRow {
  const char* name;
  std::string record;
  DnsType type;
  std::string want;  ///< "" for none
};
const NameRow kNames[] = {
    {"a host name", ScriptedDns::wire("mail.example.com"), DnsType::ptr, "mail.example.com"},
    {"behind a preference", std::string("\0\1", 2) + ScriptedDns::wire("a.b"), DnsType::mx, "a.b"},
    {"an underscore", ScriptedDns::wire("a_b.example"), DnsType::ptr, "a_b.example"},
    {"the root", std::string("\0", 1), DnsType::ptr, ""},
    {"nothing", "", DnsType::ptr, ""},
    {"a preference alone", std::string("\0\1", 2), DnsType::mx, ""},
    {"no end", "\4mail", DnsType::ptr, ""},
    {"a label that is cut", "\7mail", DnsType::ptr, ""},
    {"a pointer", std::string("\xc0\x0c", 2), DnsType::ptr, ""},
    {"more behind it", ScriptedDns::wire("a.b") + "x", DnsType::ptr, ""},
    {"a dot in a label", std::string("\3a.b\0", 5), DnsType::ptr, ""},
    {"a blank in a label", std::string("\3a b\0", 5), DnsType::ptr, ""},
    {"a NUL in a label", std::string("\3a\0b\0", 5), DnsType::ptr, ""},
};

struct TextRow {
  const char* name;
  std::string record;
  bool is_text;
  std::string want;
};
const TextRow kTexts[] = {
    {"one string", "\3abc", true, "abc"},
    {"two strings are joined", "\3abc\2de", true, "abcde"},
    {"an empty string", std::string("\0", 1), true, ""},
    {"no string", "", false, ""},
    {"a string that is cut", "\5abc", false, ""},
    {"a NUL", std::string("\3a\0b", 4), false, ""},
};

class DnsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DnsTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(names);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(texts);
  CPPUNIT_TEST(a_text_of_over_16_kilobytes_is_none);
  CPPUNIT_TEST(a_budget_ends);
  CPPUNIT_TEST(a_part_uses_the_whole);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void names(TestSuiteBuilderContextType& context) {
    test::add_rows(
        context, kNames, +[](const NameRow& row) {
          CPPUNIT_ASSERT_EQUAL(row.want, name_of(row.record, row.type).value_or(""));
        });
  }
  static void texts(TestSuiteBuilderContextType& context) {
    test::add_rows(
        context, kTexts, +[](const TextRow& row) {
          CPPUNIT_ASSERT_EQUAL(row.is_text, bool(txt_of(row.record)));
          CPPUNIT_ASSERT_EQUAL(row.want, txt_of(row.record).value_or(""));
        });
  }

  void a_text_of_over_16_kilobytes_is_none() {
    std::string record;
    for (int i = 0; i < 65; ++i) record += "\xff" + std::string(255, 'x');
    CPPUNIT_ASSERT(!txt_of(record));
    CPPUNIT_ASSERT(txt_of(record.substr(0, 64 * 256)));
  }

  void a_budget_ends() {
    ScriptedDns dns;
    dns.txt("a.example", "x");
    DnsBudget budget(dns, SteadyTime::max(), 2);
    CPPUNIT_ASSERT(DnsAnswer::Kind::found == budget.ask("a.example", DnsType::txt).kind);
    CPPUNIT_ASSERT(DnsAnswer::Kind::nothing == budget.ask("b.example", DnsType::txt).kind);
    CPPUNIT_ASSERT(!budget.exhausted());
    CPPUNIT_ASSERT(DnsAnswer::Kind::failed == budget.ask("a.example", DnsType::txt).kind);
    CPPUNIT_ASSERT(budget.exhausted());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, dns.asked.size());
  }

  void a_part_uses_the_whole() {
    ScriptedDns dns;
    DnsBudget whole(dns, SteadyTime::max(), 3);
    DnsBudget part = whole.part(SteadyTime::max(), 2);
    for (int i = 0; i < 3; ++i) (void)part.ask("a.example", DnsType::a);
    CPPUNIT_ASSERT(part.exhausted() && !whole.exhausted());
    (void)whole.ask("a.example", DnsType::a);
    DnsBudget late = whole.part(SteadyTime::max(), 2);
    (void)late.ask("a.example", DnsType::a);
    CPPUNIT_ASSERT(late.exhausted());
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, dns.asked.size());
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(DnsTest);

}  // namespace
}  // namespace countersign
