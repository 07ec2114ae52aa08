// SPDX-License-Identifier: Apache-2.0
#include "answering/code.h"

#include <cppunit/extensions/HelperMacros.h>

#include <set>

#include "answering/answer.h"
#include "answering/token.h"
#include "tests/support/held_fixture.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

using test::kToken;

const std::string kNetwork = "192.0.2.0/24";
const std::string kRight = "alice@example.com";

struct Fixture {
  explicit Fixture(const std::string& fingerprint = "") {
    held.fingerprint = fingerprint;
    test::hold(store, held);
  }

  AnswerResult answer(const Answer& form) {
    auto got = desk.answer(kToken, form, kNetwork, test::soon());
    CPPUNIT_ASSERT_MESSAGE(got ? "" : got.error().detail, got);
    return *std::move(got);
  }
  std::string shown() {
    const auto view = views.look_up(kToken, test::soon());
    CPPUNIT_ASSERT(view);
    return desk.code_for(*view);
  }
  std::string digits(const std::string& id) { return codes->check(id, binding)->digits; }
  /// Other digits than those of `id`.
  std::string wrong(const std::string& id) {
    std::string out = digits(id);
    out[5] = out[5] == '0' ? '1' : '0';
    return out;
  }
  std::size_t requests() {
    return store.requests().read(test::kNode, std::chrono::steady_clock::now())->size();
  }

  ManualClock clock;
  MemoryStore store{clock};
  HeldView held = test::held_view(clock.wall());
  Keyring keyring = test::web_keyring();
  std::string binding = proof_binding(kToken);
  std::unique_ptr<Pow> pow = *Pow::make(keyring, clock, {.cost = 2, .levels = {3}, .stock = 1});
  std::unique_ptr<Wait> wait = *Wait::make(keyring, clock, {});
  std::unique_ptr<Codes> codes = *Codes::make(keyring, clock, {});
  Views views{store.held(), clock, {"pow", "code", "wait"}};
  AnswerDesk desk{{views, *pow, *wait, *codes, store.web(), store.requests(), keyring}};
};

struct TypedRow {
  const char* name;
  std::string typed;
  std::string want;
};

const TypedRow kTypedRows[] = {
    {"as they stand", "012345", "012345"},
    {"blanks between", " 01 23 45 ", "012345"},
    {"hyphens and stops", "012-345.", "012345"},
    {"full-width digits", "\xEF\xBC\x90\xEF\xBC\x91\xEF\xBC\x99", "019"},
    {"Arabic-Indic digits", "\xD9\xA0\xD9\xA1\xD9\xA9", "019"},
    {"Persian digits", "\xDB\xB0\xDB\xB1\xDB\xB9", "019"},
    {"Devanagari digits", "\xE0\xA5\xA6\xE0\xA5\xA7\xE0\xA5\xAF", "019"},
    {"a letter is no digit", "01234o", ""},
    {"half a character", "\xEF\xBC", ""},
    {"nothing", "", ""},
    {"too many", "0123456789012", ""},
};

void check_typed(const TypedRow& row) { CPPUNIT_ASSERT_EQUAL(row.want, typed_digits(row.typed)); }

struct IdRow {
  const char* name;
  std::string (*change)(Fixture&, const std::string& id);
};

const IdRow kIdRows[] = {
    {"nothing", [](Fixture&, const std::string&) { return std::string(); }},
    {"no id", [](Fixture&, const std::string&) { return std::string("1.2.3"); }},
    {"another place",
     [](Fixture&, const std::string& id) {
       std::string out = id;
       out[id.find('.') + 1] = '1';
       return out;
     }},
    {"a place that does not exist",
     [](Fixture&, const std::string& id) {
       std::string out = id;
       return out.replace(id.find('.') + 1, 1, "-1");
     }},
    {"one MAC digit changed",
     [](Fixture&, const std::string& id) {
       std::string out = id;
       out.back() = out.back() == '0' ? '1' : '0';
       return out;
     }},
    {"half the MAC", [](Fixture&, const std::string& id) { return id.substr(0, id.size() - 16); }},
    {"of another message",
     [](Fixture& f, const std::string&) {
       return **f.codes->offer(proof_binding(test::kOtherToken), f.held.id, f.store.web(),
                               test::soon());
     }},
    {"very long", [](Fixture&, const std::string& id) { return id + std::string(5000, 'a'); }},
};

/// What is not our id gives no guess, and costs the sender none.
void check_id(const IdRow& row) {
  Fixture f;
  const std::string id = f.shown();
  const auto got =
      f.answer({.address = kRight, .code = f.digits(id), .code_id = row.change(f, id)});
  CPPUNIT_ASSERT(got.outcome == AnswerOutcome::wrong_code);
  CPPUNIT_ASSERT_EQUAL(std::size_t{0}, f.requests());
  CPPUNIT_ASSERT_EQUAL(0, *f.store.web().failures("message:" + test::kHeld, test::soon()));
}

class CodeTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CodeTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(the_digits_of_the_code_are_a_proof);
  CPPUNIT_TEST(to_look_costs_no_state);
  CPPUNIT_TEST(a_code_takes_one_guess);
  CPPUNIT_TEST(a_guess_that_is_posted_again_uses_up_no_other_code);
  CPPUNIT_TEST(the_right_digits_after_a_wrong_guess_are_worth_nothing);
  CPPUNIT_TEST(five_codes_in_ten_minutes);
  CPPUNIT_TEST(pressing_for_others_uses_none_up);
  CPPUNIT_TEST(a_guess_passes_those_before_it);
  CPPUNIT_TEST(a_wrong_address_leaves_the_code);
  CPPUNIT_TEST(a_code_lives_through_the_next_ten_minutes);
  CPPUNIT_TEST(who_may_wait_need_not_read);
  CPPUNIT_TEST(a_code_of_an_older_key_is_known);
  CPPUNIT_TEST(the_id_does_not_tell_the_digits);
  CPPUNIT_TEST(whatever_call_fails_no_code_is_guessed_twice);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) {
    test::add_rows(context, kTypedRows, check_typed);
    test::add_rows(context, kIdRows, check_id);
  }

  void the_digits_of_the_code_are_a_proof() {
    Fixture f;
    const std::string id = f.shown();
    CPPUNIT_ASSERT_EQUAL(std::size_t{6}, f.digits(id).size());
    const auto got = f.answer({.address = kRight, .code = f.digits(id), .code_id = id});
    CPPUNIT_ASSERT(got.outcome == AnswerOutcome::taken);
    CPPUNIT_ASSERT_EQUAL(std::string("address+code"), got.proof);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, f.requests());
  }

  void to_look_costs_no_state() {
    Fixture f;
    const std::string id = f.shown();
    for (int i = 0; i < 100; ++i) CPPUNIT_ASSERT_EQUAL(id, f.shown());
    for (int i = 0; i < 100; ++i)
      CPPUNIT_ASSERT_EQUAL(id, f.answer({.address = "", .code_id = id}).code_id);
  }

  void a_code_takes_one_guess() {
    Fixture f;
    const std::string id = f.shown();
    const Answer guess{.address = kRight, .code = f.wrong(id), .code_id = id};
    const auto first = f.answer(guess);
    CPPUNIT_ASSERT(first.outcome == AnswerOutcome::wrong_code);
    CPPUNIT_ASSERT(!first.code_id.empty() && first.code_id != id);
    CPPUNIT_ASSERT_EQUAL(first.code_id, f.shown());
    CPPUNIT_ASSERT(f.answer(guess).outcome == AnswerOutcome::wrong_code);
    CPPUNIT_ASSERT_EQUAL(1, *f.store.web().failures("message:" + test::kHeld, test::soon()));
  }

  void a_guess_that_is_posted_again_uses_up_no_other_code() {
    Fixture f;
    const std::string id = f.shown();
    const Answer guess{.address = kRight, .code = f.wrong(id), .code_id = id};
    const std::string next = f.answer(guess).code_id;
    for (int reload = 0; reload < 10; ++reload) {
      const auto again = f.answer(guess);
      CPPUNIT_ASSERT(again.outcome == AnswerOutcome::wrong_code);
      CPPUNIT_ASSERT_EQUAL(next, again.code_id);
      CPPUNIT_ASSERT_EQUAL(next, f.shown());
    }
    CPPUNIT_ASSERT(f.answer({.address = kRight, .code = f.digits(next), .code_id = next}).outcome ==
                   AnswerOutcome::taken);
  }

  void the_right_digits_after_a_wrong_guess_are_worth_nothing() {
    Fixture f;
    const std::string id = f.shown();
    (void)f.answer({.address = kRight, .code = f.wrong(id), .code_id = id});
    const auto got = f.answer({.address = kRight, .code = f.digits(id), .code_id = id});
    CPPUNIT_ASSERT(got.outcome == AnswerOutcome::wrong_code);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, f.requests());
    const auto next =
        f.answer({.address = kRight, .code = f.digits(got.code_id), .code_id = got.code_id});
    CPPUNIT_ASSERT(next.outcome == AnswerOutcome::taken);
  }

  void five_codes_in_ten_minutes() {
    Fixture f;
    std::set<std::string> seen = {f.shown()};
    std::string id = f.shown();
    for (int i = 1; i < 5; ++i) {
      const auto got = f.answer({.code_id = id, .another = "1"});
      CPPUNIT_ASSERT(got.outcome == AnswerOutcome::another_code);
      id = got.code_id;
      CPPUNIT_ASSERT(seen.insert(id).second);
    }
    const auto none = f.answer({.code_id = id, .another = "1"});
    CPPUNIT_ASSERT(none.outcome == AnswerOutcome::no_code_left);
    CPPUNIT_ASSERT(none.code_id.empty());
    CPPUNIT_ASSERT(none.retry > seconds(0) && none.retry <= seconds(600));
    f.clock.advance(none.retry);
    CPPUNIT_ASSERT(f.answer({.code_id = id, .another = "1"}).outcome ==
                   AnswerOutcome::another_code);
  }

  void pressing_for_others_uses_none_up() {
    Fixture f;
    const std::string first = f.shown();
    for (int i = 0; i < 20; ++i) (void)f.answer({.code_id = first, .another = "1"});
    CPPUNIT_ASSERT_EQUAL(first, f.shown());
    CPPUNIT_ASSERT_EQUAL(0, *f.store.web().failures("message:" + test::kHeld, test::soon()));
  }

  void a_guess_passes_those_before_it() {
    Fixture f;
    const std::string first = f.shown();
    const std::string second = f.answer({.code_id = first, .another = "1"}).code_id;
    const std::string third = f.answer({.code_id = second, .another = "1"}).code_id;
    (void)f.answer({.address = kRight, .code = f.wrong(third), .code_id = third});
    CPPUNIT_ASSERT(f.shown() != first && f.shown() != second && f.shown() != third);
  }

  void a_wrong_address_leaves_the_code() {
    Fixture f;
    const std::string id = f.shown();
    const auto got = f.answer({.address = "m@example.com", .code = f.digits(id), .code_id = id});
    CPPUNIT_ASSERT(got.outcome == AnswerOutcome::wrong_address);
    CPPUNIT_ASSERT_EQUAL(id, got.code_id);
    CPPUNIT_ASSERT(f.answer({.address = kRight, .code = f.digits(id), .code_id = id}).outcome ==
                   AnswerOutcome::taken);
  }

  void a_code_lives_through_the_next_ten_minutes() {
    Fixture f;
    const std::string id = f.shown();
    f.clock.advance(std::chrono::minutes(10));
    CPPUNIT_ASSERT(f.codes->check(id, f.binding));
    CPPUNIT_ASSERT(f.shown() != id);
    f.clock.advance(std::chrono::minutes(10));
    CPPUNIT_ASSERT(!f.codes->check(id, f.binding));
    CPPUNIT_ASSERT(f.answer({.address = kRight, .code = "123456", .code_id = id}).outcome ==
                   AnswerOutcome::wrong_code);
  }

  void who_may_wait_need_not_read() {
    Fixture f("example.com");
    CPPUNIT_ASSERT(f.answer({.address = kRight, .code_id = f.shown()}).outcome ==
                   AnswerOutcome::first_step);
    Fixture g;
    CPPUNIT_ASSERT(g.answer({.address = kRight, .code_id = g.shown()}).outcome ==
                   AnswerOutcome::no_proof);
  }

  void a_code_of_an_older_key_is_known() {
    Fixture f;
    const std::string id = f.shown();
    const auto rotated = Keyring::parse(
        "wait k2 " + std::string(64, '9') + "\nwait k1 " + std::string(64, '4') + "\n", "x");
    const auto codes = *Codes::make(*rotated, f.clock, {});
    CPPUNIT_ASSERT_EQUAL(f.digits(id), codes->check(id, f.binding)->digits);
  }

  void the_id_does_not_tell_the_digits() {
    Fixture f;
    std::set<std::string> all;
    for (int i = 0; i < 50; ++i) {
      const std::string id = f.shown();
      CPPUNIT_ASSERT(id.find(f.digits(id)) == std::string::npos);
      all.insert(f.digits(id));
      f.clock.advance(std::chrono::minutes(10));
    }
    CPPUNIT_ASSERT(all.size() > 45);
  }

  void whatever_call_fails_no_code_is_guessed_twice() {
    for (int n = 1; n <= 12; ++n) {
      Fixture f;
      const std::string id = f.shown();
      f.store.fail_call(n);
      const auto first = f.desk.answer(
          kToken, {.address = kRight, .code = f.wrong(id), .code_id = id}, kNetwork, test::soon());
      f.store.fail_call(0);
      const auto again = f.answer({.address = kRight, .code = f.digits(id), .code_id = id});
      // Right digits count only if the guess before them never was one.
      const bool guessed = *f.store.web().failures("message:" + test::kHeld, test::soon()) > 0;
      if (guessed) CPPUNIT_ASSERT(again.outcome == AnswerOutcome::wrong_code);
      if (first) CPPUNIT_ASSERT(again.outcome == AnswerOutcome::wrong_code);
    }
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(CodeTest);

}  // namespace
}  // namespace countersign
