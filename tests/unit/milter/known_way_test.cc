// SPDX-License-Identifier: Apache-2.0
//
// Mode defer and mail whose reverse-path is new each time: who is known is made to wait once, and
// who is not waits by the same way as before.
#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/milter_rig.h"
#include "tokenstore/rules.h"

namespace countersign::test {
namespace {

using Kind = Verdict::Kind;
using Texts = std::vector<std::string>;

class KnownWayTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(KnownWayTest);
  CPPUNIT_TEST(a_contact_whose_reverse_path_changes_waits_once);
  CPPUNIT_TEST(a_stranger_by_the_same_way_is_asked_after_the_header);
  CPPUNIT_TEST(a_forged_contact_makes_no_way_and_gains_nothing_by_one);
  CPPUNIT_TEST(a_way_is_written_once_a_day_and_forgotten_in_the_end);
  CPPUNIT_TEST(a_way_that_cannot_be_remembered_delays_only_the_next);
  CPPUNIT_TEST(who_is_answered_does_not_wait);
  CPPUNIT_TEST(who_knows_the_author_does_not_wait_for_who_does_not);
  CPPUNIT_TEST(who_has_the_mail_already_is_told_apart_at_rcpt);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    rig_ = std::make_unique<MilterRig>();
    rig_->use(MilterRig::settings(Mode::defer));
  }
  void tearDown() override { rig_.reset(); }

