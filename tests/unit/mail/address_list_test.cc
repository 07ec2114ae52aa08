// SPDX-License-Identifier: Apache-2.0
//
// Lists of several; author_test.cc has all that may stand in one address.
#include "mail/address_list.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "tests/support/table_suite.h"

namespace countersign {
namespace {

struct Row {
  const char* name;
  const char* value;
  const char* want;  ///< the addresses, each with a blank before; "-" if malformed
};
const Row kRows[] = {
    {"one", "joe@example.org", " joe@example.org"},
    {"several", "joe@example.org, Ann <ann@example.org>,\r\n \"B, C\" <b@example.org>",
     " joe@example.org ann@example.org b@example.org"},
    {"an address as display name", "\"boss@bank.example\" <eve@evil.example>", " eve@evil.example"},
    {"an address in a comment", "eve@evil.example (boss@bank.example)", " eve@evil.example"},
    {"a group among others", "a@x.example, Team: b@x.example, c@x.example;, d@x.example",
     " a@x.example b@x.example c@x.example d@x.example"},
    {"an empty group", "undisclosed-recipients:;", ""},
    {"empty elements", "a@x.example,, b@x.example,", " a@x.example b@x.example"},
    {"one that is malformed", "a@x.example, b@", "-"},
    {"a semicolon for a comma", "a@x.example; b@x.example", "-"},
    {"nothing", "", "-"},
};

void check(const Row& row) {
  const AddressList list = parse_address_list(row.value);
  std::string got;
  for (const Mailbox& mailbox : list.mailboxes) got += " " + mailbox.address();
  CPPUNIT_ASSERT_EQUAL(std::string(row.want), list.well_formed ? got : "-" + got);
}

const Row kNamed[] = {
    {"by the grammar", "joe@example.org, \"x, y\" <ann@example.org>",
     " joe@example.org ann@example.org"},
    {"an address as display name", "\"joe@example.org\" <eve@evil.example>", " eve@evil.example"},
    {"an address as bare display name", "joe@example.org <eve@evil.example>", " eve@evil.example"},
    {"an address in a comment", "eve@evil.example (joe@example.org)", " eve@evil.example"},
    {"an address in a comment of what is malformed",
     "Eve. [x] (joe@example.org, ) <eve@evil.example>", " eve@evil.example"},
    {"two signs in brackets", "<joe@example.org@evil.example>", ""},
    {"a quoted local part", "\"joe@example.org\"@evil.example",
     " \"joe@example.org\"@evil.example"},
    {"a quoted local part of what is malformed", "a@, \"joe@example.org\"@evil.example",
     " \"joe@example.org\"@evil.example"},
    {"a quoted string with an escaped quote", "\"x\\\", joe@example.org, \" [y] <eve@evil.example>",
     " eve@evil.example"},
    {"brackets never closed", "Joe <joe@example.org", ""},
    {"brackets within brackets", "<joe@example.org <eve@evil.example>>", " eve@evil.example"},
    {"two pairs of brackets", "<joe@example.org> <eve@evil.example>", " eve@evil.example"},
    {"a comment never closed", "a@, eve@evil.example (, joe@example.org", " eve@evil.example"},
    {"a comment with an escaped bracket", "[x] eve@evil.example (\\), joe@example.org", ""},
    {"a name with a sign that wants quotes", "Joe [at work] <joe@example.org>", " joe@example.org"},
    {"a semicolon for a comma", "a@x.example; B. [b] <b@x.example>", " a@x.example b@x.example"},
    {"one of several is malformed", "a@x.example,\r\n b@, c@x.example", " a@x.example c@x.example"},
    {"a group with a malformed member", "Team: a@x.example, [b] <b@x.example>;",
     " a@x.example b@x.example"},
    {"nobody", "undisclosed recipients", ""},
    {"nothing", "", ""},
};

void check_named(const Row& row) {
  std::string got;
  for (const Mailbox& mailbox : named_mailboxes(row.value)) got += " " + mailbox.address();
  CPPUNIT_ASSERT_EQUAL(std::string(row.want), got);
}

class AddressListTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AddressListTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(add);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void add(TestSuiteBuilderContextType& context) {
    test::add_rows(context, kRows, check);
    test::add_rows(context, kNamed, check_named);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(AddressListTest);

}  // namespace
}  // namespace countersign
