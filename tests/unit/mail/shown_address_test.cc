// SPDX-License-Identifier: Apache-2.0
#include "mail/shown_address.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"

namespace countersign {
namespace {

struct Row {
  const char* name;
  std::string address;
  std::string want;
};

const Row kRows[] = {
    {"an address of ASCII", "joe@example.org", "joe@example.org"},
    {"a domain in A-labels", "joe@xn--bcher-kva.example",
     "joe@b\u00fccher.example (xn--bcher-kva.example)"},
    {"a look-alike in Cyrillic", "joe@xn--e1awd7f.com",
     "joe@\u0435\u0440\u0456\u0441.com (xn--e1awd7f.com)"},
    {"a domain that reads from the right", "joe@xn--mgbh0fb.example",
     "joe@\u0645\u062b\u0627\u0644.example (xn--mgbh0fb.example)"},
    {"a local part in UTF-8", "j\u00fcrgen@example.org", "j\u00fcrgen@example.org"},
    {"A-labels that IDNA2008 would not make", "joe@xn--i-7iq.example", "joe@xn--i-7iq.example"},
    {"A-labels that are none", "joe@xn--99999999.example", "joe@xn--99999999.example"},
    {"an address literal", "joe@[192.0.2.1]", "joe@[192.0.2.1]"},
    {"a mark that turns the line", "joe\u202e@example.org", "joe\ufffd@example.org"},
    {"no UTF-8", "joe\xff@example.org", "joe\ufffd@example.org"},
    {"several at signs", "\"a@xn--bcher-kva.example\"@example.org",
     "\"a@xn--bcher-kva.example\"@example.org"},
    {"no address", "joe", "joe"},
    {"nothing", "", ""},
};

void check(const Row& row) { CPPUNIT_ASSERT_EQUAL(row.want, shown_address(row.address)); }

class ShownAddressTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ShownAddressTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }
};
CPPUNIT_TEST_SUITE_REGISTRATION(ShownAddressTest);

}  // namespace
}  // namespace countersign