  void a_contact_whose_reverse_path_changes_waits_once() {
    know_alice("joe@example.org");
    expect_reply(by("<b-123@esp.example>"), "450");
    wait_over();
    expect_passed(by("<b-123@esp.example>"));
    CPPUNIT_ASSERT((rig_->asker.remembered == Texts{"joe@example.org"}));
    const int before = rig_->directory.look_ups;
    expect_passed(by("<x-124@em2.esp.example>"));
    CPPUNIT_ASSERT_EQUAL(std::string("Countersign: pass; reason=contact; author=example.com"),
                         by("<c125@esp.example>").field());
    // At RCPT and at the end of the header section, as who need not wait costs.
    CPPUNIT_ASSERT_EQUAL(before + 4, rig_->directory.look_ups);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig_->asker.remembered.size());
  }

  void a_stranger_by_the_same_way_is_asked_after_the_header() {
    make_way("joe@example.org");
    const Mail stranger = from_eve("<b-7@esp.example>");
    const Outcome got = rig_->play(stranger);
    expect_reply(got, "450");
    CPPUNIT_ASSERT(got.text().starts_with("First message to this address; waiting"));
    const AskedTuple& tuple = rig_->asker.questions.back().tuple;
    CPPUNIT_ASSERT(tuple.copy == Copy::deferred);
    CPPUNIT_ASSERT_EQUAL(std::string("b-7@esp.example"), tuple.reverse_path);
    CPPUNIT_ASSERT_EQUAL(got.text(), rig_->play(stranger).text());
    CPPUNIT_ASSERT(rig_->desk.kept().empty());
    // What he answers counts, and what he does not is held.
    wait_over();
    expect_reply(rig_->play(stranger), "554");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig_->desk.kept().size());
    expect_reply(rig_->play(from_eve("<b-8@esp.example>")), "450");
    rig_->asker.answer();
    CPPUNIT_ASSERT_EQUAL(std::string("Countersign: pass; reason=answered; author=example.net"),
                         rig_->play(from_eve("<b-8@esp.example>")).field());
    // That was no contact's.
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig_->asker.remembered.size());
  }

  void a_forged_contact_makes_no_way_and_gains_nothing_by_one() {
    know_alice("joe@example.org");
    Mail forged = mail("<b-5@esp.example>").unauthenticated();
    expect_reply(rig_->play(forged), "450");
    wait_over();
    CPPUNIT_ASSERT(rig_->play(forged).verdict.kind == Kind::discard);
    CPPUNIT_ASSERT(rig_->asker.remembered.empty());
    make_way("joe@example.org");
    forged.from = "<b-9@esp.example>";
    CPPUNIT_ASSERT(rig_->play(forged).verdict.kind == Kind::discard);
    CPPUNIT_ASSERT_EQUAL(std::string("forged-contact"), rig_->desk.kept().back().envelope.reason);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig_->asker.remembered.size());
  }

  void a_way_is_written_once_a_day_and_forgotten_in_the_end() {
    make_way("joe@example.org");
    pass_time(std::chrono::hours(23));
    expect_passed(by("<b-2@esp.example>"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig_->asker.remembered.size());
    pass_time(std::chrono::hours(2));
    expect_passed(by("<b-3@esp.example>"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, rig_->asker.remembered.size());
    pass_time(kWayLife - seconds(1));
    expect_passed(by("<b-4@esp.example>"));
    pass_time(kWayLife);
    expect_reply(by("<b-5@esp.example>"), "450");
  }

  void a_way_that_cannot_be_remembered_delays_only_the_next() {
    know_alice("joe@example.org");
    expect_reply(by("<b-1@esp.example>"), "450");
    wait_over();
    rig_->asker.error = Error{Errc::unavailable, "store"};
    expect_passed(by("<b-1@esp.example>"));
    rig_->asker.error.reset();
    expect_reply(by("<b-2@esp.example>"), "450");
  }

  void who_is_answered_does_not_wait() {
    Mail sent;
    sent.from = "<joe@example.org>";
    sent.to = {"<bob@corp.example>"};
    sent.header = {{"From", " joe@example.org"}, {"Message-ID", " <ours@example.org>"}};
    sent.auth_type = "PLAIN";
    rig_->play(sent);
    const auto from_colleague = [&](const std::string& name) {
      Mail out = mail("<" + name + "@mail.corp.example>");
      out.set("From", name + "@corp.example");
      return out.set("Authentication-Results", "mx.example.org; dkim=pass header.d=corp.example");
    };
    CPPUNIT_ASSERT_EQUAL(
        std::string("Countersign: pass; reason=reply; author=corp.example"),
        rig_->play(from_colleague("col").add("In-Reply-To", "<ours@example.org>")).field());
    // It tells that more of them may write; who does not answer anything waits.
    CPPUNIT_ASSERT((rig_->asker.remembered == Texts{"joe@example.org"}));
    expect_reply(rig_->play(from_colleague("dan")), "450");
  }

  void who_knows_the_author_does_not_wait_for_who_does_not() {
    make_way("joe@example.org");
    make_way("ann@example.org");
    // Of those who know others by this way, only one knows eve: the other has her mail held.
    rig_->know("joe@example.org", "eve@example.net", {"example.net"});
    Mail both = from_eve("<b-7@esp.example>");
    both.to = {"<ann@example.org>", "<joe@example.org>"};
    both.set("To", "ann@example.org, joe@example.org");
    const Outcome got = rig_->play(both);
    expect_passed(got);
    CPPUNIT_ASSERT((got.editor.deleted == Texts{"<ann@example.org>", "ann@example.org"}));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig_->desk.kept().size());
    // Where nobody knows her, both wait.
    both.from = "<b-8@esp.example>";
    both.set("From", "mallory@example.net");
    expect_reply(rig_->play(both), "450");
  }

  void who_has_the_mail_already_is_told_apart_at_rcpt() {
    make_way("ann@example.org");
    rig_->know("joe@example.org", "x@esp.example", {"esp.example"});
    Session session = rig_->session();
    session.mail({"<x@esp.example>"}, "");
    const auto rcpt = [&](const std::string& path) {
      return session.recipient({"<" + path + ">"}, path, true).kind;
    };
    CPPUNIT_ASSERT(rcpt("joe@example.org") == Kind::proceed);
    CPPUNIT_ASSERT(rcpt("ann@example.org") == Kind::reply);
  }

 private:
  static Mail mail(const std::string& reverse_path) {
    Mail out;
    out.rcpt_answered = true;
    out.from = reverse_path;
    return out;
  }
  static Mail from_eve(const std::string& reverse_path) {
    Mail out = mail(reverse_path);
    out.set("From", "eve@example.net");
    return out.set("Authentication-Results", "mx.example.org; dkim=pass header.d=example.net");
  }
  Outcome by(const std::string& reverse_path) { return rig_->play(mail(reverse_path)); }
  void know_alice(const std::string& owner) {
    rig_->know(owner, "alice@example.com", {"example.com"});
  }
  /// Alice, whom `owner` knows, wrote by this service once.
  void make_way(const std::string& owner) {
    know_alice(owner);
    Mail first = mail("<b-1@esp.example>");
    first.to = {"<" + owner + ">"};
    first.set("To", owner);
    expect_reply(rig_->play(first), "450");
    wait_over();
    expect_passed(rig_->play(first));
    CPPUNIT_ASSERT_EQUAL(owner, rig_->asker.remembered.back());
  }
  void pass_time(milliseconds time) {
    rig_->clock.advance(time);
    rig_->page_up();
  }
  void wait_over() { pass_time(std::chrono::minutes(31)); }

  static void expect_reply(const Outcome& got, const std::string& code) {
    CPPUNIT_ASSERT_EQUAL(code, got.code());
  }
  static void expect_passed(const Outcome& got) {
    CPPUNIT_ASSERT_EQUAL(std::string(), got.code());
    CPPUNIT_ASSERT(got.verdict.kind == Kind::proceed);
  }

  std::unique_ptr<MilterRig> rig_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(KnownWayTest);

}  // namespace
}  // namespace countersign::test
