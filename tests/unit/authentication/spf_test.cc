// SPDX-License-Identifier: Apache-2.0
//
// What is ours about SPF: identities, limits, DNS that fails. tests/integration/test_openspf.py
// plays the suite of openspf.org.
#include "authentication/spf.h"

#include <cppunit/extensions/HelperMacros.h>

#include <functional>

#include "tests/support/scripted_dns.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

using test::ScriptedDns;

/// Client 192.0.2.1, HELO mail.example.com, reverse-path alice@example.com.
struct Row {
  const char* name;
  std::function<void(ScriptedDns&)> zone;
  std::string result;
};

std::function<void(ScriptedDns&)> record(const std::string& text) {
  return [=](ScriptedDns& dns) { dns.txt("example.com", text); };
}

const Row kRows[] = {
    {"no record", [](ScriptedDns&) {}, "none"},
    {"another record", record("hello"), "none"},
    {"a record of another version", record("v=spf10 +all"), "none"},
    {"an address that is listed", record("v=spf1 ip4:192.0.2.0/24 -all"), "pass"},
    {"one that is not", record("v=spf1 ip4:198.51.100.0/24 -all"), "fail"},
    {"one that is not, softly", record("v=spf1 ~all"), "softfail"},
    {"a record without an end", record("v=spf1"), "neutral"},
    {"two records",
     [](ScriptedDns& dns) {
       dns.txt("example.com", "v=spf1 +all").txt("example.com", "v=spf1 +all");
     },
     "permerror"},
    {"a record that does not parse", record("v=spf1 ip4:192.0.2.0/24 hello"), "permerror"},
    {"a record with a control", record("v=spf1 \x01 +all"), "permerror"},
    {"a record with a NUL is none",
     [](ScriptedDns& dns) {
       dns.put("example.com", DnsType::txt, std::string("\x0dv=spf1 +all\0x", 14));
     },
     "none"},
    {"an unknown modifier changes nothing", record("v=spf1 ra=x:y/z +all"), "pass"},
    {"a redirect beside all changes nothing", record("v=spf1 redirect=b.example -all"), "fail"},
    {"DNS fails", [](ScriptedDns& dns) { dns.fail("example.com"); }, "temperror"},
    {"DNS fails further on",
     [](ScriptedDns& dns) { dns.txt("example.com", "v=spf1 a:b.example -all").fail("b.example"); },
     "temperror"},
    {"DNS fails in an include",
     [](ScriptedDns& dns) {
       dns.txt("example.com", "v=spf1 include:b.example -all").fail("b.example");
     },
     "temperror"},
    {"an include without a record", record("v=spf1 include:b.example -all"), "permerror"},
    {"a mail exchanger",
     [](ScriptedDns& dns) {
       dns.txt("example.com", "v=spf1 mx -all").mx("example.com", "mx.example.com");
       dns.a("mx.example.com", "192.0.2.1");
     },
     "pass"},
    {"a mail exchanger that is no host",
     [](ScriptedDns& dns) {
       dns.txt("example.com", "v=spf1 mx -all");
       dns.put("example.com", DnsType::mx, std::string("\0\1\3a b\0", 7));
     },
     "fail"},
    {"eleven mail exchangers are too many",
     [](ScriptedDns& dns) {
       dns.txt("example.com", "v=spf1 mx -all");
       for (int i = 0; i < 11; ++i) {
         dns.mx("example.com", "mx" + std::to_string(i) + ".example.com");
         dns.a("mx" + std::to_string(i) + ".example.com", "192.0.2.1");
       }
     },
     "permerror"},
    {"ten mail exchangers are not",
     [](ScriptedDns& dns) {
       dns.txt("example.com", "v=spf1 mx -all");
       for (int i = 0; i < 10; ++i) {
         dns.mx("example.com", "mx" + std::to_string(i) + ".example.com");
         dns.a("mx" + std::to_string(i) + ".example.com", i < 9 ? "198.51.100.1" : "192.0.2.1");
       }
     },
     "pass"},
    {"ten terms that ask",
     [](ScriptedDns& dns) {
       std::string text = "v=spf1";
       for (int i = 0; i < 10; ++i) {
         dns.a("a" + std::to_string(i) + ".example", i < 9 ? "198.51.100.1" : "192.0.2.1");
         text += " a:a" + std::to_string(i) + ".example";
       }
       dns.txt("example.com", text + " -all");
     },
     "pass"},
    {"eleven terms that ask are too many",
     [](ScriptedDns& dns) {
       std::string text = "v=spf1";
       for (int i = 0; i < 11; ++i) {
         dns.a("a" + std::to_string(i) + ".example", i < 10 ? "198.51.100.1" : "192.0.2.1");
         text += " a:a" + std::to_string(i) + ".example";
       }
       dns.txt("example.com", text + " -all");
     },
     "permerror"},
    {"the terms of what is included count",
     [](ScriptedDns& dns) {
       dns.txt("example.com", "v=spf1 include:b.example include:c.example +all");
       dns.txt("b.example", "v=spf1 a:x.example a:x.example a:x.example a:x.example -all");
       dns.txt("c.example", "v=spf1 a:x.example a:x.example a:x.example a:x.example a:x.example");
       dns.a("x.example", "198.51.100.1");
     },
     "permerror"},
    {"a bomb of includes",
     [](ScriptedDns& dns) {
       for (int i = 0; i < 5; ++i) {
         const std::string next = "n" + std::to_string(i + 1) + ".example";
         std::string text = "v=spf1";
         for (int j = 0; j < 9; ++j) text += " include:" + next;
         dns.txt(i == 0 ? "example.com" : "n" + std::to_string(i) + ".example", text + " ?all");
       }
       dns.txt("n5.example", "v=spf1 ?all");
     },
     "permerror"},
    {"a circle of includes",
     [](ScriptedDns& dns) {
       dns.txt("example.com", "v=spf1 include:b.example -all");
       dns.txt("b.example", "v=spf1 include:example.com -all");
     },
     "permerror"},
    {"a circle of redirects",
     [](ScriptedDns& dns) {
       dns.txt("example.com", "v=spf1 redirect=b.example");
       dns.txt("b.example", "v=spf1 redirect=example.com");
     },
     "permerror"},
    {"two answers of nothing",
     [](ScriptedDns& dns) { dns.txt("example.com", "v=spf1 a:x.example a:y.example +all"); },
     "pass"},
    {"three answers of nothing are too many",
     record("v=spf1 a:x.example a:y.example a:z.example +all"), "permerror"},
};

