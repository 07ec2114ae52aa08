// SPDX-License-Identifier: Apache-2.0
#include "mail/authentication_results.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"

namespace countersign {
namespace {

// "id" then a line "method=result{reason} ptype.property=value ..." for each result.
std::string text_of(const AuthenticationResults& field) {
  std::string text = field.authserv_id;
  for (const AuthResult& result : field.results) {
    text += '\n' + result.method + '=' + result.result;
    if (!result.reason.empty()) text += '{' + result.reason + '}';
    for (const AuthProperty& p : result.properties)
      text += ' ' + p.ptype + '.' + p.property + '=' + p.value;
  }
  return text;
}

struct Good {
  const char* name;
  const char* value;
  const char* want;
};
const Good kGood[] = {
    {"RFC 8601 B.2: no authentication done", " example.org 1; none", "example.org"},
    {"RFC 8601 B.3: one result", " example.com;\r\n          spf=pass smtp.mailfrom=example.net",
     "example.com\nspf=pass smtp.mailfrom=example.net"},
    {"RFC 8601 B.4: two results",
     " example.com;\r\n          auth=pass (cram-md5) smtp.auth=sender@example.net;\r\n"
     "          spf=pass smtp.mailfrom=example.net",
     "example.com\nauth=pass smtp.auth=sender@example.net\nspf=pass smtp.mailfrom=example.net"},
    {"RFC 8601 B.4: an address as value",
     " example.com; iprev=pass\r\n          policy.iprev=192.0.2.200",
     "example.com\niprev=pass policy.iprev=192.0.2.200"},
    {"RFC 8601 B.5: a comment behind the result",
     " example.com;\r\n          dkim=pass (good signature) header.d=example.com",
     "example.com\ndkim=pass header.d=example.com"},
    {"RFC 8601 B.6: reasons and a value without local part",
     " example.com;\r\n       dkim=pass reason=\"good signature\"\r\n"
     "         header.i=@mail-router.example.net;\r\n"
     "       dkim=fail reason=\"bad signature\"\r\n         header.i=@newyork.example.com",
     "example.com\ndkim=pass{good signature} header.i=@mail-router.example.net\n"
     "dkim=fail{bad signature} header.i=@newyork.example.com"},
    {"RFC 8601 B.7: comments wherever they may stand",
     " foo.example.net (foobar) 1 (baz);\r\n"
     "     dkim (Because I like it) / 1 (One yay) = (wait for it) fail\r\n"
     "       policy (A dot can go here) . (like that) expired\r\n"
     "       (this surprised me) = (as I wasn't expecting it) 1362471462",
     "foo.example.net\ndkim=fail policy.expired=1362471462"},
    {"OpenDKIM",
     " mx.example.org;\n\tdkim=pass (2048-bit key; unprotected) header.d=example.com "
     "header.i=@example.com header.a=rsa-sha256 header.s=s1 header.b=\"aB3/x+Yz\"",
     "mx.example.org\ndkim=pass header.d=example.com header.i=@example.com header.a=rsa-sha256 "
     "header.s=s1 header.b=aB3/x+Yz"},
    {"OpenDKIM with a reason",
     " mx.example.org; dkim=fail reason=\"signature verification failed\" "
     "(1024-bit key; insecure) header.d=example.com",
     "mx.example.org\ndkim=fail{signature verification failed} header.d=example.com"},
    {"OpenDMARC", " mx.example.org; dmarc=pass (p=none dis=none) header.from=example.com",
     "mx.example.org\ndmarc=pass header.from=example.com"},
    {"rspamd",
     " mx.example.org;\r\n\tdkim=pass header.d=example.com header.s=s1 header.b=Iww3/TI=;\r\n"
     "\tspf=pass (mx.example.org: domain of a@example.com designates 192.0.2.1 as permitted "
     "sender) smtp.mailfrom=a@example.com;\r\n\tdmarc=pass (policy=reject) "
     "header.from=example.com;\r\n\tarc=none",
     "mx.example.org\ndkim=pass header.d=example.com header.s=s1 header.b=Iww3/TI=\n"
     "spf=pass smtp.mailfrom=a@example.com\ndmarc=pass header.from=example.com\narc=none"},
    {"policyd-spf",
     " mx.example.org; spf=pass (sender SPF authorized) smtp.mailfrom=example.com "
     "(client-ip=192.0.2.1; helo=mail.example.com; envelope-from=a@example.com; "
     "receiver=<UNKNOWN>)",
     "mx.example.org\nspf=pass smtp.mailfrom=example.com"},
    {"an empty quoted value", " mx.example.org; spf=none smtp.mailfrom=\"\"",
     "mx.example.org\nspf=none smtp.mailfrom="},
    {"an IPv6 address without quotes", " mx.example.org; iprev=pass policy.iprev=2001:db8::1",
     "mx.example.org\niprev=pass policy.iprev=2001:db8::1"},
    {"a semicolon at the end", " mx.example.org; spf=pass smtp.mailfrom=a.example;",
     "mx.example.org\nspf=pass smtp.mailfrom=a.example"},
    {"a semicolon and CFWS at the end", " mx.example.org; spf=pass;\r\n\t(x) ",
     "mx.example.org\nspf=pass"},
    {"a semicolon behind none", " mx.example.org; none;", "mx.example.org"},
    {"none with comments", " mx.example.org (x) ; (y) NONE (z)", "mx.example.org"},
    {"a method called none", " mx.example.org; none=pass", "mx.example.org\nnone=pass"},
    {"no white space at all", "mx.example.org;spf=pass;dkim=fail",
     "mx.example.org\nspf=pass\ndkim=fail"},
    {"white space around everything",
     "\tmx.example.org ; spf = pass smtp . mailfrom = a.example ; "
     "dkim / 1 = fail ",
     "mx.example.org\nspf=pass smtp.mailfrom=a.example\ndkim=fail"},
    {"capitals in keywords", " mx.example.org; DKIM=Pass Header.D=EXAMPLE.com",
     "mx.example.org\ndkim=pass header.d=EXAMPLE.com"},
    {"the case of the authserv-id is kept", " MX.Example.org; none", "MX.Example.org"},
    {"a quoted authserv-id", " \"mx; \\\"a\\\"\" 1; none", "mx; \"a\""},
    {"an authserv-id in UTF-8", " b\u00fccher.example; none", "b\u00fccher.example"},
    {"a quoted value with a semicolon",
     " mx.example.org; dkim=fail reason=\"a; dkim=pass "
     "header.d=example.com\" header.d=evil.example",
     "mx.example.org\ndkim=fail{a; dkim=pass header.d=example.com} header.d=evil.example"},
    {"a quoted pvalue with a semicolon", " mx.example.org; spf=fail smtp.mailfrom=\"a; spf=pass\"",
     "mx.example.org\nspf=fail smtp.mailfrom=a; spf=pass"},
    {"a comment with a semicolon", " mx.example.org; spf=fail (; spf=pass smtp.mailfrom=a.example)",
     "mx.example.org\nspf=fail"},
    {"a quoted pair in a comment", " mx.example.org; spf=fail (\\) ; spf=pass) smtp.helo=a.example",
     "mx.example.org\nspf=fail smtp.helo=a.example"},
    {"nested comments", " mx.example.org; spf=fail (a(b)c) smtp.helo=a.example",
     "mx.example.org\nspf=fail smtp.helo=a.example"},
    {"a quote in a comment opens nothing", " mx.example.org; spf=pass (\") smtp.helo=a.example",
     "mx.example.org\nspf=pass smtp.helo=a.example"},
    {"a parenthesis in quotes opens nothing", " mx.example.org; dkim=fail reason=\"(\" header.d=a",
     "mx.example.org\ndkim=fail{(} header.d=a"},
    {"comments alone between properties",
     " mx.example.org; spf=pass(a)smtp.mailfrom=b(c)smtp.helo=d",
     "mx.example.org\nspf=pass smtp.mailfrom=b smtp.helo=d"},
    {"a quoted local part", " mx.example.org; spf=pass smtp.mailfrom=\"a b\"@example.com",
     "mx.example.org\nspf=pass smtp.mailfrom=\"a b\"@example.com"},
    {"a local part of odd letters", " mx.example.org; spf=pass smtp.mailfrom=a/b=c?{d}@example.com",
     "mx.example.org\nspf=pass smtp.mailfrom=a/b=c?{d}@example.com"},
    {"a quoted address", " mx.example.org; spf=pass smtp.mailfrom=\"a@example.com\"",
     "mx.example.org\nspf=pass smtp.mailfrom=a@example.com"},
    {"a property next to a closing quote", " mx.example.org; dkim=pass header.b=\"x\"header.d=y",
     "mx.example.org\ndkim=pass header.b=x header.d=y"},
    {"a property called reason", " mx.example.org; x-a=pass policy.reason=b",
     "mx.example.org\nx-a=pass policy.reason=b"},
    {"a ptype called reason", " mx.example.org; x-a=pass reason.x=b",
     "mx.example.org\nx-a=pass reason.x=b"},
    {"a reason and nothing else", " mx.example.org; dkim=fail reason=bad; spf=none",
     "mx.example.org\ndkim=fail{bad}\nspf=none"},
    {"a result of another method version is left out",
     " mx.example.org; dkim/2=pass header.d=a.example; spf=fail", "mx.example.org\nspf=fail"},
    {"all results of other method versions", " mx.example.org; dkim/2=pass;", "mx.example.org"},
    {"an authserv-id that is a number", " 1; none", "1"},
    {"the authserv-id may be called none", " none; spf=pass", "none\nspf=pass"},
    {"a fold in quotes", " mx.example.org; dkim=fail reason=\"bad\r\n signature\" header.d=a",
     "mx.example.org\ndkim=fail{bad signature} header.d=a"},
};
void check_good(const Good& row) {
  const auto got = parse_authentication_results(row.value);
  CPPUNIT_ASSERT(bool(got));
  CPPUNIT_ASSERT_EQUAL(std::string(row.want), text_of(*got));
}

struct Bad {
  const char* name;
  std::string value;
};
const Bad kBad[] = {
    {"nothing", ""},
    {"white space", "  "},
    {"no semicolon", " mx.example.org"},
    {"RFC 8601 B.1 has no such field: no results", " mx.example.org;"},
    {"a version and no results", " mx.example.org 1"},
    {"version 2", " mx.example.org 2; spf=pass"},
    {"version 11", " mx.example.org 11; spf=pass"},
    {"two versions", " mx.example.org 1 1; spf=pass"},
    {"a word for a version", " mx.example.org x; spf=pass"},
    {"two authserv-ids", " mx.example.org evil.example; spf=pass"},
    {"text behind the quoted authserv-id", " \"mx.example.org\"x; spf=pass"},
    {"a slash in the authserv-id", " mx/example.org; spf=pass"},
    {"an at sign in the authserv-id", " a@mx.example.org; spf=pass"},
    {"no authserv-id", " ; spf=pass"},
    {"a comment for an authserv-id", " (mx.example.org); spf=pass"},
    {"none with another result", " mx.example.org; none; spf=pass"},
    {"none behind another result", " mx.example.org; spf=pass; none"},
    {"two semicolons", " mx.example.org; spf=pass;; dkim=pass"},
    {"two semicolons at the end", " mx.example.org; spf=pass;;"},
    {"a semicolon in front", " mx.example.org;; spf=pass"},
    {"no result", " mx.example.org; spf"},
    {"an empty result", " mx.example.org; spf="},
    {"a quoted result", " mx.example.org; spf=\"pass\""},
    {"a quoted method", " mx.example.org; \"spf\"=pass"},
    {"two equals signs", " mx.example.org; spf==pass"},
    {"two results without semicolon", " mx.example.org; spf=pass dkim=pass"},
    {"a property without type", " mx.example.org; spf=pass mailfrom=a.example"},
    {"a property without value", " mx.example.org; spf=pass smtp.mailfrom="},
    {"a property without name", " mx.example.org; spf=pass smtp.=a.example"},
    {"a property next to the result", " mx.example.org; spf=passsmtp.mailfrom=\"a\"x"},
    {"a reason behind the properties", " mx.example.org; dkim=fail header.d=a reason=b"},
    {"a reason twice", " mx.example.org; dkim=fail reason=a reason=b"},
    {"a reason of two words", " mx.example.org; dkim=fail reason=bad signature"},
    {"a method version that is a word", " mx.example.org; dkim/x=pass"},
    {"a method version that is missing", " mx.example.org; dkim/=pass"},
    {"a keyword with a hyphen in front", " mx.example.org; -spf=pass"},
    {"a keyword with a hyphen at the end", " mx.example.org; spf-=pass"},
    {"a keyword with an underscore", " mx.example.org; s_f=pass"},
    {"a value in angle brackets", " mx.example.org; spf=pass smtp.mailfrom=<a@b.example>"},
    {"two at signs", " mx.example.org; spf=pass smtp.mailfrom=a@good.example@evil.example"},
    {"a comma", " mx.example.org; spf=pass, dkim=pass"},
    {"an open comment", " mx.example.org; spf=pass (smtp.mailfrom=a.example"},
    {"a comment that is closed twice", " mx.example.org; spf=pass (a)) smtp.mailfrom=a.example"},
    {"a comment that ends in an escape", " mx.example.org; spf=pass (a\\)"},
    {"an open quote", " mx.example.org; dkim=fail reason=\"a header.d=b"},
    {"a NUL", std::string(" mx.example.org; spf=pass\0", 26)},
    {"a NUL in a comment", std::string(" mx.example.org; spf=pass (\0)", 29)},
    {"a NUL in quotes", std::string(" mx.example.org; spf=pass smtp.helo=\"\0\"", 39)},
    {"a vertical tab", " mx.example.org;\vspf=pass"},
    {"a bare CR", " mx.example.org;\rspf=pass"},
    {"a line end without white space behind", " mx.example.org;\r\nspf=pass"},
    {"bytes that are no UTF-8", " mx.example.org; spf=pass (\xfc)"},
    {"60 kB of semicolons", " mx.example.org" + std::string(60'000, ';')},
    {"60 kB of opening parentheses", " mx.example.org; spf=pass" + std::string(60'000, '(')},
    {"60 kB of backslashes", " mx.example.org; spf=pass (" + std::string(60'000, '\\')},
    {"the text is not a From", " Joe <joe@example.org>"},
};
void check_bad(const Bad& row) {
  const auto got = parse_authentication_results(row.value);
  CPPUNIT_ASSERT(!got);
  CPPUNIT_ASSERT(got.error().code == Errc::invalid);
}

}  // namespace

class AuthenticationResultsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AuthenticationResultsTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(good);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(bad);
  CPPUNIT_TEST(a_field_of_many_results_is_read_whole);
  CPPUNIT_TEST(a_result_keeps_its_comments_and_no_others);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void good(TestSuiteBuilderContextType& c) { test::add_rows(c, kGood, check_good); }
  static void bad(TestSuiteBuilderContextType& c) { test::add_rows(c, kBad, check_bad); }

  void a_field_of_many_results_is_read_whole() {
    std::string value = " mx.example.org";
    for (int i = 0; i < 2'000; ++i) value += "; dkim=fail (x) header.d=a.example";
    const auto got = parse_authentication_results(value);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2'000}, got->results.size());
  }

  void a_result_keeps_its_comments_and_no_others() {
    const auto got = parse_authentication_results(
        " mx.example.org (a); spf=pass; dmarc=fail (p=reject (b) \\)) header.from=a.example (c); "
        "(d) dkim=none");
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, got->results.size());
    CPPUNIT_ASSERT(got->results[0].comments.empty());
    CPPUNIT_ASSERT((got->results[1].comments == std::vector<std::string>{"p=reject (b) \\)", "c"}));
    CPPUNIT_ASSERT(got->results[2].comments.empty());
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(AuthenticationResultsTest);

}  // namespace countersign
