// SPDX-License-Identifier: Apache-2.0
#include "mail/envelope.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"

namespace countersign {
namespace {

std::string address(const std::optional<Mailbox>& mailbox) {
  return mailbox ? mailbox->address() : "none";
}

struct Reverse {
  const char* name;
  const char* raw;
  const char* mailbox;
  bool null;
};
const Reverse kReverse[] = {
    {"a mailbox", "<alice@example.com>", "alice@example.com", false},
    {"a mailbox without brackets", "alice@EXAMPLE.com", "alice@example.com", false},
    {"blanks around it", " <alice@example.com> ", "alice@example.com", false},
    {"a null reverse-path", "<>", "none", true},
    {"a null reverse-path with a blank", "< >", "none", true},
    {"nothing at all", "", "none", true},
    {"a source route", "<@relay.example,@[192.0.2.1]:alice@example.com>", "alice@example.com",
     false},
    {"a source route through an IPv6 literal", "<@[IPv6:2001:db8::1]:alice@example.com>",
     "alice@example.com", false},
    {"a quoted local part", "<\"alice smith\"@example.com>", "\"alice smith\"@example.com", false},
    {"a bracket in quotes", "<\"a>b\"@example.com>", "\"a>b\"@example.com", false},
    {"a route in quotes is none", "<\"@a:b\"@example.com>", "\"@a:b\"@example.com", false},
    {"no path", "<alice>", "none", false},
    {"an open bracket", "<alice@example.com", "none", false},
    {"a route without mailbox", "<@relay.example>", "none", false},
};
void check_reverse(const Reverse& row) {
  const ReversePath path = parse_reverse_path({row.raw});
  CPPUNIT_ASSERT_EQUAL(std::string(row.raw), path.raw);
  CPPUNIT_ASSERT_EQUAL(std::string(row.mailbox), address(path.mailbox));
  CPPUNIT_ASSERT_EQUAL(row.null, path.null);
}

struct Forward {
  const char* name;
  const char* raw;
  const char* rcpt_addr;
  const char* mailbox;
  const char* without_route;
};
const Forward kForward[] = {
    {"a mailbox", "<joe@EXAMPLE.org>", "joe@example.org", "joe@example.org", "<joe@EXAMPLE.org>"},
    {"without the macro", "<joe@EXAMPLE.org>", "", "joe@example.org", "<joe@EXAMPLE.org>"},
    {"without brackets", "joe@EXAMPLE.org", "", "joe@example.org", "<joe@EXAMPLE.org>"},
    {"a source route", "<@relay,@other:Joe@EXAMPLE.org>", "joe@example.org", "joe@example.org",
     "<Joe@EXAMPLE.org>"},
    {"a route behind a route", "<@relay: @other:joe@example.org>", "", "joe@example.org",
     "<joe@example.org>"},
    {"a quoted local part", "<\"b c\"@example.org>", "\"b c\"@example.org", "\"b c\"@example.org",
     "<\"b c\"@example.org>"},
    {"where the MTA delivers counts", "<joe%example.org@relay.example>", "joe@example.org",
     "joe@example.org", "<joe%example.org@relay.example>"},
    {"a final dot", "<joe@example.org.>", "joe@example.org", "joe@example.org",
     "<joe@example.org.>"},
    {"a macro that is no mailbox", "<joe@example.org>", "joe", "joe@example.org",
     "<joe@example.org>"},
    {"a bare user name", "<postmaster>", "postmaster", "none", "<postmaster>"},
    {"a bare user name that the MTA completed", "<postmaster>", "postmaster@mx.example.org",
     "postmaster@mx.example.org", "<postmaster>"},
};
void check_forward(const Forward& row) {
  const ForwardPath path = parse_forward_path({row.raw}, row.rcpt_addr);
  CPPUNIT_ASSERT_EQUAL(std::string(row.raw), path.raw);
  CPPUNIT_ASSERT_EQUAL(std::string(row.rcpt_addr), path.rcpt_addr);
  CPPUNIT_ASSERT_EQUAL(std::string(row.mailbox), address(path.mailbox));
  CPPUNIT_ASSERT_EQUAL(std::string(row.without_route), path.without_route());
}

}  // namespace

class EnvelopeTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(EnvelopeTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(reverse);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(forward);
  CPPUNIT_TEST(parameters_are_kept_as_received);
  CPPUNIT_TEST(no_arguments_are_no_path);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void reverse(TestSuiteBuilderContextType& c) {
    test::add_rows(c, kReverse, check_reverse);
  }
  static void forward(TestSuiteBuilderContextType& c) {
    test::add_rows(c, kForward, check_forward);
  }

  void parameters_are_kept_as_received() {
    const ReversePath from =
        parse_reverse_path({"<a@example.com>", "SIZE=1000", "body=8bitMIME", "ENVID=x+2By"});
    const std::vector<std::string> want = {"SIZE=1000", "body=8bitMIME", "ENVID=x+2By"};
    CPPUNIT_ASSERT(want == from.parameters);
    const ForwardPath to =
        parse_forward_path({"<b@example.org>", "NOTIFY=NEVER", "ORCPT=rfc822;B@example.org"}, "");
    const std::vector<std::string> rest = {"NOTIFY=NEVER", "ORCPT=rfc822;B@example.org"};
    CPPUNIT_ASSERT(rest == to.parameters);
  }
  void no_arguments_are_no_path() {
    CPPUNIT_ASSERT(parse_reverse_path({}).null);
    CPPUNIT_ASSERT(!parse_forward_path({}, "").mailbox);
    CPPUNIT_ASSERT_EQUAL(std::string("<>"), parse_forward_path({}, "").without_route());
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(EnvelopeTest);

}  // namespace countersign
