// SPDX-License-Identifier: Apache-2.0
#include "mail/network.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"

namespace countersign {
namespace {

struct Client {
  const char* name;
  std::string ip;
  const char* want;  ///< null: invalid
};
const Client kClients[] = {
    {"an IPv4 address", "192.0.2.7", "192.0.2.0/24"},
    {"an IPv6 address", "2001:DB8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
    {"a short IPv6 address", "2001:db8::1", "2001:db8::/64"},
    {"the IPv6 loopback", "::1", "::/64"},
    {"a mapped address is IPv4", "::ffff:192.0.2.7", "192.0.2.0/24"},
    {"brackets", "[192.0.2.7]", "192.0.2.0/24"},
    {"brackets and tag", "[IPv6:2001:db8::1]", "2001:db8::/64"},
    {"nothing", "", nullptr},
    {"a name", "localhost", nullptr},
    {"three numbers", "192.0.2", nullptr},
    {"a number that is too large", "192.0.2.256", nullptr},
    {"a port", "192.0.2.7:25", nullptr},
    {"a blank", " 192.0.2.7", nullptr},
    {"a NUL", std::string("192.0.2.7\0x", 11), nullptr},
};
void check_client(const Client& row) {
  const auto got = network_of(row.ip);
  CPPUNIT_ASSERT_EQUAL(row.want != nullptr, bool(got));
  if (got) CPPUNIT_ASSERT_EQUAL(std::string(row.want), *got);
}

struct Membership {
  const char* name;
  std::vector<std::string> list;
  const char* ip;
  bool want;
};
const Membership kMemberships[] = {
    {"an address is in its network", {"192.0.2.0/24"}, "192.0.2.255", true},
    {"the next one is not", {"192.0.2.0/24"}, "192.0.3.0", false},
    {"a single address", {"192.0.2.1"}, "192.0.2.1", true},
    {"its neighbour", {"192.0.2.1"}, "192.0.2.2", false},
    {"any network of the list counts", {"10.0.0.0/8", "::1"}, "::1", true},
    {"a prefix within an octet", {"192.0.2.128/25"}, "192.0.2.129", true},
    {"below a prefix within an octet", {"192.0.2.128/25"}, "192.0.2.127", false},
    {"all of IPv4", {"0.0.0.0/0"}, "203.0.113.9", true},
    {"all of IPv4 has no IPv6", {"0.0.0.0/0"}, "2001:db8::1", false},
    {"all of IPv6 has no IPv4", {"::/0"}, "192.0.2.1", false},
    {"all of IPv6", {"::/0"}, "2001:db8::1", true},
    {"an IPv6 network", {"2001:db8::/32"}, "2001:db8:ffff::1", true},
    {"outside an IPv6 network", {"2001:db8::/32"}, "2001:db9::1", false},
    {"a mapped client", {"127.0.0.0/8"}, "::ffff:127.0.0.1", true},
    {"a mapped network", {"::ffff:127.0.0.0/104"}, "127.0.0.1", true},
    {"a list in brackets", {"[::1]", "[2001:db8::]/32"}, "::1", true},
    {"a list with the network in brackets", {"[2001:db8::]/32"}, "2001:db8::5", true},
    {"text that is no address", {"0.0.0.0/0", "::/0"}, "unknown", false},
    {"a client without address", {"0.0.0.0/0", "::/0"}, "", false},
    {"an empty list", {}, "127.0.0.1", false},
};
void check_membership(const Membership& row) {
  const auto list = NetworkList::parse(row.list);
  CPPUNIT_ASSERT(bool(list));
  CPPUNIT_ASSERT_EQUAL(row.want, list->contains(row.ip));
  CPPUNIT_ASSERT_EQUAL(row.list.empty(), list->empty());
}

struct BadEntry {
  const char* name;
  const char* entry;
  const char* want;
};
const BadEntry kBadEntries[] = {
    {"a name", "localhost",
     "\"localhost\": expected an IP address, or a network like 192.0.2.0/24 or 2001:db8::/32"},
    {"nothing", "",
     "\"\": expected an IP address, or a network like 192.0.2.0/24 or 2001:db8::/32"},
    {"no prefix length", "192.0.2.0/",
     "\"192.0.2.0/\": expected an IP address, or a network like 192.0.2.0/24 or 2001:db8::/32"},
    {"a netmask", "192.0.2.0/255.255.255.0",
     "\"192.0.2.0/255.255.255.0\": expected an IP address, or a network like 192.0.2.0/24 or "
     "2001:db8::/32"},
    {"33 bits of IPv4", "192.0.2.0/33", "\"192.0.2.0/33\": the prefix length must be from 0 to 32"},
    {"129 bits of IPv6", "::/129", "\"::/129\": the prefix length must be from 0 to 128"},
    {"a negative length", "192.0.2.0/-1",
     "\"192.0.2.0/-1\": expected an IP address, or a network like 192.0.2.0/24 or 2001:db8::/32"},
    {"a host in a network", "192.0.2.1/24", "\"192.0.2.1/24\": bits are set behind the prefix"},
    {"an IPv6 host in a network", "2001:db8::1/32",
     "\"2001:db8::1/32\": bits are set behind the prefix"},
};
void check_bad_entry(const BadEntry& row) {
  const auto list = NetworkList::parse({"127.0.0.1", row.entry});
  CPPUNIT_ASSERT(!list);
  CPPUNIT_ASSERT(list.error().code == Errc::invalid);
  CPPUNIT_ASSERT_EQUAL(std::string(row.want), list.error().detail);
}

}  // namespace

class NetworkTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(NetworkTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(clients);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(memberships);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(bad_entries);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void clients(TestSuiteBuilderContextType& c) { test::add_rows(c, kClients, check_client); }
  static void memberships(TestSuiteBuilderContextType& c) {
    test::add_rows(c, kMemberships, check_membership);
  }
  static void bad_entries(TestSuiteBuilderContextType& c) {
    test::add_rows(c, kBadEntries, check_bad_entry);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(NetworkTest);

}  // namespace countersign
