// SPDX-License-Identifier: Apache-2.0
//
// Mail to address tokens, and mail that is expected, on its way through a transaction.
#include "milter/permit_use.h"

#include <cppunit/extensions/HelperMacros.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/support/milter_rig.h"

namespace countersign {
namespace {

using test::Mail;
using test::MilterRig;
using test::Outcome;
using test::WatchedEditor;
using Kind = Verdict::Kind;
using Texts = std::vector<std::string>;

const Secret kKey{"k1", std::string(32, 'k')};
const Secret kNewKey{"k2", std::string(32, 'n')};
constexpr const char* kJoe = "joe@example.org";
constexpr const char* kOver = "This address is no longer in use\n";
const std::string kForged =
    " mx.example.org; dkim=pass header.d=bad.example; spf=pass smtp.mailfrom=bad.example";

class Site : public MilterRig {
 public:
  explicit Site(Mode mode = Mode::hold) { use(settings_for(mode)); }

  static MilterSettings settings_for(Mode mode) {
    MilterSettings out = settings(mode);
    out.token_keys = {kKey};
    return out;
  }

  /// Makes a token; returns its address in brackets.
  std::string issue(std::optional<long long> uses = std::nullopt,
                    const std::string& mailbox = kJoe) {
    const Mailbox owner = *Mailbox::parse(mailbox);
    const std::string id = "aaaaaaa" + std::to_string(++issued_);
    Permit permit;
    permit.uses_left = uses;
    permit.created = clock.wall();
    permit.label = "shop";
    permit.mailbox = mailbox;
    change(permit);
    CPPUNIT_ASSERT(
        store.tokens().add({PermitName::Kind::token, owner.key(), id}, permit, clock.steady()));
    const auto address = address_with_token({owner, owner, "shop", id}, '+', kKey);
    return "<" + address->address() + ">";
  }
  /// What is done to the permits that are made.
  std::function<void(Permit&)> change = [](Permit&) {};

  Permit token(int n = 1, const std::string& mailbox = kJoe) {
    const auto permit = store.tokens().get(
        {PermitName::Kind::token, mailbox, "aaaaaaa" + std::to_string(n)}, clock.steady());
    CPPUNIT_ASSERT(permit);
    return *permit;
  }
  void expect_domain(const std::string& domain, std::optional<long long> uses) {
    Permit permit;
    permit.binding = Binding::domain;
    permit.bound_to = domain;
    permit.uses_left = uses;
    permit.expires = clock.wall() + std::chrono::minutes(10);
    CPPUNIT_ASSERT(store.tokens().put(window(domain), permit, clock.steady()));
  }
  Permit window_for(const std::string& domain) {
    return *store.tokens().get(window(domain), clock.steady());
  }

