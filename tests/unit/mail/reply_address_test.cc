// SPDX-License-Identifier: Apache-2.0
#include "mail/reply_address.h"

#include <cppunit/extensions/HelperMacros.h>

#include <vector>

#include "mail/unicode.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

const std::vector<Secret> kKeys = {{"k2", std::string(32, 'b')}, {"k1", std::string(32, 'a')}};
const HeldId kId = *HeldId::parse("7q2mxf4pk9td3hwa7q2mxf4pk9");

std::string made(const std::string& mailbox, char delimiter = '+', const Secret& key = kKeys[1]) {
  const auto address = reply_address(*Mailbox::parse(mailbox), kId, delimiter, key);
  CPPUNIT_ASSERT_MESSAGE(mailbox, address);
  return address->address();
}

std::string changed(std::string address, std::size_t from_behind) {
  char& c = address[address.find('@') - 1 - from_behind];
  c = c == 'z' ? 'y' : 'z';
  return address;
}

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

const std::string kPlain = made("joe@example.org");

struct Row {
  const char* name;
  std::string address;
  const char* delimiters;
  std::string mailbox;  ///< "": not ours
};

const Row kRows[] = {
    {"an address of ours is known", kPlain, "+", "joe@example.org"},
    {"in capitals too", upper(kPlain), "+", "joe@example.org"},
    {"made by an older key", made("joe@example.org", '+', kKeys[1]), "+", "joe@example.org"},
    {"behind another delimiter", made("mary-ann@example.org", '-'), "+-", "mary-ann@example.org"},
    {"to a mailbox with a detail of its own", made("joe+shop@example.org"), "+",
     "joe+shop@example.org"},
    {"not where the site has other delimiters", kPlain, "-", ""},
    {"not where it has none", kPlain, "", ""},
    {"not with a wrong tag", changed(kPlain, 0), "+", ""},
    {"not with another place", changed(kPlain, 20), "+", ""},
    {"not at another mailbox", "ann" + kPlain.substr(3), "+", ""},
    {"not at another domain", kPlain.substr(0, kPlain.find('@')) + "@example.net", "+", ""},
    {"not with a digit more", "joe+7" + kPlain.substr(4), "+", ""},
    {"not with a digit less", "joe+" + kPlain.substr(5), "+", ""},
    {"not with a hyphen in it", kPlain.substr(0, 8) + "-" + kPlain.substr(8), "+", ""},
    {"no detail is none", "joe@example.org", "+", ""},
    {"nor is a long name", "abcdefghijklmnopqrstuvwxyz0123456789@example.org", "+", ""},
    {"nor a detail alone", kPlain.substr(4), "+", ""},
};

void check(const Row& row) {
  const auto found = find_reply_address(*Mailbox::parse(row.address), row.delimiters, kKeys);
  CPPUNIT_ASSERT_EQUAL(row.mailbox, found ? found->mailbox.address() : "");
  if (!found) return;
  CPPUNIT_ASSERT(is_reply_place(kKeys, kId, found->place));
  CPPUNIT_ASSERT(!is_reply_place(kKeys, HeldId::random(), found->place));
  CPPUNIT_ASSERT(!is_reply_place(std::span(kKeys).first(1), kId, found->place));
}

}  // namespace

class ReplyAddressTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReplyAddressTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(without_keys_no_address_is_ours);
  CPPUNIT_TEST(a_local_part_that_would_be_too_long_is_an_error);
  CPPUNIT_TEST(two_messages_have_two_addresses);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& c) { test::add_rows(c, kRows, check); }

  void without_keys_no_address_is_ours() {
    CPPUNIT_ASSERT(!find_reply_address(*Mailbox::parse(kPlain), "+", {}));
  }
  void a_local_part_that_would_be_too_long_is_an_error() {
    const auto longest = Mailbox::parse(std::string(37, 'j') + "@example.org");
    CPPUNIT_ASSERT(reply_address(*longest, kId, '+', kKeys[0]));
    const auto longer = Mailbox::parse(std::string(38, 'j') + "@example.org");
    CPPUNIT_ASSERT(!reply_address(*longer, kId, '+', kKeys[0]));
  }
  void two_messages_have_two_addresses() {
    const auto joe = Mailbox::parse("joe@example.org");
    CPPUNIT_ASSERT(*reply_address(*joe, kId, '+', kKeys[0]) !=
                   *reply_address(*joe, HeldId::random(), '+', kKeys[0]));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(ReplyAddressTest);

}  // namespace countersign
