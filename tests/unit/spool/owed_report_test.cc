// SPDX-License-Identifier: Apache-2.0
#include "spool/owed_report.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/failing_fs.h"
#include "tests/support/held_samples.h"
#include "tests/support/lossy_fs.h"

namespace countersign {

class OwedReportTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(OwedReportTest);
  CPPUNIT_TEST(a_report_is_read_as_it_was_owed_and_removed);
  CPPUNIT_TEST(a_report_survives_a_power_cut);
  CPPUNIT_TEST(a_removed_report_stays_removed);
  CPPUNIT_TEST(a_report_that_failed_leaves_nothing);
  CPPUNIT_TEST(one_that_is_damaged_is_set_aside);
  CPPUNIT_TEST(no_more_are_promised_than_may_wait);
  CPPUNIT_TEST_SUITE_END();

  static OwedReport sample(char digit = '1') {
    return {test::sample_envelope(test::held_id("7q", digit)), "From: a@b.example\r\nX: y\r\n"};
  }
  /// A spool's folders.
  template <class Fs>
  static void open(Fs& fs) {
    CPPUNIT_ASSERT(Spool::open(fs, {}));
  }

 public:
  void a_report_is_read_as_it_was_owed_and_removed() {
    test::LossyFs fs;
    open(fs);
    CPPUNIT_ASSERT(owed_reports(fs)->empty());
    CPPUNIT_ASSERT(owe_report(fs, sample()));
    CPPUNIT_ASSERT(owe_report(fs, sample('2')));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, owed_reports(fs)->size());
    const HeldId id = sample().envelope.id;
    const auto read = read_report(fs, id);
    CPPUNIT_ASSERT_EQUAL(sample().header_section, read->header_section);
    CPPUNIT_ASSERT_EQUAL(sample().envelope.author, read->envelope.author);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, read->envelope.envelope.recipients.size());
    CPPUNIT_ASSERT(remove_report(fs, id));
    CPPUNIT_ASSERT(remove_report(fs, id));
    CPPUNIT_ASSERT(read_report(fs, id).error().code == Errc::not_found);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, owed_reports(fs)->size());
  }
  void a_report_survives_a_power_cut() {
    for (unsigned seed = 0; seed < 20; ++seed) {
      test::LossyFs fs;
      open(fs);
      CPPUNIT_ASSERT(owe_report(fs, sample()));
      fs.power_cut(seed);
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, owed_reports(fs)->size());
      CPPUNIT_ASSERT(read_report(fs, sample().envelope.id));
    }
  }
  void a_removed_report_stays_removed() {
    test::LossyFs fs;
    open(fs);
    CPPUNIT_ASSERT(owe_report(fs, sample()));
    CPPUNIT_ASSERT(remove_report(fs, sample().envelope.id));
    fs.power_cut(0);
    CPPUNIT_ASSERT(owed_reports(fs)->empty());
  }
  void a_report_that_failed_leaves_nothing() {
    for (int at = 1;; ++at) {
      test::LossyFs fs;
      open(fs);
      test::FailingFs failing(fs);
      failing.arm({.at = at, .effect = test::Fault::Effect::part});
      const auto owed = owe_report(failing, sample());
      if (!failing.broken()) {
        CPPUNIT_ASSERT(owed);
        CPPUNIT_ASSERT(at > 6);
        return;
      }
      CPPUNIT_ASSERT(!owed);
      CPPUNIT_ASSERT(owed_reports(fs)->empty());
    }
  }
  void one_that_is_damaged_is_set_aside() {
    test::LossyFs fs;
    open(fs);
    CPPUNIT_ASSERT(owe_report(fs, sample()));
    const HeldId id = sample().envelope.id;
    auto file = fs.append_to("reports/" + id.text() + ".msg");
    CPPUNIT_ASSERT((*file)->write_all("x"));
    CPPUNIT_ASSERT(read_report(fs, id).error().code == Errc::corrupt);
    CPPUNIT_ASSERT(set_report_aside(fs, id));
    CPPUNIT_ASSERT(owed_reports(fs)->empty());
    CPPUNIT_ASSERT(*fs.exists("damaged/" + id.text() + ".report"));
  }
  void no_more_are_promised_than_may_wait() {
    test::LossyFs fs;
    open(fs);
    for (std::size_t i = 0; i < kMostOwedReports; ++i) {
      OwedReport report = sample();
      report.envelope.id = HeldId::random();
      CPPUNIT_ASSERT(owe_report(fs, report));
    }
    const auto refused = owe_report(fs, sample());
    CPPUNIT_ASSERT(refused.error().code == Errc::unavailable);
    CPPUNIT_ASSERT_EQUAL(std::string("1000 reports wait already"), refused.error().detail);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(OwedReportTest);

}  // namespace countersign
