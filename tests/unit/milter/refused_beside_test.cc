// SPDX-License-Identifier: Apache-2.0
//
// Recipients who are refused beside others who are not: no reply speaks of them, a report does.
#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <vector>

#include "tests/support/milter_rig.h"

namespace countersign {
namespace {

using test::Mail;
using test::MilterRig;
using test::Outcome;
using Kind = Verdict::Kind;

/// Knows alice for ann@, denies her for bob@, and writes down the reports that are owed.
class Site : public MilterRig {
 public:
  Site() {
    know("ann@example.org", "alice@example.com", {"example.com"});
    know("bob@example.org", "alice@example.com", {}, Standing::deny);
    services.owe_report = [this](const HeldEnvelope& refused, std::string_view header) -> Status {
      if (fails) return Error{Errc::unavailable, "disk"};
      owed.push_back({refused, std::string(header)});
      return {};
    };
  }
  Outcome play_to(const std::vector<std::string>& to, Mail mail = {}) {
    mail.to = to;
    return play(mail);
  }

  struct Owed {
    HeldEnvelope envelope;
    std::string header;
  };
  std::vector<Owed> owed;
  bool fails = false;
};

class RefusedBesideTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RefusedBesideTest);
  CPPUNIT_TEST(who_is_refused_beside_others_is_reported);
  CPPUNIT_TEST(who_is_refused_beside_held_ones_is_reported_where_no_reply_says_it);
  CPPUNIT_TEST(what_a_reply_says_is_not_reported);
  CPPUNIT_TEST(nobody_is_told_whose_own_server_did_not_write);
  CPPUNIT_TEST(what_cannot_be_promised_makes_the_message_wait);
  CPPUNIT_TEST_SUITE_END();

 public:
  void who_is_refused_beside_others_is_reported() {
    Site site;
    const Outcome got =
        site.play_to({"<joe@example.org>", "<ann@example.org>", "<bob@example.org>"});
    CPPUNIT_ASSERT(got.verdict.kind == Kind::proceed);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, site.owed.size());
    const HeldEnvelope& refused = site.owed.front().envelope;
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, refused.envelope.recipients.size());
    CPPUNIT_ASSERT_EQUAL(std::string("<bob@example.org>"), refused.envelope.recipients[0].raw);
    CPPUNIT_ASSERT_EQUAL(std::string("blocked"), refused.reason_for(0));
    CPPUNIT_ASSERT_EQUAL(std::string("alice@example.com"), refused.author);
    CPPUNIT_ASSERT_EQUAL(std::string("example.com"), refused.fingerprint);
    CPPUNIT_ASSERT(!refused.challenged);
    CPPUNIT_ASSERT(site.owed.front().header.find("Subject: Offer for 40 chairs\r\n") !=
                   std::string::npos);
    // He of whom it is not told is held apart.
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, site.desk.kept().size());
  }
  void who_is_refused_beside_held_ones_is_reported_where_no_reply_says_it() {
    Site site;
    MilterSettings settings = MilterRig::settings(Mode::hold);
    settings.mail_channel = true;
    site.use(settings);
    const Outcome got = site.play_to({"<joe@example.org>", "<bob@example.org>"});
    CPPUNIT_ASSERT(got.verdict.kind == Kind::discard);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, site.owed.size());
    site.fails = true;
    CPPUNIT_ASSERT_EQUAL(std::string("451"),
                         site.play_to({"<joe@example.org>", "<bob@example.org>"}).code());
  }
  void what_a_reply_says_is_not_reported() {
    Site site;
    CPPUNIT_ASSERT_EQUAL(std::string("554"), site.play_to({"<bob@example.org>"}).code());
    CPPUNIT_ASSERT_EQUAL(std::string("554"),
                         site.play_to({"<joe@example.org>", "<bob@example.org>"}).code());
    CPPUNIT_ASSERT(site.owed.empty());
  }
  void nobody_is_told_whose_own_server_did_not_write() {
    const std::vector<std::string> both = {"<ann@example.org>", "<bob@example.org>"};
    const auto signed_only = " mx.example.org; dkim=pass header.d=example.com";
    for (const Mail& mail :
         {Mail{}.set("Authentication-Results", signed_only + std::string("; spf=none")),
          Mail{}.add("Auto-Submitted", "auto-generated")}) {
      Site site;
      CPPUNIT_ASSERT(site.play_to(both, mail).verdict.kind == Kind::proceed);
      CPPUNIT_ASSERT(site.owed.empty());
    }
    Site site;
    Mail other;
    other.from = "<bounces@example.com>";
    CPPUNIT_ASSERT(site.play_to(both, other).verdict.kind == Kind::proceed);
    CPPUNIT_ASSERT(site.owed.empty());
  }
  void what_cannot_be_promised_makes_the_message_wait() {
    Site site;
    site.fails = true;
    CPPUNIT_ASSERT_EQUAL(std::string("451"),
                         site.play_to({"<ann@example.org>", "<bob@example.org>"}).code());
    CPPUNIT_ASSERT(site.play_to({"<ann@example.org>"}).verdict.kind == Kind::proceed);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RefusedBesideTest);

}  // namespace
}  // namespace countersign