 private:
  static PermitName window(const std::string& domain) {
    return {PermitName::Kind::window, kJoe, domain};
  }
  int issued_ = 0;
};

/// The n-th mail of a machine to these recipients.
Mail mail_to(std::vector<std::string> to, int n = 1) {
  Mail mail;
  mail.to = std::move(to);
  mail.set("Message-ID", "<" + std::to_string(n) + "@example.com>");
  return mail.add("Auto-Submitted", "auto-generated");
}

void expect_passed(const Outcome& got) {
  CPPUNIT_ASSERT_EQUAL(std::string("eom"), got.stage);
  CPPUNIT_ASSERT_EQUAL(got.text(), std::string());
  CPPUNIT_ASSERT_EQUAL(static_cast<int>(Kind::proceed), static_cast<int>(got.verdict.kind));
}
void expect_over(const Outcome& got, const std::string& stage) {
  CPPUNIT_ASSERT_EQUAL(stage, got.stage);
  CPPUNIT_ASSERT_EQUAL(std::string("554"), got.code());
  CPPUNIT_ASSERT_EQUAL(std::string(kOver), got.text());
}
void expect_later(const Outcome& got) { CPPUNIT_ASSERT_EQUAL(std::string("451"), got.code()); }

class PermitUseTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PermitUseTest);
  CPPUNIT_TEST(a_token_lets_a_machine_in_and_is_spent);
  CPPUNIT_TEST(without_a_number_of_uses_the_body_is_not_read);
  CPPUNIT_TEST(a_wrong_tag_costs_no_look_up);
  CPPUNIT_TEST(an_address_that_is_a_mailbox_of_its_own_is_no_token);
  CPPUNIT_TEST(a_token_at_the_owners_other_address_is_the_owners);
  CPPUNIT_TEST(an_old_key_is_good_for_tokens_that_it_made);
  CPPUNIT_TEST(a_spent_token_is_refused_before_the_body);
  CPPUNIT_TEST(an_expired_token_is_refused);
  CPPUNIT_TEST(a_revoked_token_is_refused);
  CPPUNIT_TEST(a_token_that_the_store_forgot_is_a_plain_detail);
  CPPUNIT_TEST(a_second_try_takes_nothing_twice);
  CPPUNIT_TEST(a_second_try_after_the_last_use_passes);
  CPPUNIT_TEST(another_body_under_that_header_section_is_no_second_try);
  CPPUNIT_TEST(a_body_that_was_waited_for_counts_to_its_end);
  CPPUNIT_TEST(the_last_use_is_lost_to_a_faster_mail);
  CPPUNIT_TEST(a_loser_is_deleted_from_what_goes_on);
  CPPUNIT_TEST(a_loser_whose_fellow_is_held_is_dropped_here);
  CPPUNIT_TEST(refused_and_deferred_mail_spends_nothing);
  CPPUNIT_TEST(mail_that_cannot_be_held_for_others_spends_nothing);
  CPPUNIT_TEST(a_recipient_that_cannot_be_deleted_spends_nothing);
  CPPUNIT_TEST(a_store_that_fails_at_spending_makes_mail_wait);
  CPPUNIT_TEST(observing_a_store_that_fails_at_spending_delays_nothing);
  CPPUNIT_TEST(observing_a_use_is_spent);
  CPPUNIT_TEST(observing_what_is_over_passes_and_says_so);
  CPPUNIT_TEST(observing_a_loser_passes);
  CPPUNIT_TEST(the_first_author_binds_and_another_raises_an_alarm);
  CPPUNIT_TEST(an_author_nobody_can_check_does_not_raise_an_alarm);
  CPPUNIT_TEST(observing_an_alarm_is_raised_too);
  CPPUNIT_TEST(two_tokens_of_one_mailbox_are_both_spent);
  CPPUNIT_TEST(blocked_authors_spend_nothing);
  CPPUNIT_TEST(a_stripped_token_leaves_the_plain_recipient);
  CPPUNIT_TEST(what_is_not_stripped_stays);
  CPPUNIT_TEST(who_is_expected_passes_within_the_time);
  CPPUNIT_TEST(a_window_counts_its_mails);
  CPPUNIT_TEST(a_window_is_not_for_who_only_says_so);
  CPPUNIT_TEST(mail_whose_window_was_used_up_meanwhile_waits);
  CPPUNIT_TEST(a_second_try_after_the_window_passes);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_token_lets_a_machine_in_and_is_spent() {
    Site site;
    const std::string to = site.issue(3);
    const Outcome got = site.play(mail_to({to}));
    expect_passed(got);
    CPPUNIT_ASSERT_EQUAL(std::string("Countersign: pass; reason=token; author=example.com"),
                         got.field());
    CPPUNIT_ASSERT_EQUAL(2LL, *site.token().uses_left);
    CPPUNIT_ASSERT_EQUAL(1LL, site.token().uses);
    CPPUNIT_ASSERT(site.token().last_use == site.clock.wall());
    CPPUNIT_ASSERT_EQUAL(1, site.directory.look_ups);
    CPPUNIT_ASSERT_EQUAL(1.0, site.metric("countersign_permit_uses_total{outcome=\"spent\"}"));
  }
  void without_a_number_of_uses_the_body_is_not_read() {
    Site site;
    const Outcome got = site.play(mail_to({site.issue()}));
    expect_passed(got);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, got.body_pieces);
    CPPUNIT_ASSERT_EQUAL(1LL, site.token().uses);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, site.play(mail_to({site.issue(9)})).body_pieces);
  }
  void a_wrong_tag_costs_no_look_up() {
    Site site;
    std::string to = site.issue(3);
    char& last = to[to.find('@') - 1];
    last = last == 'z' ? 'y' : 'z';
    const Outcome got = site.play(mail_to({to}));
    CPPUNIT_ASSERT_EQUAL(static_cast<int>(Kind::discard), static_cast<int>(got.verdict.kind));
    CPPUNIT_ASSERT(site.directory.last.tokens.empty());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, site.desk.kept().size());
    CPPUNIT_ASSERT_EQUAL(3LL, *site.token().uses_left);
  }
  void an_address_that_is_a_mailbox_of_its_own_is_no_token() {
    Site site;
    const std::string to = site.issue(3);
    const Mailbox full = *Mailbox::parse(to.substr(1, to.size() - 2));
    MilterSettings settings = Site::settings_for(Mode::hold);
    settings.owners.add(full.address(), full.address());
    site.use(std::move(settings));
    site.play(mail_to({to}));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, site.desk.kept().size());
    CPPUNIT_ASSERT_EQUAL(full.key(), site.desk.kept()[0].envelope.owners.at(0));
  }
  void a_token_at_the_owners_other_address_is_the_owners() {
    Site site;
    std::string to = site.issue(3);
    MilterSettings settings = Site::settings_for(Mode::hold);
    settings.owners.add("joseph@example.org", kJoe);
    site.use(std::move(settings));
    expect_passed(site.play(mail_to({to.replace(1, 3, "joseph")})));
    CPPUNIT_ASSERT_EQUAL(2LL, *site.token().uses_left);
  }
  void an_old_key_is_good_for_tokens_that_it_made() {
    Site site;
    const std::string to = site.issue(3);
    MilterSettings settings = Site::settings_for(Mode::hold);
    settings.token_keys = {kNewKey, kKey};
    site.use(settings);
    expect_passed(site.play(mail_to({to})));
    settings.token_keys = {kNewKey};
    site.use(settings);
    site.play(mail_to({to}, 2));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, site.desk.kept().size());
    CPPUNIT_ASSERT_EQUAL(2LL, *site.token().uses_left);
  }
  void a_spent_token_is_refused_before_the_body() {
    Site site;
    const std::string to = site.issue(1);
    expect_passed(site.play(mail_to({to}, 1)));
    expect_over(site.play(mail_to({to}, 2)), "eoh");
    CPPUNIT_ASSERT_EQUAL(0LL, *site.token().uses_left);
    CPPUNIT_ASSERT_EQUAL(
        1.0,
        site.metric("countersign_messages_total{disposition=\"refuse\",reason=\"token-refused\"}"));
  }
  void an_expired_token_is_refused() {
    Site site;
    site.change = [&](Permit& permit) { permit.expires = site.clock.wall() + seconds(60); };
    const std::string to = site.issue();
    expect_passed(site.play(mail_to({to}, 1)));
    site.clock.advance(seconds(60));
    site.page_up();
    expect_over(site.play(mail_to({to}, 2)), "eoh");
  }
  void a_revoked_token_is_refused() {
    Site site;
    const std::string to = site.issue(3);
    expect_passed(site.play(mail_to({to}, 1)));
    CPPUNIT_ASSERT(site.store.tokens().revoke({PermitName::Kind::token, kJoe, "aaaaaaa1"},
                                              site.clock.wall(), site.clock.steady()));
    expect_over(site.play(mail_to({to}, 1)), "eoh");
    expect_over(site.play(mail_to({to}, 2)), "eoh");
  }
  void a_token_that_the_store_forgot_is_a_plain_detail() {
    Site site;
    const std::string to = site.issue(3);
    CPPUNIT_ASSERT(site.store.tokens().remove({PermitName::Kind::token, kJoe, "aaaaaaa1"},
                                              site.clock.steady()));
    site.play(mail_to({to}));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, site.desk.kept().size());
    CPPUNIT_ASSERT_EQUAL(1.0, site.metric("countersign_tokens_missing_total"));
  }

  void a_second_try_takes_nothing_twice() {
    Site site;
    const std::string to = site.issue(3);
    for (int i = 0; i < 3; ++i) {
      Mail mail = mail_to({to});
      mail.header.insert(mail.header.begin(), {"Received", " from try " + std::to_string(i)});
      expect_passed(site.play(mail));
    }
    CPPUNIT_ASSERT_EQUAL(2LL, *site.token().uses_left);
    CPPUNIT_ASSERT_EQUAL(2.0, site.metric("countersign_permit_uses_total{outcome=\"repeated\"}"));
  }
  void a_second_try_after_the_last_use_passes() {
    Site site;
    site.change = [&](Permit& permit) { permit.expires = site.clock.wall() + seconds(600); };
    const std::string to = site.issue(1);
    expect_passed(site.play(mail_to({to})));
    expect_passed(site.play(mail_to({to})));
    site.clock.advance(seconds(3600));
    site.page_up();
    expect_passed(site.play(mail_to({to}).unauthenticated()));
    site.clock.advance(std::chrono::hours(24));
    site.page_up();
    expect_over(site.play(mail_to({to})), "eoh");
  }
  void another_body_under_that_header_section_is_no_second_try() {
    Site site;
    const std::string to = site.issue(1);
    expect_passed(site.play(mail_to({to})));
    Mail other = mail_to({to});
    other.body = {"Buy this.\r\n"};
    expect_over(site.play(other), "eom");
  }
  void a_body_that_was_waited_for_counts_to_its_end() {
    // What has a null reverse-path may be a bounce, so its body is looked at before the decision.
    Site site;
    const std::string to = site.issue(1);
    Mail mail = mail_to({to});
    mail.from = "<>";
    mail.body = {"Dear Joe,\r\n", "40 chairs.\r\n", "Yours\r\n"};
    expect_passed(site.play(mail));
    expect_passed(site.play(mail));
    mail.body.back() = "Buy this\r\n";
    expect_over(site.play(mail), "eom");
  }
  void the_last_use_is_lost_to_a_faster_mail() {
    Site site;
    const std::string to = site.issue(1);
    Session slow = site.session();
    CPPUNIT_ASSERT(MilterRig::begin(slow, mail_to({to}, 1)).kind == Kind::proceed);
    expect_passed(site.play(mail_to({to}, 2)));
    Outcome got = finish(slow);
    expect_over(got, "eom");
    CPPUNIT_ASSERT(got.editor.added.empty());
    CPPUNIT_ASSERT_EQUAL(0LL, *site.token().uses_left);
    CPPUNIT_ASSERT_EQUAL(1.0, site.metric("countersign_permit_uses_total{outcome=\"lost\"}"));
  }
  void a_loser_is_deleted_from_what_goes_on() {
    Site site;
    const std::string to = site.issue(1);
    site.know("ann@example.org", "alice@example.com", {"example.com"});
    Session slow = site.session();
    MilterRig::begin(slow, mail_to({to, "<ann@example.org>"}, 1));
    expect_passed(site.play(mail_to({to}, 2)));
    const Outcome got = finish(slow);
    expect_passed(got);
    CPPUNIT_ASSERT((Texts{to, to.substr(1, to.size() - 2)}) == got.editor.deleted);
    CPPUNIT_ASSERT_EQUAL(std::string("Countersign: pass; reason=contact; author=example.com"),
                         got.field());
  }
  void a_loser_whose_fellow_is_held_is_dropped_here() {
    Site site;
    const std::string to = site.issue(1);
    Session slow = site.session();
    MilterRig::begin(slow, mail_to({to, "<ann@example.org>"}, 1));
    expect_passed(site.play(mail_to({to}, 2)));
    const Outcome got = finish(slow);
    CPPUNIT_ASSERT_EQUAL(static_cast<int>(Kind::discard), static_cast<int>(got.verdict.kind));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, site.desk.kept().size());
  }

  void refused_and_deferred_mail_spends_nothing() {
    Site site;
    const std::string to = site.issue(3);
    site.store.set_down(true);
    expect_later(site.play(mail_to({to})));
    site.store.set_down(false);
    CPPUNIT_ASSERT_EQUAL(3LL, *site.token().uses_left);
  }
  void mail_that_cannot_be_held_for_others_spends_nothing() {
    Site site;
    const std::string to = site.issue(3);
    site.desk.commit_error = Error{Errc::unavailable, "disk"};
    expect_later(site.play(mail_to({to, "<ann@example.org>"})));
    CPPUNIT_ASSERT_EQUAL(3LL, *site.token().uses_left);
    Mail bad = mail_to({to, "<ann@example.org>"});
    bad.body = {"a\rb\r\n"};
    // A shop's mail: no machine hears a 5yz for what cannot be kept.
    CPPUNIT_ASSERT_EQUAL(std::string("450"), site.play(bad).code());
    CPPUNIT_ASSERT_EQUAL(3LL, *site.token().uses_left);
  }
  void a_recipient_that_cannot_be_deleted_spends_nothing() {
    Site site;
    const std::string to = site.issue(3);
    WatchedEditor editor;
    editor.fails_to_delete = true;
    expect_later(site.play(mail_to({to, "<ann@example.org>"}), editor));
    CPPUNIT_ASSERT_EQUAL(3LL, *site.token().uses_left);
  }
  void a_store_that_fails_at_spending_makes_mail_wait() {
    Site site;
    const std::string to = site.issue(1);
    site.store.fail_call(2);
    const Outcome got = site.play(mail_to({to}));
    expect_later(got);
    CPPUNIT_ASSERT_EQUAL(std::string("eom"), got.stage);
    expect_passed(site.play(mail_to({to})));
    CPPUNIT_ASSERT_EQUAL(0LL, *site.token().uses_left);
  }
  void observing_a_store_that_fails_at_spending_delays_nothing() {
    Site site(Mode::observe);
    const std::string to = site.issue(1);
    site.store.fail_call(2);
    const Outcome got = site.play(mail_to({to}));
    expect_passed(got);
    CPPUNIT_ASSERT_EQUAL(std::string("Countersign: observed; would=defer; reason=unscreened"),
                         got.field());
  }
  void observing_a_use_is_spent() {
    Site site(Mode::observe);
    const Outcome got = site.play(mail_to({site.issue(3)}));
    expect_passed(got);
    CPPUNIT_ASSERT_EQUAL(std::string("Countersign: pass; reason=token; author=example.com"),
                         got.field());
    CPPUNIT_ASSERT_EQUAL(2LL, *site.token().uses_left);
  }
  void observing_what_is_over_passes_and_says_so() {
    Site site(Mode::observe);
    const std::string to = site.issue(0);
    const Outcome got = site.play(mail_to({to}));
    expect_passed(got);
    CPPUNIT_ASSERT_EQUAL(std::string("Countersign: observed; would=refuse; reason=token-refused"),
                         got.field());
  }
  void observing_a_loser_passes() {
    Site site(Mode::observe);
    const std::string to = site.issue(1);
    Session slow = site.session();
    MilterRig::begin(slow, mail_to({to}, 1));
    expect_passed(site.play(mail_to({to}, 2)));
    const Outcome got = finish(slow);
    expect_passed(got);
    CPPUNIT_ASSERT_EQUAL(std::string("Countersign: observed; would=refuse; reason=token-refused"),
                         got.field());
  }

  void the_first_author_binds_and_another_raises_an_alarm() {
    Site site;
    std::vector<LeakAlarm> alarms;
    site.services.on_leak = [&](const LeakAlarm& alarm) { alarms.push_back(alarm); };
    const std::string to = site.issue(3);
    expect_passed(site.play(mail_to({to})));
    CPPUNIT_ASSERT_EQUAL(std::string("example.com"), site.token().bound_to);
    CPPUNIT_ASSERT(alarms.empty());
    Mail stranger = mail_to({to}, 2);
    stranger.from = "<x@bad.example>";
    stranger.set("From", "x@bad.example").set("Authentication-Results", kForged);
    expect_over(site.play(stranger), "eoh");
    CPPUNIT_ASSERT_EQUAL(2LL, *site.token().uses_left);
    CPPUNIT_ASSERT_EQUAL(1LL, site.token().leaks);
    CPPUNIT_ASSERT_EQUAL(std::string("bad.example"), site.token().leaked_to);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, alarms.size());
    const LeakAlarm& alarm = alarms.front();
    CPPUNIT_ASSERT_EQUAL(std::string(kJoe), alarm.owner);
    CPPUNIT_ASSERT_EQUAL(std::string("shop"), alarm.label);
    CPPUNIT_ASSERT_EQUAL(std::string("example.com"), alarm.bound_to);
    CPPUNIT_ASSERT_EQUAL(std::string("bad.example"), alarm.used_by);
    CPPUNIT_ASSERT_EQUAL(std::string("x@bad.example"), alarm.author);
    CPPUNIT_ASSERT(alarm.refused);
    expect_over(site.play(mail_to({to}, 3).unauthenticated()), "eoh");
    CPPUNIT_ASSERT_EQUAL(std::string(), alarms.at(1).used_by);
    CPPUNIT_ASSERT_EQUAL(2.0, site.metric("countersign_token_leaks_total"));
  }
  void an_author_nobody_can_check_does_not_raise_an_alarm() {
    Site site;
    const std::string to = site.issue(3);
    expect_passed(site.play(mail_to({to})));
    Mail unsure = mail_to({to}, 2);
    unsure.set("Authentication-Results", "mx.example.org; dkim=temperror header.d=example.com");
    expect_later(site.play(unsure));
    CPPUNIT_ASSERT_EQUAL(0LL, site.token().leaks);
  }
  void observing_an_alarm_is_raised_too() {
    Site site(Mode::observe);
    std::vector<LeakAlarm> alarms;
    site.services.on_leak = [&](const LeakAlarm& alarm) { alarms.push_back(alarm); };
    const std::string to = site.issue(3);
    expect_passed(site.play(mail_to({to})));
    expect_passed(site.play(mail_to({to}, 2).unauthenticated()));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, alarms.size());
    CPPUNIT_ASSERT(!alarms.front().refused);
  }
  void two_tokens_of_one_mailbox_are_both_spent() {
    Site site;
    const std::string first = site.issue(3);
    const std::string second = site.issue(5);
    const Outcome got = site.play(mail_to({first, second}));
    expect_passed(got);
    CPPUNIT_ASSERT_EQUAL(std::string("Countersign: pass"), got.field());
    CPPUNIT_ASSERT_EQUAL(2LL, *site.token(1).uses_left);
    CPPUNIT_ASSERT_EQUAL(4LL, *site.token(2).uses_left);
  }
  void blocked_authors_spend_nothing() {
    Site site;
    site.know(kJoe, "alice@example.com", {}, Standing::deny);
    const Outcome got = site.play(mail_to({site.issue(3)}));
    CPPUNIT_ASSERT_EQUAL(std::string("This recipient does not accept mail from you\n"), got.text());
    CPPUNIT_ASSERT_EQUAL(3LL, *site.token().uses_left);
  }
  void a_stripped_token_leaves_the_plain_recipient() {
    Site site;
    MilterSettings settings = Site::settings_for(Mode::hold);
    settings.strip_tokens = true;
    site.use(std::move(settings));
    const std::string to = site.issue(3);
    const Outcome got = site.play(mail_to({to}));
    expect_passed(got);
    CPPUNIT_ASSERT((Texts{"<joe@example.org>"}) == got.editor.added_recipients);
    CPPUNIT_ASSERT((Texts{to, to.substr(1, to.size() - 2)}) == got.editor.deleted);
  }
  void what_is_not_stripped_stays() {
    Site site;
    const Outcome plain = site.play(mail_to({site.issue(3)}));
    CPPUNIT_ASSERT(plain.editor.added_recipients.empty() && plain.editor.deleted.empty());
    MilterSettings settings = Site::settings_for(Mode::hold);
    settings.strip_tokens = true;
    site.use(std::move(settings));
    const std::string over = site.issue(0);
    const Outcome mixed = site.play(mail_to({over, site.issue(3)}));
    expect_passed(mixed);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, mixed.editor.added_recipients.size());
    WatchedEditor editor;
    editor.fails_to_delete = true;
    expect_passed(site.play(mail_to({site.issue(3)}), editor));
  }

  void who_is_expected_passes_within_the_time() {
    Site site;
    site.expect_domain("example.com", std::nullopt);
    const Outcome got = site.play(mail_to({"<joe@example.org>"}, 1));
    expect_passed(got);
    CPPUNIT_ASSERT_EQUAL(std::string("Countersign: pass; reason=expected; author=example.com"),
                         got.field());
    CPPUNIT_ASSERT_EQUAL(1LL, site.window_for("example.com").uses);
    site.clock.advance(std::chrono::minutes(10));
    site.page_up();
    site.play(mail_to({"<joe@example.org>"}, 2));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, site.desk.kept().size());
  }
  void a_window_counts_its_mails() {
    Site site;
    site.expect_domain("example.com", 2);
    for (int n = 1; n <= 4; ++n) site.play(mail_to({"<joe@example.org>"}, n / 2));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, site.desk.kept().size());
    CPPUNIT_ASSERT_EQUAL(0LL, *site.window_for("example.com").uses_left);
  }
  void a_window_is_not_for_who_only_says_so() {
    Site site;
    site.expect_domain("example.com", 2);
    site.play(mail_to({"<joe@example.org>"}).unauthenticated());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, site.desk.kept().size());
    CPPUNIT_ASSERT_EQUAL(2LL, *site.window_for("example.com").uses_left);
  }
  void mail_whose_window_was_used_up_meanwhile_waits() {
    Site site;
    site.expect_domain("example.com", 1);
    Session slow = site.session();
    MilterRig::begin(slow, mail_to({"<joe@example.org>"}, 1));
    expect_passed(site.play(mail_to({"<joe@example.org>"}, 2)));
    expect_later(finish(slow));
    site.play(mail_to({"<joe@example.org>"}, 1));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, site.desk.kept().size());
  }
  void a_second_try_after_the_window_passes() {
    Site site;
    site.expect_domain("example.com", 1);
    expect_passed(site.play(mail_to({"<joe@example.org>"}, 1)));
    site.clock.advance(std::chrono::hours(1));
    site.page_up();
    expect_passed(site.play(mail_to({"<joe@example.org>"}, 1)));
    CPPUNIT_ASSERT_EQUAL(1LL, site.window_for("example.com").uses);
  }

 private:
  /// The rest of a mail whose header section was told.
  static Outcome finish(Session& session) {
    Outcome out;
    out.stage = "eom";
    for (const std::string& piece : Mail().body) (void)session.body(piece);
    out.verdict = session.end_of_message(out.editor);
    return out;
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(PermitUseTest);

}  // namespace
}  // namespace countersign
