// SPDX-License-Identifier: Apache-2.0
//
// The owner of a token that a stranger used is told.
#include <cppunit/extensions/HelperMacros.h>

#include "holding/notices.h"
#include "tests/support/holding_rig.h"

namespace countersign {
namespace {

using test::eventually;
using test::HoldingRig;

LeakAlarm alarm() {
  return {.owner = "joe@example.org",
          .id = "k7q2mxf4",
          .label = "shop",
          .mailbox = "joe@example.org",
          .bound_to = "shop.example",
          .used_by = "bad.example",
          .author = "x@bad.example",
          .when = WallTime(seconds(1'809'352'920))};
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

const NoticeSettings kSettings{.from = "countersign@{domain}",
                               .base_url = "https://gate.example.org"};

class LeakTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LeakTest);
  CPPUNIT_TEST(the_notice_says_who_used_what);
  CPPUNIT_TEST(the_notice_does_not_believe_an_unauthenticated_author);
  CPPUNIT_TEST(what_a_stranger_calls_himself_stays_in_one_line);
  CPPUNIT_TEST(the_notice_does_not_say_refused_of_what_passed);
  CPPUNIT_TEST(the_owner_is_told_once_a_day_for_each_token);
  CPPUNIT_TEST(a_notice_that_was_not_taken_goes_later);
  CPPUNIT_TEST(a_notice_that_was_refused_for_good_is_given_up);
  CPPUNIT_TEST(a_node_tells_by_itself);
  CPPUNIT_TEST_SUITE_END();

 public:
  void the_notice_says_who_used_what() {
    const Notice notice = leak_notice(alarm(), kSettings);
    CPPUNIT_ASSERT_EQUAL(std::string("joe@example.org"), notice.to);
    for (const char* part :
         {"To: joe@example.org\r\n", "Your address \"shop\" was used by somebody else",
          "Auto-Submitted: auto-generated", "bad.example", "shop.example", "k7q2mxf4", "refused"})
      CPPUNIT_ASSERT_MESSAGE(notice.bytes + part, has(notice.bytes, part));
    CPPUNIT_ASSERT(!has(notice.bytes, "x@bad.example"));
  }
  void the_notice_does_not_believe_an_unauthenticated_author() {
    LeakAlarm leak = alarm();
    leak.used_by = "";
    CPPUNIT_ASSERT(has(leak_notice(leak, kSettings).bytes, "calls himself"));
    leak.author = "";
    CPPUNIT_ASSERT(has(leak_notice(leak, kSettings).bytes, "does not name himself"));
  }
  void what_a_stranger_calls_himself_stays_in_one_line() {
    LeakAlarm leak = alarm();
    leak.used_by = "";
    leak.author = "\"a\r\nBcc: all@example.org\"@bad.example";
    CPPUNIT_ASSERT(!has(leak_notice(leak, kSettings).bytes, "\nBcc:"));
  }
  void the_notice_does_not_say_refused_of_what_passed() {
    LeakAlarm leak = alarm();
    leak.refused = false;
    CPPUNIT_ASSERT(!has(leak_notice(leak, kSettings).bytes, "refused"));
  }
  void the_owner_is_told_once_a_day_for_each_token() {
    HoldingRig rig;
    LeakAlarm leak = alarm();
    CPPUNIT_ASSERT(rig.announcer.leak(leak) && rig.announcer.leak(leak));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.notices.sent().size());
    const auto delivery = rig.notices.sent()[0].delivery;
    CPPUNIT_ASSERT_EQUAL(std::string("<>"), delivery.reverse_path);
    CPPUNIT_ASSERT_EQUAL(std::string("<joe@example.org>"), delivery.recipients.at(0).forward_path);
    leak.id = "aaaaaaaa";
    CPPUNIT_ASSERT(rig.announcer.leak(leak));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, rig.notices.sent().size());
    leak.when += std::chrono::hours(24);
    CPPUNIT_ASSERT(rig.announcer.leak(leak));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, rig.notices.sent().size());
  }
  void a_notice_that_was_not_taken_goes_later() {
    HoldingRig rig;
    rig.notices.answer({451});
    CPPUNIT_ASSERT(!rig.announcer.leak(alarm()));
    CPPUNIT_ASSERT(rig.announcer.leak(alarm()));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.notices.sent().size());
  }
  void a_notice_that_was_refused_for_good_is_given_up() {
    HoldingRig rig;
    rig.notices.answer({550});
    CPPUNIT_ASSERT(rig.announcer.leak(alarm()) && rig.announcer.leak(alarm()));
    CPPUNIT_ASSERT(rig.notices.sent().empty());
  }
  void a_node_tells_by_itself() {
    HoldingRig rig;
    rig.notices.answer({451, 451});
    CPPUNIT_ASSERT(rig.node.start());
    rig.node.leaked(alarm());
    rig.node.leaked(alarm());
    CPPUNIT_ASSERT(eventually([&] { return rig.notices.sent().size() == 1; }));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(LeakTest);

}  // namespace
}  // namespace countersign
