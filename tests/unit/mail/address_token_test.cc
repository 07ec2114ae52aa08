// SPDX-License-Identifier: Apache-2.0
#include "mail/address_token.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <set>

#include "tests/support/table_suite.h"

namespace countersign {
namespace {

const Secret kKey{"k1", std::string(32, 'a')};
const Secret kOther{"k2", std::string(32, 'b')};
constexpr const char* kId = "k7q2mxf4";

Mailbox mailbox(const std::string& text) {
  const auto parsed = Mailbox::parse(text);
  CPPUNIT_ASSERT_MESSAGE(text, parsed);
  return *parsed;
}

/// joseph@ is another address of joe@; all others are their own.
Mailbox owner_of(const Mailbox& address) {
  return address == mailbox("joseph@example.org") ? mailbox("joe@example.org") : address;
}

/// The address of the token kId for `address`, behind '+'.
std::string with_token(const std::string& address, const std::string& label = "shop",
                       char delimiter = '+') {
  const Mailbox box = mailbox(address);
  const auto made = address_with_token({box, owner_of(box), label, kId}, delimiter, kKey);
  CPPUNIT_ASSERT_MESSAGE(made ? "" : made.error().detail, bool(made));
  return made->address();
}

/// The address with its n-th character, counted from the last before '@', replaced.
std::string spoilt(std::string address, std::size_t from_behind) {
  char& c = address[address.find('@') - 1 - from_behind];
  c = c == 'z' ? 'y' : 'z';
  return address;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  return text.replace(text.find(what), what.size(), by);
}

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return text;
}

struct Row {
  const char* name;
  std::string address;
  const char* delimiters;
  std::string mailbox;  ///< "": no token
  std::string label = "shop";
};

const std::string kPlain = with_token("joe@example.org");

const Row kRows[] = {
    {"a token is found behind its delimiter", kPlain, "+", "joe@example.org"},
    {"in capitals too", upper(kPlain), "+", "joe@example.org"},
    {"behind a minus", with_token("joe@example.org", "shop", '-'), "-", "joe@example.org"},
    {"behind any of several delimiters", with_token("joe@example.org", "shop", '-'), "+-",
     "joe@example.org"},
    {"behind none that is not configured", kPlain, "-", ""},
    {"without delimiters there are no tokens", kPlain, "", ""},
    {"the mailbox may hold a delimiter", with_token("mary-ann@example.org", "shop", '-'), "-",
     "mary-ann@example.org"},
    {"the label may hold a delimiter", with_token("joe@example.org", "my-shop_2"), "+-",
     "joe@example.org", "my-shop_2"},
    {"the label is not under the tag", replaced(kPlain, "shop", "other"), "+", "joe@example.org",
     "other"},
    {"a quoted local part may carry one", with_token("\"a b\"@example.org"), "+",
     "\"a b\"@example.org"},
    {"another address of the owner carries the owner's tokens", with_token("joseph@example.org"),
     "+", "joseph@example.org"},
    {"the owner's token at his other address", replaced(kPlain, "joe", "joseph"), "+",
     "joseph@example.org"},
    {"not at somebody else's", replaced(kPlain, "joe", "ann"), "+", ""},
    {"not in another domain", replaced(kPlain, ".org", ".net"), "+", ""},
    {"a plain address has none", "joe@example.org", "+", ""},
    {"a plain detail is none", "joe+shop@example.org", "+", ""},
    {"a detail of the right length is none", "joe+shop.aaaaaaaabbbbbbbb@example.org", "+", ""},
    {"no label, no token", replaced(kPlain, "shop", ""), "+", ""},
    {"no dot, no token", replaced(kPlain, "shop.", "shopx"), "+", ""},
    {"a digit too few", replaced(kPlain, kId, "k7q2mxf"), "+", ""},
    {"a digit too many", replaced(kPlain, kId, "k7q2mxf4k"), "+", ""},
    {"no mailbox, no token", replaced(kPlain, "joe", ""), "+", ""},
    {"a letter that is no digit", replaced(kPlain, kId, "u7q2mxf4"), "+", ""},
    {"a hyphen among the digits is no digit", replaced(kPlain, kId, "k7q2-xf4"), "+-", ""},
    {"the first digit of the tag is spoilt", spoilt(kPlain, 7), "+", ""},
    {"the last digit of the tag is spoilt", spoilt(kPlain, 0), "+", ""},
    {"the first digit of the id is spoilt", spoilt(kPlain, 15), "+", ""},
    {"the last digit of the id is spoilt", spoilt(kPlain, 8), "+", ""},
    {"a label in front with a foreign character", replaced(kPlain, "shop", "sh!op"), "+", ""},
};

std::optional<AddressToken> find(const std::string& address, std::string_view delimiters,
                                 std::initializer_list<Secret> keys = {kKey}) {
  const auto parsed = Mailbox::parse(address);
  if (!parsed) return std::nullopt;
  return find_address_token(*parsed, delimiters, {keys.begin(), keys.size()}, owner_of);
}

void check(const Row& row) {
  const auto found = find(row.address, row.delimiters);
  CPPUNIT_ASSERT_EQUAL(!row.mailbox.empty(), found.has_value());
  if (!found) return;
  CPPUNIT_ASSERT_EQUAL(row.mailbox, found->mailbox.address());
  CPPUNIT_ASSERT_EQUAL(row.label, found->label);
  CPPUNIT_ASSERT_EQUAL(std::string(kId), found->id);
  CPPUNIT_ASSERT(found->owner == owner_of(found->mailbox));
}

struct Label {
  const char* name;
  std::string text;
  std::string want;  ///< "": refused
};
const Label kLabels[] = {
    {"a word", "shop", "shop"},
    {"capitals become small", "Shop", "shop"},
    {"digits", "2027", "2027"},
    {"signs between letters", "my-shop_2", "my-shop_2"},
    {"one letter", "a", "a"},
    {"30 letters", std::string(30, 'a'), std::string(30, 'a')},
    {"31 letters", std::string(31, 'a'), ""},
    {"nothing", "", ""},
    {"a sign in front", "-a", ""},
    {"a sign at the end", "a-", ""},
    {"a dot", "a.b", ""},
    {"a plus", "a+b", ""},
    {"a blank", "a b", ""},
    {"an at sign", "a@b", ""},
    {"a letter outside ASCII", "caf\xc3\xa9", ""},
    {"a NUL", std::string("a\0b", 3), ""},
};
void check_label(const Label& row) {
  const auto label = parse_token_label(row.text);
  CPPUNIT_ASSERT_EQUAL(row.want, label ? *label : std::string());
  if (row.want.empty()) CPPUNIT_ASSERT(label.error().code == Errc::invalid);
}

}  // namespace

class AddressTokenTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AddressTokenTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(labels);
  CPPUNIT_TEST(an_address_has_the_form_that_is_documented);
  CPPUNIT_TEST(letters_that_look_like_digits_are_read_as_such);
  CPPUNIT_TEST(an_old_key_of_the_ring_is_good_for_checking);
  CPPUNIT_TEST(a_key_that_left_the_ring_is_not);
  CPPUNIT_TEST(every_single_change_of_a_digit_is_noticed);
  CPPUNIT_TEST(an_address_never_grows_over_64_octets);
  CPPUNIT_TEST(a_mailbox_without_a_name_has_no_tokens);
  CPPUNIT_TEST(ids_are_random_and_parse_to_themselves);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& c) { test::add_rows(c, kRows, check); }
  static void labels(TestSuiteBuilderContextType& c) { test::add_rows(c, kLabels, check_label); }

  void an_address_has_the_form_that_is_documented() {
    CPPUNIT_ASSERT_EQUAL(std::string("joe+shop.k7q2mxf4"), kPlain.substr(0, 17));
    CPPUNIT_ASSERT_EQUAL(std::string("@example.org"), kPlain.substr(25));
  }
  void letters_that_look_like_digits_are_read_as_such() {
    for (const std::string id : {"10110110", "01010101"}) {
      const Mailbox joe = mailbox("joe@example.org");
      const std::string address = address_with_token({joe, joe, "shop", id}, '+', kKey)->address();
      std::string alike = address;
      const auto from = alike.find('.') + 1;
      for (auto at = from; at < from + 8; ++at) alike[at] = alike[at] == '0' ? 'O' : 'l';
      const auto found = find(alike, "+");
      CPPUNIT_ASSERT(found);
      CPPUNIT_ASSERT_EQUAL(id, found->id);
    }
  }
  void an_old_key_of_the_ring_is_good_for_checking() {
    CPPUNIT_ASSERT(find(kPlain, "+", {kOther, kKey}));
  }
  void a_key_that_left_the_ring_is_not() {
    CPPUNIT_ASSERT(!find(kPlain, "+", {kOther}));
    CPPUNIT_ASSERT(!find(kPlain, "+", {}));
  }
  void every_single_change_of_a_digit_is_noticed() {
    constexpr std::string_view kDigits = "0123456789abcdefghjkmnpqrstvwxyz";
    const auto from = kPlain.find('.') + 1;
    for (auto at = from; at < from + 16; ++at)
      for (const char digit : kDigits) {
        std::string address = kPlain;
        address[at] = digit;
        CPPUNIT_ASSERT_EQUAL_MESSAGE(address, address == kPlain, find(address, "+").has_value());
      }
  }
  void an_address_never_grows_over_64_octets() {
    const Mailbox longest = mailbox(std::string(42, 'a') + "@example.org");
    CPPUNIT_ASSERT(address_with_token({longest, longest, "shop", kId}, '+', kKey));
    const auto refused = address_with_token({longest, longest, "shops", kId}, '+', kKey);
    CPPUNIT_ASSERT(!refused && refused.error().code == Errc::invalid);
    CPPUNIT_ASSERT(refused.error().detail.ends_with("left for the label: 4"));
    const Mailbox full = mailbox(std::string(60, 'a') + "@example.org");
    CPPUNIT_ASSERT(!address_with_token({full, full, "s", kId}, '+', kKey));
  }
  void a_mailbox_without_a_name_has_no_tokens() {
    const Mailbox nobody = *Mailbox::parse("\"\"@example.org");
    const auto got =
        address_with_token({nobody, nobody, "shop", "k7q2mxf4"}, '+', {"k", std::string(32, 'k')});
    CPPUNIT_ASSERT(!got && got.error().code == Errc::invalid);
  }
  void ids_are_random_and_parse_to_themselves() {
    std::set<std::string> ids;
    for (int i = 0; i < 100; ++i) ids.insert(random_token_id());
    CPPUNIT_ASSERT_EQUAL(std::size_t{100}, ids.size());
    for (const std::string& id : ids) CPPUNIT_ASSERT_EQUAL(id, *parse_token_id(id));
    CPPUNIT_ASSERT_EQUAL(std::string("k7q2mxf1"), *parse_token_id("K7Q2MXFL"));
    CPPUNIT_ASSERT(!parse_token_id("k7q2mxf"));
    CPPUNIT_ASSERT(!parse_token_id("k7q2-xf4"));
    CPPUNIT_ASSERT(!parse_token_id("k7q2mxfu"));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(AddressTokenTest);

}  // namespace countersign
