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
  CPPUNIT_TEST(an_organizational_domain_matches_its_subdomains);
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
  CPPUNIT_TEST(a_removed_entry_is_gone);
  CPPUNIT_TEST(a_list_holds_all_its_entries_and_no_others);
  CPPUNIT_TEST(an_empty_policy_value_removes_it);
  CPPUNIT_TEST(a_view_comes_back_as_it_was_put);
  CPPUNIT_TEST(a_message_without_token_has_none);
  CPPUNIT_TEST(unknown_messages_and_tokens_are_not_found);
  CPPUNIT_TEST(putting_a_view_again_changes_nothing);
  CPPUNIT_TEST(an_answered_message_stays_on_its_owners_lists);
  CPPUNIT_TEST(a_final_state_leaves_a_tombstone_and_no_list);
  CPPUNIT_TEST(the_state_of_an_unknown_message_cannot_be_set);
  CPPUNIT_TEST(a_retry_finds_the_hold_while_it_waits);
  CPPUNIT_TEST(a_retry_finds_what_was_put_with_its_digest);
  CPPUNIT_TEST(what_is_put_leaves_a_retry_of_what_waits);
  CPPUNIT_TEST(what_is_put_takes_the_retry_of_what_is_over);
  CPPUNIT_TEST(a_retry_finds_nothing_when_the_hold_is_over);
  CPPUNIT_TEST(a_binding_stays_while_its_message_is_held);
  CPPUNIT_TEST(a_binding_of_a_message_that_is_over_is_replaced);
  CPPUNIT_TEST(requests_come_in_order_until_they_are_done);
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
  void an_organizational_domain_matches_its_subdomains() {
    put(of_joe(), "d:example.com", allow("wide"));
    put(of_joe(), "d:lists.example.com", allow("narrow"));
    const auto matches = look_up({joe()}, mailbox("alice@lists.example.com")).recipients[0].matches;
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, matches.size());
    CPPUNIT_ASSERT(allow("narrow") == matches[0].entry);
    CPPUNIT_ASSERT(allow("wide") == matches[1].entry);
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

  void a_view_comes_back_as_it_was_put() {
    const HeldView view = held_view();
    CPPUNIT_ASSERT(store().held().put(view, kDigest, soon()));
    const auto got = store().held().get(view.id, soon());
    CPPUNIT_ASSERT(got);
    CPPUNIT_ASSERT_EQUAL(describe(view), describe(*got));
    const auto token = store().held().find_token(kDigest, soon());
    CPPUNIT_ASSERT(token && token->id == view.id);
    CPPUNIT_ASSERT_EQUAL(view.node, token->node);
    CPPUNIT_ASSERT(held_ids("joe@example.org") == std::vector<HeldId>{view.id});
    CPPUNIT_ASSERT(held_ids("ann%2Bx@example.org") == std::vector<HeldId>{view.id});
  }
  void a_message_without_token_has_none() {
    CPPUNIT_ASSERT(store().held().put(held_view(), "", soon()));
    expect(Errc::not_found, store().held().find_token(kDigest, soon()));
  }
  void unknown_messages_and_tokens_are_not_found() {
    expect(Errc::not_found, store().held().get(HeldId::random(), soon()));
    expect(Errc::not_found, store().held().find_token(kDigest, soon()));
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
    CPPUNIT_ASSERT(store().held().find_token(kDigest, soon()));
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
  }
  void failures_are_forgotten_after_their_window() {
    CPPUNIT_ASSERT_EQUAL(1, fail("x", seconds(1)));
    CPPUNIT_ASSERT(comes_true([&] { return *store().web().failures("x", soon()) == 0; }));
    CPPUNIT_ASSERT_EQUAL(1, fail("x", seconds(1)));
  }
  void an_answer_is_remembered() {
    CPPUNIT_ASSERT(!*store().web().is_answered("x", soon()));
    CPPUNIT_ASSERT(store().web().mark_answered("x", seconds(60), soon()));
    CPPUNIT_ASSERT(*store().web().is_answered("x", soon()));
    CPPUNIT_ASSERT(!*store().web().is_answered("y", soon()));
  }

 private:
  Store& store() { return harness_->store(); }
  static Budgets::Limits no_site_limit() {
    Budgets::Limits limits;
    limits.per_site = seconds(0);
    return limits;
  }

  Knowledge look_up(std::vector<Mailbox> recipients, std::optional<Mailbox> author) {
    auto known = store().directory().look_up({std::move(recipients), std::move(author)}, soon());
    CPPUNIT_ASSERT_MESSAGE(known ? "" : known.error().detail, bool(known));
    return *std::move(known);
  }
  void put(const Scope& scope, const Subject& subject, const ContactEntry& entry) {
    const Status done = store().contacts().put(scope, subject, entry, soon());
    CPPUNIT_ASSERT_MESSAGE(done ? "" : done.error().detail, bool(done));
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