const MessageOrigin kOrigin{"192.0.2.1", "mail.example.com", "alice@example.com", "example.com"};

std::string text_of(const AuthResult& result) {
  return result.method + "=" + result.result + " " + result.properties.at(0).ptype + "." +
         result.properties.at(0).property + "=" + result.properties.at(0).value;
}

AuthResult check(ScriptedDns& dns, const MessageOrigin& origin) {
  DnsBudget budget(dns, SteadyTime::max(), kSpfQuestions);
  return check_spf(budget, origin);
}

class SpfTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SpfTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(the_null_reverse_path_is_that_of_helo);
  CPPUNIT_TEST(the_loopback_network_is_not_everybody);
  CPPUNIT_TEST(an_ipv6_client_matches);
  CPPUNIT_TEST(an_ipv4_address_mapped_into_ipv6_is_one);
  CPPUNIT_TEST(what_is_no_domain_is_not_asked_for);
  CPPUNIT_TEST(a_bomb_asks_few_questions);
  CPPUNIT_TEST(no_explanation_is_asked_for);
  CPPUNIT_TEST(a_record_of_hundreds_of_networks_is_read_to_its_end);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) {
    test::add_rows(
        context, kRows, +[](const Row& row) {
          ScriptedDns dns;
          row.zone(dns);
          CPPUNIT_ASSERT_EQUAL("spf=" + row.result + " smtp.mailfrom=alice@example.com",
                               text_of(check(dns, kOrigin)));
        });
  }

  void the_null_reverse_path_is_that_of_helo() {
    ScriptedDns dns;
    dns.txt("mail.example.com", "v=spf1 ip4:192.0.2.1 -all").txt("example.com", "v=spf1 -all");
    CPPUNIT_ASSERT_EQUAL(std::string("spf=pass smtp.helo=mail.example.com"),
                         text_of(check(dns, {"192.0.2.1", "mail.example.com", "", ""})));
    CPPUNIT_ASSERT_EQUAL(std::string("spf=none smtp.helo=[192.0.2.1]"),
                         text_of(check(dns, {"192.0.2.1", "[192.0.2.1]", "", ""})));
    CPPUNIT_ASSERT_EQUAL(std::string("spf=none smtp.helo="),
                         text_of(check(dns, {"192.0.2.1", "", "", ""})));
  }

  void the_loopback_network_is_not_everybody() {
    ScriptedDns dns;
    dns.txt("example.com", "v=spf1 -all");
    for (const char* client : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", ""})
      CPPUNIT_ASSERT_EQUAL(
          std::string("spf=none smtp.mailfrom=alice@example.com"),
          text_of(check(dns, {client, "mail.example.com", "alice@example.com", ""})));
  }

  void an_ipv6_client_matches() {
    ScriptedDns dns;
    dns.txt("example.com", "v=spf1 ip6:2001:db8::/32 -all");
    CPPUNIT_ASSERT_EQUAL(std::string("pass"),
                         check(dns, {"2001:db8::1", "h.example", "a@example.com", ""}).result);
    CPPUNIT_ASSERT_EQUAL(std::string("fail"),
                         check(dns, {"2001:db9::1", "h.example", "a@example.com", ""}).result);
  }

  void an_ipv4_address_mapped_into_ipv6_is_one() {
    ScriptedDns dns;
    dns.txt("example.com", "v=spf1 ip4:192.0.2.1 -all");
    CPPUNIT_ASSERT_EQUAL(std::string("pass"),
                         check(dns, {"::ffff:192.0.2.1", "h.example", "a@example.com", ""}).result);
  }

  void what_is_no_domain_is_not_asked_for() {
    ScriptedDns dns;
    for (const char* path : {"a@localhost", "a@[192.0.2.1]", "a@b..example", "a@", "@", "x"})
      CPPUNIT_ASSERT_EQUAL(std::string("none"),
                           check(dns, {"192.0.2.1", "h.example", path, ""}).result);
    CPPUNIT_ASSERT(dns.asked.empty());
  }

  void a_bomb_asks_few_questions() {
    ScriptedDns dns;
    std::string text = "v=spf1";
    for (int i = 0; i < 9; ++i) text += " include:example.net mx:example.net";
    dns.txt("example.com", text).txt("example.net", "v=spf1 mx mx mx mx mx mx mx ?all");
    for (int i = 0; i < 10; ++i) {
      dns.mx("example.net", "m" + std::to_string(i) + ".example.net");
      dns.a("m" + std::to_string(i) + ".example.net", "198.51.100.1");
    }
    CPPUNIT_ASSERT_EQUAL(std::string("permerror"), check(dns, kOrigin).result);
    CPPUNIT_ASSERT(dns.asked.size() <= kSpfQuestions);
  }

  void a_record_of_hundreds_of_networks_is_read_to_its_end() {
    std::string text = "v=spf1";
    for (int i = 0; i < 250; ++i)
      text +=
          " ip4:198.51." + std::to_string(i) + ".0/24 ~ip6:2001:db8:" + std::to_string(i) + "::/48";
    ScriptedDns dns;
    dns.txt("example.com", text + " ip4:192.0.2.1/32 -all").txt("example.net", text + " -all");
    CPPUNIT_ASSERT_EQUAL(std::string("pass"), check(dns, kOrigin).result);
    CPPUNIT_ASSERT_EQUAL(std::string("fail"),
                         check(dns, {"192.0.2.1", "h.example", "a@example.net", ""}).result);
  }

  void no_explanation_is_asked_for() {
    ScriptedDns dns;
    dns.txt("example.com", "v=spf1 -all exp=%{l}.evil.example").txt("alice.evil.example", "no");
    CPPUNIT_ASSERT_EQUAL(std::string("fail"), check(dns, kOrigin).result);
    CPPUNIT_ASSERT((dns.asked == std::vector<std::string>{"example.com"}));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(SpfTest);

}  // namespace
}  // namespace countersign
