// SPDX-License-Identifier: Apache-2.0
#include "holding/history.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"

namespace countersign {
namespace {

using Kind = HeldEvent::Kind;

struct Row {
  const char* name;
  std::vector<HeldEvent> events;  ///< of a message for two recipients
  HeldState want;
};

const Row kRows[] = {
    {"nothing happened: held", {}, HeldState::held},
    {"a digest changes nothing", {{.kind = Kind::announced}}, HeldState::held},
    {"answered: on its way", {{.kind = Kind::answered}}, HeldState::answered},
    {"approved: on its way", {{.kind = Kind::approved}}, HeldState::answered},
    {"one taken, one waits: on its way",
     {{.kind = Kind::answered}, {.kind = Kind::released, .recipient = 0}},
     HeldState::answered},
    {"all taken: released",
     {{.kind = Kind::answered},
      {.kind = Kind::released, .recipient = 0},
      {.kind = Kind::released, .recipient = 1}},
     HeldState::released},
    {"one taken, one refused: failed",
     {{.kind = Kind::answered},
      {.kind = Kind::released, .recipient = 0},
      {.kind = Kind::refused, .recipient = 1}},
     HeldState::failed},
    {"a refused recipient may be tried again after a new word",
     {{.kind = Kind::answered},
      {.kind = Kind::released, .recipient = 0},
      {.kind = Kind::refused, .recipient = 1},
      {.kind = Kind::approved}},
     HeldState::answered},
    {"what was taken stays taken",
     {{.kind = Kind::answered},
      {.kind = Kind::released, .recipient = 0},
      {.kind = Kind::released, .recipient = 1},
      {.kind = Kind::refused, .recipient = 1}},
     HeldState::released},
    {"a deferred try leaves it on its way",
     {{.kind = Kind::answered}, {.kind = Kind::deferred}},
     HeldState::answered},
    {"taken back", {{.kind = Kind::withdrawn}}, HeldState::withdrawn},
    {"restored: it waits again",
     {{.kind = Kind::withdrawn}, {.kind = Kind::restored}},
     HeldState::held},
    {"taken back once more",
     {{.kind = Kind::withdrawn}, {.kind = Kind::restored}, {.kind = Kind::withdrawn}},
     HeldState::withdrawn},
    {"taken back, but let in all the same",
     {{.kind = Kind::withdrawn}, {.kind = Kind::approved}},
     HeldState::answered},
    {"on its way before it was taken back",
     {{.kind = Kind::answered}, {.kind = Kind::withdrawn}},
     HeldState::answered},
    {"taken back, then over",
     {{.kind = Kind::withdrawn}, {.kind = Kind::expired}},
     HeldState::expired},
    {"dropped", {{.kind = Kind::dropped}}, HeldState::dropped},
    {"expired", {{.kind = Kind::expired}}, HeldState::expired},
    {"let in for one: it waits for the other",
     {{.kind = Kind::let_in, .recipient = 0}},
     HeldState::held},
    {"one let in has it: it waits for the other",
     {{.kind = Kind::let_in, .recipient = 0}, {.kind = Kind::released, .recipient = 0}},
     HeldState::held},
    {"the MTA refuses the one who let it in: it waits for the other",
     {{.kind = Kind::freed, .recipient = 0}, {.kind = Kind::refused, .recipient = 0}},
     HeldState::held},
    {"the other lets it in, too: on its way",
     {{.kind = Kind::let_in, .recipient = 0},
      {.kind = Kind::released, .recipient = 0},
      {.kind = Kind::let_in, .recipient = 1}},
     HeldState::answered},
    {"one by one, all have it",
     {{.kind = Kind::freed, .recipient = 1},
      {.kind = Kind::released, .recipient = 1},
      {.kind = Kind::answered},
      {.kind = Kind::released, .recipient = 0}},
     HeldState::released},
    {"its sender takes back what one has already",
     {{.kind = Kind::let_in, .recipient = 0},
      {.kind = Kind::released, .recipient = 0},
      {.kind = Kind::withdrawn}},
     HeldState::withdrawn},
    {"who declined is reached by no answer to another message",
     {{.kind = Kind::declined, .recipient = 0}, {.kind = Kind::freed, .recipient = 0}},
     HeldState::held},
    {"an event for a recipient that is not there is ignored",
     {{.kind = Kind::answered}, {.kind = Kind::released, .recipient = 9}},
     HeldState::answered},
};

HeldMessage message_with(const std::vector<HeldEvent>& events) {
  HeldMessage message{.envelope = {.id = HeldId::random()}, .content_bytes = 0, .events = events};
  message.envelope.envelope.recipients.resize(2);
  return message;
}

void check(const Row& row) {
  CPPUNIT_ASSERT_EQUAL(std::string(word(row.want)),
                       std::string(word(history_of(message_with(row.events)).state)));
}

}  // namespace

class HistoryTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HistoryTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(its_state_changed_when_the_event_says);
  CPPUNIT_TEST(deferrals_are_counted_since_the_last_word);
  CPPUNIT_TEST(a_challenge_that_was_not_taken_is_sent_again);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& c) { test::add_rows(c, kRows, check); }

  void its_state_changed_when_the_event_says() {
    const WallTime then{seconds(1'800'000'500)};
    const History h =
        history_of(message_with({{.kind = Kind::answered, .when = then},
                                 {.kind = Kind::deferred, .when = then + seconds(60)}}));
    CPPUNIT_ASSERT_EQUAL(to_epoch_ms(then), to_epoch_ms(h.changed));
    CPPUNIT_ASSERT_EQUAL(to_epoch_ms(then + seconds(60)), to_epoch_ms(h.last_try));
  }
  void deferrals_are_counted_since_the_last_word() {
    const History h = history_of(message_with({{.kind = Kind::answered},
                                               {.kind = Kind::deferred},
                                               {.kind = Kind::deferred},
                                               {.kind = Kind::approved},
                                               {.kind = Kind::deferred}}));
    CPPUNIT_ASSERT_EQUAL(1, h.deferrals);
  }
  void a_challenge_that_was_not_taken_is_sent_again() {
    const auto history = [](std::vector<std::string> texts) {
      std::vector<HeldEvent> events;
      for (auto& t : texts) events.push_back({.kind = Kind::challenged, .text = t});
      return history_of(message_with(events));
    };
    CPPUNIT_ASSERT(history({"sending"}).challenge_sending);
    CPPUNIT_ASSERT(!history({"sending"}).challenge_done);
    CPPUNIT_ASSERT(history({"sending", "sent"}).challenge_done);
    CPPUNIT_ASSERT(!history({"sending", "again"}).challenge_sending);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(HistoryTest);

}  // namespace countersign
