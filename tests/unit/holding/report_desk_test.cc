// SPDX-License-Identifier: Apache-2.0
#include "holding/report_desk.h"

#include <cppunit/extensions/HelperMacros.h>

#include <fstream>

#include "tests/support/holding_rig.h"

namespace countersign {

using test::eventually;
using test::HoldingRig;

class ReportDeskTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReportDeskTest);
  CPPUNIT_TEST(the_author_is_told_who_did_not_get_it_and_why);
  CPPUNIT_TEST(what_is_owed_at_the_end_is_sent_after_the_next_start);
  CPPUNIT_TEST(a_report_that_the_mta_defers_is_kept);
  CPPUNIT_TEST(a_report_that_the_mta_refuses_is_over);
  CPPUNIT_TEST(notify_never_is_heeded);
  CPPUNIT_TEST(a_damaged_report_holds_up_no_other);
  CPPUNIT_TEST(where_nothing_can_be_written_none_is_promised);
  CPPUNIT_TEST_SUITE_END();

  static constexpr const char* kHead = "From: alice@example.com\r\nSubject: Offer\r\n";

  static HeldEnvelope refused(const std::string& reason = "token-refused",
                              const std::vector<std::string_view>& parameters = {}) {
    HeldEnvelope e = HoldingRig::envelope();
    std::vector<std::string_view> arguments = {"<joe+t@example.org>"};
    arguments.insert(arguments.end(), parameters.begin(), parameters.end());
    e.envelope.recipients = {parse_forward_path(arguments, "joe+t@example.org")};
    e.challenged = false;
    e.reason = "first-contact";  // of others, for whom it may be held
    e.reasons = {reason};
    return e;
  }
  static std::string only_report(const HoldingRig& rig) {
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.notices.sent().size());
    return rig.notices.sent().front().bytes;
  }
  static void has(const std::string& text, const std::string& part) {
    CPPUNIT_ASSERT_MESSAGE(part + " in " + text, text.find(part) != std::string::npos);
  }

 public:
  void the_author_is_told_who_did_not_get_it_and_why() {
    for (const auto& [reason, reply] :
         {std::pair{"token-refused", "554 5.7.1 This address is no longer in use"},
          std::pair{"blocked", "554 5.7.1 This recipient does not accept mail from you"}}) {
      HoldingRig rig;
      CPPUNIT_ASSERT(rig.reports.owe(refused(reason), kHead));
      rig.reports.send();
      const std::string report = only_report(rig);
      has(report, "Final-Recipient: rfc822; joe+t@example.org");
      has(report, std::string("Diagnostic-Code: smtp; ") + reply);
      has(report, "Status: 5.7.1");
      has(report, "Subject: Offer\r\n");
      const Delivery delivery = rig.notices.sent().front().delivery;
      CPPUNIT_ASSERT_EQUAL(std::string("<>"), delivery.reverse_path);
      CPPUNIT_ASSERT_EQUAL(std::string("<alice@example.com>"),
                           delivery.recipients.at(0).forward_path);
      CPPUNIT_ASSERT(owed_reports(*rig.fs)->empty());
      rig.reports.send();
      (void)only_report(rig);
    }
  }
  void what_is_owed_at_the_end_is_sent_after_the_next_start() {
    HoldingRig rig;
    CPPUNIT_ASSERT(rig.reports.owe(refused(), kHead));
    CPPUNIT_ASSERT(rig.node.start());
    CPPUNIT_ASSERT(eventually([&] { return owed_reports(*rig.fs)->empty(); }));
    (void)only_report(rig);
    CPPUNIT_ASSERT(rig.spool->list().empty());
  }
  void a_report_that_the_mta_defers_is_kept() {
    HoldingRig rig;
    rig.notices.answer({451});
    CPPUNIT_ASSERT(rig.reports.owe(refused(), kHead));
    rig.reports.send();
    CPPUNIT_ASSERT(rig.notices.sent().empty());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, owed_reports(*rig.fs)->size());
    ReportDesk later(*rig.fs, rig.announcer);
    later.send();
    (void)only_report(rig);
  }
  void a_report_that_the_mta_refuses_is_over() {
    HoldingRig rig;
    rig.notices.answer({550});
    CPPUNIT_ASSERT(rig.reports.owe(refused(), kHead));
    rig.reports.send();
    CPPUNIT_ASSERT(rig.notices.sent().empty());
    CPPUNIT_ASSERT(owed_reports(*rig.fs)->empty());
  }
  void notify_never_is_heeded() {
    HoldingRig rig;
    CPPUNIT_ASSERT(rig.reports.owe(refused("blocked", {"NOTIFY=NEVER"}), kHead));
    rig.reports.send();
    CPPUNIT_ASSERT(rig.notices.sent().empty());
    CPPUNIT_ASSERT(owed_reports(*rig.fs)->empty());
  }
  void a_damaged_report_holds_up_no_other() {
    HoldingRig rig;
    HeldEnvelope first = refused();
    first.id = *HeldId::parse(std::string(26, '0'));
    CPPUNIT_ASSERT(rig.reports.owe(first, kHead));
    CPPUNIT_ASSERT(rig.reports.owe(refused(), kHead));
    std::ofstream(rig.root + "/reports/" + first.id.text() + ".msg") << "rubbish";
    rig.reports.send();
    (void)only_report(rig);
    CPPUNIT_ASSERT(owed_reports(*rig.fs)->empty());
    CPPUNIT_ASSERT(std::filesystem::exists(rig.root + "/damaged/" + first.id.text() + ".report"));
  }
  void where_nothing_can_be_written_none_is_promised() {
    HoldingRig rig;
    std::filesystem::remove_all(rig.root + "/reports");
    CPPUNIT_ASSERT(rig.reports.owe(refused(), kHead).error().code == Errc::unavailable);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ReportDeskTest);

}  // namespace countersign
