// SPDX-License-Identifier: Apache-2.0
#include "answering/pow.h"

#include <cppunit/extensions/HelperMacros.h>

#include <set>
#include <thread>

#include "answering/token.h"
#include "base/crypto.h"
#include "base/guarded.h"
#include "tests/support/held_fixture.h"
#include "tests/support/pow_solver.h"

namespace countersign {
namespace {

using nlohmann::json;

/// Cheap work: what is tested does not depend on its amount.
const PowSettings kCheap{.cost = 2, .levels = {3}, .stock = 4};

struct Fixture {
  ManualClock clock;
  std::unique_ptr<Pow> pow = *Pow::make(test::web_keyring(), clock, kCheap);
  std::string binding = proof_binding(test::kToken);
};

class PowTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PowTest);
  CPPUNIT_TEST(a_solved_challenge_holds);
  CPPUNIT_TEST(the_default_is_what_the_design_says);
  CPPUNIT_TEST(the_answer_is_uniform_in_its_range);
  CPPUNIT_TEST(another_message_is_refused);
  CPPUNIT_TEST(an_expired_challenge_is_refused);
  CPPUNIT_TEST(other_work_than_ours_is_refused_though_we_signed_it);
  CPPUNIT_TEST(an_unsolved_challenge_is_refused);
  CPPUNIT_TEST(answers_are_made_ahead_and_used_once);
  CPPUNIT_TEST(many_threads_never_get_one_nonce_twice);
  CPPUNIT_TEST(missing_keys_are_an_error);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_solved_challenge_holds() {
    Fixture f;
    const std::string challenge = f.pow->issue(f.binding, 3);
    f.clock.advance(seconds(90));
    const auto got = f.pow->check(test::solve_pow(challenge), f.binding);
    CPPUNIT_ASSERT(got);
    CPPUNIT_ASSERT_EQUAL(json::parse(challenge)["parameters"]["nonce"].get<std::string>(),
                         got->nonce);
    CPPUNIT_ASSERT_EQUAL(20L * 60 - 90, static_cast<long>(got->remaining.count()));
  }

