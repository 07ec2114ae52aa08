// SPDX-License-Identifier: Apache-2.0
#include "spool/held_log.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/held_samples.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

using Kind = HeldEvent::Kind;

const HeldId kId = test::held_id("7q", '0');

HeldEvent event(std::uint32_t recipient, const std::string& text = "250 2.0.0 Ok") {
  return {Kind::released, WallTime(milliseconds(1'811'339'000'123)), recipient, text};
}

/// Returns a log of three events, for recipients 0, 1 and 2.
std::string three() {
  std::string bytes;
  for (std::uint32_t i = 0; i < 3; ++i) bytes += encode_event(kId, bytes.size(), event(i));
  return bytes;
}

/// Returns the recipients of the events that are read, as digits.
std::string recipients_in(const std::string& bytes) {
  std::string digits;
  for (const HeldEvent& e : decode_log(kId, bytes).events) digits += std::to_string(e.recipient);
  return digits;
}

std::string with(std::string bytes, std::size_t at, const std::string& what) {
  return bytes.replace(at, what.size(), what);
}

struct Log {
  const char* name;
  std::string bytes;
  const char* want;     ///< recipients of the events that are read
  std::size_t skipped;  ///< slots
};
const Log kLogs[] = {
    {"nothing has no events", "", "", 0},
    {"three slots are three events", three(), "012", 0},
    {"a zeroed slot is skipped", with(three(), 256, std::string(256, '\0')), "02", 1},
    {"a garbage slot is skipped", with(three(), 0, std::string(256, 'g')), "12", 1},
    {"a torn last slot is skipped", three().substr(0, 700), "01", 1},
    {"a slot of one octet is skipped", three().substr(0, 513), "01", 1},
    {"half a slot in the middle is skipped", with(three(), 384, std::string(128, '\0')), "02", 1},
    {"a slot copied to another place is skipped", with(three(), 256, three().substr(0, 256)), "02",
     1},
    {"what goes on after a torn slot is read",
     three().substr(0, 600) + encode_event(kId, 600, event(7)), "017", 1},
};
void check_log(const Log& row) {
  CPPUNIT_ASSERT_EQUAL(std::string(row.want), recipients_in(row.bytes));
  CPPUNIT_ASSERT_EQUAL(row.skipped, decode_log(kId, row.bytes).skipped);
}

}  // namespace

class HeldLogTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HeldLogTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(logs);
  CPPUNIT_TEST(the_bytes_are_those_of_the_document);
  CPPUNIT_TEST(an_event_comes_back);
  CPPUNIT_TEST(every_kind_comes_back);
  CPPUNIT_TEST(long_text_is_cut);
  CPPUNIT_TEST(a_slot_has_its_size);
  CPPUNIT_TEST(a_slot_of_another_message_is_skipped);
  CPPUNIT_TEST(with_any_bit_flipped_a_slot_is_skipped);
  CPPUNIT_TEST(cut_anywhere_the_whole_slots_are_read);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void logs(TestSuiteBuilderContextType& c) { test::add_rows(c, kLogs, check_log); }

  void the_bytes_are_those_of_the_document() {
    const std::string bytes = test::golden("tests/fuzz/corpus/held_log/of-file-full");
    const HeldEvent answered{Kind::answered, WallTime(milliseconds(1'811'339'000'123)), 0,
                             "address+pow"};
    const HeldEvent released{Kind::released, WallTime(milliseconds(1'811'339'000'456)), 1,
                             "250 2.0.0 Ok"};
    CPPUNIT_ASSERT(bytes == encode_event(kId, 0, answered) + encode_event(kId, 256, released));
    CPPUNIT_ASSERT_EQUAL(std::string("01"), recipients_in(bytes));
  }
  void an_event_comes_back() {
    const auto log = decode_log(kId, encode_event(kId, 0, event(3, std::string("a\0\r\n\xff", 5))));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, log.events.size());
    CPPUNIT_ASSERT(log.events[0].kind == Kind::released);
    CPPUNIT_ASSERT(log.events[0].when == event(3).when);
    CPPUNIT_ASSERT_EQUAL(3u, log.events[0].recipient);
    CPPUNIT_ASSERT_EQUAL(std::string("a\0\r\n\xff", 5), log.events[0].text);
  }
  void every_kind_comes_back() {
    for (auto kind = static_cast<int>(Kind::answered); kind <= static_cast<int>(Kind::restored);
         ++kind) {
      HeldEvent e = event(0);
      e.kind = static_cast<Kind>(kind);
      const auto log = decode_log(kId, encode_event(kId, 0, e));
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, log.events.size());
      CPPUNIT_ASSERT(log.events[0].kind == e.kind);
    }
  }
  void long_text_is_cut() {
    const auto log = decode_log(kId, encode_event(kId, 0, event(0, std::string(300, 't'))));
    CPPUNIT_ASSERT_EQUAL(std::string(200, 't'), log.events.at(0).text);
  }
  void a_slot_has_its_size() {
    CPPUNIT_ASSERT_EQUAL(kSlotBytes, encode_event(kId, 0, event(0)).size());
    CPPUNIT_ASSERT_EQUAL(kSlotBytes, encode_event(kId, 512, event(0, "")).size());
    CPPUNIT_ASSERT_EQUAL(kSlotBytes + 156, encode_event(kId, 100, event(0)).size());
  }
  void a_slot_of_another_message_is_skipped() {
    CPPUNIT_ASSERT(decode_log(test::held_id("7q", '1'), three()).events.empty());
  }
  void with_any_bit_flipped_a_slot_is_skipped() {
    for (std::size_t at = 256; at < 512; ++at)
      for (int bit = 0; bit < 8; ++bit) {
        std::string bytes = three();
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
        CPPUNIT_ASSERT_EQUAL_MESSAGE(std::to_string(at), std::string("02"), recipients_in(bytes));
      }
  }
  void cut_anywhere_the_whole_slots_are_read() {
    const std::string bytes = three();
    for (std::size_t size = 0; size <= bytes.size(); ++size)
      CPPUNIT_ASSERT_EQUAL(std::string("012").substr(0, size / kSlotBytes),
                           recipients_in(bytes.substr(0, size)));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(HeldLogTest);

}  // namespace countersign
