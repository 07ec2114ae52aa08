// SPDX-License-Identifier: Apache-2.0
#include "mail/held_id.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"

namespace countersign {
namespace {

struct Refused {
  const char* name;
  std::string text;
};
const Refused kRefused[] = {
    {"nothing", ""},
    {"25 characters", std::string(25, 'a')},
    {"27 characters", std::string(27, 'a')},
    {"a capital", std::string(25, 'a') + 'A'},
    {"the letter l", std::string(25, 'a') + 'l'},
    {"the letter i", std::string(25, 'a') + 'i'},
    {"the letter o", std::string(25, 'a') + 'o'},
    {"the letter u", std::string(25, 'a') + 'u'},
    {"a path", "../../../../../etc/passwd1"},
    {"a NUL", std::string(25, 'a') + '\0'},
    {"a line end", std::string(25, 'a') + '\n'},
};
void check_refused(const Refused& row) {
  CPPUNIT_ASSERT(!HeldId::parse(row.text));
  CPPUNIT_ASSERT(HeldId::parse(row.text).error().code == Errc::invalid);
}

}  // namespace

class HeldIdTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HeldIdTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(refused);
  CPPUNIT_TEST(a_random_id_parses_to_itself);
  CPPUNIT_TEST(two_random_ids_differ);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void refused(TestSuiteBuilderContextType& c) {
    test::add_rows(c, kRefused, check_refused);
  }

  void a_random_id_parses_to_itself() {
    const HeldId id = HeldId::random();
    CPPUNIT_ASSERT_EQUAL(std::size_t{26}, id.text().size());
    CPPUNIT_ASSERT(id == *HeldId::parse(id.text()));
  }
  void two_random_ids_differ() { CPPUNIT_ASSERT(HeldId::random() != HeldId::random()); }
};
CPPUNIT_TEST_SUITE_REGISTRATION(HeldIdTest);

}  // namespace countersign
