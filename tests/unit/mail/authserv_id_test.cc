// SPDX-License-Identifier: Apache-2.0
#include "mail/authserv_id.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "mail/authentication_results.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

struct Row {
  const char* name;
  std::string value;
  bool ours;
};

const Row kRows[] = {
    {"as it is written", " mx.example.org; dkim=pass header.d=example.com", true},
    {"without results", " mx.example.org; none", true},
    {"with a version", " mx.example.org 1; none", true},
    {"with a version that we do not know", " mx.example.org 2; none", true},
    {"in other case", " MX.Example.ORG; dkim=pass", true},
    {"in quotes", " \"mx.example.org\"; dkim=pass", true},
    {"with escapes", " \"mx\\.example.\\o\\rg\"; dkim=pass", true},
    {"in quotes with blanks", " \" mx.example.org \"; dkim=pass", true},
    {"behind a comment", " (a comment; with (another)) mx.example.org; dkim=pass", true},
    {"behind a comment with a quote", " (\") mx.example.org; dkim=pass", true},
    {"before a comment", " mx.example.org (by me); dkim=pass", true},
    {"in pieces with comments", " mx(a).example(b).org; dkim=pass", true},
    {"in pieces with blanks", " mx . example . org ; dkim=pass", true},
    {"folded", "\r\n\tmx.example.org\r\n\t; dkim=pass", true},
    {"folded within the name", " mx.exam\r\n ple.org; dkim=pass", true},
    {"with a final dot", " mx.example.org.; dkim=pass", true},
    {"without a semicolon", " mx.example.org", true},
    {"without a semicolon before the results", " mx.example.org dkim=pass header.d=a.example",
     true},
    {"with a control", " \x01mx.example.org; dkim=pass", true},
    {"with a NUL", std::string(" mx.example.org\0; dkim=pass", 27), true},
    {"behind an open comment", " (mx.example.org; dkim=pass", true},
    {"behind a semicolon", " ; mx.example.org; dkim=pass", true},
    {"with results of nobody's grammar", " mx.example.org; == dkim=pass", true},
    {"of another", " mx.example.net; dkim=pass header.d=mx.example.org", false},
    {"of a host below", " a.mx.example.org; dkim=pass", false},
    {"of one that only starts alike", " mx.example.org.evil.example; dkim=pass", false},
    {"of one that only ends alike", " other-mx.example.org; dkim=pass", false},
    {"of another, with ours in a comment", " mx.example.net (mx.example.org); none", false},
    {"of another, whose grammar is not kept", " mx.example.net; ==", false},
    {"of another, not well formed and with ours in it", " mx.example.net; == mx.example.org", true},
    {"empty", "", false},
    {"an empty name", " \"\"; dkim=pass", false},
};

void check(const Row& row) {
  CPPUNIT_ASSERT_EQUAL(row.ours, claims_authserv_id(row.value, "mx.example.org"));
}

class AuthservIdTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AuthservIdTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(u_labels_and_a_labels_are_one_name);
  CPPUNIT_TEST(a_name_that_is_no_domain_may_be_one_all_the_same);
  CPPUNIT_TEST(nobody_claims_the_empty_name);
  CPPUNIT_TEST(the_place_counts_all_fields_of_the_name);
  CPPUNIT_TEST(what_is_written_claims_to_be_ours);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }

  void u_labels_and_a_labels_are_one_name() {
    CPPUNIT_ASSERT(
        claims_authserv_id(" mx.b\xc3\xbc"
                           "cher.example; none",
                           "mx.xn--bcher-kva.example"));
    CPPUNIT_ASSERT(claims_authserv_id(" mx.xn--bcher-kva.example; none",
                                      "mx.b\xc3\xbc"
                                      "cher.example"));
  }

  void a_name_that_is_no_domain_may_be_one_all_the_same() {
    CPPUNIT_ASSERT(claims_authserv_id(" Our/MX; none", "our/mx"));
    CPPUNIT_ASSERT(!claims_authserv_id(" our/mx; none", "our.mx"));
  }

  void nobody_claims_the_empty_name() {
    CPPUNIT_ASSERT(!claims_authserv_id(" \"\"; none", ""));
    CPPUNIT_ASSERT(!claims_authserv_id("", ""));
  }

  void the_place_counts_all_fields_of_the_name() {
    HeaderSection header;
    header.add("authentication-results", " mx.example.org; none");
    header.add("From", " a@example.com");
    header.add("Authentication-Results", " mx.example.net; none");
    header.add("ARC-Authentication-Results", " i=1; mx.example.org; none");
    header.add("Authentication-Results ", " MX.example.org; none");
    CPPUNIT_ASSERT(std::vector<int>({1, 3}) == claiming_fields(header, "mx.example.org"));
    CPPUNIT_ASSERT_EQUAL(std::string("From: a@example.com\r\n"
                                     "Authentication-Results: mx.example.net; none\r\n"
                                     "ARC-Authentication-Results: i=1; mx.example.org; none\r\n"),
                         without_claiming_fields(header, "mx.example.org").bytes());
  }

  void what_is_written_claims_to_be_ours() {
    AuthenticationResults field{"mx.example.org", {}};
    CPPUNIT_ASSERT_EQUAL(std::string("mx.example.org; none"), write_authentication_results(field));
    field.results.push_back(
        {"dkim", "pass", "a \"good\" one", {{"header", "d", "example.com"}}, {}});
    field.results.push_back({"spf", "fail", "", {{"smtp", "mailfrom", "a=b@example.com"}}, {}});
    CPPUNIT_ASSERT_EQUAL(std::string("mx.example.org;\n\tdkim=pass reason=\"a \\\"good\\\" one\" "
                                     "header.d=example.com;\n\t"
                                     "spf=fail smtp.mailfrom=\"a=b@example.com\""),
                         write_authentication_results(field));
    CPPUNIT_ASSERT(claims_authserv_id(write_authentication_results(field), "mx.example.org"));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(AuthservIdTest);

}  // namespace
}  // namespace countersign
