// SPDX-License-Identifier: Apache-2.0
#include "challenge/forwarded.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"

namespace countersign::challenge {
namespace {

constexpr ClientField kList = ClientField::x_forwarded_for;
constexpr ClientField kRfc = ClientField::forwarded;

struct ClientRow {
  const char* name;
  const char* peer;
  ClientField field;
  const char* value;
  const char* want;
};

const ClientRow kClientRows[] = {
    {"a client without a proxy", "198.51.100.7", kList, "", "198.51.100.7"},
    {"who is no proxy is not believed", "198.51.100.7", kList, "203.0.113.9", "198.51.100.7"},
    {"nor by the other field", "198.51.100.7", kRfc, "for=203.0.113.9", "198.51.100.7"},
    {"nor one on this host, if that is not configured", "::1", kList, "203.0.113.9", "::1"},
    {"a proxy", "192.0.2.80", kList, "203.0.113.9", "203.0.113.9"},
    {"a proxy over IPv6", "2001:db8:f::1", kList, "2001:db8::9", "2001:db8::9"},
    {"what the client itself wrote does not count", "192.0.2.80", kList, "10.0.0.1, 203.0.113.9",
     "203.0.113.9"},
    {"nor if it names a proxy", "192.0.2.80", kList, "192.0.2.81, 10.1.1.1, 203.0.113.9",
     "203.0.113.9"},
    {"two proxies", "192.0.2.80", kList, "10.0.0.1, 203.0.113.9, 192.0.2.81", "203.0.113.9"},
    {"only proxies", "192.0.2.80", kList, "192.0.2.81", "192.0.2.81"},
    {"a proxy that says nothing", "192.0.2.80", kList, "", "192.0.2.80"},
    {"a proxy that says nonsense", "192.0.2.80", kList, "unknown", ""},
    {"a proxy that says less than nothing", "192.0.2.80", kList, "203.0.113.9, ", ""},
    {"with a port", "192.0.2.80", kList, "203.0.113.9:4711", "203.0.113.9"},
    {"with brackets and a port", "192.0.2.80", kList, "[2001:db8::9]:4711", "2001:db8::9"},
    {"with a port that is none", "192.0.2.80", kList, "203.0.113.9:http", ""},
    {"with brackets around IPv4", "192.0.2.80", kList, "[203.0.113.9]", ""},
    {"a connection without an address", "", kList, "203.0.113.9", ""},
    {"RFC 7239", "192.0.2.80", kRfc, "for=203.0.113.9", "203.0.113.9"},
    {"with other parameters", "192.0.2.80", kRfc, "by=10.0.0.1;For=203.0.113.9;proto=https;host=x",
     "203.0.113.9"},
    {"with quotes, brackets and a port", "192.0.2.80", kRfc, "for=\"[2001:db8::17]:4711\"",
     "2001:db8::17"},
    {"quoted pairs", "192.0.2.80", kRfc, "for=\"203.0.113\\.9\"", "203.0.113.9"},
    {"without the quotes that a port needs", "192.0.2.80", kRfc, "for=203.0.113.9:80",
     "203.0.113.9"},
    {"several hops", "192.0.2.80", kRfc, "for=10.0.0.1, for=203.0.113.9 , for=192.0.2.81",
     "203.0.113.9"},
    {"a comma in quotes ends nothing", "192.0.2.80", kRfc,
     "for=203.0.113.9;host=\"a, for=10.0.0.1\"", "203.0.113.9"},
    {"a client who opens quotes hides nobody", "192.0.2.80", kRfc,
     "for=\"10.0.0.1, for=203.0.113.9", ""},
    {"an obfuscated hop", "192.0.2.80", kRfc, "for=_hidden", ""},
    {"an unknown hop", "192.0.2.80", kRfc, "for=unknown", ""},
    {"an element that names nobody", "192.0.2.80", kRfc, "for=203.0.113.9, proto=https", ""},
    {"twice in one element", "192.0.2.80", kRfc, "for=10.0.0.1;for=203.0.113.9", ""},
    {"the old field's form", "192.0.2.80", kRfc, "203.0.113.9", ""},
    {"the new field's form in the old field", "192.0.2.80", kList, "for=203.0.113.9", ""},
};

void check_client(const ClientRow& row) {
  const auto proxies = NetworkList::parse({"192.0.2.0/24", "2001:db8:f::/48"});
  CPPUNIT_ASSERT_EQUAL(std::string(row.want),
                       client_address(row.peer, row.field, row.value, *proxies));
}

class ForwardedTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ForwardedTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& c) { test::add_rows(c, kClientRows, check_client); }
};
CPPUNIT_TEST_SUITE_REGISTRATION(ForwardedTest);

}  // namespace
}  // namespace countersign::challenge
