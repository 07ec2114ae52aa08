// SPDX-License-Identifier: Apache-2.0
#include "mail/mailbox.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"

namespace countersign {
namespace {

struct Parsed {
  const char* name;
  std::string text;
  const char* local;
  const char* address;
  const char* key;
};
const Parsed kParsed[] = {
    {"a plain mailbox", "joe@example.org", "joe", "joe@example.org", "joe@example.org"},
    {"capitals become small on both sides", "Joe@EXAMPLE.Org", "joe", "joe@example.org",
     "joe@example.org"},
    {"all of atext", "!#$%&'*+-/=?^_`{|}~@example.org", "!#$%&'*+-/=?^_`{|}~",
     "!#$%&'*+-/=?^_`{|}~@example.org",
     "%21%23%24%25%26%27%2A%2B-%2F%3D%3F%5E_%60%7B%7C%7D%7E@example.org"},
    {"needless quotes go", "\"joe\"@example.org", "joe", "joe@example.org", "joe@example.org"},
    {"needless quotes with dots go", "\"joe.smith\"@example.org", "joe.smith",
     "joe.smith@example.org", "joe.smith@example.org"},
    {"needless escapes go", "\"j\\oe\"@example.org", "joe", "joe@example.org", "joe@example.org"},
    {"a blank keeps its quotes", "\"joe smith\"@example.org", "joe smith",
     "\"joe smith\"@example.org", "%22joe%20smith%22@example.org"},
    {"an at sign keeps its quotes", "\"joe@home\"@example.org", "joe@home",
     "\"joe@home\"@example.org", "%22joe@home%22@example.org"},
    {"two dots keep their quotes", "\"a..b\"@example.org", "a..b", "\"a..b\"@example.org",
     "%22a..b%22@example.org"},
    {"quote and backslash keep their escapes", "\"a\\\"b\\\\c\"@example.org", "a\"b\\c",
     "\"a\\\"b\\\\c\"@example.org", "%22a%5C%22b%5C%5Cc%22@example.org"},
    {"an empty local part", "\"\"@example.org", "", "\"\"@example.org", "%22%22@example.org"},
    {"an angle bracket in quotes", "\"a>b\"@example.org", "a>b", "\"a>b\"@example.org",
     "%22a%3Eb%22@example.org"},
    {"a brace cannot end a hash tag", "}x@example.org", "}x", "}x@example.org", "%7Dx@example.org"},
    {"UTF-8 is composed and put in small letters", "JU\u0308RG@EXAMPLE.org", "j\u00fcrg",
     "j\u00fcrg@example.org", "j%C3%BCrg@example.org"},
    {"a domain in U-labels", "a@b\u00fccher.example", "a", "a@xn--bcher-kva.example",
     "a@xn--bcher-kva.example"},
    {"an address literal", "joe@[192.0.2.1]", "joe", "joe@[192.0.2.1]", "joe@%5B192.0.2.1%5D"},
    {"a final dot goes, as in the MTA", "joe@example.org.", "joe", "joe@example.org",
     "joe@example.org"},
    {"a percent sign is a letter", "joe%example.org@relay.example", "joe%example.org",
     "joe%example.org@relay.example", "joe%25example.org@relay.example"},
};
void check_parsed(const Parsed& row) {
  const auto got = Mailbox::parse(row.text);
  CPPUNIT_ASSERT(bool(got));
  CPPUNIT_ASSERT_EQUAL(std::string(row.local), got->local());
  CPPUNIT_ASSERT_EQUAL(std::string(row.address), got->address());
  CPPUNIT_ASSERT_EQUAL(std::string(row.key), got->key());
  CPPUNIT_ASSERT(*got == *Mailbox::parse(got->address()));
}

struct Refused {
  const char* name;
  std::string text;
};
const Refused kRefused[] = {
    {"nothing", ""},
    {"no at sign", "joe"},
    {"no local part", "@example.org"},
    {"no domain", "joe@"},
    {"a leading dot", ".joe@example.org"},
    {"a final dot in the local part", "joe.@example.org"},
    {"two dots", "a..b@example.org"},
    {"a blank", "joe smith@example.org"},
    {"angle brackets", "<joe@example.org>"},
    {"a source route", "@relay.example:joe@example.org"},
    {"a display name", "Joe <joe@example.org>"},
    {"a comment", "joe(x)@example.org"},
    {"two at signs", "joe@home@example.org"},
    {"two mailboxes", "joe@example.org,ann@example.org"},
    {"a semicolon", "joe@example.org;ann@example.org"},
    {"an open quote", "\"joe@example.org"},
    {"an escape at the end", "\"joe\\"},
    {"text behind the quotes", "\"joe\"x@example.org"},
    {"quotes in an atom", "jo\"e\"@example.org"},
    {"a NUL", std::string("joe\0@example.org", 16)},
    {"a NUL in quotes", std::string("\"joe\0\"@example.org", 18)},
    {"a line end in quotes", "\"joe\r\n\"@example.org"},
    {"a tab in quotes", "\"joe\t\"@example.org"},
    {"a line end behind", "joe@example.org\r\n"},
    {"a DEL", "joe\x7f@example.org"},
    {"a C1 control", "joe\u0085@example.org"},
    {"a line separator", "joe\u2028@example.org"},
    {"a right-to-left override", "joe\u202egro.elpmaxe@evil.example"},
    {"bytes that are no UTF-8", "j\xfcrg@example.org"},
    {"an overlong slash", "a\xc0\xaf@example.org"},
    {"65 octets of local part", std::string(65, 'a') + "@example.org"},
    {"60 kB of local part", std::string(60'000, 'a') + "@example.org"},
    {"60 kB of at signs", std::string(60'000, '@')},
};
void check_refused(const Refused& row) {
  const auto got = Mailbox::parse(row.text);
  CPPUNIT_ASSERT(!got);
  CPPUNIT_ASSERT(got.error().code == Errc::invalid);
}

struct Detail {
  const char* name;
  const char* text;
  const char* delimiters;
  const char* want;
};
const Detail kDetails[] = {
    {"the detail goes", "joe+shop@example.org", "+", "joe@example.org"},
    {"the first delimiter counts", "joe+shop+x@example.org", "+", "joe@example.org"},
    {"the first of two delimiters counts", "joe-a+b@example.org", "+-", "joe@example.org"},
    {"an empty detail goes", "joe+@example.org", "+", "joe@example.org"},
    {"without a delimiter it stays", "joe@example.org", "+", "joe@example.org"},
    {"without configured delimiters it stays", "joe+x@example.org", "", "joe+x@example.org"},
    {"a first character is no delimiter", "+joe@example.org", "+", "+joe@example.org"},
    {"the second of two at the front is one", "++joe@example.org", "+", "+@example.org"},
    {"quotes that are no longer needed go", "\"joe+a b\"@example.org", "+", "joe@example.org"},
};
void check_detail(const Detail& row) {
  CPPUNIT_ASSERT_EQUAL(std::string(row.want),
                       Mailbox::parse(row.text)->without_detail(row.delimiters).address());
}

}  // namespace

class MailboxTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MailboxTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(parsed);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(refused);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(details);
  CPPUNIT_TEST(a_local_part_may_have_64_octets);
  CPPUNIT_TEST(a_look_alike_is_another_mailbox);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void parsed(TestSuiteBuilderContextType& c) { test::add_rows(c, kParsed, check_parsed); }
  static void refused(TestSuiteBuilderContextType& c) {
    test::add_rows(c, kRefused, check_refused);
  }
  static void details(TestSuiteBuilderContextType& c) { test::add_rows(c, kDetails, check_detail); }

  void a_local_part_may_have_64_octets() {
    CPPUNIT_ASSERT(Mailbox::parse(std::string(64, 'a') + "@example.org"));
  }
  void a_look_alike_is_another_mailbox() {
    CPPUNIT_ASSERT(*Mailbox::parse("\u0430lice@example.org") !=
                   *Mailbox::parse("alice@example.org"));
    CPPUNIT_ASSERT(*Mailbox::parse("\u00df@example.org") != *Mailbox::parse("ss@example.org"));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(MailboxTest);

}  // namespace countersign
