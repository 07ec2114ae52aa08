// SPDX-License-Identifier: Apache-2.0
//
// Whose mailbox a recipient's path leads to, by what Postfix and Sendmail tell of it.
#include "milter/destination.h"

#include <cppunit/extensions/HelperMacros.h>

#include "milter/gather.h"
#include "tests/support/table_suite.h"

using namespace countersign;

namespace {

MilterSettings settings(std::set<std::string, std::less<>> domains) {
  MilterSettings settings;
  settings.protected_domains = std::move(domains);
  return settings;
}

struct Row {
  const char* name;
  const char* raw;
  const char* rcpt_addr;
  const char* want;  ///< "": none
};

// Protected are example.org and, of no name of the host, shop.example; the host is mx.example.org.
const Row kRows[] = {
    {"what the MTA says", "<Joe@EXAMPLE.org>", "joe@example.org", "joe@example.org"},
    {"what the MTA made of it", "<joe%example.org@relay.example>", "joe@example.org",
     "joe@example.org"},
    {"an address of a table that stays in the house", "<joe.smith@example.org>", "joe@example.org",
     "joe@example.org"},
    {"an address of a table that leads elsewhere", "<joe@example.org>", "joe@gone.example",
     "joe@example.org"},
    {"an address that a table leads in", "<joe@other.example>", "joe@example.org",
     "joe@example.org"},
    {"a user of the host, by his address", "<joe@example.org>", "joe", "joe@example.org"},
    {"a user of the host, by another's address", "<sales@example.org>", "joe", "sales@example.org"},
    {"a user of the host, by his name", "<joe>", "joe", "joe@example.org"},
    {"by his name in other letters", "<Joe>", "Joe", "joe@example.org"},
    {"by his name, and the MTA tells nothing", "<joe>", "", "joe@example.org"},
    {"behind a percent sign", "<joe%example.org@mx.example.org>", "joe", "joe@example.org"},
    {"behind an exclamation mark", "<example.org!joe>", "joe", "joe@example.org"},
    {"behind both", "<example.org!joe@mx.example.org>", "joe", "joe@example.org"},
    {"at localhost", "<joe@localhost>", "joe", "joe@example.org"},
    {"at localhost with a domain", "<joe@localhost.localdomain>", "joe", "joe@example.org"},
    {"at the host's address", "<joe@[192.0.2.1]>", "joe", "joe@example.org"},
    {"by a source route", "<@mx.example.org:joe@example.org>", "joe", "joe@example.org"},
    {"with a detail", "<joe+shop@example.org>", "joe+shop", "joe+shop@example.org"},
    {"a domain that the site does not protect", "<joe@other.example>", "joe", "joe@other.example"},
    {"the host's own name, unprotected", "<root@mx.example.org>", "root", "root@mx.example.org"},
    {"elsewhere", "<joe@other.example>", "joe@other.example", "joe@other.example"},
    {"nonsense", "<@>", "", ""},
    {"nothing", "<>", "", ""},
};

std::string address(const std::optional<Mailbox>& mailbox) {
  return mailbox ? mailbox->address() : "";
}

void check(const Row& row) {
  const ForwardPath path = parse_forward_path({row.raw}, row.rcpt_addr);
  CPPUNIT_ASSERT_EQUAL(
      std::string(row.want),
      address(destination(settings({"example.org", "shop.example"}), path, "mx.example.org")));
}

class DestinationTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DestinationTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(the_only_domain_is_that_of_the_hosts_users);
  CPPUNIT_TEST(where_no_domain_can_be_told_it_is_a_doubt);
  CPPUNIT_TEST(where_nothing_is_protected_nothing_is_changed);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }

  void the_only_domain_is_that_of_the_hosts_users() {
    const ForwardPath path = parse_forward_path({"<joe>"}, "joe");
    CPPUNIT_ASSERT_EQUAL(
        std::string("joe@shop.example"),
        address(destination(settings({"shop.example"}), path, "mail.host.example")));
  }

  void where_no_domain_can_be_told_it_is_a_doubt() {
    const MilterSettings two = settings({"a.example", "b.example"});
    ForwardPath joe = parse_forward_path({"<joe>"}, "joe");
    for (const auto* mta : {"mail.host.example", "", "not a name"})
      CPPUNIT_ASSERT_EQUAL(std::string(), address(destination(two, joe, mta)));
    CPPUNIT_ASSERT(may_be_protected(two, joe));
    Envelope envelope;
    joe.mailbox = std::nullopt;
    envelope.recipients.push_back(joe);
    const auto facts = gather_recipients(two, envelope);
    CPPUNIT_ASSERT(facts.front().is_protected && facts.front().unknown);
    // Whoever must be reached is, wherever he is.
    const ForwardPath master = parse_forward_path({"<Postmaster>"}, "Postmaster");
    CPPUNIT_ASSERT(two.is_exempt(*destination(two, master, "mail.host.example")));
  }

  void where_nothing_is_protected_nothing_is_changed() {
    const ForwardPath joe = parse_forward_path({"<joe>"}, "joe");
    CPPUNIT_ASSERT_EQUAL(std::string(), address(destination(settings({}), joe, "mx.example.org")));
    CPPUNIT_ASSERT(!may_be_protected(settings({}), joe));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(DestinationTest);

}  // namespace
