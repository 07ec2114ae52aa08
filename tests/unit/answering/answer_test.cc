// SPDX-License-Identifier: Apache-2.0
#include "answering/answer.h"

#include <cppunit/extensions/HelperMacros.h>

#include "answering/token.h"
#include "tests/support/held_fixture.h"
#include "tests/support/pow_solver.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

using test::kToken;

const std::string kNetwork = "192.0.2.0/24";
const std::string kRight = "alice@example.com";

struct Fixture {
  explicit Fixture(std::vector<std::string> proofs = {"pow", "wait"}) : allowed(std::move(proofs)) {
    test::hold(store, held);
  }

  AnswerResult answer(const Answer& form, const std::string& network = kNetwork) {
    auto got = desk.answer(kToken, form, network, test::soon());
    CPPUNIT_ASSERT_MESSAGE(got ? "" : got.error().detail, got);
    return *std::move(got);
  }
  AnswerOutcome outcome(const Answer& form, const std::string& network = kNetwork) {
    return answer(form, network).outcome;
  }
  std::string solved() { return test::solve_pow(pow->issue(proof_binding(kToken), 3)); }
  std::vector<RequestEntry> requests() {
    auto got = store.requests().read(test::kNode, std::chrono::steady_clock::now());
    CPPUNIT_ASSERT(got);
    return *std::move(got);
  }

  std::vector<std::string> allowed;
  ManualClock clock;
  MemoryStore store{clock};
  HeldView held = test::held_view(clock.wall());
  Keyring keyring = test::web_keyring();
  std::unique_ptr<Pow> pow = *Pow::make(keyring, clock, {.cost = 2, .levels = {3}, .stock = 2});
  std::unique_ptr<Wait> wait = *Wait::make(keyring, clock, {});
  Views views{store.held(), clock, allowed};
  std::unique_ptr<Codes> codes = *Codes::make(keyring, clock, {});
  AnswerDesk desk{{views, *pow, *wait, *codes, store.web(), store.requests(), keyring}};
};

/// Another press of the button comes first: it takes the nonce, and sets the mark.
class RacingState final : public WebState {
 public:
  RacingState(WebState& state, std::string mark) : state_(state), mark_(std::move(mark)) {}
  Status heartbeat(Deadline d) override { return state_.heartbeat(d); }
  Result<bool> spend(const std::string& nonce, seconds lifetime, Deadline d) override {
    CS_TRY(state_.spend(nonce, lifetime, d));
    CS_TRY(state_.mark_answered(test::kHeld, mark_, lifetime, d));
    return state_.spend(nonce, lifetime, d);
  }
  Result<int> count_failure(const std::string& who, seconds window, Deadline d) override {
    return state_.count_failure(who, window, d);
  }
  Result<int> failures(const std::string& who, Deadline d) override {
    return state_.failures(who, d);
  }
  Result<seconds> until_forgotten(const std::string& who, Deadline d) override {
    return state_.until_forgotten(who, d);
  }
  Status mark_answered(const std::string& id, const std::string& how, seconds lifetime,
                       Deadline d) override {
    return state_.mark_answered(id, how, lifetime, d);
  }
  Result<std::string> how_answered(const std::string& id, Deadline d) override {
    return state_.how_answered(id, d);
  }

 private:
  WebState& state_;
  const std::string mark_;
};

struct AddressRow {
  const char* name;
  const char* typed;
  AnswerOutcome want;
};

const AddressRow kAddressRows[] = {
    {"the author's address is right", "alice@example.com", AnswerOutcome::taken},
    {"so is any that counts", "bounce@lists.example.com", AnswerOutcome::taken},
    {"capitals, blanks and a name do not matter", " Alice <ALICE@Example.com> ",
     AnswerOutcome::taken},
    {"another address is wrong", "mallory@example.com", AnswerOutcome::wrong_address},
    {"the recipient's address is wrong", "joe@example.org", AnswerOutcome::wrong_address},
    {"what is no address is wrong", "chairs", AnswerOutcome::wrong_address},
    {"nothing typed is not an answer", "", AnswerOutcome::no_address},
};

void check_address(const AddressRow& row) {
  Fixture f;
  const bool takes = row.want == AnswerOutcome::taken;
  CPPUNIT_ASSERT(row.want == f.outcome({.address = row.typed, .altcha = f.solved()}));
  CPPUNIT_ASSERT_EQUAL(std::size_t{takes}, f.requests().size());
}

struct ProofRow {
  const char* name;
  const char* fingerprint;
  std::vector<std::string> allowed;
  bool give_pow;
  AnswerOutcome want;
};

