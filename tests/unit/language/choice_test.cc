// SPDX-License-Identifier: Apache-2.0
#include "language/choice.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"

namespace countersign::language {
namespace {

struct Row {
  const char* name;
  std::string accept;
  std::string_view want;
};

// `otherwise` is German, so that English is seen to be asked for.
const Row kRows[] = {
    {"no field", "", "de"},
    {"one language", "en", "en"},
    {"capitals", "EN", "en"},
    {"a region that we do not have", "en-GB", "en"},
    {"a script and a region", "en-Latn-US", "en"},
    {"an extension goes with its letter", "en-u-nu-latn", "en"},
    {"a private part", "en-x-pirate", "en"},
    {"the first of equals", "en, de", "en"},
    {"the heaviest", "de;q=0.5, en;q=0.9", "en"},
    {"blanks around the weight", "de;q=0.5 , en ; q=0.9", "en"},
    {"languages that we do not have are passed over", "xx, yy;q=0.9, en;q=0.1", "en"},
    {"a longer name is no other language's", "eng", "de"},
    {"weight nought is a refusal", "en;q=0", "de"},
    {"weight nought with decimals", "en;q=0.000", "de"},
    {"anything goes", "*", "de"},
    {"anything before ours", "xx, *;q=0.8, en;q=0.5", "de"},
    {"ours before anything", "en;q=0.5, *;q=0.1", "en"},
    {"a weight of four decimals is malformed", "en;q=0.5555", "de"},
    {"a weight over one is malformed", "en;q=1.5", "de"},
    {"a weight that is a word is malformed", "en;q=high", "de"},
    {"another parameter is malformed", "en;level=1", "de"},
    {"empty elements are passed over", ",, ,en", "en"},
    {"nonsense", ";;;===,,,\xff\xfe", "de"},
    {"the rest of a field without end is not read", std::string(4000, ',') + "en", "de"},
};

void check(const Row& row) {
  CPPUNIT_ASSERT_EQUAL(row.want, choose(row.accept, *find_catalogue("de")).tag());
}

class ChoiceTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ChoiceTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(a_range_is_looked_up);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }

  void a_range_is_looked_up() {
    CPPUNIT_ASSERT(look_up("de-AT") == find_catalogue("de"));
    for (const char* none : {"", "-", "--", "x", "*", "xx", "d", "de_AT", "-de"})
      CPPUNIT_ASSERT_MESSAGE(none, !look_up(none));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(ChoiceTest);

}  // namespace
}  // namespace countersign::language
