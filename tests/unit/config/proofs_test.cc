// SPDX-License-Identifier: Apache-2.0
#include "config/proofs.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"

namespace countersign {
namespace {

struct Row {
  const char* name;
  std::vector<std::string> proofs;
  const char* want;
};

const Row kRows[] = {
    {"all three leave nobody out", {"pow", "code", "wait"}, ""},
    {"digits alone leave nobody out", {"code"}, ""},
    {"work alone needs a script", {"pow"}, "people without JavaScript"},
    {"waiting alone needs authentication",
     {"wait"},
     "authors whom neither SPF nor DKIM authenticates"},
    {"work and waiting need one of them",
     {"wait", "pow"},
     "people without JavaScript whom neither SPF nor DKIM authenticates"},
};

void check(const Row& row) {
  CPPUNIT_ASSERT_EQUAL(std::string(row.want), left_out(row.proofs));
  CPPUNIT_ASSERT_EQUAL(left_out(row.proofs).empty(), left_out_warning(row.proofs).empty());
}

class ProofsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ProofsTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }
};
CPPUNIT_TEST_SUITE_REGISTRATION(ProofsTest);

}  // namespace
}  // namespace countersign
