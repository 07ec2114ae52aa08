// SPDX-License-Identifier: Apache-2.0
#include "holding/lost_urls.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/held_samples.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

using Kind = HeldEvent::Kind;

struct Row {
  const char* name;
  const char* key;
  bool challenged;
  std::vector<HeldEvent> events;
  bool lost;
};

const Row kRows[] = {
    {"a key that is gone", "old", true, {}, true},
    {"a key that is there, though not the first", "1", true, {}, false},
    {"a message of the time before keys were noted", "", true, {}, false},
    {"nobody was asked", "old", false, {}, false},
    {"its author has answered already", "old", true, {{.kind = Kind::answered}}, false},
    {"its sender took it back", "old", true, {{.kind = Kind::withdrawn}}, false},
    {"one of two has it, the other waits", "old", true, {{.kind = Kind::let_in}}, true},
};

HeldMessage message(const Row& row, const HeldId& id) {
  HeldMessage out{.envelope = test::sample_envelope(id), .content_bytes = 1, .events = row.events};
  out.envelope.answer_key = row.key;
  out.envelope.challenged = row.challenged;
  return out;
}

Keyring keys() {
  return *Keyring::parse("answer 2 " + std::string(64, 'b') + "\nanswer 1 " + std::string(64, 'a') +
                             "\nsent old " + std::string(64, 'c') + "\n",
                         "test");
}

void check(const Row& row) {
  HeldTable table;
  const HeldId id = test::held_id("7q", '1');
  table.put(message(row, id));
  const LostUrls lost = lost_urls(table, keys());
  CPPUNIT_ASSERT((row.lost ? std::vector{id} : std::vector<HeldId>{}) == lost.messages);
  CPPUNIT_ASSERT_EQUAL(std::string(row.lost ? "old" : ""), lost.keys);
}

}  // namespace

class LostUrlsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LostUrlsTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(each_key_is_named_once);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }

  void each_key_is_named_once() {
    HeldTable table;
    char digit = '1';
    for (const char* key : {"2027", "old", "2027", "1"})
      table.put(message({"", key, true, {}, true}, test::held_id("7q", digit++)));
    const LostUrls lost = lost_urls(table, keys());
    CPPUNIT_ASSERT_EQUAL(std::size_t(3), lost.messages.size());
    CPPUNIT_ASSERT_EQUAL(std::string("2027, old"), lost.keys);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(LostUrlsTest);

}  // namespace countersign
