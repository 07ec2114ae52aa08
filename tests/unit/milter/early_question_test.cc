// SPDX-License-Identifier: Apache-2.0
//
// The store is asked while the header section still comes in, and never believed for another
// question than the one that the whole section asks.
#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/milter_rig.h"

namespace countersign::test {
namespace {

class EarlyQuestionTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(EarlyQuestionTest);
  CPPUNIT_TEST(the_store_is_asked_before_the_header_section_ends);
  CPPUNIT_TEST(an_early_answer_is_the_only_one);
  CPPUNIT_TEST(a_second_from_makes_the_early_answer_worthless);
  CPPUNIT_TEST(a_from_that_comes_late_is_asked_for_at_the_end);
  CPPUNIT_TEST(a_store_that_cannot_be_asked_early_is_asked_at_the_end);
  CPPUNIT_TEST(nobody_is_asked_early_for_mail_that_passes_anyway);
  CPPUNIT_TEST_SUITE_END();

 public:
  void the_store_is_asked_before_the_header_section_ends() {
    MilterRig rig;
    Session session = rig.session();
    session.mail({"<alice@example.com>"}, "");
    session.recipient({"<joe@example.org>"}, "joe@example.org");
    session.field("From", " alice@example.com");
    CPPUNIT_ASSERT_EQUAL(0, rig.directory.early);
    session.field("Content-Type", " text/plain");
    CPPUNIT_ASSERT_EQUAL(1, rig.directory.early);
  }

  void an_early_answer_is_the_only_one() {
    MilterRig rig;
    know_alice(rig);
    const Outcome got = rig.play(Mail{}.add("Content-Type", "text/plain"));
    CPPUNIT_ASSERT_EQUAL(kPassed, got.field());
    CPPUNIT_ASSERT_EQUAL(1, rig.directory.early);
    CPPUNIT_ASSERT_EQUAL(1, rig.directory.look_ups);
  }

  void a_second_from_makes_the_early_answer_worthless() {
    MilterRig rig;
    know_alice(rig);
    rig.play(Mail{}.add("Content-Type", "text/plain").add("From", "eve@example.net"));
    CPPUNIT_ASSERT_EQUAL(1, rig.directory.early);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.desk.kept().size());
    CPPUNIT_ASSERT_EQUAL(std::string("malformed"), rig.desk.kept()[0].envelope.reason);
  }

  void a_from_that_comes_late_is_asked_for_at_the_end() {
    MilterRig rig;
    know_alice(rig);
    Mail mail = Mail{}.drop("From").add("Content-Type", "text/plain");
    const Outcome got = rig.play(mail.add("From", "Alice <alice@example.com>"));
    CPPUNIT_ASSERT_EQUAL(kPassed, got.field());
    CPPUNIT_ASSERT_EQUAL(0, rig.directory.early);
  }

  void a_store_that_cannot_be_asked_early_is_asked_at_the_end() {
    MilterRig rig;
    know_alice(rig);
    rig.directory.asks_early = false;
    CPPUNIT_ASSERT_EQUAL(kPassed, rig.play(Mail{}.add("Content-Type", "text/plain")).field());
    CPPUNIT_ASSERT_EQUAL(1, rig.directory.look_ups);
  }

  void nobody_is_asked_early_for_mail_that_passes_anyway() {
    MilterRig rig;
    Mail mail = Mail{}.add("Content-Type", "text/plain");
    mail.to = {"<ann@example.net>"};
    rig.play(mail);
    mail.to = {"<postmaster@example.org>"};
    rig.play(mail);
    mail.to = {"<joe@example.org>"};
    mail.auth_type = "PLAIN";
    rig.play(mail);
    CPPUNIT_ASSERT_EQUAL(0, rig.directory.early);
  }

 private:
  const std::string kPassed = "Countersign: pass; reason=contact; author=example.com";

  static void know_alice(MilterRig& rig) {
    rig.know("joe@example.org", "alice@example.com", {"example.com"});
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(EarlyQuestionTest);

}  // namespace
}  // namespace countersign::test
