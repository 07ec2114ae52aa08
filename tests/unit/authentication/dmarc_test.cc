// SPDX-License-Identifier: Apache-2.0
#include "authentication/dmarc.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/scripted_dns.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

using test::ScriptedDns;

AuthResult dkim(const std::string& result, const std::string& domain) {
  return {"dkim", result, "", {{"header", "d", domain}}, {}};
}
AuthResult spf(const std::string& result, const std::string& path) {
  return {"spf", result, "", {{"smtp", "mailfrom", path}}, {}};
}
const AuthResult kHelo{"spf", "pass", "", {{"smtp", "helo", "mail.example.com"}}, {}};

/// The author is of news.example.com.
struct Row {
  const char* name;
  std::string own;           ///< record of news.example.com
  std::string organization;  ///< of example.com
  std::vector<AuthResult> found;
  std::string result;
  std::string policy;
};

const Row kRows[] = {
    {"no record", "", "", {dkim("pass", "example.com")}, "none", ""},
    {"DKIM passes aligned",
     "",
     "v=DMARC1; p=reject",
     {dkim("pass", "example.com")},
     "pass",
     "reject"},
    {"DKIM passes for a sister",
     "",
     "v=DMARC1; p=reject",
     {dkim("pass", "a.example.com")},
     "pass",
     "reject"},
    {"DKIM passes for another",
     "",
     "v=DMARC1; p=reject",
     {dkim("pass", "example.net")},
     "fail",
     "reject"},
    {"DKIM that is not good enough",
     "",
     "v=DMARC1; p=reject",
     {dkim("policy", "example.com")},
     "fail",
     "reject"},
    {"SPF passes aligned",
     "",
     "v=DMARC1; p=none",
     {spf("pass", "x@b.example.com")},
     "pass",
     "none"},
    {"SPF of HELO passes aligned", "", "v=DMARC1; p=none", {kHelo}, "pass", "none"},
    {"SPF fails softly",
     "",
     "v=DMARC1; p=quarantine",
     {spf("softfail", "x@example.com")},
     "fail",
     "quarantine"},
    {"nothing found", "", "v=DMARC1; p=quarantine", {}, "fail", "quarantine"},
    {"strict DKIM of the organization",
     "",
     "v=DMARC1; p=reject; adkim=s",
     {dkim("pass", "example.com")},
     "fail",
     "reject"},
    {"strict DKIM of the domain itself",
     "",
     "v=DMARC1; p=reject; adkim=s",
     {dkim("pass", "news.example.com")},
     "pass",
     "reject"},
    {"strict SPF",
     "",
     "v=DMARC1; p=reject; aspf=s",
     {spf("pass", "x@example.com")},
     "fail",
     "reject"},
    {"the domain's own record", "v=DMARC1; p=none", "v=DMARC1; p=reject", {}, "fail", "none"},
    {"a policy for subdomains", "", "v=DMARC1; p=reject; sp=none", {}, "fail", "none"},
    {"a policy for subdomains is not for oneself",
     "v=DMARC1; p=reject; sp=none",
     "",
     {},
     "fail",
     "reject"},
    {"nobody is sampled to be rejected", "", "v=DMARC1; p=reject; pct=0", {}, "fail", "quarantine"},
    {"nobody is sampled to be quarantined",
     "",
     "v=DMARC1; p=quarantine; pct=0",
     {},
     "fail",
     "none"},
    {"some are sampled", "", "v=DMARC1; p=quarantine; pct=1", {}, "fail", "quarantine"},
    {"a record without a policy", "", "v=DMARC1; pct=100", {}, "permerror", ""},
    {"a record with a policy of nobody's", "", "v=DMARC1; p=burn", {}, "permerror", ""},
    {"a record of another version", "", "v=DMARC2; p=reject", {}, "none", ""},
    {"DKIM could not be checked",
     "",
     "v=DMARC1; p=reject",
     {dkim("temperror", "example.com")},
     "temperror",
     "reject"},
    {"DKIM of another could not be checked",
     "",
     "v=DMARC1; p=reject",
     {dkim("temperror", "example.net")},
     "fail",
     "reject"},
    {"SPF could not be checked, DKIM passes",
     "",
     "v=DMARC1; p=reject",
     {spf("temperror", "x@example.com"), dkim("pass", "example.com")},
     "pass",
     "reject"},
};

