// SPDX-License-Identifier: Apache-2.0
//
// Source `builtin`: what a transaction does with an authenticator of our own.
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
using Texts = std::vector<std::string>;

const AuthResult kDkimPass{"dkim", "pass", "", {{"header", "d", "example.com"}}, {}};
const AuthResult kSpfPass{"spf", "pass", "", {{"smtp", "mailfrom", "alice@example.com"}}, {}};
const AuthResult kDkimTemperror{"dkim", "temperror", "", {{"header", "d", "example.com"}}, {}};

struct Rig : MilterRig {
  explicit Rig(Mode mode = Mode::hold) : authenticator(clock) {
    MilterSettings fresh = settings(mode);
    fresh.authentication.source = AuthenticationSource::builtin;
    use(fresh);
    services.authenticator = &authenticator;
    know("joe@example.org", "alice@example.com", {"example.com"});
  }
  test::WatchedAuthenticator authenticator;
};

Mail plain() { return Mail{}.unauthenticated(); }
Mail with_signature() { return plain().add("DKIM-Signature", "v=1; d=example.com"); }

void expect(const Outcome& got, Kind kind, const std::string& stage) {
  CPPUNIT_ASSERT_EQUAL(stage, got.stage);
  CPPUNIT_ASSERT_EQUAL(static_cast<int>(kind), static_cast<int>(got.verdict.kind));
}

class BuiltinTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(BuiltinTest);
  CPPUNIT_TEST(without_a_signature_it_is_decided_before_the_body);
  CPPUNIT_TEST(with_a_signature_it_is_decided_at_the_end);
  CPPUNIT_TEST(it_is_told_who_sent_what);
  CPPUNIT_TEST(a_stranger_is_held_whole_though_it_was_decided_at_the_end);
  CPPUNIT_TEST(a_denied_author_is_refused_at_the_end);
  CPPUNIT_TEST(a_body_that_cannot_be_held_is_told_at_the_end);
  CPPUNIT_TEST(a_body_over_the_limit_passes_where_it_is_not_held);
  CPPUNIT_TEST(a_body_that_could_not_be_kept_makes_only_strangers_wait);
  CPPUNIT_TEST(what_outsiders_wrote_in_our_name_is_not_believed);
  CPPUNIT_TEST(what_outsiders_wrote_in_our_name_is_removed_highest_first);
  CPPUNIT_TEST(it_is_removed_from_mail_that_nobody_screens);
  CPPUNIT_TEST(it_is_removed_from_what_is_held);
  CPPUNIT_TEST(ours_is_written_on_top);
  CPPUNIT_TEST(mail_of_ours_keeps_all_its_fields);
  CPPUNIT_TEST(a_contact_waits_with_his_sender_while_nobody_looks);
  CPPUNIT_TEST(a_contact_waits_with_his_sender_when_it_dies_on_the_way);
  CPPUNIT_TEST(a_stranger_is_asked_though_nobody_looks);
  CPPUNIT_TEST(observing_nothing_waits);
  CPPUNIT_TEST(observing_has_less_patience);
  CPPUNIT_TEST(mail_that_is_not_screened_is_not_looked_at);
  CPPUNIT_TEST(an_abandoned_message_leaves_nothing);
  CPPUNIT_TEST_SUITE_END();

 public:
  void without_a_signature_it_is_decided_before_the_body() {
    Rig rig;
    rig.authenticator.finds = {kSpfPass};
    const Outcome got = rig.play(plain());
    expect(got, Kind::proceed, "eom");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, got.body_pieces);
    CPPUNIT_ASSERT_EQUAL(std::string(), rig.authenticator.body);
    CPPUNIT_ASSERT_EQUAL(std::string("Countersign: pass; reason=contact; author=example.com"),
                         got.field());
  }

  void with_a_signature_it_is_decided_at_the_end() {
    Rig rig;
    rig.authenticator.finds = {kDkimPass};
    const int before = rig.store.calls();
    const Outcome got = rig.play(with_signature());
    expect(got, Kind::proceed, "eom");
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, got.body_pieces);
    CPPUNIT_ASSERT_EQUAL(std::string("Dear Joe,\r\n40 chairs.\r\n"), rig.authenticator.body);
    CPPUNIT_ASSERT_EQUAL(std::string("Countersign: pass; reason=contact; author=example.com"),
                         got.field());
    CPPUNIT_ASSERT_EQUAL(before + 1, rig.store.calls());
  }

  void it_is_told_who_sent_what() {
    Rig rig;
    Mail mail = with_signature();
    mail.from = "<Bounce@News.Example.COM>";
    rig.play(mail);
    const MessageOrigin& origin = rig.authenticator.origin;
    CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.7"), origin.client);
    CPPUNIT_ASSERT_EQUAL(std::string("mail.example.com"), origin.helo);
    CPPUNIT_ASSERT_EQUAL(std::string("bounce@news.example.com"), origin.reverse_path);
    CPPUNIT_ASSERT_EQUAL(std::string("example.com"), origin.author_domain);
    CPPUNIT_ASSERT(rig.authenticator.header.starts_with("From: Alice <alice@example.com>\r\n"));
    CPPUNIT_ASSERT(rig.authenticator.header.ends_with("v=1; d=example.com\r\n"));
    CPPUNIT_ASSERT(milliseconds(4000) == rig.authenticator.patience);
  }

  void a_stranger_is_held_whole_though_it_was_decided_at_the_end() {
    Rig rig;
    rig.authenticator.finds = {{"dkim", "pass", "", {{"header", "d", "example.net"}}, {}}};
    Mail mail = with_signature().set("From", "bob@example.net");
    mail.body = {std::string(100'000, 'x') + "\r\n", std::string(100'000, 'y') + "\r\n", "end\r\n"};
    const Outcome got = rig.play(mail);
    expect(got, Kind::reply, "eom");
    CPPUNIT_ASSERT_EQUAL(std::string("554"), got.code());
    const auto kept = rig.desk.kept();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, kept.size());
    CPPUNIT_ASSERT_EQUAL(std::string("example.net"), kept[0].envelope.fingerprint);
    CPPUNIT_ASSERT(kept[0].content.ends_with("\r\n\r\n" + mail.body[0] + mail.body[1] + "end\r\n"));
  }

  void a_denied_author_is_refused_at_the_end() {
    Rig rig;
    rig.know("joe@example.org", "alice@example.com", {}, Standing::deny);
    const Outcome got = rig.play(with_signature());
    expect(got, Kind::reply, "eom");
    CPPUNIT_ASSERT_EQUAL(std::string("554"), got.code());
    CPPUNIT_ASSERT(rig.desk.kept().empty());
  }

  void a_body_that_cannot_be_held_is_told_at_the_end() {
    Rig rig;
    Mail mail = with_signature().set("From", "bob@example.net");
    mail.body = {"a bare\rreturn\r\n"};
    const Outcome got = rig.play(mail);
    expect(got, Kind::reply, "eom");
    CPPUNIT_ASSERT_EQUAL(std::string("554"), got.code());
    CPPUNIT_ASSERT(rig.desk.kept().empty());
    CPPUNIT_ASSERT_EQUAL(0, rig.desk.drafts());
  }

  void a_body_over_the_limit_passes_where_it_is_not_held() {
    Rig rig;
    MilterSettings small = *rig.services.settings();
    small.max_message_bytes = 1000;
    rig.use(small);
    Mail mail = with_signature();
    mail.body = {std::string(998, 'x') + "\r\n", std::string(998, 'x') + "\r\n"};
    rig.authenticator.finds = {kDkimPass};
    expect(rig.play(mail), Kind::proceed, "eom");
    const Outcome held = rig.play(mail.set("From", "bob@example.net"));
    expect(held, Kind::reply, "eom");
    CPPUNIT_ASSERT_EQUAL(std::string("552"), held.code());
    CPPUNIT_ASSERT(rig.desk.kept().empty());
  }

  void a_body_that_could_not_be_kept_makes_only_strangers_wait() {
    Rig rig;
    MilterSettings nowhere = *rig.services.settings();
    nowhere.buffer_folder = "/nowhere";
    rig.use(nowhere);
    Mail mail = with_signature();
    mail.body = {std::string(300'000, 'x') + "\r\n"};
    rig.authenticator.finds = {kDkimPass};
    expect(rig.play(mail), Kind::proceed, "eom");
    const Outcome held = rig.play(mail.set("From", "bob@example.net"));
    CPPUNIT_ASSERT_EQUAL(std::string("451"), held.code());
    CPPUNIT_ASSERT(rig.desk.kept().empty());
    CPPUNIT_ASSERT_EQUAL(0, rig.desk.drafts());
  }

  void what_outsiders_wrote_in_our_name_is_not_believed() {
    Rig rig;
    const Outcome got = rig.play(Mail{});
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.desk.kept().size());
    CPPUNIT_ASSERT_EQUAL(std::string(), rig.desk.kept()[0].envelope.fingerprint);
    CPPUNIT_ASSERT_EQUAL(std::string("forged-contact"), rig.desk.kept()[0].envelope.reason);
    expect(got, Kind::discard, "eom");
  }

  void what_outsiders_wrote_in_our_name_is_removed_highest_first() {
    Rig rig;
    rig.authenticator.finds = {kSpfPass};
    const Outcome got =
        rig.play(Mail{}
                     .add("Authentication-Results", "mx.example.net; spf=pass")
                     .add("authentication-results", "(a) \"MX.example.org\" 1; spf=pass"));
    CPPUNIT_ASSERT(
        (got.editor.removed == Texts{"Authentication-Results 3", "Authentication-Results 1"}));
  }

  void it_is_removed_from_mail_that_nobody_screens() {
    Rig rig;
    Mail mail;
    mail.to = {"<ann@example.net>"};
    const Outcome got = rig.play(mail);
    expect(got, Kind::proceed, "eom");
    CPPUNIT_ASSERT((got.editor.removed == Texts{"Authentication-Results 1"}));
    CPPUNIT_ASSERT(got.editor.added.empty() && got.editor.on_top.empty());
    CPPUNIT_ASSERT_EQUAL(0, rig.authenticator.begun);
    expect(rig.play(mail.unauthenticated()), Kind::accept, "eoh");
  }

  void it_is_removed_from_what_is_held() {
    Rig rig;
    rig.authenticator.finds = {kSpfPass};
    const Mail mail = Mail{}.set("From", "bob@example.net");
    rig.play(mail);
    const std::string content = rig.desk.kept().at(0).content;
    CPPUNIT_ASSERT(
        content.starts_with("Authentication-Results: mx.example.org;\r\n"
                            "\tspf=pass smtp.mailfrom=alice@example.com\r\nTo:"));
    CPPUNIT_ASSERT(content.find("dkim=pass") == std::string::npos);
  }

  void ours_is_written_on_top() {
    Rig rig;
    rig.authenticator.finds = {kSpfPass, kDkimPass};
    const Outcome got = rig.play(with_signature());
    CPPUNIT_ASSERT((got.editor.on_top ==
                    Texts{"Authentication-Results: mx.example.org;\n\tspf=pass "
                          "smtp.mailfrom=alice@example.com;\n\tdkim=pass header.d=example.com"}));
  }

  void mail_of_ours_keeps_all_its_fields() {
    Rig rig;
    Mail mail;
    mail.auth_type = "PLAIN";
    const Outcome got = rig.play(mail);
    expect(got, Kind::accept, "eoh");
    CPPUNIT_ASSERT_EQUAL(0, rig.authenticator.begun);
  }

  void a_contact_waits_with_his_sender_while_nobody_looks() {
    Rig rig;
    rig.authenticator.begin_error = Error{Errc::unavailable, "no process"};
    const Outcome got = rig.play(with_signature());
    expect(got, Kind::reply, "eoh");
    CPPUNIT_ASSERT_EQUAL(std::string("451"), got.code());
    CPPUNIT_ASSERT_EQUAL(1.0, rig.metric("countersign_unauthenticated_total"));
    rig.services.authenticator = nullptr;
    CPPUNIT_ASSERT_EQUAL(std::string("451"), rig.play(plain()).code());
  }

  void a_contact_waits_with_his_sender_when_it_dies_on_the_way() {
    Rig rig;
    rig.authenticator.finish_error = Error{Errc::unavailable, "it died"};
    const Outcome got = rig.play(with_signature());
    expect(got, Kind::reply, "eom");
    CPPUNIT_ASSERT_EQUAL(std::string("451"), got.code());
    CPPUNIT_ASSERT(rig.desk.kept().empty());
    rig.authenticator.finish_error.reset();
    rig.authenticator.finds = {kDkimTemperror};
    CPPUNIT_ASSERT_EQUAL(std::string("451"), rig.play(with_signature()).code());
    rig.authenticator.finds = {kDkimTemperror, kSpfPass};
    expect(rig.play(with_signature()), Kind::proceed, "eom");
  }

  void a_stranger_is_asked_though_nobody_looks() {
    Rig rig;
    rig.authenticator.begin_error = Error{Errc::unavailable, "no process"};
    const Outcome got = rig.play(with_signature().set("From", "bob@example.net"));
    CPPUNIT_ASSERT_EQUAL(std::string("554"), got.code());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.desk.kept().size());
    CPPUNIT_ASSERT_EQUAL(std::string(), rig.desk.kept()[0].envelope.fingerprint);
  }

  void observing_nothing_waits() {
    Rig rig(Mode::observe);
    rig.authenticator.begin_error = Error{Errc::unavailable, "no process"};
    const Outcome got = rig.play(with_signature());
    expect(got, Kind::proceed, "eom");
    CPPUNIT_ASSERT_EQUAL(std::string("Countersign: observed; would=defer; reason=contact"),
                         got.field());
  }

  void observing_has_less_patience() {
    Rig rig(Mode::observe);
    rig.play(with_signature());
    CPPUNIT_ASSERT(milliseconds(2000) == rig.authenticator.patience);
  }

  void mail_that_is_not_screened_is_not_looked_at() {
    Rig rig;
    Mail mail = with_signature();
    mail.to = {"<postmaster@example.org>"};
    rig.play(mail);
    rig.services.paused = true;
    rig.play(with_signature());
    CPPUNIT_ASSERT_EQUAL(0, rig.authenticator.begun);
  }

  void an_abandoned_message_leaves_nothing() {
    Rig rig;
    Session session = rig.session();
    MilterRig::begin(session, with_signature());
    session.body("Dear Joe,\r\n");
    CPPUNIT_ASSERT(session.has_draft());
    session.abort();
    CPPUNIT_ASSERT(!session.has_draft());
    CPPUNIT_ASSERT_EQUAL(0, rig.authenticator.finished);
    CPPUNIT_ASSERT_EQUAL(0, rig.desk.drafts());
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(BuiltinTest);

}  // namespace
}  // namespace countersign
