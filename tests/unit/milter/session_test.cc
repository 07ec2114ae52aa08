// SPDX-License-Identifier: Apache-2.0
//
// Sessions: RSET in each state, several mails, steps that no MTA would take.
#include "milter/session.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/support/milter_rig.h"

namespace countersign {
namespace {

using test::Mail;
using test::MilterRig;
using test::Outcome;
using Kind = Verdict::Kind;

class SessionTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SessionTest);
  CPPUNIT_TEST(nothing_of_one_mail_is_in_the_next);
  CPPUNIT_TEST(a_reset_in_any_state_leaves_nothing);
  CPPUNIT_TEST(a_second_mail_takes_the_place_of_one_that_was_not_ended);
  CPPUNIT_TEST(authentication_counts_for_its_mail_only);
  CPPUNIT_TEST(a_second_greeting_is_the_one_that_counts);
  CPPUNIT_TEST(steps_without_a_mail_are_answered_with_451);
  CPPUNIT_TEST(what_was_refused_stays_refused);
  CPPUNIT_TEST(sessions_in_many_threads_do_not_meet);
  CPPUNIT_TEST_SUITE_END();

 public:
  void nothing_of_one_mail_is_in_the_next() {
    MilterRig rig;
    rig.know("joe@example.org", "alice@example.com", {"example.com"});
    Session session = rig.session();
    CPPUNIT_ASSERT(MilterRig::play(session, Mail{}).verdict.kind == Kind::proceed);

    Mail stranger;
    stranger.from = "<bob@example.net>";
    stranger.to = {"<ann@example.org>"};
    stranger.header = {{"From", " bob@example.net"}};
    stranger.body = {"second\r\n"};
    const Outcome second = MilterRig::play(session, stranger);
    CPPUNIT_ASSERT_EQUAL(std::string("554"), second.code());
    const auto kept = rig.desk.kept().at(0);
    CPPUNIT_ASSERT_EQUAL(std::string("From: bob@example.net\r\n\r\nsecond\r\n"), kept.content);
    CPPUNIT_ASSERT_EQUAL(std::string(), kept.envelope.fingerprint);
    CPPUNIT_ASSERT_EQUAL(std::string("<bob@example.net>"), kept.envelope.envelope.reverse_path.raw);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, kept.envelope.envelope.recipients.size());

