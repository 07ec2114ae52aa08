// SPDX-License-Identifier: Apache-2.0
//
// What every store must do, whatever is behind it. A harness makes an empty store:
//
//     struct Harness { Harness(); Store& store(); };
//
//     CPPUNIT_TEST_SUITE_REGISTRATION(StoreContract<Harness>);
//
// Lives are counted by the wall clock, so that nothing here needs a clock that can be moved.
#pragma once

#include <cppunit/extensions/HelperMacros.h>
#include <poll.h>

#include <atomic>
#include <memory>
#include <thread>

#include "tests/contract/contract_values.h"
#include "tokenstore/rules.h"
#include "tokenstore/store.h"

namespace countersign::test {

template <class Harness>
class StoreContract : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StoreContract<Harness>);
  CPPUNIT_TEST(nothing_is_known_of_a_stranger);
  CPPUNIT_TEST(entries_match_from_the_mailbox_down_to_the_site);
  CPPUNIT_TEST(entries_of_others_do_not_match);
  CPPUNIT_TEST(a_domain_matches_alone_or_with_all_below);
  CPPUNIT_TEST(a_list_matches_behind_the_address_and_before_the_domain);
  CPPUNIT_TEST(the_list_that_was_written_to_is_told);
  CPPUNIT_TEST(each_recipient_gets_its_own_knowledge_in_order);
  CPPUNIT_TEST(without_author_only_policies_are_told);
  CPPUNIT_TEST(the_most_specific_policy_wins_key_by_key);
  CPPUNIT_TEST(the_page_has_no_age_before_its_first_heartbeat);
  CPPUNIT_TEST(the_page_is_young_after_a_heartbeat);
  CPPUNIT_TEST(an_entry_comes_back_as_it_was_put);
  CPPUNIT_TEST(putting_replaces);
  CPPUNIT_TEST(learning_adds_what_is_absent);
  CPPUNIT_TEST(learning_gives_a_fingerprint_to_an_entry_without);
  CPPUNIT_TEST(learning_keeps_the_fingerprint_that_stands);
  CPPUNIT_TEST(learning_does_not_touch_a_deny);
  CPPUNIT_TEST(learning_gives_a_fingerprint_to_any_form_of_an_entry);
  CPPUNIT_TEST(learning_adds_a_domain_to_networks);
  CPPUNIT_TEST(approving_adds_what_is_absent_or_denied);
  CPPUNIT_TEST(approving_adds_each_fingerprint_once_to_any_form_of_an_entry);
  CPPUNIT_TEST(learning_many_tells_which_are_new);
  CPPUNIT_TEST(learning_thousands_is_one_call);
  CPPUNIT_TEST(a_removed_entry_is_gone);
  CPPUNIT_TEST(a_list_holds_all_its_entries_and_no_others);
  CPPUNIT_TEST(an_empty_policy_value_removes_it);
  CPPUNIT_TEST(who_was_written_to_is_a_contact);
  CPPUNIT_TEST(an_answer_to_what_was_sent_is_told);
  CPPUNIT_TEST(what_was_sent_is_forgotten_when_its_time_is_over);
  CPPUNIT_TEST(of_what_was_sent_the_newest_is_kept);
  CPPUNIT_TEST(a_report_is_let_in_once_for_each_recipient);
  CPPUNIT_TEST(a_report_that_names_nobody_known_is_let_in_once);
  CPPUNIT_TEST(reports_that_name_nobody_known_have_one_place_after_another);
  CPPUNIT_TEST(a_report_on_what_was_not_sent_is_not_let_in);
  CPPUNIT_TEST(of_many_reports_at_once_one_is_let_in);
  CPPUNIT_TEST(the_modes_of_all_levels_are_listed_when_they_change);
  CPPUNIT_TEST(a_view_comes_back_as_it_was_put);
  CPPUNIT_TEST(a_message_without_token_has_none);
  CPPUNIT_TEST(unknown_messages_and_tokens_are_not_found);
  CPPUNIT_TEST(under_a_token_stands_what_is_true_now);
  CPPUNIT_TEST(a_guess_is_never_believed);
  CPPUNIT_TEST(many_tokens_are_looked_up_in_order);
  CPPUNIT_TEST(putting_a_view_again_changes_nothing);
  CPPUNIT_TEST(an_answered_message_stays_on_its_owners_lists);
  CPPUNIT_TEST(a_final_state_leaves_a_tombstone_and_no_list);
  CPPUNIT_TEST(the_state_of_an_unknown_message_cannot_be_set);
  CPPUNIT_TEST(a_retry_finds_the_hold_while_it_waits);
  CPPUNIT_TEST(a_retry_is_found_by_who_does_other_work_meanwhile);
  CPPUNIT_TEST(a_retry_finds_what_was_put_with_its_digest);
  CPPUNIT_TEST(what_is_put_leaves_a_retry_of_what_waits);
  CPPUNIT_TEST(what_is_put_takes_the_retry_of_what_is_over);
  CPPUNIT_TEST(a_retry_finds_nothing_when_the_hold_is_over);
  CPPUNIT_TEST(a_binding_stays_while_its_message_is_held);
  CPPUNIT_TEST(a_binding_of_a_message_that_is_over_is_replaced);
  CPPUNIT_TEST(requests_come_in_order_until_they_are_done);
  CPPUNIT_TEST(requests_are_read_from_behind_one);
  CPPUNIT_TEST(requests_go_to_their_node_only);
  CPPUNIT_TEST(reading_returns_at_most_sixteen);
  CPPUNIT_TEST(reading_nothing_ends_at_the_deadline);
  CPPUNIT_TEST(a_waiting_reader_wakes);
  CPPUNIT_TEST(a_request_that_is_too_large_is_refused);
  CPPUNIT_TEST(an_author_is_challenged_once_for_a_recipient);
  CPPUNIT_TEST(an_author_is_challenged_once_a_day_for_the_site);
  CPPUNIT_TEST(the_same_message_gets_the_same_answer);
  CPPUNIT_TEST(a_domain_has_a_cap_an_hour);
  CPPUNIT_TEST(an_unanswering_domain_falls_back_until_it_answers);
  CPPUNIT_TEST(who_wants_no_challenges_gets_none);
  CPPUNIT_TEST(a_budget_comes_back_when_its_time_is_over);
  CPPUNIT_TEST(a_notice_is_claimed_once);
  CPPUNIT_TEST(a_claim_given_back_can_be_claimed);
  CPPUNIT_TEST(a_claim_ends_with_its_lifetime);
  CPPUNIT_TEST(a_nonce_is_spent_once);
  CPPUNIT_TEST(failures_are_counted_for_each);
  CPPUNIT_TEST(failures_are_forgotten_after_their_window);
  CPPUNIT_TEST(an_answer_is_remembered);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { harness_ = std::make_unique<Harness>(); }
  void tearDown() override { harness_.reset(); }

  void nothing_is_known_of_a_stranger() {
    const Knowledge known = look_up({joe()}, alice());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, known.recipients.size());
    CPPUNIT_ASSERT(known.recipients[0].matches.empty());
    CPPUNIT_ASSERT(known.recipients[0].policy.empty());
  }
  void entries_match_from_the_mailbox_down_to_the_site() {
    put(kSite, "d:example.com", deny());
    put(kSite, "a:alice@example.com", allow("s"));
    put(of_domain(), "a:alice@example.com", allow("d"));
    put(of_joe(), "d:example.com", allow("domain"));
    put(of_joe(), "a:alice@example.com", allow("address"));
    const auto matches = look_up({joe()}, alice()).recipients[0].matches;
    CPPUNIT_ASSERT_EQUAL(std::size_t{5}, matches.size());
    CPPUNIT_ASSERT_EQUAL(std::string("a:alice@example.com"), matches[0].subject);
    CPPUNIT_ASSERT(allow("address") == matches[0].entry);
    CPPUNIT_ASSERT(matches[0].level == Level::mailbox);
    CPPUNIT_ASSERT_EQUAL(std::string("d:example.com"), matches[1].subject);
    CPPUNIT_ASSERT(matches[1].level == Level::mailbox);
    CPPUNIT_ASSERT(matches[2].level == Level::domain);
    CPPUNIT_ASSERT(allow("d") == matches[2].entry);
    CPPUNIT_ASSERT(matches[3].level == Level::site);
    CPPUNIT_ASSERT(allow("s") == matches[3].entry);
    CPPUNIT_ASSERT(deny() == matches[4].entry);
  }
  void entries_of_others_do_not_match() {
    put(of_joe(), "a:bob@example.com", allow());
    put(of_joe(), "d:example.net", allow());
    put({Level::mailbox, "ann@example.org"}, "a:alice@example.com", allow());
    put({Level::domain, "example.edu"}, "a:alice@example.com", allow());
    CPPUNIT_ASSERT(look_up({joe()}, alice()).recipients[0].matches.empty());
  }
  void a_domain_matches_alone_or_with_all_below() {
    put(of_joe(), "d:example.com", allow("just that one"));
    put(of_joe(), "d:.com", allow("top"));
    put(of_joe(), "d:.example.com", allow("wide"));
    put(of_joe(), "d:.lists.example.com", allow("narrow"));
    put(of_joe(), "d:lists.example.com", allow("exact"));
    const auto notes = [&](const char* author) {
      std::string out;
      const Knowledge known = look_up({joe()}, mailbox(author));
      for (const auto& match : known.recipients[0].matches) out += match.entry.note + "|";
      return out;
    };
    CPPUNIT_ASSERT_EQUAL(std::string("exact|narrow|wide|top|"), notes("alice@lists.example.com"));
    CPPUNIT_ASSERT_EQUAL(std::string("just that one|wide|top|"), notes("alice@example.com"));
    CPPUNIT_ASSERT_EQUAL(std::string("wide|top|"),
                         notes("alice@a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.example.com"));
    CPPUNIT_ASSERT_EQUAL(std::string("top|"), notes("alice@notexample.com"));
    CPPUNIT_ASSERT_EQUAL(std::string(), notes("alice@[192.0.2.1]"));
  }
  void a_list_matches_behind_the_address_and_before_the_domain() {
    put(of_joe(), "d:example.com", allow("domain"));
    put(of_joe(), "l:chairs.example.net", allow("list"));
    put(of_joe(), "a:alice@example.com", allow("address"));
    put(kSite, "l:chairs.example.net", deny());
    Inquiry inquiry{.recipients = {joe()}, .author = alice()};
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, ask(inquiry).recipients[0].matches.size());
    inquiry.list_id = "chairs.example.net";
    auto matches = ask(inquiry).recipients[0].matches;
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, matches.size());
    CPPUNIT_ASSERT_EQUAL(std::string("address"), matches[0].entry.note);
    CPPUNIT_ASSERT_EQUAL(std::string("l:chairs.example.net"), matches[1].subject);
    CPPUNIT_ASSERT_EQUAL(std::string("domain"), matches[2].entry.note);
    CPPUNIT_ASSERT(deny() == matches[3].entry);
    inquiry.author.reset();
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, ask(inquiry).recipients[0].matches.size());
  }
  void the_list_that_was_written_to_is_told() {
    Inquiry inquiry{.recipients = {joe()}, .author = alice()};
    inquiry.list_id = "chairs.example.net";
    inquiry.list_post = mailbox("chairs@example.net");
    const auto wrote = [&] { return ask(inquiry).recipients[0].wrote_to_list; };
    CPPUNIT_ASSERT(!wrote());
    put(of_domain(), "a:chairs@example.net", allow());
    CPPUNIT_ASSERT(wrote());
    CPPUNIT_ASSERT(ask(inquiry).recipients[0].matches.empty());
    put(of_joe(), "a:chairs@example.net", deny());
    CPPUNIT_ASSERT(!wrote());
    put(of_joe(), "a:chairs@example.net", allow());
    CPPUNIT_ASSERT(wrote());
    inquiry.list_id.clear();
    CPPUNIT_ASSERT(!wrote());
  }
  void each_recipient_gets_its_own_knowledge_in_order() {
    put(of_joe(), "a:alice@example.com", allow("joe"));
    put({Level::mailbox, "ann@example.org"}, "a:alice@example.com", deny());
    const Knowledge known =
        look_up({mailbox("ann@example.org"), mailbox("zoe@example.net"), joe()}, alice());
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, known.recipients.size());
    CPPUNIT_ASSERT(deny() == known.recipients[0].matches.at(0).entry);
    CPPUNIT_ASSERT(known.recipients[1].matches.empty());
    CPPUNIT_ASSERT(allow("joe") == known.recipients[2].matches.at(0).entry);
  }
  void without_author_only_policies_are_told() {
    put(of_joe(), "a:alice@example.com", allow());
    set(of_joe(), {{"mode", "hold"}});
    const Knowledge known = look_up({joe()}, std::nullopt);
    CPPUNIT_ASSERT(known.recipients[0].matches.empty());
    CPPUNIT_ASSERT((PolicyValues{{"mode", "hold"}}) == known.recipients[0].policy);
  }
  void the_most_specific_policy_wins_key_by_key() {
    set(kSite, {{"mode", "observe"}, {"machines", "aside"}, {"blocked", "hold"}});
    set(of_domain(), {{"mode", "hold"}, {"machines", "hold"}});
    set(of_joe(), {{"mode", "refuse"}});
    const PolicyValues want = {{"mode", "refuse"}, {"machines", "hold"}, {"blocked", "hold"}};
    CPPUNIT_ASSERT(want == look_up({joe()}, alice()).recipients[0].policy);
    CPPUNIT_ASSERT(look_up({joe()}, alice()).recipients[0].own_mode);
    CPPUNIT_ASSERT(!look_up({mailbox("ann@example.org")}, alice()).recipients[0].own_mode);
  }
  void the_page_has_no_age_before_its_first_heartbeat() {
    CPPUNIT_ASSERT(!look_up({joe()}, alice()).page_age);
  }
  void the_page_is_young_after_a_heartbeat() {
    CPPUNIT_ASSERT(store().web().heartbeat(soon()));
    const auto age = look_up({joe()}, alice()).page_age;
    CPPUNIT_ASSERT(age && *age >= milliseconds(0) && *age < seconds(30));
  }

  void an_entry_comes_back_as_it_was_put() {
    ContactEntry entry = allow(std::string("a\0b%{}&=\r\n \xc3\xa9", 13));
    entry.fingerprints = {"example.com", "example.net"};
    entry.final = true;
    entry.seen = WallTime(seconds(1'800'000'001));
    const Subject subject("a:o%'d {x}\r\n\0@example.com", 24);
    put(of_joe(), subject, entry);
    const auto list = store().contacts().list(of_joe(), soon());
    CPPUNIT_ASSERT(list && list->size() == 1);
    CPPUNIT_ASSERT_EQUAL(subject, list->front().first);
    CPPUNIT_ASSERT(entry == list->front().second);
  }
  void putting_replaces() {
    put(of_joe(), "a:alice@example.com", deny());
    put(of_joe(), "a:alice@example.com", allow());
    CPPUNIT_ASSERT(allow() == entry_of("a:alice@example.com"));
  }
  void learning_adds_what_is_absent() {
    CPPUNIT_ASSERT(allow("new") == learn("a:alice@example.com", allow("new")));
    CPPUNIT_ASSERT(allow("new") == entry_of("a:alice@example.com"));
  }
  void learning_gives_a_fingerprint_to_an_entry_without() {
    put(of_joe(), "a:alice@example.com", allow("old"));
    ContactEntry want = allow("old");
    want.fingerprints = {"example.com"};
    CPPUNIT_ASSERT(want == learn("a:alice@example.com", by("example.com")));
    CPPUNIT_ASSERT(want == entry_of("a:alice@example.com"));
  }
  void learning_keeps_the_fingerprint_that_stands() {
    put(of_joe(), "a:alice@example.com", by("example.com"));
    CPPUNIT_ASSERT(by("example.com") == learn("a:alice@example.com", by("example.net")));
    CPPUNIT_ASSERT(by("example.com") == entry_of("a:alice@example.com"));
  }
  void learning_does_not_touch_a_deny() {
    put(of_joe(), "a:alice@example.com", deny());
    CPPUNIT_ASSERT(deny() == learn("a:alice@example.com", by("example.com")));
    CPPUNIT_ASSERT(deny() == entry_of("a:alice@example.com"));
  }
  void learning_gives_a_fingerprint_to_any_form_of_an_entry() {
    ContactEntry long_form = allow("a note");
    ContactEntry odd_source = allow();
    odd_source.source = "of a later version";
    ContactEntry seen = allow();
    seen.seen = seen.created;
    for (const ContactEntry& before : {allow(), long_form, odd_source, seen}) {
      for (const char* fingerprint : {"example.com", "example.net"}) {
        put(of_joe(), "a:alice@example.com", before);
        ContactEntry want = before;
        want.fingerprints = {fingerprint};
        CPPUNIT_ASSERT(want == learn("a:alice@example.com", by(fingerprint)));
        CPPUNIT_ASSERT(want == learn("a:alice@example.com", by("example.edu")));
        CPPUNIT_ASSERT(want == entry_of("a:alice@example.com"));
      }
    }
  }
  void learning_adds_a_domain_to_networks() {
    for (const ContactEntry& before : {allow(), allow("a note")}) {
      for (const char* domain : {"example.com", "example.net"}) {
        ContactEntry want = before;
        want.fingerprints = {"ptr:example.com", "net:192.0.2.0/24", "net:2001:db8:1:2::/64"};
        put(of_joe(), "a:alice@example.com", want);
        want.fingerprints.emplace_back(domain);
        CPPUNIT_ASSERT(want == learn("a:alice@example.com", by(domain)));
        CPPUNIT_ASSERT(want == learn("a:alice@example.com", by("example.edu")));
        CPPUNIT_ASSERT(want == entry_of("a:alice@example.com"));
      }
    }
  }
  void approving_adds_what_is_absent_or_denied() {
    CPPUNIT_ASSERT(by("ptr:example.net") == approve(by("ptr:example.net")));
    CPPUNIT_ASSERT(by("ptr:example.net") == entry_of("a:alice@example.com"));
    put(of_joe(), "a:alice@example.com", deny());
    CPPUNIT_ASSERT(allow() == approve(allow()));
    CPPUNIT_ASSERT(allow() == entry_of("a:alice@example.com"));
  }
  void approving_adds_each_fingerprint_once_to_any_form_of_an_entry() {
    for (ContactEntry want : {allow(), allow("a note")}) {
      put(of_joe(), "a:alice@example.com", want);
      for (const char* one : {"net:192.0.2.0/24", "example.com", "net:192.0.2.0/2", "example.co",
                              "example.net", "ptr:example.com"}) {
        want.fingerprints.emplace_back(one);
        CPPUNIT_ASSERT(want == approve(by(one)));
      }
      for (const std::string& one : std::vector<std::string>(want.fingerprints))
        CPPUNIT_ASSERT(want == approve(by(one)));
      CPPUNIT_ASSERT(want == approve(allow()));
      CPPUNIT_ASSERT(want == entry_of("a:alice@example.com"));
    }
  }
  void learning_many_tells_which_are_new() {
    put(of_joe(), "a:alice@example.com", deny());
    put(of_joe(), "d:example.com", allow("old"));
    const auto got = store().contacts().learn_all(of_joe(),
                                                  {{"a:alice@example.com", by("example.com")},
                                                   {"a:new@example.com", by("example.com")},
                                                   {"d:example.com", by("example.com")}},
                                                  soon());
    CPPUNIT_ASSERT(got);
    CPPUNIT_ASSERT((std::vector<bool>{false, true, false}) == *got);
    CPPUNIT_ASSERT(deny() == entry_of("a:alice@example.com"));
    CPPUNIT_ASSERT(by("example.com") == entry_of("a:new@example.com"));
    ContactEntry want = allow("old");
    want.fingerprints = {"example.com"};
    CPPUNIT_ASSERT(want == entry_of("d:example.com"));
    CPPUNIT_ASSERT(store().contacts().learn_all(of_joe(), {}, soon())->empty());
  }
  void learning_thousands_is_one_call() {
    std::vector<std::pair<Subject, ContactEntry>> many;
    for (int i = 0; i < 2500; ++i)
      many.emplace_back("a:" + std::to_string(i) + "@example.com", allow());
    const auto got = store().contacts().learn_all(of_joe(), many, soon());
    CPPUNIT_ASSERT(got);
    CPPUNIT_ASSERT(std::vector<bool>(2500, true) == *got);
    CPPUNIT_ASSERT(std::vector<bool>(2500, false) ==
                   *store().contacts().learn_all(of_joe(), many, soon()));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2500}, store().contacts().list(of_joe(), soon())->size());
  }
  void a_removed_entry_is_gone() {
    put(of_joe(), "a:alice@example.com", allow());
    CPPUNIT_ASSERT(store().contacts().remove(of_joe(), "a:alice@example.com", soon()));
    CPPUNIT_ASSERT(look_up({joe()}, alice()).recipients[0].matches.empty());
    expect(Errc::not_found, store().contacts().remove(of_joe(), "a:alice@example.com", soon()));
  }
  void a_list_holds_all_its_entries_and_no_others() {
    put(kSite, "a:other@example.com", allow());
    for (int i = 0; i < 1500; ++i)
      put(of_joe(), "a:" + std::to_string(i) + "@example.com", allow(std::to_string(i)));
    const auto list = store().contacts().list(of_joe(), soon());
    CPPUNIT_ASSERT(list);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1500}, list->size());
  }
  void an_empty_policy_value_removes_it() {
    set(of_joe(), {{"mode", "hold"}, {"machines", "aside"}});
    set(of_joe(), {{"mode", ""}, {"blocked", "hold"}});
    const auto policy = store().policies().get(of_joe(), soon());
    CPPUNIT_ASSERT(policy);
    CPPUNIT_ASSERT((PolicyValues{{"machines", "aside"}, {"blocked", "hold"}}) == *policy);
  }

  void who_was_written_to_is_a_contact() {
    put(of_joe(), "a:bob@example.com", deny());
    note({{"a:alice@example.com", allow()}, {"a:bob@example.com", allow()}}, {"d1"});
    CPPUNIT_ASSERT(allow() == look_up({joe()}, alice()).recipients[0].matches.at(0).entry);
    CPPUNIT_ASSERT(deny() == entry_of("a:bob@example.com"));
    CPPUNIT_ASSERT(look_up({mailbox("ann@example.org")}, alice()).recipients[0].matches.empty());
    note({}, {});
  }
  void an_answer_to_what_was_sent_is_told() {
    note({}, {std::string("\0\xff{}", 4), "d2"});
    const auto replied = [&](std::vector<std::string> answers) {
      Inquiry inquiry{.recipients = {mailbox("ann@example.org"), joe()}, .author = alice()};
      inquiry.now = kNow;
      inquiry.answers = std::move(answers);
      const Knowledge known = ask(inquiry);
      CPPUNIT_ASSERT(!known.recipients[0].replied);
      return known.recipients[1].replied;
    };
    CPPUNIT_ASSERT(!replied({}));
    CPPUNIT_ASSERT(!replied({"d1", "d3"}));
    CPPUNIT_ASSERT(replied({"d1", "d2"}));
    CPPUNIT_ASSERT(replied({std::string("\0\xff{}", 4)}));
  }
  void what_was_sent_is_forgotten_when_its_time_is_over() {
    note({}, {"d1"});
    Inquiry inquiry{.recipients = {joe()}, .author = alice()};
    inquiry.answers = {"d1"};
    inquiry.now = kNow + kSentLife - seconds(1);
    CPPUNIT_ASSERT(ask(inquiry).recipients[0].replied);
    inquiry.now = kNow + kSentLife;
    CPPUNIT_ASSERT(!ask(inquiry).recipients[0].replied);
    ReturnedNote late = returned("d1", "t1");
    late.now = inquiry.now;
    CPPUNIT_ASSERT(!take(late));
  }
  void of_what_was_sent_the_newest_is_kept() {
    std::vector<std::string> digests;
    for (std::size_t i = 0; i < kMostSent; ++i) digests.push_back("old" + std::to_string(i));
    note({}, digests, kNow);
    note({}, {"new1", "new2"}, kNow + seconds(1));
    const auto kept = [&](const std::vector<std::string>& any_of) {
      Inquiry inquiry{.recipients = {joe()}, .author = alice()};
      inquiry.now = kNow;
      inquiry.answers = any_of;
      return ask(inquiry).recipients[0].replied;
    };
    CPPUNIT_ASSERT(kept({"new1"}) && kept({"new2"}) && kept(digests));
    std::vector<std::string> fresh;
    for (std::size_t i = 0; i < kMostSent; ++i) fresh.push_back("fresh" + std::to_string(i));
    note({}, fresh, kNow + seconds(3));
    CPPUNIT_ASSERT(!kept(digests) && !kept({"new1", "new2"}) && kept(fresh));
  }
  void a_report_is_let_in_once_for_each_recipient() {
    note({}, {"mail", "alice", "bob"});
    ReturnedNote first = returned("alice", "alice taken");
    first.unnamed = {{"mail", "mail taken"}};
    CPPUNIT_ASSERT(take(first));
    CPPUNIT_ASSERT(!take(first));
    ReturnedNote both = returned("alice", "alice taken");
    both.named.push_back({"bob", "bob taken"});
    CPPUNIT_ASSERT(take(both));
    CPPUNIT_ASSERT(!take(returned("bob", "bob taken")));
  }
  void a_report_that_names_nobody_known_is_let_in_once() {
    note({}, {"mail", "alice"});
    ReturnedNote other = returned("inside", "inside taken");
    other.unnamed = {{"mail", "mail taken"}};
    CPPUNIT_ASSERT(take(other));
    other.named = {{"again", "again taken"}};
    CPPUNIT_ASSERT(!take(other));
    CPPUNIT_ASSERT(take(returned("alice", "alice taken")));
  }
  void reports_that_name_nobody_known_have_one_place_after_another() {
    note({}, {"first", "second"});
    ReturnedNote other = returned("inside", "inside taken");
    other.unnamed = {{"first", "t1"}, {"second", "t2"}, {"third", "t3"}};
    CPPUNIT_ASSERT(take(other));
    CPPUNIT_ASSERT(*store().sent().may_return(other, soon()));
    CPPUNIT_ASSERT(*store().sent().may_return(other, soon()));
    CPPUNIT_ASSERT(take(other));
    CPPUNIT_ASSERT(!*store().sent().may_return(other, soon()));
    CPPUNIT_ASSERT(!take(other));
  }
  void a_report_on_what_was_not_sent_is_not_let_in() {
    CPPUNIT_ASSERT(!take(returned("alice", "alice taken")));
    note({}, {"mail", "alice"});
    ReturnedNote by_other = returned("alice", "alice taken");
    by_other.owner = "ann@example.org";
    CPPUNIT_ASSERT(!take(by_other));
    CPPUNIT_ASSERT(!take(returned("eve", "eve taken")));
    CPPUNIT_ASSERT(!take(ReturnedNote{.owner = "joe@example.org", .now = kNow}));
  }
  void of_many_reports_at_once_one_is_let_in() {
    note({}, {"alice"});
    std::atomic<int> let_in{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&] {
        const auto taken = store().sent().take_returned(returned("alice", "alice taken"), soon());
        if (taken && *taken) ++let_in;
      });
    for (std::thread& thread : threads) thread.join();
    CPPUNIT_ASSERT_EQUAL(1, let_in.load());
  }

  void a_view_comes_back_as_it_was_put() {
    const HeldView view = held_view();
    CPPUNIT_ASSERT(store().held().put(view, kDigest, soon()));
    const auto got = store().held().get(view.id, soon());
    CPPUNIT_ASSERT(got);
    CPPUNIT_ASSERT_EQUAL(describe(view), describe(*got));
    const auto token = under(kDigest);
    CPPUNIT_ASSERT(token);
    CPPUNIT_ASSERT_EQUAL(describe(view), describe(token->held));
    CPPUNIT_ASSERT(held_ids("joe@example.org") == std::vector<HeldId>{view.id});
    CPPUNIT_ASSERT(held_ids("ann%2Bx@example.org") == std::vector<HeldId>{view.id});
  }
  void a_message_without_token_has_none() {
    CPPUNIT_ASSERT(store().held().put(held_view(), "", soon()));
    expect(Errc::not_found, under(kDigest));
  }
  void under_a_token_stands_what_is_true_now() {
    const HeldView view = held_view();
    CPPUNIT_ASSERT(store().held().put(view, kDigest, soon()));
    const auto before = under(kDigest, view.id);
    CPPUNIT_ASSERT(before && before->mark.empty() && before->codes_used == 0);
    CPPUNIT_ASSERT(store().web().mark_answered(view.id.text(), "withdraw.1", seconds(60), soon()));
    CPPUNIT_ASSERT_EQUAL(1, fail(code_counter(view.id, kWindow), seconds(60)));
    CPPUNIT_ASSERT_EQUAL(1, fail(code_counter(view.id, kWindow + 1), seconds(60)));
    CPPUNIT_ASSERT_EQUAL(2, fail(code_counter(view.id, kWindow), seconds(60)));
    CPPUNIT_ASSERT(set_state(view, HeldState::withdrawn));
    for (const auto& guess : {std::optional<HeldId>(), std::optional(view.id)}) {
      const auto now = under(kDigest, guess);
      CPPUNIT_ASSERT(now && now->held.state == HeldState::withdrawn);
      CPPUNIT_ASSERT_EQUAL(std::string("withdraw.1"), now->mark);
      CPPUNIT_ASSERT_EQUAL(2, now->codes_used);
    }
  }
  void a_guess_is_never_believed() {
    const HeldView view = held_view();
    HeldView other = held_view();
    other.id = HeldId::random();
    CPPUNIT_ASSERT(store().held().put(view, kDigest, soon()));
    CPPUNIT_ASSERT(store().held().put(other, "", soon()));
    const auto found = under(kDigest, other.id);
    CPPUNIT_ASSERT(found && found->held.id == view.id);
    expect(Errc::not_found, under("other", other.id));
  }
  void many_tokens_are_looked_up_in_order() {
    const HeldView view = held_view();
    HeldView other = held_view();
    other.id = HeldId::random();
    CPPUNIT_ASSERT(store().held().put(view, kDigest, soon()));
    CPPUNIT_ASSERT(store().held().put(other, "other", soon()));
    const std::vector<PageQuestion> questions = {
        {"nobody's"}, {"other"}, {kDigest, kWindow, view.id}, {"other", kWindow, view.id}};
    const auto found = store().held().look_up(questions, soon());
    CPPUNIT_ASSERT_EQUAL(questions.size(), found.size());
    const auto again = without_waiting(questions);
    CPPUNIT_ASSERT_EQUAL(questions.size(), again.size());
    for (std::size_t i = 0; i < found.size(); ++i)
      CPPUNIT_ASSERT_EQUAL(told(found[i]), told(again[i]));
    expect(Errc::not_found, found[0]);
    CPPUNIT_ASSERT(found[1] && found[1]->held.id == other.id);
    CPPUNIT_ASSERT(found[2] && found[2]->held.id == view.id);
    CPPUNIT_ASSERT(found[3] && found[3]->held.id == other.id);
  }
  void unknown_messages_and_tokens_are_not_found() {
    expect(Errc::not_found, store().held().get(HeldId::random(), soon()));
    expect(Errc::not_found, under(kDigest));
    expect(Errc::not_found, store().held().find_retry(kDigest, soon()));
    CPPUNIT_ASSERT(held_ids("joe@example.org").empty());
  }
  void putting_a_view_again_changes_nothing() {
    const HeldView view = held_view();
    CPPUNIT_ASSERT(store().held().put(view, kDigest, soon()));
    CPPUNIT_ASSERT(store().held().put(view, kDigest, soon()));
    CPPUNIT_ASSERT_EQUAL(describe(view), describe(*store().held().get(view.id, soon())));
    CPPUNIT_ASSERT(held_ids("joe@example.org") == std::vector<HeldId>{view.id});
  }
  void an_answered_message_stays_on_its_owners_lists() {
    const HeldView view = put_view();
    CPPUNIT_ASSERT(set_state(view, HeldState::answered));
    const auto got = store().held().get(view.id, soon());
    CPPUNIT_ASSERT(got && got->state == HeldState::answered);
    CPPUNIT_ASSERT(got->changed == kLater);
    CPPUNIT_ASSERT(held_ids("joe@example.org") == std::vector<HeldId>{view.id});
  }
  void a_final_state_leaves_a_tombstone_and_no_list() {
    const HeldView view = put_view();
    CPPUNIT_ASSERT(set_state(view, HeldState::released));
    const auto got = store().held().get(view.id, soon());
    CPPUNIT_ASSERT(got && got->state == HeldState::released);
    CPPUNIT_ASSERT(under(kDigest));
    CPPUNIT_ASSERT(held_ids("joe@example.org").empty());
    CPPUNIT_ASSERT(held_ids("ann%2Bx@example.org").empty());
  }
  void the_state_of_an_unknown_message_cannot_be_set() {
    const HeldView view = held_view();
    expect(Errc::not_found, set_state(view, HeldState::released));
    expect(Errc::not_found, set_state(view, HeldState::answered));
    expect(Errc::not_found, store().held().get(view.id, soon()));
    CPPUNIT_ASSERT(held_ids("joe@example.org").empty());
  }

  void a_retry_finds_the_hold_while_it_waits() {
    const HeldView view = put_view();
    bind(view.id);
    const auto found = store().held().find_retry(kRetry, soon());
    CPPUNIT_ASSERT(found && found->id == view.id);
  }
  void a_retry_is_found_by_who_does_other_work_meanwhile() {
    const HeldView view = put_view();
    const auto before = begun_retry();
    expect(Errc::not_found, before->finish(soon()));
    bind(view.id);
    const auto found = begun_retry()->finish(soon());
    CPPUNIT_ASSERT(found && found->id == view.id);
  }
  std::unique_ptr<PendingRetry> begun_retry() {
    // What begins a search waits for nothing: a connection must be there.
    auto begun = store().held().begin_find_retry(kRetry);
    CPPUNIT_ASSERT(begun);
    return begun;
  }
  HeldView put_with_retry() {
    HeldView view = held_view();
    view.id = HeldId::random();
    const Status done = store().held().put(view, "", kRetry, soon());
    CPPUNIT_ASSERT_MESSAGE(done ? "" : done.error().detail, bool(done));
    return view;
  }
  HeldId found_by_retry() { return store().held().find_retry(kRetry, soon())->id; }
  void a_retry_finds_what_was_put_with_its_digest() {
    const HeldView view = put_with_retry();
    CPPUNIT_ASSERT(found_by_retry() == view.id);
    CPPUNIT_ASSERT(store().held().put(view, "", kRetry, soon()));
    CPPUNIT_ASSERT(found_by_retry() == view.id);
  }
  void what_is_put_leaves_a_retry_of_what_waits() {
    const HeldView first = put_with_retry();
    put_with_retry();
    CPPUNIT_ASSERT(found_by_retry() == first.id);
  }
  void what_is_put_takes_the_retry_of_what_is_over() {
    CPPUNIT_ASSERT(set_state(put_with_retry(), HeldState::released));
    const HeldView second = put_with_retry();
    CPPUNIT_ASSERT(found_by_retry() == second.id);
  }
  void a_retry_finds_nothing_when_the_hold_is_over() {
    const HeldView view = put_view();
    bind(view.id);
    CPPUNIT_ASSERT(set_state(view, HeldState::answered));
    expect(Errc::not_found, store().held().find_retry(kRetry, soon()));
  }
  void a_binding_stays_while_its_message_is_held() {
    const HeldView first = put_view();
    const HeldView second = put_view();
    bind(first.id);
    bind(second.id);
    CPPUNIT_ASSERT(store().held().find_retry(kRetry, soon())->id == first.id);
  }
  void a_binding_of_a_message_that_is_over_is_replaced() {
    const HeldView first = put_view();
    const HeldView second = put_view();
    bind(first.id);
    CPPUNIT_ASSERT(set_state(first, HeldState::released));
    bind(second.id);
    CPPUNIT_ASSERT(store().held().find_retry(kRetry, soon())->id == second.id);
    bind(HeldId::random());
    CPPUNIT_ASSERT(store().held().find_retry(kRetry, soon())->id == second.id);
  }

  SetModes modes(const std::string& version) {
    const auto list = store().policies().modes(version, soon());
    CPPUNIT_ASSERT_MESSAGE(list ? "" : list.error().detail, bool(list));
    return *list ? **list : SetModes{"unchanged", {}};
  }
  void the_modes_of_all_levels_are_listed_when_they_change() {
    CPPUNIT_ASSERT_EQUAL(std::string("unchanged"), modes("").version);
    set({Level::site, ""}, {{"mode", "hold"}});
    set({Level::domain, "example.org"}, {{"mode", "aside"}, {"machines", "aside"}});
    set(of_joe(), {{"mode", "observe"}});
    const SetModes first = modes("");
    const decltype(first.modes) want = {
        {"", Mode::hold}, {"example.org", Mode::aside}, {"joe@example.org", Mode::observe}};
    CPPUNIT_ASSERT(want == first.modes);
    set({Level::domain, "example.org"}, {{"machines", "hold"}});
    CPPUNIT_ASSERT_EQUAL(std::string("unchanged"), modes(first.version).version);
    set(of_joe(), {{"mode", ""}});
    const SetModes second = modes(first.version);
    CPPUNIT_ASSERT(second.version != first.version && second.modes.size() == 2);
  }

  void requests_come_in_order_until_they_are_done() {
    const Request odd{"answer", "id", "T", std::string("a\0%\r\n@b", 7), "address+pow", "n", "m"};
    append("n1", odd);
    append("n1", request(2));
    auto entries = read("n1");
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, entries.size());
    CPPUNIT_ASSERT_EQUAL(odd.mac_input("n1"), entries[0].request.mac_input("n1"));
    CPPUNIT_ASSERT_EQUAL(odd.mac, entries[0].request.mac);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, read("n1").size());
    CPPUNIT_ASSERT(store().requests().done("n1", entries[0].entry, soon()));
    entries = read("n1");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, entries.size());
    CPPUNIT_ASSERT_EQUAL(std::string("2"), entries[0].request.id);
  }
  void requests_are_read_from_behind_one() {
    for (int i = 0; i < 3; ++i) append("n1", request(i));
    const auto all = read("n1");
    const auto behind = store().requests().read("n1", all[0].entry, soon());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, behind->size());
    CPPUNIT_ASSERT_EQUAL(all[1].entry, behind->front().entry);
    const auto none = store().requests().read("n1", all[2].entry, after(milliseconds(50)));
    CPPUNIT_ASSERT(none && none->empty());
  }
  void requests_go_to_their_node_only() {
    append("n1", request(1));
    CPPUNIT_ASSERT(read("n2", milliseconds(50)).empty());
  }
  void reading_returns_at_most_sixteen() {
    for (int i = 0; i < 20; ++i) append("n1", request(i));
    CPPUNIT_ASSERT_EQUAL(std::size_t{16}, read("n1").size());
  }
  void reading_nothing_ends_at_the_deadline() {
    CPPUNIT_ASSERT(read("n1", milliseconds(300)).empty());
    CPPUNIT_ASSERT(read("n1", milliseconds(300)).empty());
  }
  void a_waiting_reader_wakes() {
    std::vector<RequestEntry> got;
    std::thread reader([&] {
      auto entries = store().requests().read("n1", after(seconds(20)));
      if (entries) got = *std::move(entries);
    });
    append("n1", request(7));
    reader.join();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, got.size());
  }
  void a_request_that_is_too_large_is_refused() {
    Request large = request(1);
    large.address = std::string(kRequestBytes, 'x');
    expect(Errc::invalid, store().requests().append("n1", large, soon()));
  }

  void an_author_is_challenged_once_for_a_recipient() {
    CPPUNIT_ASSERT(take("joe@example.org", "a@example.com", "1", no_site_limit()));
    CPPUNIT_ASSERT(!take("joe@example.org", "a@example.com", "2", no_site_limit()));
    CPPUNIT_ASSERT(take("ann@example.org", "a@example.com", "3", no_site_limit()));
  }
  void an_author_is_challenged_once_a_day_for_the_site() {
    CPPUNIT_ASSERT(take("joe@example.org", "a@example.com", "1", {}));
    CPPUNIT_ASSERT(!take("ann@example.org", "a@example.com", "2", {}));
    CPPUNIT_ASSERT(take("ann@example.org", "b@example.com", "3", {}));
  }
  void the_same_message_gets_the_same_answer() {
    CPPUNIT_ASSERT(take("joe@example.org", "a@example.com", "1", {}));
    CPPUNIT_ASSERT(!take("joe@example.org", "a@example.com", "2", {}));
    CPPUNIT_ASSERT(take("joe@example.org", "a@example.com", "1", {}));
    CPPUNIT_ASSERT(!take("joe@example.org", "a@example.com", "2", {}));
  }
  void a_domain_has_a_cap_an_hour() {
    Budgets::Limits limits;
    limits.per_domain_hour = 2;
    CPPUNIT_ASSERT(take("joe@example.org", "a@example.com", "1", limits));
    CPPUNIT_ASSERT(take("joe@example.org", "b@example.com", "2", limits));
    CPPUNIT_ASSERT(!take("joe@example.org", "c@example.com", "3", limits));
    const auto other = store().budgets().take_challenge("joe@example.org", "c@example.net",
                                                        "example.net", "4", limits, soon());
    CPPUNIT_ASSERT(other && *other);
  }
  void an_unanswering_domain_falls_back_until_it_answers() {
    Budgets::Limits limits;
    limits.unanswered = 1;
    CPPUNIT_ASSERT(take("joe@example.org", "a@example.com", "1", limits));
    CPPUNIT_ASSERT(!take("joe@example.org", "b@example.com", "2", limits));
    CPPUNIT_ASSERT(store().budgets().challenge_answered("example.com", soon()));
    CPPUNIT_ASSERT(take("joe@example.org", "c@example.com", "3", limits));
  }
  void who_wants_no_challenges_gets_none() {
    CPPUNIT_ASSERT(store().budgets().forbid_challenges("a@example.com", "example.com",
                                                       std::chrono::hours(24 * 365), soon()));
    CPPUNIT_ASSERT(!take("joe@example.org", "a@example.com", "1", {}));
    CPPUNIT_ASSERT(take("joe@example.org", "b@example.com", "2", {}));
  }
  void a_budget_comes_back_when_its_time_is_over() {
    Budgets::Limits limits;
    limits.per_recipient = limits.per_site = seconds(1);
    CPPUNIT_ASSERT(take("joe@example.org", "a@example.com", "1", limits));
    int n = 1;
    CPPUNIT_ASSERT(comes_true(
        [&] { return take("joe@example.org", "a@example.com", std::to_string(++n), limits); }));
  }
  void a_notice_is_claimed_once() {
    CPPUNIT_ASSERT(claim("challenge:1"));
    CPPUNIT_ASSERT(!claim("challenge:1"));
    CPPUNIT_ASSERT(claim("challenge:2"));
  }
  void a_claim_given_back_can_be_claimed() {
    CPPUNIT_ASSERT(claim("challenge:1"));
    CPPUNIT_ASSERT(store().outbox().give_back("challenge:1", soon()));
    CPPUNIT_ASSERT(claim("challenge:1"));
  }
  void a_claim_ends_with_its_lifetime() {
    CPPUNIT_ASSERT(*store().outbox().claim("x", seconds(1), soon()));
    CPPUNIT_ASSERT(comes_true([&] { return claim("x"); }));
  }
  void a_nonce_is_spent_once() {
    const auto spend = [&](const char* nonce) {
      return *store().web().spend(nonce, seconds(60), soon());
    };
    CPPUNIT_ASSERT(spend("n1"));
    CPPUNIT_ASSERT(!spend("n1"));
    CPPUNIT_ASSERT(spend("n2"));
  }
  void failures_are_counted_for_each() {
    CPPUNIT_ASSERT_EQUAL(0, *store().web().failures("net:192.0.2.0/24", soon()));
    CPPUNIT_ASSERT_EQUAL(1, fail("net:192.0.2.0/24", seconds(60)));
    CPPUNIT_ASSERT_EQUAL(2, fail("net:192.0.2.0/24", seconds(60)));
    CPPUNIT_ASSERT_EQUAL(2, *store().web().failures("net:192.0.2.0/24", soon()));
    CPPUNIT_ASSERT_EQUAL(1, fail("id:" + std::string(300, 'x'), seconds(60)));
    const auto left = [&](const char* who) {
      return static_cast<int>(store().web().until_forgotten(who, soon())->count());
    };
    CPPUNIT_ASSERT(left("net:192.0.2.0/24") > 50 && left("net:192.0.2.0/24") <= 60);
    CPPUNIT_ASSERT_EQUAL(0, left("nobody"));
  }
  void failures_are_forgotten_after_their_window() {
    CPPUNIT_ASSERT_EQUAL(1, fail("x", seconds(1)));
    CPPUNIT_ASSERT(comes_true([&] { return *store().web().failures("x", soon()) == 0; }));
    CPPUNIT_ASSERT_EQUAL(1, fail("x", seconds(1)));
  }
  void an_answer_is_remembered() {
    CPPUNIT_ASSERT(store().web().how_answered("x", soon())->empty());
    CPPUNIT_ASSERT(store().web().mark_answered("x", "withdraw", seconds(60), soon()));
    CPPUNIT_ASSERT_EQUAL(std::string("withdraw"), *store().web().how_answered("x", soon()));
    CPPUNIT_ASSERT(store().web().how_answered("y", soon())->empty());
  }

 private:
  Store& store() { return harness_->store(); }
  static Budgets::Limits no_site_limit() {
    Budgets::Limits limits;
    limits.per_site = seconds(0);
    return limits;
  }

  Knowledge look_up(std::vector<Mailbox> recipients, std::optional<Mailbox> author) {
    return ask({.recipients = std::move(recipients), .author = std::move(author)});
  }
  Knowledge ask(const Inquiry& inquiry) {
    auto known = store().directory().look_up(inquiry, soon());
    CPPUNIT_ASSERT_MESSAGE(known ? "" : known.error().detail, bool(known));
    return *std::move(known);
  }
  void note(std::vector<std::pair<Subject, ContactEntry>> contacts,
            std::vector<std::string> digests, WallTime now = kNow) {
    const Status done = store().sent().note({.owner = "joe@example.org",
                                             .contacts = std::move(contacts),
                                             .digests = std::move(digests),
                                             .now = now},
                                            soon());
    CPPUNIT_ASSERT_MESSAGE(done ? "" : done.error().detail, bool(done));
  }
  static ReturnedNote returned(const std::string& sent, const std::string& taken) {
    ReturnedNote out{.owner = "joe@example.org", .now = kNow};
    out.named = {{sent, taken}};
    return out;
  }
  bool take(const ReturnedNote& report) {
    const auto taken = store().sent().take_returned(report, soon());
    CPPUNIT_ASSERT_MESSAGE(taken ? "" : taken.error().detail, bool(taken));
    return *taken;
  }
  void put(const Scope& scope, const Subject& subject, const ContactEntry& entry) {
    const Status done = store().contacts().put(scope, subject, entry, soon());
    CPPUNIT_ASSERT_MESSAGE(done ? "" : done.error().detail, bool(done));
  }
  ContactEntry approve(const ContactEntry& entry) {
    const auto stands = store().contacts().approve(of_joe(), "a:alice@example.com", entry, soon());
    CPPUNIT_ASSERT_MESSAGE(stands ? "" : stands.error().detail, stands);
    return *stands;
  }
  ContactEntry learn(const Subject& subject, const ContactEntry& entry) {
    const auto stands = store().contacts().learn(of_joe(), subject, entry, soon());
    CPPUNIT_ASSERT_MESSAGE(stands ? "" : stands.error().detail, bool(stands));
    return *stands;
  }
  ContactEntry entry_of(const Subject& subject) {
    const auto list = store().contacts().list(of_joe(), soon());
    CPPUNIT_ASSERT(list);
    for (const auto& [name, entry] : *list)
      if (name == subject) return entry;
    CPPUNIT_FAIL(subject + " is not in the list");
    return {};
  }
  void set(const Scope& scope, const PolicyValues& values) {
    const Status done = store().policies().set(scope, values, soon());
    CPPUNIT_ASSERT_MESSAGE(done ? "" : done.error().detail, bool(done));
  }
  HeldView put_view() {
    const HeldView view = held_view();
    const Status done = store().held().put(view, kDigest, soon());
    CPPUNIT_ASSERT_MESSAGE(done ? "" : done.error().detail, bool(done));
    return view;
  }
  Status set_state(const HeldView& view, HeldState state) {
    return store().held().set_state(view, state, kLater, soon());
  }
  static constexpr std::int64_t kWindow = 7;
  /// What stands under one token.
  Result<PageStanding> under(const std::string& digest, std::optional<HeldId> guess = {}) {
    const PageQuestion question{digest, kWindow, guess};
    auto found = store().held().look_up(question, soon());
    CPPUNIT_ASSERT_EQUAL(told(found), told(without_waiting({question}).front()));
    return found;
  }
  /// What begin_look_up() finds.
  std::vector<Result<PageStanding>> without_waiting(const std::vector<PageQuestion>& questions) {
    const auto pending = store().held().begin_look_up(questions);
    CPPUNIT_ASSERT(pending);
    for (;;) {
      pollfd wanted{pending->descriptor(), POLLIN, 0};
      if (wanted.fd >= 0) CPPUNIT_ASSERT_EQUAL(1, ::poll(&wanted, 1, 10'000));
      if (auto found = pending->advance()) return *std::move(found);
    }
  }
  static std::string told(const Result<PageStanding>& found) {
    if (!found) return "error " + std::to_string(static_cast<int>(found.error().code));
    return describe(found->held) + "|" + found->mark + "|" + std::to_string(found->codes_used);
  }
  std::vector<HeldId> held_ids(const std::string& owner) {
    const auto ids = store().held().held_for(owner, soon());
    CPPUNIT_ASSERT_MESSAGE(ids ? "" : ids.error().detail, bool(ids));
    return *ids;
  }
  void bind(const HeldId& id) {
    const Status done =
        store().held().bind_retry(kRetry, id, wall_now() + std::chrono::hours(1), soon());
    CPPUNIT_ASSERT_MESSAGE(done ? "" : done.error().detail, bool(done));
  }
  void append(const std::string& node, const Request& what) {
    const Status done = store().requests().append(node, what, soon());
    CPPUNIT_ASSERT_MESSAGE(done ? "" : done.error().detail, bool(done));
  }
  std::vector<RequestEntry> read(const std::string& node, milliseconds wait = seconds(10)) {
    const auto entries = store().requests().read(node, after(wait));
    CPPUNIT_ASSERT_MESSAGE(entries ? "" : entries.error().detail, bool(entries));
    return *entries;
  }
  bool take(const std::string& owner, const std::string& author, const std::string& id,
            const Budgets::Limits& limits) {
    const auto may =
        store().budgets().take_challenge(owner, author, "example.com", id, limits, soon());
    CPPUNIT_ASSERT_MESSAGE(may ? "" : may.error().detail, bool(may));
    return *may;
  }
  bool claim(const std::string& name) {
    const auto mine = store().outbox().claim(name, seconds(60), soon());
    CPPUNIT_ASSERT_MESSAGE(mine ? "" : mine.error().detail, bool(mine));
    return *mine;
  }
  int fail(const std::string& who, seconds window) {
    const auto count = store().web().count_failure(who, window, soon());
    CPPUNIT_ASSERT_MESSAGE(count ? "" : count.error().detail, bool(count));
    return *count;
  }

  std::unique_ptr<Harness> harness_;
};

}  // namespace countersign::test
