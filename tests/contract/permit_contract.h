// SPDX-License-Identifier: Apache-2.0
//
// What every store must do with permits: address tokens and windows. See store_contract.h.
#pragma once

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>

#include "tests/contract/contract_values.h"
#include "tokenstore/rules.h"
#include "tokenstore/store.h"

namespace countersign::test {

template <class Harness>
class PermitContract : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PermitContract<Harness>);
  CPPUNIT_TEST(a_permit_comes_back_as_it_was_made);
  CPPUNIT_TEST(a_name_is_given_once);
  CPPUNIT_TEST(putting_replaces);
  CPPUNIT_TEST(what_is_not_there_is_not_found);
  CPPUNIT_TEST(lists_hold_what_is_the_owners_and_of_the_kind);
  CPPUNIT_TEST(a_removed_permit_is_gone);
  CPPUNIT_TEST(each_message_takes_a_use_until_none_is_left);
  CPPUNIT_TEST(without_a_number_uses_have_no_end);
  CPPUNIT_TEST(a_message_takes_one_use_however_often_it_comes);
  CPPUNIT_TEST(another_body_under_the_same_header_section_takes_another);
  CPPUNIT_TEST(the_message_of_the_last_use_may_come_again);
  CPPUNIT_TEST(what_is_over_takes_nothing);
  CPPUNIT_TEST(the_first_author_binds);
  CPPUNIT_TEST(an_unauthenticated_first_binds_nobody);
  CPPUNIT_TEST(a_named_domain_stays);
  CPPUNIT_TEST(anyone_stays_anyone);
  CPPUNIT_TEST(several_are_spent_each_by_itself);
  CPPUNIT_TEST(two_owners_do_not_share_names);
  CPPUNIT_TEST(one_hundred_at_once_get_ten);
  CPPUNIT_TEST(of_many_firsts_at_once_one_binds);
  CPPUNIT_TEST(revoking_ends_it_for_good);
  CPPUNIT_TEST(a_leak_is_noted_and_counted);
  CPPUNIT_TEST(a_look_up_tells_tokens_in_order);
  CPPUNIT_TEST(what_a_header_section_spent_is_known_for_a_while);
  CPPUNIT_TEST(a_look_up_tells_the_window_for_the_authors_domain);
  CPPUNIT_TEST(a_window_is_no_word_of_the_policy);
  CPPUNIT_TEST(a_window_is_spent_as_a_token_is);
  CPPUNIT_TEST(one_token_of_ten_thousand);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { harness_ = std::make_unique<Harness>(); }
  void tearDown() override { harness_.reset(); }

  void a_permit_comes_back_as_it_was_made() {
    Permit permit = limited(10);
    permit.binding = Binding::domain;
    permit.bound_to = "shop.example";
    permit.expires = kLater;
    permit.uses = 3;
    permit.last_use = permit.revoked = permit.last_leak = kCreated + seconds(1);
    permit.label = "shop";
    permit.mailbox = "\"a b&=%\"@example.org";
    permit.key = "k1";
    permit.leaks = 2;
    permit.leaked_to = "bad.example";
    add("aaaaaaaa", permit);
    CPPUNIT_ASSERT(permit == get("aaaaaaaa"));
    add("bbbbbbbb", Permit{});
    CPPUNIT_ASSERT(Permit{} == get("bbbbbbbb"));
  }
  void a_name_is_given_once() {
    add("aaaaaaaa", limited(1));
    expect(Errc::already_exists, tokens().add(token("aaaaaaaa"), limited(2), soon()));
    CPPUNIT_ASSERT(limited(1) == get("aaaaaaaa"));
  }
  void putting_replaces() {
    add("aaaaaaaa", limited(1));
    CPPUNIT_ASSERT(tokens().put(token("aaaaaaaa"), limited(2), soon()));
    CPPUNIT_ASSERT(limited(2) == get("aaaaaaaa"));
  }
  void what_is_not_there_is_not_found() {
    expect(Errc::not_found, tokens().get(token("aaaaaaaa"), soon()));
    expect(Errc::not_found, tokens().remove(token("aaaaaaaa"), soon()));
    expect(Errc::not_found, tokens().revoke(token("aaaaaaaa"), kCreated, soon()));
    expect(Errc::not_found, tokens().note_leak(token("aaaaaaaa"), "", kCreated, soon()));
    CPPUNIT_ASSERT(spend("aaaaaaaa", 1).use == TokenUse::none);
    expect(Errc::not_found, tokens().get(token("aaaaaaaa"), soon()));
  }
  void lists_hold_what_is_the_owners_and_of_the_kind() {
    add("aaaaaaaa", limited(1));
    add("bbbbbbbb", limited(2));
    CPPUNIT_ASSERT(
        tokens().add({PermitName::Kind::token, "ann@example.org", "cccccccc"}, limited(3), soon()));
    open_window("bank.example", std::nullopt);
    set_policy("mode", "hold");
    auto list = tokens().list(PermitName::Kind::token, kJoe, soon());
    CPPUNIT_ASSERT(list && list->size() == 2);
    std::ranges::sort(*list, {}, [](const auto& one) { return one.first; });
    CPPUNIT_ASSERT_EQUAL(std::string("aaaaaaaa"), (*list)[0].first);
    CPPUNIT_ASSERT(limited(2) == (*list)[1].second);
    const auto windows = tokens().list(PermitName::Kind::window, kJoe, soon());
    CPPUNIT_ASSERT(windows && windows->size() == 1);
    CPPUNIT_ASSERT_EQUAL(std::string("bank.example"), windows->front().first);
  }
  void a_removed_permit_is_gone() {
    open_window("bank.example", std::nullopt);
    CPPUNIT_ASSERT(tokens().remove(window("bank.example"), soon()));
    expect(Errc::not_found, tokens().get(window("bank.example"), soon()));
    CPPUNIT_ASSERT(!look_up("bank.example").window);
  }

  void each_message_takes_a_use_until_none_is_left() {
    add("aaaaaaaa", limited(2));
    CPPUNIT_ASSERT(spend("aaaaaaaa", 1).use == TokenUse::valid);
    const Spent second = spend("aaaaaaaa", 2);
    CPPUNIT_ASSERT(second.use == TokenUse::valid && !second.before);
    CPPUNIT_ASSERT_EQUAL(0LL, *second.permit.uses_left);
    CPPUNIT_ASSERT_EQUAL(2LL, second.permit.uses);
    CPPUNIT_ASSERT(second.permit.last_use == now_);
    CPPUNIT_ASSERT(spend("aaaaaaaa", 3).use == TokenUse::over);
    CPPUNIT_ASSERT(second.permit == get("aaaaaaaa"));
  }
  void without_a_number_uses_have_no_end() {
    Permit permit = limited(1);
    permit.uses_left.reset();
    add("aaaaaaaa", permit);
    for (int i = 0; i < 12; ++i) CPPUNIT_ASSERT(spend("aaaaaaaa", i).use == TokenUse::valid);
    CPPUNIT_ASSERT(!get("aaaaaaaa").uses_left);
    CPPUNIT_ASSERT_EQUAL(12LL, get("aaaaaaaa").uses);
  }
  void a_message_takes_one_use_however_often_it_comes() {
    add("aaaaaaaa", limited(2));
    CPPUNIT_ASSERT(!spend("aaaaaaaa", 1).before);
    for (int i = 0; i < 3; ++i) {
      const Spent again = spend("aaaaaaaa", 1);
      CPPUNIT_ASSERT(again.use == TokenUse::valid && again.before);
    }
    CPPUNIT_ASSERT_EQUAL(1LL, *get("aaaaaaaa").uses_left);
    CPPUNIT_ASSERT_EQUAL(1LL, get("aaaaaaaa").uses);
  }
  void another_body_under_the_same_header_section_takes_another() {
    add("aaaaaaaa", limited(2));
    Spending one = spending("aaaaaaaa", 1);
    CPPUNIT_ASSERT(spend(one).use == TokenUse::valid);
    one.body_digest = "other";
    CPPUNIT_ASSERT(spend(one).use == TokenUse::valid);
    CPPUNIT_ASSERT_EQUAL(0LL, *get("aaaaaaaa").uses_left);
    one.body_digest = "third";
    CPPUNIT_ASSERT(spend(one).use == TokenUse::over);
    one.body_digest = "other";
    CPPUNIT_ASSERT(spend(one).before);
  }
  void the_message_of_the_last_use_may_come_again() {
    Permit permit = limited(1);
    permit.expires = now_ + seconds(10);
    add("aaaaaaaa", permit);
    Spending one = spending("aaaaaaaa", 1);
    one.fingerprint = "shop.example";
    CPPUNIT_ASSERT(spend(one).use == TokenUse::valid);
    one.when += seconds(20);
    one.fingerprint = "";
    CPPUNIT_ASSERT(spend(one).use == TokenUse::valid);
    CPPUNIT_ASSERT(tokens().revoke(token("aaaaaaaa"), now_, soon()));
    CPPUNIT_ASSERT(spend(one).use == TokenUse::over);
  }
  void what_is_over_takes_nothing() {
    Permit permit = limited(5);
    permit.expires = now_;
    add("aaaaaaaa", permit);
    CPPUNIT_ASSERT(spend("aaaaaaaa", 1).use == TokenUse::over);
    CPPUNIT_ASSERT(permit == get("aaaaaaaa"));
    CPPUNIT_ASSERT(!spent_before("aaaaaaaa", 1));
  }
  void the_first_author_binds() {
    add("aaaaaaaa", limited(5));
    CPPUNIT_ASSERT_EQUAL(std::string("shop.example"),
                         spend("aaaaaaaa", 1, "shop.example").permit.bound_to);
    CPPUNIT_ASSERT(spend("aaaaaaaa", 2, "bad.example").use == TokenUse::stranger);
    CPPUNIT_ASSERT(spend("aaaaaaaa", 3, "").use == TokenUse::stranger);
    CPPUNIT_ASSERT(spend("aaaaaaaa", 4, "shop.example").use == TokenUse::valid);
    CPPUNIT_ASSERT_EQUAL(3LL, *get("aaaaaaaa").uses_left);
  }
  void an_unauthenticated_first_binds_nobody() {
    add("aaaaaaaa", limited(5));
    CPPUNIT_ASSERT_EQUAL(std::string(), spend("aaaaaaaa", 1, "").permit.bound_to);
    CPPUNIT_ASSERT_EQUAL(std::string("shop.example"),
                         spend("aaaaaaaa", 2, "shop.example").permit.bound_to);
  }
  void a_named_domain_stays() {
    Permit permit = limited(5);
    permit.binding = Binding::domain;
    permit.bound_to = "shop.example";
    add("aaaaaaaa", permit);
    CPPUNIT_ASSERT(spend("aaaaaaaa", 1, "bad.example").use == TokenUse::stranger);
    CPPUNIT_ASSERT(spend("aaaaaaaa", 1, "shop.example").use == TokenUse::valid);
    CPPUNIT_ASSERT_EQUAL(std::string("shop.example"), get("aaaaaaaa").bound_to);
  }
  void anyone_stays_anyone() {
    Permit permit = limited(5);
    permit.binding = Binding::anyone;
    add("aaaaaaaa", permit);
    CPPUNIT_ASSERT(spend("aaaaaaaa", 1, "shop.example").use == TokenUse::valid);
    CPPUNIT_ASSERT(spend("aaaaaaaa", 2, "bad.example").use == TokenUse::valid);
    CPPUNIT_ASSERT_EQUAL(std::string(), get("aaaaaaaa").bound_to);
  }
  void several_are_spent_each_by_itself() {
    add("aaaaaaaa", limited(1));
    Spending of_ann = spending("bbbbbbbb", 1);
    of_ann.permit.owner = "ann@example.org";
    CPPUNIT_ASSERT(tokens().add(of_ann.permit, limited(0), soon()));
    const auto spent =
        tokens().spend({spending("aaaaaaaa", 1), of_ann, spending("cccccccc", 1)}, soon());
    CPPUNIT_ASSERT_MESSAGE(spent ? "" : spent.error().detail, bool(spent));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, spent->size());
    CPPUNIT_ASSERT((*spent)[0].use == TokenUse::valid);
    CPPUNIT_ASSERT((*spent)[1].use == TokenUse::over);
    CPPUNIT_ASSERT((*spent)[2].use == TokenUse::none);
  }
  void two_owners_do_not_share_names() {
    add("aaaaaaaa", limited(1));
    Spending of_ann = spending("aaaaaaaa", 1);
    of_ann.permit.owner = "ann@example.org";
    CPPUNIT_ASSERT(tokens().add(of_ann.permit, limited(1), soon()));
    CPPUNIT_ASSERT(!spend("aaaaaaaa", 1).before);
    CPPUNIT_ASSERT(!spend(of_ann).before);
  }
  void one_hundred_at_once_get_ten() {
    add("aaaaaaaa", limited(10));
    std::atomic<int> valid{0}, over{0};
    at_once([&](int n) {
      const auto spent = tokens().spend({spending("aaaaaaaa", n)}, soon());
      if (spent && spent->front().use == TokenUse::valid) ++valid;
      if (spent && spent->front().use == TokenUse::over) ++over;
    });
    CPPUNIT_ASSERT_EQUAL(10, valid.load());
    CPPUNIT_ASSERT_EQUAL(90, over.load());
    CPPUNIT_ASSERT_EQUAL(0LL, *get("aaaaaaaa").uses_left);
    CPPUNIT_ASSERT_EQUAL(10LL, get("aaaaaaaa").uses);
  }
  void of_many_firsts_at_once_one_binds() {
    add("aaaaaaaa", limited(1000));
    std::atomic<int> valid{0};
    at_once([&](int n) {
      Spending one = spending("aaaaaaaa", n);
      one.fingerprint = "d" + std::to_string(n) + ".example";
      const auto spent = tokens().spend({one}, soon());
      if (spent && spent->front().use == TokenUse::valid) ++valid;
    });
    CPPUNIT_ASSERT_EQUAL(1, valid.load());
    CPPUNIT_ASSERT_EQUAL(999LL, *get("aaaaaaaa").uses_left);
  }
  void revoking_ends_it_for_good() {
    add("aaaaaaaa", limited(5));
    const auto revoked = tokens().revoke(token("aaaaaaaa"), now_, soon());
    CPPUNIT_ASSERT(revoked && revoked->revoked == now_);
    CPPUNIT_ASSERT(spend("aaaaaaaa", 1).use == TokenUse::over);
    const auto again = tokens().revoke(token("aaaaaaaa"), now_ + seconds(9), soon());
    CPPUNIT_ASSERT(again && again->revoked == now_);
    CPPUNIT_ASSERT_EQUAL(5LL, *get("aaaaaaaa").uses_left);
  }
  void a_leak_is_noted_and_counted() {
    add("aaaaaaaa", limited(5));
    CPPUNIT_ASSERT(tokens().note_leak(token("aaaaaaaa"), "bad.example", kCreated, soon()));
    const auto noted = tokens().note_leak(token("aaaaaaaa"), "", now_, soon());
    CPPUNIT_ASSERT(noted);
    CPPUNIT_ASSERT_EQUAL(2LL, noted->leaks);
    CPPUNIT_ASSERT(noted->last_leak == now_);
    CPPUNIT_ASSERT_EQUAL(std::string(), noted->leaked_to);
    CPPUNIT_ASSERT(*noted == get("aaaaaaaa"));
  }

  void a_look_up_tells_tokens_in_order() {
    add("aaaaaaaa", limited(1));
    add("bbbbbbbb", limited(2));
    const auto known =
        look_up({.recipients = {joe()},
                 .author = alice(),
                 .tokens = {{kJoe, "bbbbbbbb"}, {kJoe, "cccccccc"}, {kJoe, "aaaaaaaa"}}})
            .tokens;
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, known.size());
    CPPUNIT_ASSERT(limited(2) == known[0]);
    CPPUNIT_ASSERT(!known[1]);
    CPPUNIT_ASSERT(limited(1) == known[2]);
  }
  void what_a_header_section_spent_is_known_for_a_while() {
    add("aaaaaaaa", limited(2));
    CPPUNIT_ASSERT(!spent_before("aaaaaaaa", 1));
    spend("aaaaaaaa", 1);
    CPPUNIT_ASSERT(spent_before("aaaaaaaa", 1));
    CPPUNIT_ASSERT(!spent_before("aaaaaaaa", 2));
    CPPUNIT_ASSERT(!spent_before("bbbbbbbb", 1));
  }
  void a_look_up_tells_the_window_for_the_authors_domain() {
    open_window("bank.example", std::nullopt);
    open_window("bank.co.uk", 3);
    CPPUNIT_ASSERT_EQUAL(std::string("bank.example"), look_up("bank.example").window->bound_to);
    CPPUNIT_ASSERT_EQUAL(std::string("bank.example"), look_up("mx.bank.example").window->bound_to);
    CPPUNIT_ASSERT_EQUAL(3LL, *look_up("mail.bank.co.uk").window->uses_left);
    CPPUNIT_ASSERT(!look_up("other.example").window);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, look_up("other.example").windows.size());
    CPPUNIT_ASSERT(!look_up(Inquiry{.recipients = {joe()}}).recipients[0].window);
    CPPUNIT_ASSERT(
        !look_up({.recipients = {mailbox("ann@example.org")}, .author = mailbox("x@bank.example")})
             .recipients[0]
             .window);
  }
  void a_window_is_no_word_of_the_policy() {
    open_window("bank.example", 1);
    set_policy("mode", "hold");
    const PolicyValues want = {{"mode", "hold"}};
    CPPUNIT_ASSERT(want == look_up("bank.example").policy);
    CPPUNIT_ASSERT(want == *store().policies().get(of_joe(), soon()));
    set_policy("mode", "");
    CPPUNIT_ASSERT(look_up("bank.example").window);
  }
  void a_window_is_spent_as_a_token_is() {
    open_window("bank.example", 1);
    Spending one = spending("", 1);
    one.permit = window("bank.example");
    one.fingerprint = "bank.example";
    CPPUNIT_ASSERT(spend(one).use == TokenUse::valid);
    CPPUNIT_ASSERT_EQUAL(0LL, *look_up("bank.example").window->uses_left);
    CPPUNIT_ASSERT(*tokens().spent_before(one.permit, one.header_digest, soon()));
    one.when += std::chrono::minutes(11);
    CPPUNIT_ASSERT(spend(one).before);
    one.header_digest = "other";
    CPPUNIT_ASSERT(spend(one).use == TokenUse::over);
  }
  void one_token_of_ten_thousand() {
    for (int i = 0; i < 10'000; ++i) add(std::to_string(10'000'000 + i), limited(i));
    CPPUNIT_ASSERT(limited(4321) == look_up_token("10004321"));
    CPPUNIT_ASSERT_EQUAL(4320LL, *spend("10004321", 1).permit.uses_left);
    const auto list = tokens().list(PermitName::Kind::token, kJoe, soon());
    CPPUNIT_ASSERT(list && list->size() == 10'000);
  }

 private:
  static inline const std::string kJoe = "joe@example.org";

  Store& store() { return harness_->store(); }
  AddressTokens& tokens() { return store().tokens(); }

  static Permit limited(long long uses) {
    Permit out;
    out.created = kCreated;
    out.uses_left = uses;
    return out;
  }
  static PermitName token(const std::string& id) { return {PermitName::Kind::token, kJoe, id}; }
  static PermitName window(const std::string& domain) {
    return {PermitName::Kind::window, kJoe, domain};
  }
  /// The n-th message.
  Spending spending(const std::string& id, int n) const {
    return {.permit = token(id),
            .fingerprint = "",
            .header_digest = "header" + std::to_string(n),
            .body_digest = "body" + std::to_string(n),
            .when = now_};
  }
  void add(const std::string& id, const Permit& permit) {
    const Status done = tokens().add(token(id), permit, soon());
    CPPUNIT_ASSERT_MESSAGE(done ? "" : done.error().detail, bool(done));
  }
  Permit get(const std::string& id) {
    const auto permit = tokens().get(token(id), soon());
    CPPUNIT_ASSERT_MESSAGE(permit ? "" : permit.error().detail, bool(permit));
    return *permit;
  }
  Spent spend(const Spending& one) {
    const auto spent = tokens().spend({one}, soon());
    CPPUNIT_ASSERT_MESSAGE(spent ? "" : spent.error().detail, bool(spent));
    return spent->front();
  }
  Spent spend(const std::string& id, int n, const std::string& fingerprint = "") {
    Spending one = spending(id, n);
    one.fingerprint = fingerprint;
    return spend(one);
  }
  bool spent_before(const std::string& id, int n) {
    const auto before = tokens().spent_before(token(id), spending(id, n).header_digest, soon());
    CPPUNIT_ASSERT_MESSAGE(before ? "" : before.error().detail, bool(before));
    return *before;
  }
  Knowledge look_up(const Inquiry& inquiry) {
    const auto known = store().directory().look_up(inquiry, soon());
    CPPUNIT_ASSERT_MESSAGE(known ? "" : known.error().detail, bool(known));
    return *known;
  }
  std::optional<Permit> look_up_token(const std::string& id) {
    return look_up({.recipients = {joe()}, .author = alice(), .tokens = {{kJoe, id}}}).tokens.at(0);
  }
  RecipientKnowledge look_up(const std::string& domain) {
    return look_up({.recipients = {joe()}, .author = mailbox(("x@" + domain).c_str())})
        .recipients.at(0);
  }
  void open_window(const std::string& domain, std::optional<long long> uses) {
    Permit permit;
    permit.binding = Binding::domain;
    permit.bound_to = domain;
    permit.expires = now_ + std::chrono::minutes(10);
    permit.uses_left = uses;
    CPPUNIT_ASSERT(tokens().put(window(domain), permit, soon()));
  }
  void set_policy(const std::string& key, const std::string& value) {
    CPPUNIT_ASSERT(store().policies().set(of_joe(), {{key, value}}, soon()));
  }
  /// Runs `work` for 100 numbers, ten threads at a time, all let loose together.
  template <class Work>
  static void at_once(Work work) {
    std::atomic<bool> go{false};
    std::vector<std::thread> threads;
    for (int t = 0; t < 10; ++t)
      threads.emplace_back([&, t] {
        while (!go) std::this_thread::yield();
        for (int n = t * 10; n < t * 10 + 10; ++n) work(n);
      });
    go = true;
    for (std::thread& thread : threads) thread.join();
  }

  WallTime now_ = wall_now();
  std::unique_ptr<Harness> harness_;
};

}  // namespace countersign::test
