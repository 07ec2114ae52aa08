// SPDX-License-Identifier: Apache-2.0
//
// What every store must do with challenges of which nothing is held. As store_contract.h:
//
//     CPPUNIT_TEST_SUITE_REGISTRATION(AskedContract<Harness>);
#pragma once

#include <cppunit/extensions/HelperMacros.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/contract/contract_values.h"
#include "tokenstore/rules.h"
#include "tokenstore/store.h"

namespace countersign::test {

template <class Harness>
class AskedContract : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AskedContract<Harness>);
  CPPUNIT_TEST(nothing_is_known_of_what_was_not_asked);
  CPPUNIT_TEST(what_was_asked_is_known_with_the_next_look_up);
  CPPUNIT_TEST(without_ids_it_is_known_whether_there_is_any);
  CPPUNIT_TEST(its_view_and_token_come_back_and_it_is_in_no_list);
  CPPUNIT_TEST(asking_again_changes_nothing);
  CPPUNIT_TEST(an_answer_lets_one_message_pass);
  CPPUNIT_TEST(what_waits_cannot_be_spent);
  CPPUNIT_TEST(the_message_that_spent_an_answer_passes_again);
  CPPUNIT_TEST(what_is_spent_is_asked_anew);
  CPPUNIT_TEST(asking_does_not_take_an_answer_back);
  CPPUNIT_TEST(an_answer_to_what_was_not_asked_is_none);
  CPPUNIT_TEST(a_record_whose_time_is_over_counts_for_nothing);
  CPPUNIT_TEST(what_has_ended_waits_no_more);
  CPPUNIT_TEST(the_page_shows_its_state);
  CPPUNIT_TEST(a_flood_is_bounded_and_takes_its_views_along);
  CPPUNIT_TEST(a_full_list_has_room_again_when_some_are_over);
  CPPUNIT_TEST(ways_are_told_by_the_next_look_up_until_they_end);
  CPPUNIT_TEST(where_one_wrote_to_answers_may_come_from);
  CPPUNIT_TEST(ways_are_bounded_and_take_no_room_from_who_waits);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { harness_ = std::make_unique<Harness>(); }
  void tearDown() override { harness_.reset(); }

  void nothing_is_known_of_what_was_not_asked() {
    const auto known = look_up({"one", "two"});
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, known.size());
    CPPUNIT_ASSERT(!known[0] && !known[1]);
    CPPUNIT_ASSERT(look_up({}).empty());
  }
  void what_was_asked_is_known_with_the_next_look_up() {
    const AskedRecord record = ask("two", view());
    const auto known = look_up({"one", "two"});
    CPPUNIT_ASSERT(!known.at(0));
    CPPUNIT_ASSERT(known.at(1) == record);
    // Of another owner nothing is known.
    const auto other =
        store().directory().look_up(inquiry(mailbox("ann@example.org"), {"two"}), soon());
    CPPUNIT_ASSERT(other && !other->recipients.at(0).asked.at(0));
  }
  void without_ids_it_is_known_whether_there_is_any() {
    Inquiry inquiry;
    inquiry.recipients = {mailbox("ann@example.org"), joe(), mailbox("ben@example.org")};
    inquiry.any_asked = true;
    const auto who_has = [&] {
      const auto known = store().directory().look_up(inquiry, soon());
      CPPUNIT_ASSERT(known);
      std::string out;
      for (const RecipientKnowledge& each : known->recipients) out += each.has_asked ? 'y' : 'n';
      return out;
    };
    CPPUNIT_ASSERT_EQUAL(std::string("nnn"), who_has());
    const AskedRecord record = ask("one", view());
    CPPUNIT_ASSERT_EQUAL(std::string("nyn"), who_has());
    // Whose ids are given is asked for these.
    inquiry.asked = {{"one"}, {"none", "one"}, {}};
    CPPUNIT_ASSERT_EQUAL(std::string("nnn"), who_has());
    const auto known = store().directory().look_up(inquiry, soon());
    CPPUNIT_ASSERT(known && known->recipients.at(1).asked.at(1) == record);
    CPPUNIT_ASSERT(known->recipients.at(2).asked.empty());
    CPPUNIT_ASSERT(store().asked().end(joe().key(), "one", soon()));
    inquiry.asked.clear();
    CPPUNIT_ASSERT_EQUAL(std::string("nnn"), who_has());
    inquiry.any_asked = false;
    ask("two", view());
    CPPUNIT_ASSERT_EQUAL(std::string("nnn"), who_has());
  }
  void its_view_and_token_come_back_and_it_is_in_no_list() {
    const HeldView asked = view();
    ask("one", asked);
    const auto got = store().held().get(asked.id, soon());
    CPPUNIT_ASSERT(got);
    CPPUNIT_ASSERT_EQUAL(describe(asked), describe(*got));
    CPPUNIT_ASSERT(got->copy == Copy::refused);
    CPPUNIT_ASSERT_EQUAL(asked.reverse_path, got->reverse_path);
    CPPUNIT_ASSERT_EQUAL(asked.evidence, got->evidence);
    CPPUNIT_ASSERT_EQUAL(3, got->generation);
    CPPUNIT_ASSERT_EQUAL(kDigest, got->digest);
    const auto token = store().held().look_up({kDigest}, soon());
    CPPUNIT_ASSERT(token && token->held.id == asked.id);
    CPPUNIT_ASSERT_EQUAL(std::string(kAnyNode), token->held.node);
    CPPUNIT_ASSERT(store().held().held_for("joe@example.org", soon())->empty());
  }
  void asking_again_changes_nothing() {
    const AskedRecord first = ask("one", view());
    AskedRecord second = first;
    second.since += seconds(60);
    ask("one", view(), second);
    CPPUNIT_ASSERT(look_up({"one"}).at(0) == first);
  }
  void an_answer_lets_one_message_pass() {
    ask("one", view());
    CPPUNIT_ASSERT(answer("one"));
    CPPUNIT_ASSERT(answer("one"));  // repeated
    CPPUNIT_ASSERT(state("one") == AskedRecord::State::answered);
    CPPUNIT_ASSERT(spend("one", {"h1", "m1"}));
    CPPUNIT_ASSERT(state("one") == AskedRecord::State::spent);
    CPPUNIT_ASSERT(!spend("one", {"h2", "m2"}));
    CPPUNIT_ASSERT(!answer("one"));
  }
  void what_waits_cannot_be_spent() {
    ask("one", view());
    CPPUNIT_ASSERT(!spend("one", {"h", "m"}));
    CPPUNIT_ASSERT(!spend("two", {"h", "m"}));
  }
  void the_message_that_spent_an_answer_passes_again() {
    ask("one", view());
    answer("one");
    CPPUNIT_ASSERT(spend("one", {"h", "m"}));
    CPPUNIT_ASSERT(spend("one", {"h", "m"}));
    CPPUNIT_ASSERT(!spend("one", {"h", "other"}));
    CPPUNIT_ASSERT(!spend("one", {"h", "m"}, wall_now() + std::chrono::hours(25)));
  }
  void what_has_ended_waits_no_more() {
    ask("one", view());
    ask("two", view());
    for (int i = 0; i < 2; ++i) {
      CPPUNIT_ASSERT(store().asked().end("joe@example.org", "one", soon()));
      const auto known = look_up({"one", "two"});
      CPPUNIT_ASSERT(!known.at(0) && known.at(1));
    }
    CPPUNIT_ASSERT(!answer("one"));
    ask("one", view());
    CPPUNIT_ASSERT(state("one") == AskedRecord::State::waiting);
  }
  void what_is_spent_is_asked_anew() {
    ask("one", view());
    answer("one");
    spend("one", {"h", "m"});
    AskedRecord next = record();
    next.generation = 4;
    ask("one", view(), next);
    CPPUNIT_ASSERT(look_up({"one"}).at(0) == next);
  }
  void asking_does_not_take_an_answer_back() {
    ask("one", view());
    answer("one");
    ask("one", view());
    CPPUNIT_ASSERT(state("one") == AskedRecord::State::answered);
  }
  void an_answer_to_what_was_not_asked_is_none() {
    CPPUNIT_ASSERT(!answer("one"));
    CPPUNIT_ASSERT(!look_up({"one"}).at(0));
  }
  void a_record_whose_time_is_over_counts_for_nothing() {
    AskedRecord old = record();
    old.expires = wall_now() - seconds(1);
    ask("one", view(), old);
    CPPUNIT_ASSERT(!look_up({"one"}).at(0));
    CPPUNIT_ASSERT(!answer("one"));
    const AskedRecord fresh = ask("one", view());
    CPPUNIT_ASSERT(look_up({"one"}).at(0) == fresh);
  }
  void the_page_shows_its_state() {
    const HeldView asked = view();
    ask("one", asked);
    CPPUNIT_ASSERT(store().asked().set_state(asked, HeldState::answered, kLater, soon()));
    CPPUNIT_ASSERT(store().held().get(asked.id, soon())->state == HeldState::answered);
    CPPUNIT_ASSERT(store().held().get(asked.id, soon())->outcomes == asked.outcomes);
    HeldView in_part = asked;
    in_part.outcomes.assign(asked.recipients.size(), RecipientState::declined);
    CPPUNIT_ASSERT(store().asked().set_state(in_part, HeldState::answered, kLater, soon()));
    CPPUNIT_ASSERT(store().held().get(asked.id, soon())->outcomes == in_part.outcomes);
    CPPUNIT_ASSERT(store().asked().set_state(asked, HeldState::released, kLater, soon()));
    CPPUNIT_ASSERT(store().held().get(asked.id, soon())->state == HeldState::released);
    CPPUNIT_ASSERT(store().held().held_for("joe@example.org", soon())->empty());
    expect(Errc::not_found, store().asked().set_state(HeldView{.id = HeldId::random()},
                                                      HeldState::answered, kLater, soon()));
  }
  void a_flood_is_bounded_and_takes_its_views_along() {
    AskedRecord friendly = record();
    friendly.authenticated = true;
    friendly.since -= std::chrono::hours(1);
    const HeldView first = view();
    friendly.view = first.id.text();
    friendly.digest = std::string(64, 'f');
    CPPUNIT_ASSERT(
        store().asked().ask(first, friendly.digest, {{joe().key(), "kept", friendly}}, soon()));
    std::vector<HeldId> ids;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < kMostAsked + 50; ++i) {
      const HeldView flood = view();
      AskedRecord one = record();
      one.since += milliseconds(i);
      one.evidence = "net:192.0.2.0/24";
      one.view = flood.id.text();
      one.digest = "digest" + std::to_string(i);
      names.push_back("flood" + std::to_string(i));
      ids.push_back(flood.id);
      CPPUNIT_ASSERT(
          store().asked().ask(flood, one.digest, {{joe().key(), names.back(), one}}, soon()));
    }
    std::size_t known = 0, views = 0, tokens = 0;
    const auto records = look_up(names);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      known += records[i].has_value();
      views += bool(store().held().get(ids[i], soon()));
      tokens += bool(store().held().look_up({"digest" + std::to_string(i)}, soon()));
    }
    CPPUNIT_ASSERT(known < kMostAsked && known > kMostAsked - 20);
    CPPUNIT_ASSERT_EQUAL(known, views);
    CPPUNIT_ASSERT_EQUAL(known, tokens);
    CPPUNIT_ASSERT(!records.front() && records.back());
    CPPUNIT_ASSERT(look_up({"kept"}).at(0));
    CPPUNIT_ASSERT(store().held().get(first.id, soon()));
  }
  void a_full_list_has_room_again_when_some_are_over() {
    CPPUNIT_ASSERT(has_room());
    for (std::size_t i = 0; i < kMostDeferred; ++i) {
      AskedRecord one = record();
      // Those of the first half are over.
      if (i < kMostDeferred / 2) one.expires = one.since - seconds(1);
      CPPUNIT_ASSERT_EQUAL(true, has_room());
      ask("one" + std::to_string(i), view(), one);
    }
    CPPUNIT_ASSERT(has_room());
    for (std::size_t i = 0; i < kMostDeferred / 2; ++i) ask("more" + std::to_string(i), view());
    CPPUNIT_ASSERT(!has_room());
    CPPUNIT_ASSERT(look_up({"one" + std::to_string(kMostDeferred - 1)}).at(0));
  }

  void ways_are_told_by_the_next_look_up_until_they_end() {
    const std::string any("\0\xff{}", 4);
    CPPUNIT_ASSERT(way_until({"one", any}) == WallTime{});
    remember({any}, kNow);
    CPPUNIT_ASSERT(way_until({"one", any}) == kNow + kWayLife);
    CPPUNIT_ASSERT(way_until({"one"}) == WallTime{});
    CPPUNIT_ASSERT(way_until({}) == WallTime{});
    CPPUNIT_ASSERT(way_until({any}, mailbox("ann@example.org")) == WallTime{});
    // Later is longer, and of several ways the longest counts.
    remember({"one", any}, kNow + seconds(10));
    remember({"two"}, kNow + seconds(20));
    CPPUNIT_ASSERT(way_until({any}) == kNow + seconds(10) + kWayLife);
    CPPUNIT_ASSERT(way_until({"two", any}) == kNow + seconds(20) + kWayLife);
    remember({}, kNow);
    // What has ended goes when another comes.
    remember({"three"}, kNow + seconds(10) + kWayLife);
    CPPUNIT_ASSERT(way_until({"one", any}) == WallTime{});
  }
  void where_one_wrote_to_answers_may_come_from() {
    CPPUNIT_ASSERT(
        store().sent().note({.owner = joe().key(), .ways = {"one", "two"}, .now = kNow}, soon()));
    CPPUNIT_ASSERT(way_until({"two"}) == kNow + kSentLife);
    CPPUNIT_ASSERT(way_until({"two"}, mailbox("ann@example.org")) == WallTime{});
  }
  void ways_are_bounded_and_take_no_room_from_who_waits() {
    remember({"old"}, kNow);
    std::vector<std::string> many;
    for (std::size_t i = 0; i + 1 < kMostWays; ++i) many.push_back("way" + std::to_string(i));
    remember(many, kNow + seconds(1));
    CPPUNIT_ASSERT(way_until({"old"}) != WallTime{});
    remember({"new"}, kNow + seconds(2));
    CPPUNIT_ASSERT(way_until({"old"}) == WallTime{});
    CPPUNIT_ASSERT(way_until({"new"}) != WallTime{} && way_until(many) != WallTime{});
    CPPUNIT_ASSERT(has_room());
  }

 private:
  void remember(const std::vector<std::string>& ways, WallTime now) {
    CPPUNIT_ASSERT(store().asked().remember_ways(joe().key(), ways, now, soon()));
  }
  WallTime way_until(const std::vector<std::string>& ways, const Mailbox& owner = joe()) {
    Inquiry asked = inquiry(owner, {});
    asked.recipients.insert(asked.recipients.begin(), mailbox("other@example.org"));
    asked.asked.clear();
    asked.ways = ways;
    const auto known = store().directory().look_up(asked, soon());
    CPPUNIT_ASSERT(known && known->recipients.at(0).way_until == WallTime{});
    return known->recipients.at(1).way_until;
  }
  bool has_room() {
    const auto room = store().asked().has_room(joe().key(), soon());
    CPPUNIT_ASSERT(room);
    return *room;
  }
  Store& store() { return harness_->store(); }

  static HeldView view() {
    HeldView out = held_view();
    out.node = kAnyNode;
    out.copy = Copy::refused;
    out.reverse_path = "alice@example.com";
    out.evidence = "ptr:example.com";
    out.generation = 3;
    return out;
  }
  static AskedRecord record() {
    AskedRecord out;
    // As the store has it: whole milliseconds.
    out.since = out.changed = wall_now();
    out.expires = out.since + std::chrono::hours(24);
    out.generation = 3;
    out.evidence = "ptr:example.com";
    out.view = HeldId::random().text();
    out.digest = kDigest;
    return out;
  }
  AskedRecord ask(const std::string& id, const HeldView& view,
                  const AskedRecord& wanted = record()) {
    CPPUNIT_ASSERT(store().asked().ask(view, kDigest, {{joe().key(), id, wanted}}, soon()));
    return wanted;
  }
  bool answer(const std::string& id) {
    const auto done = store().asked().answer(joe().key(), id, soon());
    CPPUNIT_ASSERT(done);
    return *done;
  }
  bool spend(const std::string& id, const AskedUse& use, WallTime now = wall_now()) {
    const auto done = store().asked().spend(joe().key(), id, use, now, soon());
    CPPUNIT_ASSERT(done);
    return *done;
  }
  std::vector<std::optional<AskedRecord>> look_up(const std::vector<std::string>& ids) {
    const auto known = store().directory().look_up(inquiry(joe(), ids), soon());
    CPPUNIT_ASSERT(known);
    return known->recipients.at(0).asked;
  }
  static Inquiry inquiry(const Mailbox& owner, const std::vector<std::string>& ids) {
    Inquiry out;
    out.recipients = {owner};
    out.author = alice();
    out.now = wall_now();
    out.asked = {ids};
    return out;
  }
  AskedRecord::State state(const std::string& id) { return look_up({id}).at(0)->state; }

  std::unique_ptr<Harness> harness_;
};

}  // namespace countersign::test
