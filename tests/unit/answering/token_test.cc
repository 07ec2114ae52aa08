// SPDX-License-Identifier: Apache-2.0
#include "answering/token.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"

namespace countersign {
namespace {

struct Row {
  const char* name;
  std::string text;
  std::string want;  ///< "": refused
};

const Row kRows[] = {
    {"the canonical spelling stays", "7Q2MXF4PK9TD3HWA7Q2MXF4PK9", "7Q2MXF4PK9TD3HWA7Q2MXF4PK9"},
    {"lower case is taken", "7q2mxf4pk9td3hwa7q2mxf4pk9", "7Q2MXF4PK9TD3HWA7Q2MXF4PK9"},
    {"I, L and O are read as digits", "IlO00000000000000000000000", "11000000000000000000000000"},
    {"hyphens are dropped", "7Q2M-XF4P-K9TD-3HWA-7Q2M-XF4P-K9", "7Q2MXF4PK9TD3HWA7Q2MXF4PK9"},
    {"U is no digit", "UQ2MXF4PK9TD3HWA7Q2MXF4PK9", ""},
    {"25 digits are too few", "Q2MXF4PK9TD3HWA7Q2MXF4PK9", ""},
    {"27 digits are too many", "77Q2MXF4PK9TD3HWA7Q2MXF4PK9", ""},
    {"hyphens do not make up for digits", "7Q2MXF4PK9TD3HWA7Q2MXF4PK-", ""},
    {"more hyphens than digits", std::string(27, '-') + "7Q2MXF4PK9TD3HWA7Q2MXF4PK9", ""},
    {"nothing", "", ""},
    {"a blank", "7Q2MXF4PK9TD3HWA 7Q2MXF4PK9", ""},
    {"a final dot", "7Q2MXF4PK9TD3HWA7Q2MXF4PK9.", ""},
    {"a percent sign", "%37Q2MXF4PK9TD3HWA7Q2MXF4PK9", ""},
    {"a NUL", std::string("7Q2MXF4PK9TD3HWA7Q2MXF4PK\0", 26), ""},
    {"bytes outside ASCII", "7Q2MXF4PK9TD3HWA7Q2MXF4P\xC3\xA9", ""},
};

void check(const Row& row) {
  const auto got = parse_answer_token(row.text);
  CPPUNIT_ASSERT_EQUAL(row.want, got ? *got : std::string());
}

class TokenTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TokenTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(binding_tells_messages_apart_but_not_the_token);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }

  void binding_tells_messages_apart_but_not_the_token() {
    const std::string a = proof_binding("7Q2MXF4PK9TD3HWA7Q2MXF4PK9");
    const std::string b = proof_binding("7Q2MXF4PK9TD3HWA7Q2MXF4PK8");
    CPPUNIT_ASSERT_EQUAL(std::size_t{32}, a.size());
    CPPUNIT_ASSERT(a != b);
    CPPUNIT_ASSERT(a.find("7Q2M") == std::string::npos);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(TokenTest);

}  // namespace
}  // namespace countersign