  void the_default_is_what_the_design_says() {
    ManualClock clock;
    const auto pow = *Pow::make(test::web_keyring(), clock, {.stock = 1});
    const json challenge = json::parse(pow->issue("b", 3000));
    const json& p = challenge["parameters"];
    CPPUNIT_ASSERT_EQUAL(std::string("PBKDF2/SHA-256"), p["algorithm"].get<std::string>());
    CPPUNIT_ASSERT_EQUAL(5000, p["cost"].get<int>());
    CPPUNIT_ASSERT_EQUAL(32, p["keyLength"].get<int>());
    CPPUNIT_ASSERT_EQUAL(std::size_t{32}, p["keyPrefix"].get<std::string>().size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{64}, p["keySignature"].get<std::string>().size());
    CPPUNIT_ASSERT_EQUAL(1'800'000'000 + 1200, p["expiresAt"].get<int>());
    CPPUNIT_ASSERT_EQUAL(std::string("b"), p["data"]["m"].get<std::string>());
    CPPUNIT_ASSERT((PowSettings{}.levels == std::vector<int>{3000}));
  }

  void the_answer_is_uniform_in_its_range() {
    Fixture f;
    std::set<std::uint32_t> seen;
    for (int i = 0; i < 200; ++i) {
      std::uint32_t counter = 0;
      (void)test::solve_pow(f.pow->issue(f.binding, 3), &counter);
      seen.insert(counter);
    }
    // Any of the three stays unseen once in 10^35 runs.
    CPPUNIT_ASSERT((seen == std::set<std::uint32_t>{1, 2, 3}));
  }

  void another_message_is_refused() {
    Fixture f;
    const std::string field = test::solve_pow(f.pow->issue(f.binding, 3));
    CPPUNIT_ASSERT(!f.pow->check(field, proof_binding(test::kOtherToken)));
    CPPUNIT_ASSERT(!f.pow->check(field, ""));
  }

  void an_expired_challenge_is_refused() {
    Fixture f;
    const std::string field = test::solve_pow(f.pow->issue(f.binding, 3));
    f.clock.advance(std::chrono::minutes(20) - milliseconds(1));
    CPPUNIT_ASSERT(f.pow->check(field, f.binding));
    f.clock.advance(milliseconds(1));
    CPPUNIT_ASSERT(!f.pow->check(field, f.binding));
  }

  void other_work_than_ours_is_refused_though_we_signed_it() {
    Fixture f;
    const altcha::Keys keys{{std::string(32, '\x22')}, {std::string(32, '\x33')}};
    const std::string nonce(16, 'n'), salt(16, 's');
    const auto field = [&](int cost, bool deterministic, std::size_t prefix) {
      const std::string key = altcha::derive_key(nonce, salt, 1, cost);
      altcha::Parameters p;
      p.cost = cost;
      p.binding = f.binding;
      p.expires_at = 1'800'000'600;
      p.key_prefix = hex_encode(key).substr(0, prefix);
      if (deterministic) p.key_signature = hex_encode(hmac_sha256(keys.key.front(), key));
      p.nonce = hex_encode(nonce);
      p.salt = hex_encode(salt);
      return base64_encode(json{{"challenge", json::parse(altcha::challenge_json(p, keys))},
                                {"solution", {{"counter", 1}, {"derivedKey", hex_encode(key)}}}}
                               .dump());
    };
    CPPUNIT_ASSERT(f.pow->check(field(2, true, 32), f.binding));
    CPPUNIT_ASSERT(!f.pow->check(field(1, true, 32), f.binding));
    CPPUNIT_ASSERT(!f.pow->check(field(2, false, 32), f.binding));
    CPPUNIT_ASSERT(!f.pow->check(field(2, true, 1), f.binding));
  }

  void an_unsolved_challenge_is_refused() {
    Fixture f;
    json payload;
    payload["challenge"] = json::parse(f.pow->issue(f.binding, 3));
    // What a thief of the challenge knows of the key: its prefix.
    const std::string prefix = payload["challenge"]["parameters"]["keyPrefix"];
    payload["solution"] = {{"counter", 1}, {"derivedKey", prefix + std::string(32, '0')}};
    CPPUNIT_ASSERT(!f.pow->check(base64_encode(payload.dump()), f.binding));
  }

  void answers_are_made_ahead_and_used_once() {
    Fixture f;
    wait_until_stocked(*f.pow);
    std::set<std::string> nonces;
    for (int i = 0; i < 20; ++i)
      nonces.insert(json::parse(f.pow->issue(f.binding, 3))["parameters"]["nonce"]);
    CPPUNIT_ASSERT_EQUAL(std::size_t{20}, nonces.size());
    wait_until_stocked(*f.pow);
  }

  void many_threads_never_get_one_nonce_twice() {
    Fixture f;
    Guarded<std::set<std::string>> nonces;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 50; ++i) {
          const std::string nonce = json::parse(f.pow->issue(f.binding, 3))["parameters"]["nonce"];
          nonces.with([&](auto& all) { all.insert(nonce); });
        }
      });
    for (auto& thread : threads) thread.join();
    CPPUNIT_ASSERT_EQUAL(std::size_t{200}, nonces.with([](auto& all) { return all.size(); }));
  }

  void missing_keys_are_an_error() {
    ManualClock clock;
    CPPUNIT_ASSERT(!Pow::make(*Keyring::parse("", "x"), clock, kCheap));
    const auto half = Keyring::parse("pow k1 " + std::string(64, '2') + "\n", "x");
    CPPUNIT_ASSERT(!Pow::make(*half, clock, kCheap));
  }

 private:
  static void wait_until_stocked(const Pow& pow) {
    const auto deadline = test::soon();
    while (pow.ready() < kCheap.stock) {
      CPPUNIT_ASSERT_MESSAGE("the stock fills", std::chrono::steady_clock::now() < deadline);
      std::this_thread::yield();
    }
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(PowTest);

}  // namespace
}  // namespace countersign
