// SPDX-License-Identifier: Apache-2.0
//
// What is really in Redis: round trips, lives of keys, records that do not decode, and a stream
// that an enemy has filled.
#include <set>

#include "tests/fault/store_rig.h"
#include "tests/support/table_suite.h"
#include "tokenstore/rules.h"

namespace countersign::test {
namespace {

const std::string kContacts = "cs:{joe@example.org}:contacts";
const std::string kStream = "cs:requests:" + kNode;

struct Damage {
  const char* name;
  std::string record;
};
const Damage kDamaged[] = {
    {"nothing", ""},
    {"another version", "2&standing=allow"},
    {"no fields", "1"},
    {"no standing", "1&source=admin"},
    {"a standing that is no word", "1&standing=maybe"},
    {"a broken escape", "1&standing=allow&note=%4"},
    {"a time that is no number", "1&standing=allow&created=soon"},
    {"a field without name", "1&standing=allow&=x"},
    {"text", "allow"},
};
void check_damage(const Damage& row) {
  static StoreRig rig;
  rig.server.command({"HSET", kContacts, "a:alice@example.com", row.record});
  expect(Errc::corrupt, ask(*rig.store));
  expect(Errc::corrupt, rig.store->contacts().list(of_joe(), soon()));
  expect(Errc::corrupt,
         rig.store->contacts().learn(of_joe(), "a:alice@example.com", by("x.org"), soon()));
  expect(Errc::corrupt, ask(*rig.store));
  CPPUNIT_ASSERT(rig.store->healthy());
}

std::set<std::string> keys_of(const RedisServer& server) {
  std::set<std::string> out;
  for (const RedisReply& key : server.command({"KEYS", "*"}).elements) out.insert(key.text);
  return out;
}
long long life_of(const RedisServer& server, const std::string& key) {
  return server.command({"PTTL", key}).integer;
}
bool about(long long ms, milliseconds want) {
  return ms <= want.count() && ms > want.count() - 60'000;
}

}  // namespace

class StateTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StateTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(damage);
  CPPUNIT_TEST(a_look_up_is_one_round_trip_for_one_recipient_and_for_a_thousand);
  CPPUNIT_TEST(tokens_are_looked_up_in_one_round_trip_or_two);
  CPPUNIT_TEST(a_look_up_asks_for_each_list_once);
  CPPUNIT_TEST(keys_have_the_names_that_are_documented);
  CPPUNIT_TEST(every_key_but_lists_and_policies_has_an_end);
  CPPUNIT_TEST(a_tombstone_lives_thirty_days_and_its_token_as_long);
  CPPUNIT_TEST(an_answered_message_lives_as_long_as_before);
  CPPUNIT_TEST(learning_keeps_fields_of_a_later_version);
  CPPUNIT_TEST(setting_a_state_keeps_fields_of_a_later_version);
  CPPUNIT_TEST(a_damaged_view_is_corrupt);
  CPPUNIT_TEST(a_damaged_token_is_corrupt);
  CPPUNIT_TEST(a_damaged_retry_is_replaced);
  CPPUNIT_TEST(marks_that_nobody_clears_are_cleared);
  CPPUNIT_TEST(a_heartbeat_ages_until_the_store_forgets_it);
  CPPUNIT_TEST(the_first_heartbeat_of_a_wrong_life_does_no_harm);
  CPPUNIT_TEST(an_entry_that_is_too_large_is_thrown_away);
  CPPUNIT_TEST(a_stream_without_further_ids_starts_anew);
  CPPUNIT_TEST(a_flooded_stream_is_cut);
  CPPUNIT_TEST(an_entry_without_our_fields_is_a_request_that_fails);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void damage(TestSuiteBuilderContextType& c) { add_rows(c, kDamaged, check_damage); }

