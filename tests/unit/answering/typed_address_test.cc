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
    {"full-width signs",
     "\xEF\xBC\xA1"
     "lice\xEF\xBC\xA0"
     "example\xEF\xBC\x8E"
     "com",
     "alice@example.com"},
    {"full-width brackets and an ideographic stop",
     "Alice\xE3\x80\x80\xEF\xBC\x9C"
     "alice@example\xE3\x80\x82"
     "com\xEF\xBC\x9E",
     "alice@example.com"},
    {"blanks that a phone put in", "alice @ example. com", "alice@example.com"},
    {"a zero width blank inside",
     "alice@\xE2\x80\x8B"
     "example.com",
     "alice@example.com"},
    {"a final stop", "alice@example.com.", "alice@example.com"},
    {"a final comma", "alice@example.com, ", "alice@example.com"},
    {"a quoted local part keeps its blank", "\"a b\"@example.com", "\"a b\"@example.com"},
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

struct MaskRow {
  const char* name;
  std::string address;
  std::string want;
};

const MaskRow kMaskRows[] = {
    {"two letters and the top domain", "ayla@mail.example.net", "ay...@....net"},
    {"never more than half of the local part", "abc@example.com", "a...@....com"},
    {"nothing of one letter", "a@example.com", "...@....com"},
    {"whole characters",
     "\xC3\xA4\xC3\xB6\xC3\xBC"
     "@example.com",
     "\xC3\xA4...@....com"},
    {"a domain without a stop", "root@localhost", "ro...@..."},
    {"what is no address", "alice", ""},
};

void check_mask(const MaskRow& row) { CPPUNIT_ASSERT_EQUAL(row.want, masked_address(row.address)); }

class TypedAddressTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TypedAddressTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) {
    test::add_rows(context, kRows, check);
    test::add_rows(context, kMaskRows, check_mask);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(TypedAddressTest);

}  // namespace
}  // namespace countersign
