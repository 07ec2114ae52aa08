// SPDX-License-Identifier: Apache-2.0
//
// Rules 12 and 13: replies and bounces of what a user sent, and of what he did not.
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

/// joe@example.org writes to alice@example.com and bob@example.net.
Mail outgoing() {
  Mail mail;
  mail.from = "<joe@example.org>";
  mail.to = {"<alice@example.com>", "<bob@example.net>"};
  mail.auth_type = "PLAIN";
  mail.header = {{"From", " joe@example.org"},
                 {"To", " alice@example.com, bob@example.net"},
                 {"Message-ID", " <1@example.org>"}};
  return mail;
}

/// A bounce for `recipient` of the mail with this Message-ID, as Postfix writes it.
Mail bounce(const std::string& recipient, const std::string& id = "1@example.org",
            const std::string& action = "failed") {
  Mail mail;
  mail.from = "<>";
  mail.header = {
      {"From", " MAILER-DAEMON@mx.example.com (Mail Delivery System)"},
      {"To", " joe@example.org"},
      {"Subject", " Undelivered Mail Returned to Sender"},
      {"Auto-Submitted", " auto-replied"},
      {"Content-Type", " multipart/report; report-type=delivery-status; boundary=\"b\""}};
  mail.body = {"--b\r\nContent-Type: text/plain\r\n\r\nI am sorry.\r\n\r\n",
               "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n"
               "Final-Recipient: rfc822; " +
                   recipient + "\r\nAction: " + action + "\r\n\r\n",
               "--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: joe@example.org\r\n"
               "Message-ID: <" +
                   id + ">\r\n\r\n",
               "what was written\r\n", "--b--\r\n"};
  return mail;
}

void expect_bounce(const Outcome& got) {
  CPPUNIT_ASSERT_EQUAL(std::string("Countersign: pass; reason=bounce"), got.field());
  CPPUNIT_ASSERT_EQUAL(std::string("eom"), got.stage);
}

class ReturnedTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReturnedTest);
  CPPUNIT_TEST(a_reply_passes_and_its_author_is_known);
  CPPUNIT_TEST(a_reply_from_elsewhere_in_the_domain_passes);
  CPPUNIT_TEST(a_public_message_id_helps_nobody_else);
  CPPUNIT_TEST(a_reply_asks_the_store_once);
  CPPUNIT_TEST(a_bounce_passes_once_for_each_recipient);
  CPPUNIT_TEST(a_warning_takes_no_place_of_the_failure);
  CPPUNIT_TEST(each_recipient_of_a_report_has_his_own_outcome);
  CPPUNIT_TEST(strangers_have_as_many_places_as_there_were_recipients);
  CPPUNIT_TEST(a_bounce_is_read_no_further_than_needed);
  CPPUNIT_TEST(a_bounce_that_is_held_is_kept_whole);
  CPPUNIT_TEST(a_bounce_of_what_nobody_sent_is_held);
  CPPUNIT_TEST(a_bounce_of_anothers_mail_is_held);
  CPPUNIT_TEST(a_stranger_takes_no_place_of_a_recipient);
  CPPUNIT_TEST(a_receipt_passes);
  CPPUNIT_TEST(what_stands_behind_a_quarter_of_a_megabyte_is_not_read);
  CPPUNIT_TEST(a_store_that_fails_makes_a_bounce_wait);
  CPPUNIT_TEST(a_bounce_that_is_not_accepted_has_its_place_still);
  CPPUNIT_TEST(of_two_at_once_one_is_let_in);
  CPPUNIT_TEST(observing_a_bounce_delays_nothing);
  CPPUNIT_TEST(an_earlier_rule_needs_no_body_and_takes_no_bounce);
  CPPUNIT_TEST(a_bounce_to_a_batv_address_is_its_owners);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    rig_ = std::make_unique<MilterRig>();
    CPPUNIT_ASSERT(rig_->play(outgoing()).verdict.kind == Kind::accept);
  }
  void tearDown() override { rig_.reset(); }

  Mail reply_of(const std::string& author, const std::string& domain) {
    Mail mail;
    mail.set("From", author);
    mail.set("Authentication-Results", "mx.example.org; dkim=pass header.d=" + domain);
    mail.add("In-Reply-To", "<1@example.org>");
    return mail;
  }
  void expect_held(const Outcome& got, const std::string& reason) {
    CPPUNIT_ASSERT(got.editor.added.empty());
    CPPUNIT_ASSERT(!rig_->desk.kept().empty());
    CPPUNIT_ASSERT_EQUAL(reason, rig_->desk.kept().back().envelope.reason);
  }

  void a_reply_passes_and_its_author_is_known() {
    // She answers from another address than that which he wrote to.
    const Outcome got = rig_->play(reply_of("alice.smith@example.com", "example.com"));
    CPPUNIT_ASSERT_EQUAL(std::string("Countersign: pass; reason=reply; author=example.com"),
                         got.field());
    const Outcome later =
        rig_->play(reply_of("alice.smith@example.com", "example.com").drop("In-Reply-To"));
    CPPUNIT_ASSERT_EQUAL(std::string("Countersign: pass; reason=contact; author=example.com"),
                         later.field());
  }
  void a_reply_from_elsewhere_in_the_domain_passes() {
    const Outcome got = rig_->play(reply_of("desk@help.example.net", "help.example.net")
                                       .drop("In-Reply-To")
                                       .add("References", "<0@x> <1@example.org> <2@example.net>"));
    CPPUNIT_ASSERT_EQUAL(std::string("Countersign: pass; reason=reply; author=example.net"),
                         got.field());
  }
  void a_public_message_id_helps_nobody_else() {
    expect_held(rig_->play(reply_of("eve@evil.example", "evil.example")), "first-contact");
    // Under a name to which he wrote, but not authenticated as it.
    expect_held(rig_->play(reply_of("carol@example.com", "evil.example")), "first-contact");
    expect_held(rig_->play(reply_of("alice@example.com", "evil.example")), "first-contact");
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, rig_->contacts_of("joe@example.org").size());
  }
  void a_reply_asks_the_store_once() {
    const int before = rig_->directory.look_ups;
    rig_->play(reply_of("alice.smith@example.com", "example.com"));
    CPPUNIT_ASSERT_EQUAL(before + 1, rig_->directory.look_ups);
  }

  void a_bounce_passes_once_for_each_recipient() {
    expect_bounce(rig_->play(bounce("alice@example.com")));
    expect_held(rig_->play(bounce("alice@example.com")), "machine");
    expect_bounce(rig_->play(bounce("bob@example.net")));
    expect_held(rig_->play(bounce("bob@example.net")), "machine");
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, rig_->desk.kept().size());
    CPPUNIT_ASSERT(rig_->contacts_of("joe@example.org").size() == 2);
  }
  void a_warning_takes_no_place_of_the_failure() {
    for (const char* action : {"delayed", "delivered", "failed"}) {
      expect_bounce(rig_->play(bounce("alice@example.com", "1@example.org", action)));
      expect_held(rig_->play(bounce("alice@example.com", "1@example.org", action)), "machine");
    }
    expect_held(rig_->play(bounce("alice@example.com", "1@example.org", "relayed")), "machine");
  }
  void each_recipient_of_a_report_has_his_own_outcome() {
    Mail both = bounce(
        "alice@example.com\r\nAction: delayed\r\n\r\n"
        "Final-Recipient: rfc822; bob@example.net");
    expect_bounce(rig_->play(both));
    expect_held(rig_->play(bounce("bob@example.net")), "machine");
    expect_bounce(rig_->play(bounce("alice@example.com")));
  }
  void strangers_have_as_many_places_as_there_were_recipients() {
    expect_bounce(rig_->play(bounce("a@inside.example")));
    expect_bounce(rig_->play(bounce("b@inside.example")));
    for (const char* more : {"a@inside.example", "c@evil.example", "d@inside.example"})
      expect_held(rig_->play(bounce(more)), "machine");
    // A mail to a hundred leaves room for eight.
    Mail many = outgoing();
    many.to.clear();
    for (int i = 0; i < 100; ++i) many.to.push_back("<r" + std::to_string(i) + "@example.net>");
    many.set("Message-ID", "<2@example.org>");
    CPPUNIT_ASSERT(rig_->play(many).verdict.kind == Kind::accept);
    int passed = 0;
    for (int i = 0; i < 20; ++i)
      passed += rig_->play(bounce(std::to_string(i) + "@inside.example", "2@example.org"))
                    .editor.added.size() == 1;
    CPPUNIT_ASSERT_EQUAL(8, passed);
    CPPUNIT_ASSERT_EQUAL(SentDigests::kMostStrangers, std::size_t(passed));
  }
  void a_bounce_is_read_no_further_than_needed() {
    const Outcome got = rig_->play(bounce("alice@example.com"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, got.body_pieces);
  }
  void a_bounce_that_is_held_is_kept_whole() {
    rig_->play(bounce("alice@example.com"));
    Mail second = bounce("alice@example.com");
    expect_held(rig_->play(second), "machine");
    std::string body;
    for (const std::string& piece : second.body) body += piece;
    CPPUNIT_ASSERT(rig_->desk.kept().back().content.ends_with("\r\n\r\n" + body));
  }
  void a_bounce_of_what_nobody_sent_is_held() {
    expect_held(rig_->play(bounce("alice@example.com", "forged@example.org")), "machine");
    Mail none = bounce("alice@example.com");
    none.body = {"Nothing of yours.\r\n"};
    expect_held(rig_->play(none), "machine");
  }
  void a_bounce_of_anothers_mail_is_held() {
    Mail to_ann = bounce("alice@example.com");
    to_ann.to = {"<ann@example.org>"};
    expect_held(rig_->play(to_ann), "machine");
    expect_bounce(rig_->play(bounce("alice@example.com")));
  }
  void a_stranger_takes_no_place_of_a_recipient() {
    expect_bounce(rig_->play(bounce("alice@inside.example.com")));
    expect_bounce(rig_->play(bounce("")));
    expect_held(rig_->play(bounce("alice@other.example.com")), "machine");
    expect_held(rig_->play(bounce("")), "machine");
    expect_bounce(rig_->play(bounce("alice@example.com")));
  }
  void a_receipt_passes() {
    Mail mail = bounce("");
    mail.body = {
        "--b\r\n\r\nIt was read.\r\n--b\r\n"
        "Content-Type: message/disposition-notification\r\n\r\n"
        "Final-Recipient: rfc822;alice@example.com\r\n"
        "Original-Message-ID: <1@example.org>\r\n\r\n--b--\r\n"};
    expect_bounce(rig_->play(mail));
  }
  void what_stands_behind_a_quarter_of_a_megabyte_is_not_read() {
    Mail mail = bounce("alice@example.com");
    mail.body.insert(mail.body.begin() + 1, std::string(ReturnedReport::kMostBytes, 'x') + "\r\n");
    expect_held(rig_->play(mail), "machine");
    std::string body;
    for (const std::string& piece : mail.body) body += piece;
    CPPUNIT_ASSERT(rig_->desk.kept().back().content.ends_with("\r\n\r\n" + body));
  }
  void a_store_that_fails_makes_a_bounce_wait() {
    Session session = rig_->session();
    const Mail mail = bounce("alice@example.com");
    CPPUNIT_ASSERT(MilterRig::begin(session, mail).kind == Kind::proceed);
    // The look-up is the first call after it, the bounce the second.
    rig_->store.fail_call(2);
    Verdict verdict;
    for (const std::string& piece : mail.body) verdict = session.body(piece);
    CPPUNIT_ASSERT_EQUAL(std::string("451"), verdict.reply->code());
    CPPUNIT_ASSERT(rig_->desk.kept().empty());
    expect_bounce(rig_->play(mail));
  }
  void a_bounce_that_is_not_accepted_has_its_place_still() {
    Mail mail = bounce("alice@example.com");
    mail.to.push_back("<ann@example.org>");
    rig_->desk.commit_error = Error{Errc::unavailable, "disk"};
    CPPUNIT_ASSERT_EQUAL(std::string("451"), rig_->play(mail).code());
    rig_->desk.commit_error.reset();
    CPPUNIT_ASSERT_EQUAL(std::string("Countersign: pass; reason=bounce"), rig_->play(mail).field());
    expect_held(rig_->play(bounce("alice@example.com")), "machine");
  }
  void of_two_at_once_one_is_let_in() {
    Session slow = rig_->session();
    const Mail mail = bounce("alice@example.com");
    CPPUNIT_ASSERT(MilterRig::begin(slow, mail).kind == Kind::proceed);
    for (const std::string& piece : mail.body) (void)slow.body(piece);
    expect_bounce(rig_->play(mail));
    test::WatchedEditor editor;
    CPPUNIT_ASSERT_EQUAL(std::string("451"), slow.end_of_message(editor).reply->code());
    expect_held(rig_->play(mail), "machine");
  }
  void observing_a_bounce_delays_nothing() {
    rig_->use(MilterRig::settings(Mode::observe));
    const Outcome forged = rig_->play(bounce("alice@example.com", "forged@example.org"));
    CPPUNIT_ASSERT_EQUAL(std::string("Countersign: observed; would=hold-silently; reason=machine"),
                         forged.field());
    Session session = rig_->session();
    const Mail mail = bounce("alice@example.com");
    CPPUNIT_ASSERT(MilterRig::begin(session, mail).kind == Kind::proceed);
    rig_->store.fail_call(2);
    Verdict verdict;
    for (const std::string& piece : mail.body) {
      verdict = session.body(piece);
      if (verdict.kind == Kind::skip) break;
    }
    CPPUNIT_ASSERT(verdict.kind == Kind::skip);
    test::WatchedEditor editor;
    CPPUNIT_ASSERT(session.end_of_message(editor).kind == Kind::proceed);
  }
  void an_earlier_rule_needs_no_body_and_takes_no_bounce() {
    rig_->know("joe@example.org", "mailer-daemon@mx.example.com", {}, Standing::deny);
    const Outcome got = rig_->play(bounce("alice@example.com"));
    CPPUNIT_ASSERT_EQUAL(std::string("554"), got.code());
    (void)rig_->store.contacts().remove({Level::mailbox, "joe@example.org"},
                                        "a:mailer-daemon@mx.example.com", {});
    expect_bounce(rig_->play(bounce("alice@example.com")));
  }
  void a_bounce_to_a_batv_address_is_its_owners() {
    Mail mail = bounce("alice@example.com");
    mail.to = {"<prvs=1234abcdef=joe@example.org>"};
    expect_bounce(rig_->play(mail));
  }

 private:
  std::unique_ptr<MilterRig> rig_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(ReturnedTest);

}  // namespace
}  // namespace countersign
