// SPDX-License-Identifier: Apache-2.0
#include "answering/typed_address.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "tests/support/table_suite.h"

namespace countersign {
namespace {

struct Row {
  const char* name;
  std::string text;
  std::string want;  ///< "": refused
};

const Row kRows[] = {
    {"as it stands", "alice@example.com", "alice@example.com"},
    {"capitals", "Alice@Example.COM", "alice@example.com"},
    {"blanks around it", "  alice@example.com \t\r\n", "alice@example.com"},
    {"blanks that pages use",
     "\xC2\xA0"
     "alice@example.com\xE2\x80\xAF",
     "alice@example.com"},
    {"invisible characters from pasting",
     "\xE2\x80\x8B\xEF\xBB\xBF"
     "alice@example.com\xE2\x80\x8E",
     "alice@example.com"},
    {"angle brackets", "<alice@example.com>", "alice@example.com"},
    {"a display name", "Alice Example <alice@example.com>", "alice@example.com"},
    {"a quoted display name with brackets", "\"A <x@y>\" <alice@example.com> ",
     "alice@example.com"},
    {"blanks in the brackets", "Alice < alice@example.com >", "alice@example.com"},
    {"mailto", "mailto:alice@example.com", "alice@example.com"},
    {"mailto in capitals", "MAILTO:alice@example.com", "alice@example.com"},
    {"an international domain",
     "alice@b\xC3\xBC"
     "cher.example",
     "alice@xn--bcher-kva.example"},
    {"nothing", "", ""},
    {"only blanks", "   ", ""},
    {"no at sign", "alice", ""},
    {"no local part", "@example.com", ""},
    {"only brackets", "<>", ""},
    {"an open bracket", "Alice <alice@example.com", ""},
    {"two addresses", "alice@example.com, bob@example.com", ""},
    {"a line break inside", "alice@example.com\nBcc: x@example.com", ""},
    {"a NUL", std::string("alice@example.com\0", 18), ""},
    {"markup", "<script>alert(1)</script>", ""},
    {"longer than any address", std::string(1001, 'a') + "@example.com", ""},
};

void check(const Row& row) {
  const auto got = parse_typed_address(row.text);
  CPPUNIT_ASSERT_EQUAL(row.want, got ? got->address() : std::string());
}

class TypedAddressTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TypedAddressTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }
};
CPPUNIT_TEST_SUITE_REGISTRATION(TypedAddressTest);

}  // namespace
}  // namespace countersign