const ProofRow kProofRows[] = {
    {"work is enough", "", {"pow", "wait"}, true, AnswerOutcome::taken},
    {"without script, an authenticated author waits",
     "example.com",
     {"pow", "wait"},
     false,
     AnswerOutcome::first_step},
    {"without script, any other is told what is missing",
     "",
     {"pow", "wait"},
     false,
     AnswerOutcome::no_proof},
    {"work does not count where the site does not offer it",
     "example.com",
     {"wait"},
     true,
     AnswerOutcome::first_step},
    {"nor where nothing is offered", "", {"wait"}, true, AnswerOutcome::no_proof},
};

void check_proof(const ProofRow& row) {
  Fixture f(row.allowed);
  f.held.fingerprint = row.fingerprint;
  test::hold(f.store, f.held);
  const Answer form{.address = kRight, .altcha = row.give_pow ? f.solved() : "", .wait = ""};
  CPPUNIT_ASSERT(row.want == f.outcome(form));
  CPPUNIT_ASSERT_EQUAL(std::size_t{row.want == AnswerOutcome::taken}, f.requests().size());
}

class AnswerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AnswerTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(the_request_is_what_the_node_checks);
  CPPUNIT_TEST(a_repeated_answer_is_harmless);
  CPPUNIT_TEST(a_proof_counts_once);
  CPPUNIT_TEST(the_slower_of_two_presses_is_thanked_too);
  CPPUNIT_TEST(waiting_takes_two_steps);
  CPPUNIT_TEST(an_old_stamp_is_replaced);
  CPPUNIT_TEST(a_stamp_counts_once);
  CPPUNIT_TEST(five_failures_close_the_message_for_an_hour);
  CPPUNIT_TEST(after_twenty_failures_of_its_network_a_message_has_two);
  CPPUNIT_TEST(others_behind_the_same_address_lock_nobody_out);
  CPPUNIT_TEST(from_the_second_miss_on_the_address_is_hinted_at);
  CPPUNIT_TEST(only_failures_count);
  CPPUNIT_TEST(wrong_proofs_count);
  CPPUNIT_TEST(an_unknown_network_is_not_limited);
  CPPUNIT_TEST(whatever_call_fails_nothing_is_half_done);
  CPPUNIT_TEST(a_lost_mark_does_not_lose_the_answer);
  CPPUNIT_TEST(delivered_and_gone_take_no_answer);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) {
    test::add_rows(context, kAddressRows, check_address);
    test::add_rows(context, kProofRows, check_proof);
  }

  void the_request_is_what_the_node_checks() {
    Fixture f;
    const auto got = f.answer({.address = "Alice <Alice@Example.com>", .altcha = f.solved()});
    CPPUNIT_ASSERT(got.view.state == ViewState::delivering);
    CPPUNIT_ASSERT_EQUAL(std::string("address+pow"), got.proof);
    const auto all = f.requests();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, all.size());
    const Request& r = all.front().request;
    CPPUNIT_ASSERT_EQUAL(std::string("answer"), r.kind);
    CPPUNIT_ASSERT_EQUAL(test::kHeld, r.id);
    CPPUNIT_ASSERT_EQUAL(kToken, r.token);
    CPPUNIT_ASSERT_EQUAL(kRight, r.address);
    CPPUNIT_ASSERT_EQUAL(std::string("address+pow"), r.proof);
    CPPUNIT_ASSERT_EQUAL(std::size_t{32}, r.nonce.size());
    CPPUNIT_ASSERT(f.keyring.verify("web", r.mac_input(test::kNode), *hex_decode(r.mac)));
    CPPUNIT_ASSERT(!f.keyring.verify("web", r.mac_input("node2"), *hex_decode(r.mac)));
  }

  void a_repeated_answer_is_harmless() {
    Fixture f;
    const Answer form{.address = kRight, .altcha = f.solved(), .wait = ""};
    CPPUNIT_ASSERT(f.outcome(form) == AnswerOutcome::taken);
    CPPUNIT_ASSERT(f.outcome(form) == AnswerOutcome::already);
    CPPUNIT_ASSERT(f.outcome({.address = kRight, .altcha = f.solved()}) == AnswerOutcome::already);
    CPPUNIT_ASSERT(f.outcome({.address = "mallory@example.com"}) == AnswerOutcome::already);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, f.requests().size());
  }

  void a_proof_counts_once() {
    Fixture f;
    const Answer form{.address = kRight, .altcha = f.solved(), .wait = ""};
    f.store.fail_call(5);  // the mark: the page still asks
    CPPUNIT_ASSERT(f.outcome(form) == AnswerOutcome::taken);
    const auto again = f.answer(form);
    CPPUNIT_ASSERT(again.outcome == AnswerOutcome::wrong_proof);
    CPPUNIT_ASSERT_EQUAL(std::string("proof used before"), again.why);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, f.requests().size());
  }

  void the_slower_of_two_presses_is_thanked_too() {
    Fixture f;
    RacingState state(f.store.web(), mark_text(test::held_view(f.clock.wall()), "answer"));
    const AnswerDesk desk(
        {f.views, *f.pow, *f.wait, *f.codes, state, f.store.requests(), f.keyring});
    const auto got =
        desk.answer(kToken, {.address = kRight, .altcha = f.solved()}, kNetwork, test::soon());
    CPPUNIT_ASSERT(got);
    CPPUNIT_ASSERT(got->outcome == AnswerOutcome::already);
    CPPUNIT_ASSERT(got->view.state == ViewState::delivering);
    CPPUNIT_ASSERT(f.requests().empty());
    CPPUNIT_ASSERT_EQUAL(0, *f.store.web().failures("message:" + test::kHeld, test::soon()));
  }

  void waiting_takes_two_steps() {
    Fixture f;
    const auto first = f.answer({.address = kRight});
    CPPUNIT_ASSERT(first.outcome == AnswerOutcome::first_step);
    const Answer second{.address = kRight, .altcha = "", .wait = first.stamp};
    f.clock.advance(seconds(9));
    const auto early = f.answer(second);
    CPPUNIT_ASSERT(early.outcome == AnswerOutcome::early);
    CPPUNIT_ASSERT_EQUAL(first.stamp, early.stamp);
    CPPUNIT_ASSERT(f.requests().empty());
    f.clock.advance(seconds(1));
    const auto done = f.answer(second);
    CPPUNIT_ASSERT(done.outcome == AnswerOutcome::taken);
    CPPUNIT_ASSERT_EQUAL(std::string("address+wait"), f.requests().front().request.proof);
  }

  void an_old_stamp_is_replaced() {
    Fixture f;
    const std::string stamp = f.answer({.address = kRight}).stamp;
    f.clock.advance(std::chrono::hours(1) + seconds(1));
    const auto late = f.answer({.address = kRight, .wait = stamp});
    CPPUNIT_ASSERT(late.outcome == AnswerOutcome::wrong_proof);
    CPPUNIT_ASSERT(!late.stamp.empty() && late.stamp != stamp);
    f.clock.advance(seconds(10));
    CPPUNIT_ASSERT(f.outcome({.address = kRight, .wait = late.stamp}) == AnswerOutcome::taken);
  }

  void a_stamp_counts_once() {
    Fixture f;
    const std::string stamp = f.answer({.address = kRight}).stamp;
    f.clock.advance(seconds(10));
    CPPUNIT_ASSERT(*f.store.web().spend("wait:" + stamp.substr(stamp.find('.') + 1, 32),
                                        seconds(60), test::soon()));
    CPPUNIT_ASSERT(f.outcome({.address = kRight, .wait = stamp}) == AnswerOutcome::wrong_proof);
    CPPUNIT_ASSERT(f.requests().empty());
  }

  void five_failures_close_the_message_for_an_hour() {
    Fixture f;
    for (int i = 0; i < 5; ++i)
      CPPUNIT_ASSERT(f.outcome({.address = "mallory@example.com"}, "") ==
                     AnswerOutcome::wrong_address);
    CPPUNIT_ASSERT(f.outcome({.address = "mallory@example.com"}, "") == AnswerOutcome::limited);
    // The right answer is not looked at either, or guessing would go on.
    CPPUNIT_ASSERT(f.outcome({.address = kRight, .altcha = f.solved()}) == AnswerOutcome::limited);
    CPPUNIT_ASSERT(f.requests().empty());
    CPPUNIT_ASSERT_EQUAL(3600L, static_cast<long>(f.answer({}).retry.count()));
    f.clock.advance(std::chrono::minutes(50));
    CPPUNIT_ASSERT_EQUAL(600L, static_cast<long>(f.answer({}).retry.count()));
    f.clock.advance(std::chrono::minutes(10) - milliseconds(1));
    CPPUNIT_ASSERT_EQUAL(1L, static_cast<long>(f.answer({}).retry.count()));
    f.clock.advance(milliseconds(1));
    CPPUNIT_ASSERT(f.outcome({.address = kRight, .altcha = f.solved()}) == AnswerOutcome::taken);
  }

  void crowd(Fixture& f) {
    for (int i = 0; i < 20; ++i)
      CPPUNIT_ASSERT(
          f.store.web().count_failure("network:" + kNetwork, seconds(3600), test::soon()));
  }
  void after_twenty_failures_of_its_network_a_message_has_two() {
    Fixture f;
    crowd(f);
    f.clock.advance(seconds(1600));
    for (int i = 0; i < 2; ++i)
      CPPUNIT_ASSERT(f.outcome({.address = "mallory@example.com"}) == AnswerOutcome::wrong_address);
    CPPUNIT_ASSERT(f.outcome({.address = "mallory@example.com"}) == AnswerOutcome::limited);
    CPPUNIT_ASSERT(f.outcome({.address = kRight, .altcha = f.solved()}) == AnswerOutcome::limited);
    // Until the network's failures are forgotten, which were there before the message's.
    CPPUNIT_ASSERT_EQUAL(2000L, static_cast<long>(f.answer({}, kNetwork).retry.count()));
    CPPUNIT_ASSERT(f.outcome({.address = kRight, .altcha = f.solved()}, "198.51.100.0/24") ==
                   AnswerOutcome::taken);
  }
  void others_behind_the_same_address_lock_nobody_out() {
    Fixture f;
    crowd(f);
    for (int i = 0; i < 2; ++i)
      CPPUNIT_ASSERT(f.outcome({.address = "alcie@example.com"}) == AnswerOutcome::wrong_address);
    CPPUNIT_ASSERT(f.outcome({.address = kRight, .altcha = f.solved()}) == AnswerOutcome::taken);
  }

  void from_the_second_miss_on_the_address_is_hinted_at() {
    Fixture f;
    CPPUNIT_ASSERT_EQUAL(std::string(), f.answer({.address = "mallory@example.com"}).hint);
    CPPUNIT_ASSERT_EQUAL(std::string("al...@....com"),
                         f.answer({.address = "mallory@example.com"}).hint);
    CPPUNIT_ASSERT_EQUAL(std::string(), f.answer({.address = ""}).hint);
  }

  void only_failures_count() {
    Fixture f;
    for (int i = 0; i < 30; ++i) {
      CPPUNIT_ASSERT(f.outcome({}) == AnswerOutcome::no_address);
      CPPUNIT_ASSERT(f.outcome({.address = kRight}) == AnswerOutcome::first_step);
    }
    CPPUNIT_ASSERT(f.outcome({.address = kRight, .altcha = f.solved()}) == AnswerOutcome::taken);
    CPPUNIT_ASSERT_EQUAL(0, *f.store.web().failures("message:" + test::kHeld, test::soon()));
    CPPUNIT_ASSERT_EQUAL(0, *f.store.web().failures("network:" + kNetwork, test::soon()));
  }

  void wrong_proofs_count() {
    Fixture f;
    for (int i = 0; i < 5; ++i)
      CPPUNIT_ASSERT(f.outcome({.address = kRight, .altcha = "x"}) == AnswerOutcome::wrong_proof);
    CPPUNIT_ASSERT(f.outcome({.address = kRight, .altcha = "x"}) == AnswerOutcome::limited);
    CPPUNIT_ASSERT_EQUAL(5, *f.store.web().failures("network:" + kNetwork, test::soon()));
  }

  void an_unknown_network_is_not_limited() {
    Fixture f;
    CPPUNIT_ASSERT(f.outcome({.address = "mallory@example.com"}, "") ==
                   AnswerOutcome::wrong_address);
    CPPUNIT_ASSERT_EQUAL(0, *f.store.web().failures("network:", test::soon()));
  }

  void whatever_call_fails_nothing_is_half_done() {
    for (int n = 1;; ++n) {
      Fixture f;
      const Answer form{.address = kRight, .altcha = f.solved(), .wait = ""};
      f.store.fail_call(n);
      const auto got = f.desk.answer(kToken, form, kNetwork, test::soon());
      const bool failed = !got;
      if (failed) CPPUNIT_ASSERT(got.error().code == Errc::unavailable);
      f.store.fail_call(0);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(std::to_string(n), std::size_t{!failed}, f.requests().size());
      if (failed) {
        // The sender tries again, with a new proof.
        CPPUNIT_ASSERT(f.outcome({.address = kRight, .altcha = f.solved()}) ==
                       AnswerOutcome::taken);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, f.requests().size());
      } else {
        // Views make one call, the limits one, then the nonce and the request.
        CPPUNIT_ASSERT_EQUAL(5, n);
        return;
      }
    }
  }

  void a_lost_mark_does_not_lose_the_answer() {
    Fixture f;
    f.store.fail_call(5);
    CPPUNIT_ASSERT(f.outcome({.address = kRight, .altcha = f.solved()}) == AnswerOutcome::taken);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, f.requests().size());
  }

  void delivered_and_gone_take_no_answer() {
    Fixture f;
    CPPUNIT_ASSERT(
        f.store.held().set_state(f.held, HeldState::released, f.clock.wall(), test::soon()));
    CPPUNIT_ASSERT(f.outcome({.address = kRight, .altcha = f.solved()}) == AnswerOutcome::already);
    CPPUNIT_ASSERT(f.requests().empty());
    const auto gone = f.desk.answer(test::kOtherToken, {.address = kRight}, kNetwork, test::soon());
    CPPUNIT_ASSERT(!gone);
    CPPUNIT_ASSERT(gone.error().code == Errc::not_found);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(AnswerTest);

}  // namespace
}  // namespace countersign
