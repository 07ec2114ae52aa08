// SPDX-License-Identifier: Apache-2.0
//
// Whose lists count for an address, by tables as people have them.
#include "mail/owner_map.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <vector>

#include "tests/support/table_suite.h"

namespace countersign {
namespace {

struct Row {
  const char* name;
  std::vector<std::pair<std::string, std::string>> table;
  const char* recipient;
  const char* want;  ///< the owner; "shared" behind it
};

const Row kRows[] = {
    {"without a table an address owns itself", {}, "joe@example.org", "joe@example.org"},
    {"without its detail", {}, "joe+shop@example.org", "joe@example.org"},
    {"without its BATV tag", {}, "prvs=1234abcdef=joe@example.org", "joe@example.org"},
    {"one owner",
     {{"Sales@example.org", "Joe@Example.ORG"}},
     "sales@example.org",
     "joe@example.org"},
    {"with a detail",
     {{"sales@example.org", "joe@example.org"}},
     "sales+x@example.org",
     "joe@example.org"},
    {"the full address before the bare one",
     {{"joe@example.org", "ann@example.org"}, {"joe+work@example.org", "bob@example.org"}},
     "joe+work@example.org",
     "bob@example.org"},
    {"an address before its domain",
     {{"@example.org", "all@example.org"}, {"joe@example.org", "joe@example.org"}},
     "joe@example.org",
     "joe@example.org"},
    {"all others of a domain",
     {{"@example.org", "all@example.org"}},
     "x+y@example.org",
     "all@example.org"},
    {"another domain is no other",
     {{"@example.org", "all@example.org"}},
     "x@example.net",
     "x@example.net"},
    {"a domain that is another's",
     {{"@example.net", "@example.org"}},
     "joe+x@example.net",
     "joe@example.org"},
    {"several owners",
     {{"team@example.org", "joe@example.org, ann@example.org"}},
     "team@example.org",
     "team@example.org shared"},
    {"several owners, with a detail",
     {{"team@example.org", "joe@example.org ann@example.org"}},
     "team+x@example.org",
     "team@example.org shared"},
    {"one owner twice",
     {{"team@example.org", "joe@example.org, JOE@example.org"}},
     "team@example.org",
     "joe@example.org"},
    {"who keeps a copy owns himself",
     {{"joe@example.org", "joe@example.org, archive@example.org"}},
     "joe@example.org",
     "joe@example.org"},
    {"who keeps a copy of what comes to a detail",
     {{"joe@example.org", "joe@example.org, archive@example.org"}},
     "joe+x@example.org",
     "joe@example.org"},
};

void check(const Row& row) {
  OwnerMap map;
  for (const auto& [key, value] : row.table)
    CPPUNIT_ASSERT_EQUAL(std::string(), map.add(key, value));
  const Ownership found = map.of(*Mailbox::parse(row.recipient), "+");
  CPPUNIT_ASSERT_EQUAL(std::string(row.want),
                       found.owner.address() + (found.shared ? " shared" : ""));
}

class OwnerMapTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(OwnerMapTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(add);
  CPPUNIT_TEST(what_does_not_read_is_told);
  CPPUNIT_TEST(values_of_other_tables_are_read_as_far_as_they_name_mailboxes);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void add(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }

  void what_does_not_read_is_told() {
    OwnerMap map;
    CPPUNIT_ASSERT_EQUAL(std::string("\"joe\" is no address"), map.add("joe", "a@x.example"));
    CPPUNIT_ASSERT_EQUAL(std::string("\"\" is not the address of an owner"),
                         map.add("a@x.example", ""));
    CPPUNIT_ASSERT_EQUAL(std::string("\"joe\" is not the address of an owner"),
                         map.add("a@x.example", "joe"));
    CPPUNIT_ASSERT_EQUAL(std::string(), map.add("a@x.example", "b@x.example"));
    CPPUNIT_ASSERT_EQUAL(std::string("\"A@x.example\" stands there twice"),
                         map.add("A@x.example", "c@x.example"));
    CPPUNIT_ASSERT_EQUAL(std::string("b@x.example"),
                         map.of(*Mailbox::parse("a@x.example"), "").owner.address());
  }
  void values_of_other_tables_are_read_as_far_as_they_name_mailboxes() {
    const auto owner = [](const char* value) {
      const Ownership found = OwnerMap::read(*Mailbox::parse("joe@example.org"), "+", value);
      return found.owner.address() + (found.shared ? " shared" : "");
    };
    CPPUNIT_ASSERT_EQUAL(std::string("joe@example.org"), owner("example.org/joe/"));
    CPPUNIT_ASSERT_EQUAL(std::string("joe@example.org"), owner("|/usr/bin/procmail"));
    CPPUNIT_ASSERT_EQUAL(std::string("joe@example.org"), owner(":include:/etc/list"));
    CPPUNIT_ASSERT_EQUAL(std::string("jsmith@example.org"), owner("jsmith"));
    CPPUNIT_ASSERT_EQUAL(std::string("joe@example.org shared"), owner("ann, bob@example.net"));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(OwnerMapTest);

}  // namespace
}  // namespace countersign