  void a_look_up_is_one_round_trip_for_one_recipient_and_for_a_thousand() {
    StoreRig rig;
    CPPUNIT_ASSERT(ask(*rig.store));
    long long before = rig.store->round_trips();
    CPPUNIT_ASSERT(ask(*rig.store));
    CPPUNIT_ASSERT_EQUAL(before + 1, rig.store->round_trips());
    Inquiry many{{}, alice()};
    for (int i = 0; i < 1000; ++i)
      many.recipients.push_back(
          mailbox(("r" + std::to_string(i) + "@d" + std::to_string(i % 10) + ".example").c_str()));
    before = rig.store->round_trips();
    const auto known = rig.store->directory().look_up(many, soon());
    CPPUNIT_ASSERT_MESSAGE(known ? "" : known.error().detail, bool(known));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1000}, known->recipients.size());
    CPPUNIT_ASSERT_EQUAL(before + 1, rig.store->round_trips());
  }
  void tokens_are_looked_up_in_one_round_trip_or_two() {
    StoreRig rig;
    CPPUNIT_ASSERT(rig.store->held().put(view_, kDigest, soon()));
    const auto trips = [&](const std::vector<PageQuestion>& questions) {
      const long long before = rig.store->round_trips();
      (void)rig.store->held().look_up(questions, soon());
      return rig.store->round_trips() - before;
    };
    const PageQuestion right{kDigest, 1, view_.id};
    CPPUNIT_ASSERT_EQUAL(1LL, trips({right}));
    CPPUNIT_ASSERT_EQUAL(1LL, trips(std::vector(100, right)));
    CPPUNIT_ASSERT_EQUAL(2LL, trips({{kDigest, 1}}));
    CPPUNIT_ASSERT_EQUAL(2LL, trips({{kDigest, 1, HeldId::random()}}));
    CPPUNIT_ASSERT_EQUAL(2LL, trips({{"nobody's", 1}}));
    CPPUNIT_ASSERT_EQUAL(2LL, trips({right, {"nobody's", 1}, {kDigest, 1}}));
  }
  void a_look_up_asks_for_each_list_once() {
    StoreRig rig;
    CPPUNIT_ASSERT(ask(*rig.store));
    rig.server.command({"CONFIG", "RESETSTAT"});
    Inquiry two{{joe(), mailbox("ann@example.org")}, alice()};
    CPPUNIT_ASSERT(rig.store->directory().look_up(two, soon()));
    // joe, ann, their domain, the site.
    const std::string stats = rig.server.command({"INFO", "commandstats"}).text;
    CPPUNIT_ASSERT_MESSAGE(stats, stats.find("cmdstat_hgetall:calls=4,") != std::string::npos);
  }
  void keys_have_the_names_that_are_documented() {
    StoreRig rig;
    use_all(rig);
    const std::set<std::string> want = {
        "cs:site",
        "cs:{joe@example.org}:contacts",
        "cs:{example.org}:contacts",
        "cs:site:contacts",
        "cs:{joe@example.org}:policy",
        "cs:site:policy",
        "cs:site:modes",
        "cs:held:" + view_.id.text(),
        "cs:{joe@example.org}:held",
        "cs:{ann%2Bx@example.org}:held",
        "cs:answer:" + kDigest,
        "cs:retry:" + kRetry,
        kStream,
        "cs:{example.com}:asked:id:i",
        "cs:{example.com}:asked:pair:alice@example.com:joe@example.org",
        "cs:{example.com}:asked:author:alice@example.com",
        "cs:{example.com}:asked:hour",
        "cs:{example.com}:asked:unanswered",
        "cs:outbox:challenge%3Ax",
        "cs:web:heartbeat",
        "cs:web:nonce:n",
        "cs:web:failures:net%3A192.0.2.0%2F24",
        "cs:web:answered:" + view_.id.text()};
    std::string found;
    for (const std::string& key : keys_of(rig.server)) found += key + "\n";
    CPPUNIT_ASSERT_MESSAGE(found, want == keys_of(rig.server));
  }
  void every_key_but_lists_and_policies_has_an_end() {
    StoreRig rig;
    use_all(rig);
    for (const std::string& key : keys_of(rig.server)) {
      const bool stays = key == "cs:site" || key == kStream || key.ends_with("contacts") ||
                         key.ends_with("policy") || key == "cs:site:modes";
      CPPUNIT_ASSERT_EQUAL_MESSAGE(key, stays, life_of(rig.server, key) == -1);
    }
  }
  void a_tombstone_lives_thirty_days_and_its_token_as_long() {
    StoreRig rig;
    CPPUNIT_ASSERT(rig.store->held().put(view_, kDigest, soon()));
    const std::string held = "cs:held:" + view_.id.text();
    CPPUNIT_ASSERT(about(life_of(rig.server, held), std::chrono::hours(60 * 24)));
    CPPUNIT_ASSERT(rig.store->held().set_state(view_, HeldState::released, wall_now(), soon()));
    CPPUNIT_ASSERT(about(life_of(rig.server, held), kTombstone));
    CPPUNIT_ASSERT(about(life_of(rig.server, "cs:answer:" + kDigest), kTombstone));
  }
  void an_answered_message_lives_as_long_as_before() {
    StoreRig rig;
    CPPUNIT_ASSERT(rig.store->held().put(view_, kDigest, soon()));
    CPPUNIT_ASSERT(rig.store->held().set_state(view_, HeldState::answered, wall_now(), soon()));
    const milliseconds want = std::chrono::hours(60 * 24);
    CPPUNIT_ASSERT(about(life_of(rig.server, "cs:held:" + view_.id.text()), want));
    CPPUNIT_ASSERT(about(life_of(rig.server, "cs:answer:" + kDigest), want));
  }
  void learning_keeps_fields_of_a_later_version() {
    StoreRig rig;
    rig.server.command({"HSET", kContacts, "a:alice@example.com", "1&new=a%26b&standing=allow"});
    CPPUNIT_ASSERT(
        rig.store->contacts().learn(of_joe(), "a:alice@example.com", by("x.org"), soon()));
    CPPUNIT_ASSERT_EQUAL(std::string("1&new=a%26b&standing=allow&fp=x.org"),
                         rig.server.command({"HGET", kContacts, "a:alice@example.com"}).text);
  }
  void setting_a_state_keeps_fields_of_a_later_version() {
    StoreRig rig;
    CPPUNIT_ASSERT(rig.store->held().put(view_, kDigest, soon()));
    const std::string key = "cs:held:" + view_.id.text();
    rig.server.command({"HSET", key, "new", "x"});
    CPPUNIT_ASSERT(rig.store->held().set_state(view_, HeldState::failed, wall_now(), soon()));
    CPPUNIT_ASSERT(rig.store->held().put(view_, kDigest, soon()));
    CPPUNIT_ASSERT_EQUAL(std::string("x"), rig.server.command({"HGET", key, "new"}).text);
  }
  void a_damaged_view_is_corrupt() {
    StoreRig rig;
    const std::string key = "cs:held:" + view_.id.text();
    CPPUNIT_ASSERT(rig.store->held().put(view_, kDigest, soon()));
    for (const auto& [field, value] : {std::pair("v", "2"), std::pair("state", "lost"),
                                       std::pair("expires", "x"), std::pair("to", "%4")}) {
      const std::string good = rig.server.command({"HGET", key, field}).text;
      rig.server.command({"HSET", key, field, value});
      expect(Errc::corrupt, rig.store->held().get(view_.id, soon()));
      rig.server.command({"HSET", key, field, good});
    }
    CPPUNIT_ASSERT(rig.store->held().get(view_.id, soon()));
    rig.server.command({"HDEL", key, "node"});
    expect(Errc::corrupt, rig.store->held().get(view_.id, soon()));
  }
  void a_damaged_token_is_corrupt() {
    StoreRig rig;
    for (const char* value : {"", "x", "1&id=x&node=n", "2&id=x"}) {
      rig.server.command({"SET", "cs:answer:" + kDigest, value});
      expect(Errc::corrupt, rig.store->held().look_up({kDigest}, soon()));
    }
  }
  void a_damaged_retry_is_replaced() {
    StoreRig rig;
    CPPUNIT_ASSERT(rig.store->held().put(view_, kDigest, soon()));
    rig.server.command({"SET", "cs:retry:" + kRetry, "x"});
    expect(Errc::corrupt, rig.store->held().find_retry(kRetry, soon()));
    CPPUNIT_ASSERT(rig.store->held().bind_retry(kRetry, view_.id, view_.expires, soon()));
    CPPUNIT_ASSERT(rig.store->held().find_retry(kRetry, soon()));
    CPPUNIT_ASSERT(life_of(rig.server, "cs:retry:" + kRetry) > 0);
  }
  void marks_that_nobody_clears_are_cleared() {
    StoreRig rig;
    HeldView old = view_;
    old.id = HeldId::random();
    old.expires = wall_now() - kTombstone - seconds(1);
    CPPUNIT_ASSERT(rig.store->held().put(view_, "", soon()));
    CPPUNIT_ASSERT(rig.store->held().put(old, "", soon()));
    rig.server.command({"HSET", "cs:{joe@example.org}:held", "no-id", "x"});
    CPPUNIT_ASSERT(*rig.store->held().held_for("joe@example.org", soon()) ==
                   std::vector<HeldId>{view_.id});
    CPPUNIT_ASSERT_EQUAL(1LL, rig.server.command({"HLEN", "cs:{joe@example.org}:held"}).integer);
  }
  void a_heartbeat_ages_until_the_store_forgets_it() {
    StoreRig rig;
    CPPUNIT_ASSERT(rig.store->web().heartbeat(soon()));
    rig.server.command({"PEXPIRE", "cs:web:heartbeat", "14400000"});
    const auto age = ask(*rig.store)->page_age;
    CPPUNIT_ASSERT(age && *age >= seconds(60) && *age < seconds(120));
    rig.server.command({"PEXPIRE", "cs:web:heartbeat", "59999"});
    CPPUNIT_ASSERT(ask(*rig.store)->page_age > std::chrono::hours(4));
    rig.server.command({"DEL", "cs:web:heartbeat"});
    CPPUNIT_ASSERT(!ask(*rig.store)->page_age);
  }
  void the_first_heartbeat_of_a_wrong_life_does_no_harm() {
    StoreRig rig;
    rig.server.command({"SET", "cs:web:heartbeat", "x"});
    CPPUNIT_ASSERT(!ask(*rig.store)->page_age);
    rig.server.command({"PEXPIRE", "cs:web:heartbeat", "999999999999"});
    CPPUNIT_ASSERT(ask(*rig.store)->page_age == milliseconds(0));
  }
  void an_entry_that_is_too_large_is_thrown_away() {
    StoreRig rig;
    const std::string large(1'000'000, 'x');
    for (int i = 0; i < 100; ++i) rig.server.command({"XADD", kStream, "*", "token", large});
    CPPUNIT_ASSERT(rig.store->requests().append(kNode, request(5), soon()));
    const auto entries = rig.store->requests().read(kNode, soon());
    CPPUNIT_ASSERT_MESSAGE(entries ? "" : entries.error().detail, bool(entries));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, entries->size());
    CPPUNIT_ASSERT_EQUAL(std::string("5"), entries->front().request.id);
  }
  void a_stream_without_further_ids_starts_anew() {
    StoreRig rig;
    const std::string last = "18446744073709551615-18446744073709551615";
    rig.server.command({"XADD", kStream, last, "kind", "answer"});
    expect_unavailable(rig.store->requests().append(kNode, request(5), soon()));
    const auto entries = rig.store->requests().read(kNode, soon());
    CPPUNIT_ASSERT(entries && entries->size() == 1);
    CPPUNIT_ASSERT(rig.store->requests().done(kNode, entries->front().entry, soon()));
    CPPUNIT_ASSERT(rig.store->requests().read(kNode, after(milliseconds(50)))->empty());
    CPPUNIT_ASSERT(rig.store->requests().append(kNode, request(6), soon()));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.store->requests().read(kNode, soon())->size());
  }
  void a_flooded_stream_is_cut() {
    StoreRig rig;
    const std::string flood = "for i = 1, 100500 do redis.call('XADD', KEYS[1], '*', 'k', i) end";
    rig.server.command({"EVAL", flood, "1", kStream});
    CPPUNIT_ASSERT_EQUAL(100'500LL, rig.server.command({"XLEN", kStream}).integer);
    CPPUNIT_ASSERT_EQUAL(std::size_t{16}, rig.store->requests().read(kNode, soon())->size());
    CPPUNIT_ASSERT_EQUAL(100'000LL, rig.server.command({"XLEN", kStream}).integer);
  }
  void an_entry_without_our_fields_is_a_request_that_fails() {
    StoreRig rig;
    rig.server.command({"XADD", kStream, "*", "odd", "x", "kind", "answer", "kind", "drop"});
    const auto entries = rig.store->requests().read(kNode, soon());
    CPPUNIT_ASSERT(entries && entries->size() == 1);
    CPPUNIT_ASSERT_EQUAL(std::string("answer"), entries->front().request.kind);
    CPPUNIT_ASSERT(entries->front().request.mac.empty());
  }

 private:
  /// Uses every interface once.
  void use_all(StoreRig& rig) {
    Store& s = *rig.store;
    for (const Scope& scope : {of_joe(), of_domain(), kSite})
      CPPUNIT_ASSERT(s.contacts().put(scope, "a:alice@example.com", allow(), soon()));
    CPPUNIT_ASSERT(s.policies().set(of_joe(), {{"mode", "hold"}}, soon()));
    CPPUNIT_ASSERT(s.policies().set(kSite, {{"mode", "hold"}}, soon()));
    CPPUNIT_ASSERT(s.held().put(view_, kDigest, soon()));
    CPPUNIT_ASSERT(s.held().bind_retry(kRetry, view_.id, view_.expires, soon()));
    CPPUNIT_ASSERT(s.requests().append(kNode, request(1), soon()));
    CPPUNIT_ASSERT(*s.budgets().take_challenge("joe@example.org", "alice@example.com",
                                               "example.com", "i", {}, soon()));
    CPPUNIT_ASSERT(*s.outbox().claim("challenge:x", seconds(60), soon()));
    CPPUNIT_ASSERT(s.web().heartbeat(soon()));
    CPPUNIT_ASSERT(*s.web().spend("n", seconds(60), soon()));
    CPPUNIT_ASSERT(s.web().count_failure("net:192.0.2.0/24", seconds(60), soon()));
    CPPUNIT_ASSERT(s.web().mark_answered(view_.id.text(), "answer", seconds(60), soon()));
  }
  const HeldView view_ = held_view();
};
CPPUNIT_TEST_SUITE_REGISTRATION(StateTest);

}  // namespace countersign::test