    CPPUNIT_ASSERT_EQUAL(std::string("Countersign: pass; reason=contact; author=example.com"),
                         MilterRig::play(session, Mail{}).field());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.desk.kept().size());
  }

  void a_reset_in_any_state_leaves_nothing() {
    const Mail dropped = [] {
      Mail mail;
      mail.from = "<bob@example.net>";
      mail.to = {"<ann@example.org>", "<bob@example.org>"};
      mail.header = {{"From", " bob@example.net"}, {"Precedence", " bulk"}};
      return mail;
    }();
    for (int steps = 0; steps <= 6; ++steps) {
      MilterRig rig;
      Session session = rig.session();
      if (steps >= 1) session.mail({dropped.from}, "PLAIN");
      if (steps >= 2) session.recipient({dropped.to[0]}, "ann@example.org");
      if (steps >= 3) session.recipient({dropped.to[1]}, "bob@example.org");
      if (steps >= 4) session.field("From", " bob@example.net");
      if (steps >= 5) MilterRig::begin(session, dropped);
      if (steps >= 6) session.body("half a");
      session.abort();
      CPPUNIT_ASSERT_EQUAL(0, rig.desk.drafts());
      const Outcome got = MilterRig::play(session, Mail{});
      CPPUNIT_ASSERT_EQUAL(std::string("554"), got.code());
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.desk.kept().size());
      const auto kept = rig.desk.kept().at(0);
      CPPUNIT_ASSERT_EQUAL(std::string("first-contact"), kept.envelope.reason);
      CPPUNIT_ASSERT_EQUAL(std::string("<joe@example.org>"),
                           kept.envelope.envelope.recipients.at(0).raw);
      CPPUNIT_ASSERT_EQUAL(std::string::npos, kept.content.find("bob@example.net"));
      CPPUNIT_ASSERT_EQUAL(std::string::npos, kept.content.find("half a"));
    }
  }

  void a_second_mail_takes_the_place_of_one_that_was_not_ended() {
    MilterRig rig;
    Session session = rig.session();
    MilterRig::begin(session, Mail{});
    session.body("half a");
    CPPUNIT_ASSERT_EQUAL(std::string("554"), MilterRig::play(session, Mail{}).code());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.desk.kept().size());
    CPPUNIT_ASSERT_EQUAL(0, rig.desk.drafts());
  }

  void authentication_counts_for_its_mail_only() {
    MilterRig rig;
    Session session = rig.session();
    Mail mail;
    mail.auth_type = "PLAIN";
    CPPUNIT_ASSERT(MilterRig::play(session, mail).verdict.kind == Kind::accept);
    CPPUNIT_ASSERT_EQUAL(std::string("554"), MilterRig::play(session, Mail{}).code());
  }

  void a_second_greeting_is_the_one_that_counts() {
    MilterRig rig;
    Session session = rig.session();
    session.helo("second.example.com");
    MilterRig::play(session, Mail{});
    CPPUNIT_ASSERT(rig.desk.kept().at(0).envelope.received.starts_with(
        "Received: from second.example.com (mail.example.com [192.0.2.7])"));
  }

  void steps_without_a_mail_are_answered_with_451() {
    MilterRig rig;
    Session session(rig.services);
    test::WatchedEditor editor;
    for (const Verdict& verdict :
         {session.recipient({"<joe@example.org>"}, ""), session.field("a", "b"),
          session.end_of_header(""), session.body("x"), session.end_of_message(editor)})
      CPPUNIT_ASSERT_EQUAL(std::string("451"), verdict.reply->code());
    MilterRig::play(session, Mail{});
    CPPUNIT_ASSERT_EQUAL(std::string("451"), session.end_of_message(editor).reply->code());
  }

  void what_was_refused_stays_refused() {
    MilterRig rig;
    rig.desk.body_error = Error{Errc::unavailable, "disk"};
    Session session = rig.session();
    MilterRig::begin(session, Mail{});
    CPPUNIT_ASSERT_EQUAL(std::string("451"), session.body("a\r\n").reply->code());
    rig.desk.body_error.reset();
    test::WatchedEditor editor;
    CPPUNIT_ASSERT_EQUAL(std::string("451"), session.body("b\r\n").reply->code());
    CPPUNIT_ASSERT_EQUAL(std::string("451"), session.end_of_message(editor).reply->code());
    CPPUNIT_ASSERT(rig.desk.kept().empty());
  }

  void sessions_in_many_threads_do_not_meet() {
    MilterRig rig;
    rig.use(MilterRig::settings(Mode::observe));
    rig.set_policy("joe@example.org", {{"mode", "hold"}});
    constexpr int kThreads = 8;
    constexpr int kMails = 25;
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&rig, t] {
        const std::string author = "user" + std::to_string(t) + "@example.com";
        for (int i = 0; i < kMails; ++i) {
          Session session = rig.session();
          Mail mail;
          mail.from = "<" + author + ">";
          mail.set("From", author);
          mail.to = {i % 2 == 0 ? "<joe@example.org>" : "<ann@example.org>"};
          MilterRig::play(session, mail);
          rig.use(MilterRig::settings(Mode::observe));
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CPPUNIT_ASSERT_EQUAL(std::size_t{kThreads * (kMails / 2 + 1)}, rig.desk.kept().size());
    for (const auto& kept : rig.desk.kept()) {
      CPPUNIT_ASSERT_EQUAL("<" + kept.envelope.author + ">",
                           kept.envelope.envelope.reverse_path.raw);
      CPPUNIT_ASSERT(kept.content.find(kept.envelope.author) != std::string::npos);
    }
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(SessionTest);

}  // namespace
}  // namespace countersign