void check(const Row& row) {
  ScriptedDns dns;
  if (!row.own.empty()) dns.txt("_dmarc.news.example.com", row.own);
  if (!row.organization.empty()) dns.txt("_dmarc.example.com", row.organization);
  DnsBudget budget(dns, SteadyTime::max(), 10);
  const AuthResult got = check_dmarc(budget, {"", "", "", "news.example.com"}, row.found);
  CPPUNIT_ASSERT_EQUAL(row.result, got.result);
  CPPUNIT_ASSERT_EQUAL(std::string("news.example.com"), got.properties.at(0).value);
  CPPUNIT_ASSERT_EQUAL(row.policy, got.properties.size() > 1 ? got.properties[1].value : "");
}

class DmarcTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DmarcTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(dns_that_fails_is_told);
  CPPUNIT_TEST(several_records_are_none);
  CPPUNIT_TEST(an_odd_record_harms_nobody);
  CPPUNIT_TEST(what_the_domain_publishes_of_spf_is_told);
  CPPUNIT_TEST(whoever_has_dmarc_is_not_asked_for_spf);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }

  void dns_that_fails_is_told() {
    for (const char* name : {"_dmarc.news.example.com", "_dmarc.example.com"}) {
      ScriptedDns dns;
      dns.fail(name);
      DnsBudget budget(dns, SteadyTime::max(), 10);
      CPPUNIT_ASSERT_EQUAL(std::string("temperror"),
                           check_dmarc(budget, {"", "", "", "news.example.com"}, {}).result);
    }
  }

  void several_records_are_none() {
    ScriptedDns dns;
    dns.txt("_dmarc.example.com", "v=DMARC1; p=reject")
        .txt("_dmarc.example.com", "v=DMARC1; p=none");
    DnsBudget budget(dns, SteadyTime::max(), 10);
    CPPUNIT_ASSERT_EQUAL(std::string("none"),
                         check_dmarc(budget, {"", "", "", "example.com"}, {}).result);
    CPPUNIT_ASSERT_EQUAL(std::string(), published(dns));
  }

  static std::string published(ScriptedDns& dns) {
    const MessageOrigin origin{"", "", "", "example.com"};
    DnsBudget budget(dns, SteadyTime::max(), 10);
    AuthResult dmarc = check_dmarc(budget, origin, {});
    tell_published_spf(budget, origin, dmarc);
    for (const AuthProperty& p : dmarc.properties)
      if (p.ptype == "policy" && p.property == "spf") return p.value;
    return "";
  }

  void what_the_domain_publishes_of_spf_is_told() {
    ScriptedDns nothing, other, record, odd_case, malformed, down, unsure;
    CPPUNIT_ASSERT_EQUAL(std::string("none"), published(nothing));
    other.txt("example.com", "site-verification=v=spf1").txt("_spf.example.com", "v=spf1 -all");
    CPPUNIT_ASSERT_EQUAL(std::string("none"), published(other));
    record.txt("example.com", "hello").txt("example.com", "v=spf1 ?all");
    CPPUNIT_ASSERT_EQUAL(std::string("published"), published(record));
    odd_case.txt("example.com", "V=SPF1");
    CPPUNIT_ASSERT_EQUAL(std::string("published"), published(odd_case));
    malformed.put("example.com", DnsType::txt, "\xff");
    CPPUNIT_ASSERT_EQUAL(std::string("published"), published(malformed));
    down.fail("example.com");
    CPPUNIT_ASSERT_EQUAL(std::string("temperror"), published(down));
    unsure.fail("_dmarc.example.com");
    CPPUNIT_ASSERT_EQUAL(std::string("none"), published(unsure));
  }

  void whoever_has_dmarc_is_not_asked_for_spf() {
    ScriptedDns dns;
    dns.txt("_dmarc.example.com", "v=DMARC1; p=none");
    CPPUNIT_ASSERT_EQUAL(std::string(), published(dns));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, dns.asked.size());
  }

  void an_odd_record_harms_nobody() {
    for (const std::string& text :
         {std::string("v=DMARC1"), std::string("v=DMARC1;"),
          "v=DMARC1; p=" + std::string(9000, 'x'),
          "v=DMARC1; p=reject; rua=" + std::string(9000, ','), std::string("v=DMARC1;;;;==;p"),
          std::string("v=DMARC1; p=reject; pct=99999999999999999999")}) {
      ScriptedDns dns;
      dns.txt("_dmarc.example.com", text);
      DnsBudget budget(dns, SteadyTime::max(), 10);
      const auto got = check_dmarc(budget, {"", "", "", "example.com"}, {});
      CPPUNIT_ASSERT(got.result == "permerror" || got.result == "fail");
    }
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(DmarcTest);

}  // namespace
}  // namespace countersign
