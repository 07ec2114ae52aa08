// SPDX-License-Identifier: Apache-2.0
//
// Each way that a mail may take through a transaction.
#include "milter/transaction.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
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

void expect(const Outcome& got, Kind kind, const std::string& stage) {
  CPPUNIT_ASSERT_EQUAL(stage, got.stage);
  CPPUNIT_ASSERT_EQUAL(static_cast<int>(kind), static_cast<int>(got.verdict.kind));
}

void expect_reply(const Outcome& got, const std::string& code, const std::string& stage) {
  expect(got, Kind::reply, stage);
  CPPUNIT_ASSERT_EQUAL(code, got.code());
}

class TransactionTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TransactionTest);
  CPPUNIT_TEST(a_contact_passes_with_one_round_trip_and_without_his_body);
  CPPUNIT_TEST(a_stranger_is_kept_and_told_the_url);
  CPPUNIT_TEST(a_held_message_is_kept_byte_for_byte);
  CPPUNIT_TEST(the_held_envelope_says_all_that_release_needs);
  CPPUNIT_TEST(of_an_author_not_authenticated_only_from_counts);
  CPPUNIT_TEST(a_machine_is_held_and_not_answered);
  CPPUNIT_TEST(a_denied_author_is_refused_before_the_body);
  CPPUNIT_TEST(authenticated_clients_and_submit_networks_pass_unasked);
  CPPUNIT_TEST(mail_to_others_passes_unasked_and_unmarked);
  CPPUNIT_TEST(mailboxes_that_must_be_reached_pass_unasked);
  CPPUNIT_TEST(a_recipient_without_a_domain_is_no_way_round);
  CPPUNIT_TEST(a_mix_goes_on_to_those_who_know_the_author);
  CPPUNIT_TEST(a_recipient_is_deleted_in_all_spellings);
  CPPUNIT_TEST(mail_waits_when_a_recipient_cannot_be_deleted);
  CPPUNIT_TEST(a_mark_that_cannot_be_set_delays_nobody);
  CPPUNIT_TEST(marks_that_come_in_are_removed_highest_first);
  CPPUNIT_TEST(our_own_users_do_not_write_marks_to_those_we_protect);
  CPPUNIT_TEST(by_mail_the_copy_of_the_mta_is_dropped);
  CPPUNIT_TEST(by_mail_without_a_budget_the_url_goes_into_the_reply);
  CPPUNIT_TEST(by_mail_only_when_the_recipient_is_named);
  CPPUNIT_TEST(a_retry_hears_the_same);
  CPPUNIT_TEST(the_page_down_makes_strangers_wait_and_contacts_not);
  CPPUNIT_TEST(a_store_that_fails_makes_mail_wait);
  CPPUNIT_TEST(a_store_that_is_down_is_not_waited_for);
  CPPUNIT_TEST(observing_a_store_that_fails_delays_nothing);
  CPPUNIT_TEST(observing_a_mailbox_that_holds_still_waits_for_the_store);
  CPPUNIT_TEST(observing_by_the_configuration_alone_is_no_observing);
  CPPUNIT_TEST(one_who_observes_among_those_who_hold_passes_unscreened);
  CPPUNIT_TEST(observing_has_less_patience);
  CPPUNIT_TEST(observing_learns_authenticated_authors);
  CPPUNIT_TEST(what_cannot_be_learnt_delays_nothing);
  CPPUNIT_TEST(a_contact_by_address_takes_its_fingerprint);
  CPPUNIT_TEST(paused_all_passes_even_without_a_store);
  CPPUNIT_TEST(a_spool_that_fails_makes_mail_wait);
  CPPUNIT_TEST(a_spool_without_room_makes_mail_wait);
  CPPUNIT_TEST(mail_over_the_limit_is_not_held);
  CPPUNIT_TEST(bytes_that_cannot_be_delivered_again_are_not_held);
  CPPUNIT_TEST(those_bytes_pass_where_nothing_is_held);
  CPPUNIT_TEST(a_header_section_over_the_limit_is_not_judged);
  CPPUNIT_TEST(a_field_that_the_mta_may_have_cut_is_not_held);
  CPPUNIT_TEST(a_protected_recipient_who_is_no_mailbox_waits);
  CPPUNIT_TEST(an_address_literal_may_lead_to_a_protected_mailbox);
  CPPUNIT_TEST(a_thousand_recipients_are_one_question);
  CPPUNIT_TEST(details_and_aliases_lead_to_one_owner);
  CPPUNIT_TEST(an_address_of_several_owners_is_exempt_unless_its_mode_is_set);
  CPPUNIT_TEST(a_table_is_asked_for_all_recipients_at_once);
  CPPUNIT_TEST(a_table_that_fails_makes_mail_wait_but_never_that_of_users);
  CPPUNIT_TEST(a_transaction_keeps_the_settings_it_began_with);
  CPPUNIT_TEST(an_abandoned_hold_leaves_nothing);
  CPPUNIT_TEST(a_message_is_counted_once);
  CPPUNIT_TEST(refused_mail_is_decided_before_the_body_and_kept_nowhere);
  CPPUNIT_TEST(an_answer_lets_one_message_in);
  CPPUNIT_TEST(the_message_that_spent_an_answer_may_come_again);
  CPPUNIT_TEST(another_body_under_the_same_header_is_another_message);
  CPPUNIT_TEST(what_cannot_be_asked_is_tried_later);
  CPPUNIT_TEST(no_machine_hears_a_5yz_for_what_cannot_be_kept);
  CPPUNIT_TEST(over_a_share_people_are_asked_and_others_come_again);
  CPPUNIT_TEST(rcpt_is_answered_with_450_until_the_time_is_over);
  CPPUNIT_TEST(forged_envelopes_make_nobody_wait_anew);
  CPPUNIT_TEST(the_page_of_deferred_mail_hears_that_it_came);
  CPPUNIT_TEST(rcpt_is_asked_of_the_store_only_for_who_may_defer);
  CPPUNIT_TEST(what_was_asked_is_looked_up_only_where_there_is_anything);
  CPPUNIT_TEST(a_mailbox_that_defers_unheard_defers_after_the_header);
  CPPUNIT_TEST(a_known_reverse_path_is_not_deferred);
  CPPUNIT_TEST(deferred_mail_without_page_or_store_is_tried_later);
  CPPUNIT_TEST(verdicts_and_marks_of_forwarders_become_facts);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_contact_passes_with_one_round_trip_and_without_his_body() {
    MilterRig rig;
    rig.know("joe@example.org", "alice@example.com", {"example.com"});
    const int before = rig.store.calls();
    const Outcome got = rig.play(Mail{});
    expect(got, Kind::proceed, "eom");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, got.body_pieces);
    CPPUNIT_ASSERT_EQUAL(before + 1, rig.store.calls());
    CPPUNIT_ASSERT(
        (got.editor.added == Texts{"Countersign: pass; reason=contact; author=example.com"}));
    CPPUNIT_ASSERT(got.editor.deleted.empty() && got.editor.removed.empty());
  }

  void a_stranger_is_kept_and_told_the_url() {
    MilterRig rig;
    const Outcome got = rig.play(Mail{});
    expect_reply(got, "554", "eom");
    CPPUNIT_ASSERT_EQUAL(std::string("5.7.1"), got.verdict.reply->status());
    CPPUNIT_ASSERT_EQUAL(std::string("Not delivered yet, but kept for you. To deliver it open "
                                     "https://gate.example.org/c/TOKEN\n"
                                     "and type your address. Kept until 14 Feb 2027. No need to "
                                     "send it again.\n"),
                         got.text());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.desk.kept().size());
    CPPUNIT_ASSERT(got.editor.added.empty());
  }

  void a_held_message_is_kept_byte_for_byte() {
    MilterRig rig;
    Mail mail;
    mail.header = {{"Received", " from a\n\tby b"},
                   {"from", "alice@example.com"},
                   {"X-Empty", ""},
                   {"Subject", "  two  blanks \xc3\xa9"}};
    mail.body = {"one\r", "\n..two\r\n", std::string("\0\r\n", 3), "\r\nno line end"};
    rig.play(mail);
    CPPUNIT_ASSERT_EQUAL(std::string("Received: from a\r\n\tby b\r\nfrom:alice@example.com\r\n"
                                     "X-Empty:\r\nSubject:  two  blanks \xc3\xa9\r\n\r\n"
                                     "one\r\n..two\r\n") +
                             std::string("\0\r\n", 3) + "\r\nno line end",
                         rig.desk.kept().at(0).content);
  }

  void the_held_envelope_says_all_that_release_needs() {
    MilterRig rig;
    Mail mail;
    mail.to = {"<joe+shop@example.org>", "<ann@example.org>", "<ann@example.net>"};
    mail.add("Reply-To", "Alice at home <alice@home.example>");
    mail.add("Date", "Mon, 3 May 2027\r\n 14:02:00 +0200");
    rig.play(mail);
    const auto kept = rig.desk.kept().at(0);
    const HeldEnvelope& envelope = kept.envelope;
    CPPUNIT_ASSERT_EQUAL(std::string("<alice@example.com>"), envelope.envelope.reverse_path.raw);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, envelope.envelope.recipients.size());
    CPPUNIT_ASSERT_EQUAL(std::string("<joe+shop@example.org>"),
                         envelope.envelope.recipients[0].raw);
    CPPUNIT_ASSERT((envelope.owners == Texts{"joe@example.org", "ann@example.org"}));
    CPPUNIT_ASSERT_EQUAL(std::string("alice@example.com"), envelope.author);
    CPPUNIT_ASSERT_EQUAL(std::string("example.com"), envelope.fingerprint);
    CPPUNIT_ASSERT((envelope.addresses == Texts{"alice@example.com", "alice@home.example"}));
    CPPUNIT_ASSERT_EQUAL(std::string("first-contact"), envelope.reason);
    CPPUNIT_ASSERT_EQUAL(std::string("<1@example.com>"), envelope.message_id);
    CPPUNIT_ASSERT_EQUAL(std::string("Offer for 40 chairs"), envelope.subject);
    CPPUNIT_ASSERT_EQUAL(std::string("Mon, 3 May 2027 14:02:00 +0200"), envelope.date);
    CPPUNIT_ASSERT_EQUAL(std::string("4ABC"), envelope.queue_id);
    CPPUNIT_ASSERT_EQUAL(std::string("authenticated"), envelope.share);
    CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.0/24"), kept.network);
    CPPUNIT_ASSERT(envelope.received.starts_with(
        "Received: from mail.example.com (mail.example.com [192.0.2.7])\r\n\tby mx.example.org"));
    // The mail goes on to ann@example.net, so no reply of ours can name a URL.
    CPPUNIT_ASSERT(!envelope.challenged);
  }

  void of_an_author_not_authenticated_only_from_counts() {
    MilterRig rig;
    Mail mail;
    mail.from = "<bounce@lists.example.com>";
    mail.unauthenticated().add("Reply-To", "alice@home.example");
    rig.play(mail);
    CPPUNIT_ASSERT((rig.desk.kept().at(0).envelope.addresses == Texts{"alice@example.com"}));
  }

  void a_machine_is_held_and_not_answered() {
    MilterRig rig;
    const Outcome got = rig.play(Mail{}.add("Precedence", "bulk"));
    expect(got, Kind::discard, "eom");
    const HeldEnvelope envelope = rig.desk.kept().at(0).envelope;
    CPPUNIT_ASSERT_EQUAL(std::string("machine"), envelope.reason);
    CPPUNIT_ASSERT_EQUAL(std::string("machine"), envelope.share);
    CPPUNIT_ASSERT(!envelope.challenged);
    rig.play(Mail{}.unauthenticated());
    CPPUNIT_ASSERT_EQUAL(std::string("unauthenticated"), rig.desk.kept().at(1).envelope.share);
  }

  void a_denied_author_is_refused_before_the_body() {
    MilterRig rig;
    rig.know("joe@example.org", "alice@example.com", {}, Standing::deny);
    const Outcome got = rig.play(Mail{});
    expect_reply(got, "554", "eoh");
    CPPUNIT_ASSERT_EQUAL(std::string("This recipient does not accept mail from you\n"), got.text());
    CPPUNIT_ASSERT(rig.desk.kept().empty());
  }

  void authenticated_clients_and_submit_networks_pass_unasked() {
    MilterRig rig;
    rig.store.set_down(true);
    Mail mail;
    mail.auth_type = "PLAIN";
    expect(rig.play(mail), Kind::accept, "eoh");
    expect_reply(rig.play(Mail{}), "451", "eoh");
    MilterSettings settings = MilterRig::settings(Mode::hold);
    settings.submit_networks = *NetworkList::parse({"192.0.2.0/29"});
    rig.use(settings);
    expect(rig.play(Mail{}), Kind::accept, "eoh");
    CPPUNIT_ASSERT_EQUAL(0, rig.directory.look_ups);
  }

  void mail_to_others_passes_unasked_and_unmarked() {
    MilterRig rig;
    rig.store.set_down(true);
    Mail mail;
    mail.to = {"<joe@example.net>", "<jane@example.net>"};
    mail.add("Countersign", "pass");
    expect(rig.play(mail), Kind::accept, "eoh");
    CPPUNIT_ASSERT_EQUAL(0, rig.directory.look_ups);
  }

  void a_recipient_without_a_domain_is_no_way_round() {
    MilterRig rig;
    Mail mail;
    mail.to = {"<joe>"};
    expect_reply(rig.play(mail), "554", "eom");
  }

  void mailboxes_that_must_be_reached_pass_unasked() {
    MilterRig rig;
    rig.store.set_down(true);
    MilterSettings settings = MilterRig::settings(Mode::hold);
    settings.exempt = {*Mailbox::parse("info@example.org")};
    rig.use(settings);
    for (const std::string to :
         {"<Postmaster@Example.org>", "<postmaster>", "<abuse@example.org>", "<info@example.org>",
          "<countersign@example.org>", "<info+shop@example.org>"}) {
      Mail mail;
      mail.to = {to};
      const Outcome got = rig.play(mail);
      expect(got, Kind::proceed, "eom");
      CPPUNIT_ASSERT_EQUAL(std::string("Countersign: pass; reason=exempt; author=example.com"),
                           got.field());
    }
    CPPUNIT_ASSERT_EQUAL(0, rig.directory.look_ups);
  }

  void a_mix_goes_on_to_those_who_know_the_author() {
    MilterRig rig;
    rig.know("ann@example.org", "alice@example.com", {"example.com"});
    rig.know("bob@example.org", "alice@example.com", {}, Standing::deny);
    Mail mail;
    mail.to = {"<joe@example.org>", "<ann@example.org>", "<bob@example.org>"};
    const Outcome got = rig.play(mail);
    expect(got, Kind::proceed, "eom");
    CPPUNIT_ASSERT((got.editor.deleted == Texts{"<joe@example.org>", "joe@example.org",
                                                "<bob@example.org>", "bob@example.org"}));
    CPPUNIT_ASSERT_EQUAL(std::string("Countersign: pass; reason=contact; author=example.com"),
                         got.field());
    CPPUNIT_ASSERT((rig.desk.kept().at(0).envelope.owners == Texts{"joe@example.org"}));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, got.body_pieces);
  }

  void a_recipient_is_deleted_in_all_spellings() {
    MilterRig rig;
    rig.know("ann@example.org", "alice@example.com", {"example.com"});
    Session session = rig.session();
    session.mail({"<alice@example.com>"}, "");
    session.recipient({"<@relay.example:Joe@EXAMPLE.org>", "NOTIFY=NEVER"}, "joe@example.org");
    session.recipient({"<ann@example.org>"}, "ann@example.org");
    for (const auto& [name, value] : Mail{}.header) session.field(name, value);
    session.end_of_header("4ABC");
    session.body("x\r\n");
    test::WatchedEditor editor;
    session.end_of_message(editor);
    CPPUNIT_ASSERT((editor.deleted == Texts{"<@relay.example:Joe@EXAMPLE.org>", "<Joe@EXAMPLE.org>",
                                            "joe@example.org"}));
    CPPUNIT_ASSERT((rig.desk.kept().at(0).envelope.envelope.recipients[0].parameters ==
                    Texts{"NOTIFY=NEVER"}));
  }

  void mail_waits_when_a_recipient_cannot_be_deleted() {
    MilterRig rig;
    rig.know("ann@example.org", "alice@example.com", {"example.com"});
    Mail mail;
    mail.to = {"<joe@example.org>", "<ann@example.org>"};
    test::WatchedEditor editor;
    editor.fails_to_delete = true;
    expect_reply(rig.play(mail, editor), "451", "eom");
  }

  void a_mark_that_cannot_be_set_delays_nobody() {
    MilterRig rig;
    rig.know("joe@example.org", "alice@example.com", {"example.com"});
    test::WatchedEditor editor;
    editor.fails_to_mark = true;
    expect(rig.play(Mail{}.add("Countersign", "x"), editor), Kind::proceed, "eom");
  }

  void marks_that_come_in_are_removed_highest_first() {
    MilterRig rig;
    rig.know("joe@example.org", "alice@example.com", {"example.com"});
    Mail mail;
    mail.add("Countersign", "pass").add("COUNTERSIGN", "released").add("countersign", "aside");
    const Outcome got = rig.play(mail);
    CPPUNIT_ASSERT(
        (got.editor.removed == Texts{"Countersign 3", "Countersign 2", "Countersign 1"}));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, got.editor.added.size());
  }

  void our_own_users_do_not_write_marks_to_those_we_protect() {
    MilterRig rig;
    rig.store.set_down(true);
    Mail mail;
    mail.auth_type = "PLAIN";
    mail.add("Countersign", "pass; reason=contact; author=bank.example");
    const Outcome got = rig.play(mail);
    expect(got, Kind::proceed, "eom");
    CPPUNIT_ASSERT((got.editor.removed == Texts{"Countersign 1"}));
    CPPUNIT_ASSERT(got.editor.added.empty());
    // Outgoing mail is left as it is.
    mail.to = {"<joe@example.net>"};
    expect(rig.play(mail), Kind::accept, "eoh");
  }

  void by_mail_the_copy_of_the_mta_is_dropped() {
    MilterRig rig;
    rig.use(with_mail());
    expect(rig.play(Mail{}), Kind::discard, "eom");
    const HeldEnvelope envelope = rig.desk.kept().at(0).envelope;
    CPPUNIT_ASSERT(envelope.challenged && envelope.by_mail);
  }

  void by_mail_without_a_budget_the_url_goes_into_the_reply() {
    MilterRig rig;
    rig.use(with_mail());
    rig.desk.no_mail_budget = true;
    const Outcome got = rig.play(Mail{});
    expect_reply(got, "554", "eom");
    CPPUNIT_ASSERT(got.text().find(test::kPage) != std::string::npos);
  }

  void by_mail_only_when_the_recipient_is_named() {
    MilterRig rig;
    rig.use(with_mail());
    for (const auto& [to, named] : std::vector<std::pair<std::string, bool>>{
             {"\"Joe\" <JOE@example.org>", true},
             {"x@example.org,\r\n joe@example.org", true},
             {"friends: joe@example.org;", true},
             {"undisclosed-recipients:;", false},
             {"joey@example.org, joe@example.org.evil.example", false}}) {
      const Outcome got = rig.play(Mail{}.set("To", to));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(to, static_cast<int>(named ? Kind::discard : Kind::reply),
                                   static_cast<int>(got.verdict.kind));
    }
    Mail copied;
    copied.set("To", "others@example.net").add("Cc", "joe@example.org");
    expect(rig.play(copied), Kind::discard, "eom");
  }

  void a_retry_hears_the_same() {
    MilterRig rig;
    rig.desk.joined = true;
    expect_reply(rig.play(Mail{}), "554", "eom");
    CPPUNIT_ASSERT_EQUAL(1.0, rig.metric("countersign_holds_joined_total"));
  }

  void the_page_down_makes_strangers_wait_and_contacts_not() {
    MilterRig rig;
    rig.know("ann@example.org", "alice@example.com", {"example.com"});
    rig.clock.advance(seconds(61));
    expect_reply(rig.play(Mail{}), "451", "eoh");
    Mail to_ann;
    to_ann.to = {"<ann@example.org>"};
    expect(rig.play(to_ann), Kind::proceed, "eom");
    rig.clock.advance(std::chrono::hours(4));
    expect(rig.play(Mail{}), Kind::discard, "eom");
    CPPUNIT_ASSERT(!rig.desk.kept().at(0).envelope.challenged);
  }

  void a_store_that_fails_makes_mail_wait() {
    MilterRig rig;
    rig.know("joe@example.org", "alice@example.com", {"example.com"});
    rig.store.fail_call(1);
    const Outcome got = rig.play(Mail{});
    expect_reply(got, "451", "eoh");
    CPPUNIT_ASSERT_EQUAL(std::string("Temporary problem, please try again later\n"), got.text());
    expect(rig.play(Mail{}), Kind::proceed, "eom");
  }

  void a_store_that_is_down_is_not_waited_for() {
    MilterRig rig;
    rig.store.set_down(true);
    expect_reply(rig.play(Mail{}), "451", "eoh");
    CPPUNIT_ASSERT_EQUAL(0, rig.directory.look_ups);
  }

  void observing_a_store_that_fails_delays_nothing() {
    MilterRig rig;
    rig.use(MilterRig::settings(Mode::observe));
    rig.store.fail_call(1);
    const Outcome got = rig.play(Mail{}.add("Countersign", "released"));
    expect(got, Kind::proceed, "eom");
    CPPUNIT_ASSERT_EQUAL(std::string("Countersign: observed; would=defer; reason=unscreened"),
                         got.field());
    CPPUNIT_ASSERT((got.editor.removed == Texts{"Countersign 1"}));
    CPPUNIT_ASSERT_EQUAL(1.0, rig.metric("countersign_unscreened_total"));
    rig.store.set_down(true);
    expect(rig.play(Mail{}), Kind::proceed, "eom");
    CPPUNIT_ASSERT_EQUAL(2.0, rig.metric("countersign_unscreened_total"));
  }

  void observing_a_mailbox_that_holds_still_waits_for_the_store() {
    MilterRig rig;
    rig.use(MilterRig::settings(Mode::observe));
    rig.set_policy("joe@example.org", {{"mode", "hold"}});
    expect_reply(rig.play(Mail{}), "554", "eom");
    rig.store.set_down(true);
    expect_reply(rig.play(Mail{}), "451", "eoh");
    rig.store.set_down(false);
    rig.set_policy("joe@example.org", {{"mode", ""}});
    expect(rig.play(Mail{}), Kind::proceed, "eom");
    rig.store.set_down(true);
    expect(rig.play(Mail{}), Kind::proceed, "eom");
  }

  void observing_by_the_configuration_alone_is_no_observing() {
    MilterRig rig;
    rig.use(MilterRig::settings(Mode::observe));
    rig.services.modes.take({"1", {{"", Mode::hold}}});
    rig.store.set_down(true);
    expect_reply(rig.play(Mail{}), "451", "eoh");
  }

  void one_who_observes_among_those_who_hold_passes_unscreened() {
    MilterRig rig;
    rig.set_policy("joe@example.org", {{"mode", "observe"}});
    expect(rig.play(Mail{}), Kind::proceed, "eom");
    rig.store.set_down(true);
    expect(rig.play(Mail{}), Kind::proceed, "eom");
    Mail to_ann;
    to_ann.to = {"<ann@example.org>"};
    expect_reply(rig.play(to_ann), "451", "eoh");
  }

  void observing_has_less_patience() {
    MilterRig rig;
    rig.play(Mail{});
    CPPUNIT_ASSERT_EQUAL(2000LL, static_cast<long long>(rig.directory.patience.count()));
    rig.use(MilterRig::settings(Mode::observe));
    rig.play(Mail{});
    CPPUNIT_ASSERT_EQUAL(300LL, static_cast<long long>(rig.directory.patience.count()));
    rig.set_policy("joe@example.org", {{"mode", "hold"}});
    rig.play(Mail{});
    rig.play(Mail{});
    CPPUNIT_ASSERT_EQUAL(2000LL, static_cast<long long>(rig.directory.patience.count()));
  }

  void observing_learns_authenticated_authors() {
    MilterRig rig;
    rig.use(MilterRig::settings(Mode::observe));
    const Outcome got = rig.play(Mail{});
    expect(got, Kind::proceed, "eom");
    CPPUNIT_ASSERT_EQUAL(std::string("Countersign: observed; would=hold; reason=first-contact"),
                         got.field());
    const auto contacts = rig.contacts_of("joe@example.org");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, contacts.size());
    CPPUNIT_ASSERT_EQUAL(std::string("a:alice@example.com"), contacts[0].first);
    CPPUNIT_ASSERT_EQUAL(std::string("observed"), contacts[0].second.source);
    CPPUNIT_ASSERT((contacts[0].second.fingerprints == Texts{"example.com"}));

    Mail unproved;
    unproved.unauthenticated().set("From", "bob@example.com");
    rig.play(unproved);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.contacts_of("joe@example.org").size());

    const int before = rig.store.calls();
    CPPUNIT_ASSERT_EQUAL(std::string("Countersign: pass; reason=contact; author=example.com"),
                         rig.play(Mail{}).field());
    CPPUNIT_ASSERT_EQUAL(before + 1, rig.store.calls());
  }

  void what_cannot_be_learnt_delays_nothing() {
    MilterRig rig;
    rig.use(MilterRig::settings(Mode::observe));
    rig.store.fail_call(2);
    Mail mail;
    mail.to = {"<joe@example.org>", "<ann@example.org>"};
    expect(rig.play(mail), Kind::proceed, "eom");
    CPPUNIT_ASSERT(rig.contacts_of("joe@example.org").empty());
    CPPUNIT_ASSERT(rig.contacts_of("ann@example.org").empty());
  }

  void a_contact_by_address_takes_its_fingerprint() {
    MilterRig rig;
    rig.know("joe@example.org", "alice@example.com", {});
    expect_reply(rig.play(Mail{}.unauthenticated()), "554", "eom");
    expect(rig.play(Mail{}), Kind::proceed, "eom");
    CPPUNIT_ASSERT(
        (rig.contacts_of("joe@example.org")[0].second.fingerprints == Texts{"example.com"}));
    expect(rig.play(Mail{}.unauthenticated()), Kind::discard, "eom");
    CPPUNIT_ASSERT_EQUAL(std::string("forged-contact"), rig.desk.kept().at(1).envelope.reason);
  }

  void paused_all_passes_even_without_a_store() {
    MilterRig rig;
    rig.services.paused = true;
    rig.store.set_down(true);
    const Outcome got = rig.play(Mail{});
    expect(got, Kind::proceed, "eom");
    CPPUNIT_ASSERT_EQUAL(std::string("Countersign: pass; reason=paused; author=example.com"),
                         got.field());
    CPPUNIT_ASSERT_EQUAL(0, rig.directory.look_ups);
    rig.services.paused = false;
    expect_reply(rig.play(Mail{}), "451", "eoh");
  }

  void a_spool_that_fails_makes_mail_wait() {
    for (const int step : {1, 2, 3}) {
      MilterRig rig;
      const Error error{Errc::unavailable, "disk"};
      if (step == 1) rig.desk.begin_error = error;
      if (step == 2) rig.desk.body_error = error;
      if (step == 3) rig.desk.commit_error = error;
      const Outcome got = rig.play(Mail{});
      expect_reply(got, "451", step == 1 ? "eoh" : step == 2 ? "body" : "eom");
      CPPUNIT_ASSERT(rig.desk.kept().empty());
      CPPUNIT_ASSERT_EQUAL(0, rig.desk.drafts());
      CPPUNIT_ASSERT_EQUAL(0.0, rig.metric("countersign_holds_total"));
    }
  }

  void a_spool_without_room_makes_mail_wait() {
    MilterRig rig;
    rig.desk.begin_error = Error{Errc::invalid, "share of machines is used up"};
    expect_reply(rig.play(Mail{}), "450", "eoh");
    rig.know("joe@example.org", "alice@example.com", {"example.com"});
    expect(rig.play(Mail{}), Kind::proceed, "eom");
  }

  void mail_over_the_limit_is_not_held() {
    MilterRig rig;
    MilterSettings settings = MilterRig::settings(Mode::hold);
    Mail mail;
    HeaderSection header;
    for (const auto& [name, value] : mail.header) header.add(name, value);
    settings.max_message_bytes = header.size_bytes() + 2 + 10;
    rig.use(settings);
    mail.body = {"12345678\r\n"};
    expect_reply(rig.play(mail), "554", "eom");
    mail.body = {"12345678\r\n", "x"};
    const Outcome got = rig.play(mail);
    expect_reply(got, "552", "body");
    CPPUNIT_ASSERT_EQUAL(std::string("5.3.4"), got.verdict.reply->status());
    settings.max_message_bytes = header.size_bytes() - 1;
    rig.use(settings);
    expect_reply(rig.play(mail), "552", "eoh");
    CPPUNIT_ASSERT_EQUAL(0, rig.desk.drafts());
    rig.know("joe@example.org", "alice@example.com", {"example.com"});
    expect(rig.play(mail), Kind::proceed, "eom");
  }

  void bytes_that_cannot_be_delivered_again_are_not_held() {
    MilterRig rig;
    for (const std::vector<std::string>& body : std::vector<std::vector<std::string>>{
             {"a\nb\r\n"}, {"a\rb\r\n"}, {"a\r", "b\r\n"}, {"a\r\n", "\n"}}) {
      Mail mail;
      mail.body = body;
      const Outcome got = rig.play(mail);
      expect_reply(got, "554", "body");
      CPPUNIT_ASSERT_EQUAL(std::string("5.6.0"), got.verdict.reply->status());
    }
    Mail open;
    open.body = {"a\r"};
    expect_reply(rig.play(open), "554", "eom");
    for (const std::string value : {" a\rb", " a\r", " a\nb: c"}) {
      Mail mail;
      mail.header.emplace_back("X-Odd", value);
      expect_reply(rig.play(mail), "554", "eoh");
    }
    CPPUNIT_ASSERT(rig.desk.kept().empty());
    CPPUNIT_ASSERT_EQUAL(0, rig.desk.drafts());
  }

  void those_bytes_pass_where_nothing_is_held() {
    MilterRig rig;
    rig.know("joe@example.org", "alice@example.com", {"example.com"});
    Mail mail;
    mail.header.emplace_back("X-Odd", " a\rb");
    mail.body = {"a\nb"};
    expect(rig.play(mail), Kind::proceed, "eom");
  }

  void a_header_section_over_the_limit_is_not_judged() {
    MilterRig rig;
    rig.know("joe@example.org", "alice@example.com", {"example.com"});
    Mail mail;
    for (int i = 0; i < 70; ++i) mail.add("X-Long", std::string(60'000, 'x'));
    const Outcome got = rig.play(mail);
    expect_reply(got, "552", "eoh");
    CPPUNIT_ASSERT_EQUAL(std::string("5.3.4"), got.verdict.reply->status());
    rig.use(MilterRig::settings(Mode::observe));
    expect(rig.play(mail), Kind::proceed, "eom");
    CPPUNIT_ASSERT_EQUAL(0, rig.directory.look_ups);
  }

  void a_field_that_the_mta_may_have_cut_is_not_held() {
    for (const auto& [size, code] : {std::pair{53'000, "554"}, std::pair{53'001, "552"}}) {
      MilterRig rig;
      Mail mail;
      mail.header.emplace_back("X-Long", std::string(static_cast<std::size_t>(size) - 6, 'x'));
      const Outcome got = rig.play(mail);
      expect_reply(got, code, code == std::string("554") ? "eom" : "eoh");
    }
  }

  void a_protected_recipient_who_is_no_mailbox_waits() {
    MilterRig rig;
    Mail mail;
    mail.to = {"<" + std::string(70, 'a') + "@Example.ORG>"};
    expect_reply(rig.play(mail), "451", "eoh");
    rig.use(MilterRig::settings(Mode::observe));
    expect(rig.play(mail), Kind::proceed, "eom");
    mail.to = {"<" + std::string(70, 'a') + "@example.net>"};
    rig.use(MilterRig::settings(Mode::hold));
    expect(rig.play(mail), Kind::accept, "eoh");
  }

  void an_address_literal_may_lead_to_a_protected_mailbox() {
    MilterRig rig;
    Mail mail;
    mail.to = {"<joe@[192.0.2.1]>"};
    expect_reply(rig.play(mail), "451", "eoh");
    rig.services.modes.take({"1", {{"", Mode::observe}}});
    expect(rig.play(mail), Kind::proceed, "eom");
    rig.services.modes.take({"2", {}});
    mail.to = {"<postmaster@[IPv6:2001:db8::1]>"};
    expect(rig.play(mail), Kind::proceed, "eom");
  }

  void a_thousand_recipients_are_one_question() {
    MilterRig rig;
    Mail mail;
    mail.to.clear();
    for (int i = 0; i < 1000; ++i) mail.to.push_back("<user" + std::to_string(i) + "@example.org>");
    rig.know("user500@example.org", "alice@example.com", {"example.com"});
    const Outcome got = rig.play(mail);
    expect(got, Kind::proceed, "eom");
    CPPUNIT_ASSERT_EQUAL(1, rig.directory.look_ups);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1000}, rig.directory.last.recipients.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2 * 999}, got.editor.deleted.size());
    CPPUNIT_ASSERT(std::find(got.editor.deleted.begin(), got.editor.deleted.end(),
                             "<user500@example.org>") == got.editor.deleted.end());
    CPPUNIT_ASSERT_EQUAL(std::size_t{999},
                         rig.desk.kept().at(0).envelope.envelope.recipients.size());
  }

  void details_and_aliases_lead_to_one_owner() {
    MilterRig rig;
    MilterSettings settings = MilterRig::settings(Mode::hold);
    settings.owners = {{*Mailbox::parse("sales@example.org"), *Mailbox::parse("joe@example.org")}};
    rig.use(settings);
    Mail mail;
    mail.to = {"<joe@example.org>", "<Joe+a@example.org>", "<sales@example.org>",
               "<sales+x@example.org>"};
    rig.play(mail);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.directory.last.recipients.size());
    CPPUNIT_ASSERT_EQUAL(std::string("joe@example.org"),
                         rig.directory.last.recipients[0].address());
    const HeldEnvelope envelope = rig.desk.kept().at(0).envelope;
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, envelope.envelope.recipients.size());
    CPPUNIT_ASSERT(envelope.owners == Texts(4, "joe@example.org"));
  }

  void an_address_of_several_owners_is_exempt_unless_its_mode_is_set() {
    MilterRig rig;
    MilterSettings settings = MilterRig::settings(Mode::hold);
    CPPUNIT_ASSERT_EQUAL(
        std::string(), settings.owners.add("team@example.org", "joe@example.org, ann@example.org"));
    rig.use(settings);
    Mail mail;
    mail.to = {"<team@example.org>"};
    CPPUNIT_ASSERT_EQUAL(std::string("Countersign: pass; reason=exempt; author=example.com"),
                         rig.play(mail).field());
    rig.set_policy("example.org", {{"mode", "hold"}});
    CPPUNIT_ASSERT_EQUAL(std::string("Countersign: pass; reason=exempt; author=example.com"),
                         rig.play(mail).field());
    rig.set_policy("team@example.org", {{"mode", "hold"}});
    expect_reply(rig.play(mail), "554", "eom");
    CPPUNIT_ASSERT((rig.desk.kept().at(0).envelope.owners == Texts{"team@example.org"}));
    rig.store.set_down(true);
    expect_reply(rig.play(mail), "451", "eoh");
  }

  /// A table that knows two owners of joe@example.org's addresses.
  struct ScriptedTable final : OwnerTable {
    Result<std::map<std::string, std::string>> find(const std::vector<std::string>& keys,
                                                    Deadline) override {
      ++asked;
      if (down) return Error{Errc::unavailable, "down"};
      std::map<std::string, std::string> out;
      for (const std::string& key : keys)
        if (key == "sales@example.org") out[key] = "joe";
      return out;
    }
    int asked = 0;
    bool down = false;
  };

  void a_table_is_asked_for_all_recipients_at_once() {
    MilterRig rig;
    MilterSettings settings = MilterRig::settings(Mode::hold);
    const auto table = std::make_shared<ScriptedTable>();
    settings.owner_table = table;
    rig.use(settings);
    rig.directory.asks_early = false;
    Mail mail;
    mail.to = {"<sales+x@example.org>", "<ann@example.org>", "<abuse@example.org>"};
    rig.play(mail);
    CPPUNIT_ASSERT(
        (rig.desk.kept().at(0).envelope.owners == Texts{"joe@example.org", "ann@example.org"}));
    CPPUNIT_ASSERT_EQUAL(1, table->asked);
  }

  void a_table_that_fails_makes_mail_wait_but_never_that_of_users() {
    MilterRig rig;
    MilterSettings settings = MilterRig::settings(Mode::hold);
    const auto table = std::make_shared<ScriptedTable>();
    table->down = true;
    settings.owner_table = table;
    rig.use(settings);
    expect_reply(rig.play(Mail{}), "451", "eoh");
    Mail own;
    own.auth_type = "PLAIN";
    expect(rig.play(own), Kind::accept, "eoh");
  }

  void a_transaction_keeps_the_settings_it_began_with() {
    MilterRig rig;
    Session session = rig.session();
    session.mail({"<alice@example.com>"}, "");
    session.recipient({"<joe@example.org>"}, "joe@example.org");
    rig.use(MilterRig::settings(Mode::observe));
    for (const auto& [name, value] : Mail{}.header) session.field(name, value);
    session.end_of_header("4ABC");
    test::WatchedEditor editor;
    CPPUNIT_ASSERT_EQUAL(std::string("554"), session.end_of_message(editor).reply->code());
    expect(MilterRig::play(session, Mail{}), Kind::proceed, "eom");
  }

  void an_abandoned_hold_leaves_nothing() {
    MilterRig rig;
    {
      Session session = rig.session();
      CPPUNIT_ASSERT(!session.has_draft());
      MilterRig::begin(session, Mail{});
      session.body("half");
      CPPUNIT_ASSERT(session.has_draft());
      CPPUNIT_ASSERT_EQUAL(1, rig.desk.drafts());
    }
    CPPUNIT_ASSERT_EQUAL(0, rig.desk.drafts());
    CPPUNIT_ASSERT(rig.desk.kept().empty());
  }

  void a_message_is_counted_once() {
    MilterRig rig;
    rig.know("ann@example.org", "alice@example.com", {"example.com"});
    Mail mail;
    mail.to = {"<joe@example.org>", "<ann@example.org>"};
    rig.play(mail);
    CPPUNIT_ASSERT_EQUAL(1.0, count(rig, "pass", "contact"));
    CPPUNIT_ASSERT_EQUAL(1.0, count(rig, "hold", "first-contact"));
    CPPUNIT_ASSERT_EQUAL(1.0, rig.metric("countersign_holds_total"));
    rig.desk.commit_error = Error{Errc::unavailable, "disk"};
    rig.play(Mail{});
    CPPUNIT_ASSERT_EQUAL(1.0, count(rig, "hold", "first-contact"));
    CPPUNIT_ASSERT_EQUAL(1.0, count(rig, "defer", "first-contact"));
    rig.use(MilterRig::settings(Mode::observe));
    rig.play(Mail{});
    CPPUNIT_ASSERT_EQUAL(1.0, rig.metric("countersign_observed_total{would=\"hold\"}"));
  }

  void refused_mail_is_decided_before_the_body_and_kept_nowhere() {
    MilterRig rig;
    rig.use(MilterRig::settings(Mode::refuse));
    const Outcome got = rig.play(Mail{}.add("Date", " Mon, 3 May 2027 14:02:00 +0200"));
    expect_reply(got, "554", "eoh");
    CPPUNIT_ASSERT_EQUAL(std::string("Not delivered. To be let in open "
                                     "https://gate.example.org/c/ASKED1\n"
                                     "and type your address. Then please send your message once "
                                     "more.\n"),
                         got.text());
    CPPUNIT_ASSERT(rig.desk.kept().empty());
    const Question& question = rig.asker.questions.at(0);
    CPPUNIT_ASSERT_EQUAL(std::string("alice@example.com"), question.tuple.author);
    CPPUNIT_ASSERT_EQUAL(std::string("alice@example.com"), question.tuple.reverse_path);
    CPPUNIT_ASSERT_EQUAL(std::string("author:example.com"), question.tuple.evidence);
    CPPUNIT_ASSERT_EQUAL(std::string("example.com"), question.fingerprint);
    CPPUNIT_ASSERT_EQUAL(std::string("Offer for 40 chairs"), question.subject);
    CPPUNIT_ASSERT(question.sent && rfc3339(question.sent->instant) == "2027-05-03T12:02:00Z");
    CPPUNIT_ASSERT((question.addresses == Texts{"alice@example.com"}));
    rig.play(Mail{}.unauthenticated());
    CPPUNIT_ASSERT_EQUAL(std::string("ptr:example.com"), rig.asker.questions.at(1).tuple.evidence);
    CPPUNIT_ASSERT_EQUAL(
        1.0,
        rig.metric("countersign_messages_total{disposition=\"refuse\",reason=\"first-contact\"}") /
            2);
  }

  void an_answer_lets_one_message_in() {
    MilterRig rig;
    rig.use(MilterRig::settings(Mode::refuse));
    rig.play(Mail{}.unauthenticated());
    rig.asker.answer();
    const Outcome passed = rig.play(Mail{}.unauthenticated());
    expect(passed, Kind::proceed, "eom");
    CPPUNIT_ASSERT_EQUAL(std::string("Countersign: pass; reason=answered; author=unverified"),
                         passed.field());
    CPPUNIT_ASSERT(rig.contacts_of("joe@example.org").empty());
    const Outcome next = rig.play(Mail{}.unauthenticated().set("Message-ID", "<2@example.com>"));
    expect_reply(next, "554", "eoh");
    CPPUNIT_ASSERT(next.text().find("ASKED2") != std::string::npos);
  }

  void the_message_that_spent_an_answer_may_come_again() {
    MilterRig rig;
    rig.use(MilterRig::settings(Mode::refuse));
    rig.play(Mail{}.unauthenticated());
    rig.asker.answer();
    expect(rig.play(Mail{}.unauthenticated()), Kind::proceed, "eom");
    // Its reply was lost; it comes by another host.
    Mail retry = Mail{}.unauthenticated();
    retry.header.insert(retry.header.begin(), {"Received", " from there"});
    expect(rig.play(retry), Kind::proceed, "eom");
    rig.clock.advance(std::chrono::hours(25));
    rig.page_up();
    expect_reply(rig.play(retry), "554", "eoh");
  }

  void another_body_under_the_same_header_is_another_message() {
    MilterRig rig;
    rig.use(MilterRig::settings(Mode::refuse));
    rig.play(Mail{}.unauthenticated());
    rig.asker.answer();
    expect(rig.play(Mail{}.unauthenticated()), Kind::proceed, "eom");
    Mail other = Mail{}.unauthenticated();
    other.body = {"Buy now.\r\n"};
    const Outcome got = rig.play(other);
    expect_reply(got, "554", "eom");
    CPPUNIT_ASSERT(got.text().find("ASKED2") != std::string::npos);
  }

  void what_cannot_be_asked_is_tried_later() {
    MilterRig rig;
    rig.use(MilterRig::settings(Mode::refuse));
    rig.asker.error = Error{Errc::unavailable, "store"};
    expect_reply(rig.play(Mail{}), "451", "eoh");
    rig.asker.error.reset();
    rig.play(Mail{}.unauthenticated());
    rig.asker.answer();
    rig.asker.error = Error{Errc::unavailable, "store"};
    const Outcome got = rig.play(Mail{}.unauthenticated());
    expect_reply(got, "451", "eom");
    CPPUNIT_ASSERT(got.editor.added.empty());
    rig.asker.error.reset();
    expect(rig.play(Mail{}.unauthenticated()), Kind::proceed, "eom");
  }

  void no_machine_hears_a_5yz_for_what_cannot_be_kept() {
    MilterRig rig;
    MilterSettings settings = MilterRig::settings(Mode::hold);
    settings.max_message_bytes = 100;
    rig.use(settings);
    expect_reply(rig.play(Mail{}), "552", "eoh");
    expect_reply(rig.play(Mail{}.add("Precedence", "bulk")), "450", "eoh");
    rig.use(MilterRig::settings(Mode::hold));
    Mail bare = Mail{}.add("Precedence", "bulk");
    bare.body = {"one\rtwo\r\n"};
    expect_reply(rig.play(bare), "450", "body");
  }

  void over_a_share_people_are_asked_and_others_come_again() {
    MilterRig rig;
    rig.desk.begin_error = Error{Errc::invalid, "share"};
    const Outcome person = rig.play(Mail{}.unauthenticated());
    expect_reply(person, "554", "eoh");
    CPPUNIT_ASSERT(person.text().starts_with("Not delivered. To be let in open"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.asker.questions.size());
    expect_reply(rig.play(Mail{}), "450", "eoh");
    expect_reply(rig.play(Mail{}.unauthenticated().add("Precedence", "bulk")), "450", "eoh");
    // No reply speaks of one recipient while another gets the message.
    rig.know("ann@example.org", "alice@example.com", {});
    Mail both = Mail{}.unauthenticated();
    both.to = {"<joe@example.org>", "<postmaster@example.org>"};
    expect_reply(rig.play(both), "450", "eoh");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.asker.questions.size());
    // The answer counts in mode hold as well.
    rig.asker.answer();
    expect(rig.play(Mail{}.unauthenticated()), Kind::proceed, "eom");
    rig.desk.begin_error = Error{Errc::unavailable, "disk"};
    expect_reply(rig.play(Mail{}.unauthenticated().set("Subject", "other")), "451", "eoh");
    // The share may be reached while the body comes.
    rig.desk.begin_error.reset();
    rig.desk.body_error = Error{Errc::unavailable, "share"};
    expect_reply(rig.play(Mail{}.unauthenticated().set("Subject", "third")), "451", "body");
    rig.desk.no_room = true;
    expect_reply(rig.play(Mail{}.unauthenticated().set("Subject", "third")), "554", "body");
    expect_reply(rig.play(Mail{}.add("Precedence", "bulk")), "450", "body");
    CPPUNIT_ASSERT_EQUAL(0, rig.desk.drafts());
  }

  static Mail deferred_mail() {
    Mail mail;
    mail.rcpt_answered = true;
    return mail;
  }

  void rcpt_is_answered_with_450_until_the_time_is_over() {
    MilterRig rig;
    rig.use(MilterRig::settings(Mode::defer));
    for (int i = 0; i < 3; ++i) {
      const Outcome got = rig.play(deferred_mail());
      expect_reply(got, "450", "eoh");
      CPPUNIT_ASSERT_EQUAL(std::string("First message to this address; waiting for the recipient. "
                                       "To speed up open https://gate.example.org/c/ASKED1\n"),
                           got.text());
      rig.clock.advance(std::chrono::minutes(9));
      rig.page_up();
    }
    CPPUNIT_ASSERT(rig.desk.kept().empty());
    CPPUNIT_ASSERT(rig.asker.questions.at(0).tuple.copy == Copy::deferred);
    CPPUNIT_ASSERT_EQUAL(std::string(), rig.asker.questions.at(0).tuple.author);
    CPPUNIT_ASSERT(rig.asker.settled.empty());
    rig.clock.advance(std::chrono::minutes(3));
    rig.page_up();
    expect_reply(rig.play(deferred_mail()), "554", "eom");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.desk.kept().size());
    CPPUNIT_ASSERT((rig.asker.settled == Texts{view_of(rig.asker.questions.at(0)) + " held"}));
  }

  static std::string view_of(const Question& question) {
    AskedTuple tuple = question.tuple;
    for (const AskedRecipient& r : question.recipients) tuple.owners.push_back(r.owner);
    return asked_id(tuple).text();
  }

  void the_page_of_deferred_mail_hears_that_it_came() {
    MilterRig rig;
    rig.use(MilterRig::settings(Mode::defer));
    expect_reply(rig.play(deferred_mail()), "450", "eoh");
    rig.know("joe@example.org", "alice@example.com", {"example.com"});
    // The second one costs the store nothing more.
    for (int i = 0; i < 2; ++i) expect(rig.play(deferred_mail()), Kind::proceed, "eom");
    CPPUNIT_ASSERT((rig.asker.settled == Texts{view_of(rig.asker.questions.at(0)) + " taken"}));
  }

  void forged_envelopes_make_nobody_wait_anew() {
    MilterRig rig;
    rig.use(MilterRig::settings(Mode::defer));
    expect_reply(rig.play(deferred_mail()), "450", "eoh");
    Mail forged = deferred_mail();
    for (std::size_t i = 1; i < kMostDeferred; ++i) {
      forged.from = "<v" + std::to_string(i) + "@innocent.example>";
      expect_reply(rig.play(forged), "450", "eoh");
    }
    // Of one more too many wait already: it is held at once.
    forged.from = "<other@innocent.example>";
    expect_reply(rig.play(forged), "554", "eom");
    rig.clock.advance(std::chrono::minutes(31));
    rig.page_up();
    expect_reply(rig.play(deferred_mail()), "554", "eom");
  }

  void rcpt_is_asked_of_the_store_only_for_who_may_defer() {
    MilterRig rig;
    rig.play(deferred_mail());
    CPPUNIT_ASSERT_EQUAL(1, rig.directory.look_ups);
    rig.services.modes.take({.version = "1", .modes = {{"joe@example.org", Mode::defer}}});
    rig.set_policy("joe@example.org", {{"mode", "defer"}});
    expect_reply(rig.play(deferred_mail()), "450", "eoh");
    CPPUNIT_ASSERT_EQUAL(2, rig.directory.look_ups);
    // It is named, but the store says otherwise by now.
    rig.set_policy("joe@example.org", {{"mode", "hold"}});
    expect_reply(rig.play(deferred_mail()), "554", "eom");
    CPPUNIT_ASSERT_EQUAL(5, rig.directory.look_ups);
    Mail bounce = deferred_mail();
    bounce.from = "<>";
    rig.play(bounce);
    CPPUNIT_ASSERT_EQUAL(6, rig.directory.look_ups);
  }

  void what_was_asked_is_looked_up_only_where_there_is_anything() {
    MilterRig rig;
    rig.know("joe@example.org", "alice@example.com", {"example.com"});
    for (int i = 1; i <= 3; ++i) {
      expect(rig.play(Mail{}), Kind::proceed, "eom");
      CPPUNIT_ASSERT_EQUAL(i, rig.directory.look_ups);
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.directory.last.asked.at(0).size());
    }
    // Ann asked while hers was refused. At first that takes a question more, then none.
    rig.set_policy("ann@example.org", {{"mode", "refuse"}});
    Mail to_ann;
    to_ann.to = {"<ann@example.org>"};
    expect_reply(rig.play(to_ann), "554", "eoh");
    rig.set_policy("ann@example.org", {{"mode", "hold"}});
    rig.know("ann@example.org", "alice@example.com", {"example.com"});
    rig.services.modes.take({});
    const int before = rig.directory.look_ups;
    to_ann.to = {"<joe@example.org>", "<ann@example.org>"};
    expect(rig.play(to_ann), Kind::proceed, "eom");
    CPPUNIT_ASSERT_EQUAL(before + 2, rig.directory.look_ups);
    expect(rig.play(to_ann), Kind::proceed, "eom");
    CPPUNIT_ASSERT_EQUAL(before + 3, rig.directory.look_ups);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.directory.last.asked.at(0).size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, rig.directory.last.asked.at(1).size());
  }

  void a_mailbox_that_defers_unheard_defers_after_the_header() {
    MilterRig rig;
    rig.set_policy("joe@example.org", {{"mode", "defer"}});
    CPPUNIT_ASSERT(!rig.services.modes.any_defers(Mode::hold));
    Mail mail;
    const Outcome got = rig.play(mail);
    expect_reply(got, "450", "eoh");
    CPPUNIT_ASSERT(rig.services.modes.any_defers(Mode::hold));
    CPPUNIT_ASSERT_EQUAL(got.text(), rig.play(deferred_mail()).text());
    rig.asker.answer();
    expect(rig.play(mail), Kind::proceed, "eom");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.contacts_of("joe@example.org").size());
  }

  void a_known_reverse_path_is_not_deferred() {
    MilterRig rig;
    rig.use(MilterRig::settings(Mode::defer));
    rig.know("joe@example.org", "alice@example.com", {"example.com"});
    expect(rig.play(deferred_mail()), Kind::proceed, "eom");
    // Its author is another: as in mode hold.
    Mail other = deferred_mail();
    other.set("From", "carol@example.com");
    expect_reply(rig.play(other), "554", "eom");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.desk.kept().size());
    CPPUNIT_ASSERT(rig.asker.questions.empty());
  }

  void deferred_mail_without_page_or_store_is_tried_later() {
    MilterRig rig;
    rig.use(MilterRig::settings(Mode::defer));
    rig.clock.advance(std::chrono::minutes(2));
    expect_reply(rig.play(deferred_mail()), "451", "eoh");
    CPPUNIT_ASSERT(rig.asker.questions.empty());
    rig.page_up();
    rig.asker.error = Error{Errc::unavailable, "store"};
    expect_reply(rig.play(deferred_mail()), "451", "eoh");
    rig.asker.error.reset();
    rig.store.set_down(true);
    expect_reply(rig.play(deferred_mail()), "451", "eoh");
    rig.store.set_down(false);
    rig.page_up();
    expect_reply(rig.play(deferred_mail()), "450", "eoh");
  }

  void verdicts_and_marks_of_forwarders_become_facts() {
    MilterRig rig;
    MilterSettings settings = MilterRig::settings(Mode::hold);
    settings.verdicts.trusted = {"x-spam-flag", "x-virus-status", "x-spam-score"};
    settings.verdicts.malware = {*HeaderTest::parse("X-Virus-Status: Infected*")};
    settings.verdicts.spam = {*HeaderTest::parse("X-Spam-Flag: YES")};
    settings.verdicts.scores = {"x-spam-score"};
    settings.defaults.challenge_from = 4;
    rig.use(settings);
    const auto reason = [&](const Mail& mail) {
      rig.play(mail);
      return rig.desk.kept().back().envelope.reason;
    };
    CPPUNIT_ASSERT_EQUAL(std::string("spam"), reason(Mail{}.add("X-Spam-Flag", "YES")));
    CPPUNIT_ASSERT_EQUAL(std::string("infected"),
                         reason(Mail{}.add("X-Virus-Status", "Infected (x)")));
    CPPUNIT_ASSERT_EQUAL(std::string("forwarded"), reason(Mail{}.add("Resent-From", "bob@x.y")));
    CPPUNIT_ASSERT_EQUAL(std::string("forwarded"),
                         reason(Mail{}.add("Delivered-To", "joe@gmail.example")));
    const Outcome clean = rig.play(Mail{}.add("X-Spam-Score", "3.9"));
    expect(clean, Kind::proceed, "eom");
    CPPUNIT_ASSERT_EQUAL(std::string("Countersign: pass; reason=first-contact; author=example.com"),
                         clean.field());
    expect_reply(rig.play(Mail{}.add("X-Spam-Score", "4.0")), "554", "eom");
    settings.relays = *NetworkList::parse({"192.0.2.7"});
    rig.use(settings);
    CPPUNIT_ASSERT_EQUAL(std::string("forwarded"), reason(Mail{}.set("Subject", "relayed")));
  }

 private:
  static MilterSettings with_mail() {
    MilterSettings settings = MilterRig::settings(Mode::hold);
    settings.mail_channel = true;
    return settings;
  }
  static double count(const MilterRig& rig, const std::string& disposition,
                      const std::string& reason) {
    return rig.metric("countersign_messages_total{disposition=\"" + disposition + "\",reason=\"" +
                      reason + "\"}");
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(TransactionTest);

}  // namespace
}  // namespace countersign
