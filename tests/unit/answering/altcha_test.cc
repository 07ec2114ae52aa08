// SPDX-License-Identifier: Apache-2.0
//
// The wire format against vectors made by altcha-lib 2.8.0 (tests/data/altcha-v2-vectors.json).
#include "answering/altcha.h"

#include <cppunit/extensions/HelperMacros.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/crypto.h"
#include "base/encoding.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

using nlohmann::json;

const WallTime kNow(seconds(1'800'000'000));
constexpr std::int64_t kVectorsExpire = 4102444800;

const json& vectors() {
  static const json all = [] {
    const char* srcdir = std::getenv("srcdir");
    std::ifstream in(std::string(srcdir ? srcdir : ".") + "/tests/data/altcha-v2-vectors.json");
    return json::parse(in);
  }();
  return all;
}

const json& vector_named(const std::string& name) {
  for (const json& v : vectors().at("vectors"))
    if (v.at("name").get<std::string>().starts_with(name)) return v;
  CPPUNIT_FAIL("no vector " + name);
  std::abort();
}

altcha::Keys keys() {
  const json& secrets = vectors().at("secrets");
  return {{secrets.at("v2_signature")}, {secrets.at("v2_key_signature")}};
}

bool accepted(const std::string& base64, WallTime now = kNow) {
  const auto payload = altcha::parse_payload(base64);
  return payload && altcha::verify(*payload, keys(), now);
}

std::string payload_of(const json& value) { return base64_encode(value.dump()); }

json payload_json(const std::string& vector) {
  const json& v = vector_named(vector);
  return {{"challenge", v.at("challenge_json")}, {"solution", v.at("solution")}};
}

struct VectorRow {
  const char* name;
  const char* vector;
  bool want;
};

const VectorRow kVectorRows[] = {
    {"a deterministic challenge solved", "v2-det-pbkdf2", true},
    {"a probabilistic challenge solved", "v2-prob-pbkdf2", true},
    {"a prefix of an odd number of digits", "v2-prob-pbkdf2-odd-prefix", true},
    {"SHA-256 is not ours", "v2-prob-sha256", false},
    {"scrypt is not ours", "v2-det-scrypt", false},
    {"version 1 is not ours", "v1-sha256", false},
};

void check_vector(const VectorRow& row) {
  const json& v = vector_named(row.vector);
  CPPUNIT_ASSERT_EQUAL(row.want, accepted(v.at("payload_base64")));
}

/// Signs what a test has changed, so that it is refused for its own fault.
void sign(json& payload) {
  payload["challenge"]["signature"] =
      hex_encode(hmac_sha256(keys().signature.front(), payload["challenge"]["parameters"].dump()));
}

struct ChangeRow {
  const char* name;
  void (*change)(json&);
  bool sign_again = false;
};

json& parameters(json& p) { return p["challenge"]["parameters"]; }
json& solution(json& p) { return p["solution"]; }

const ChangeRow kChangeRows[] = {
    {"the signature is not there", [](json& p) { p["challenge"].erase("signature"); }},
    {"the signature is another",
     [](json& p) { p["challenge"]["signature"] = std::string(64, '0'); }},
    {"the signature is in capitals",
     [](json& p) {
       p["challenge"]["signature"] =
           "C3BBCAC809099FA0C4AAF8E04A6D31CE784819B2CFBF4D2DDA01740F7AAE2FDE";
     }},
    {"the signature is a number", [](json& p) { p["challenge"]["signature"] = 1; }},
    {"the binding is changed", [](json& p) { parameters(p)["data"]["m"] = "abc124"; }},
    {"the binding is taken out", [](json& p) { parameters(p).erase("data"); }},
    {"the expiry is put off", [](json& p) { parameters(p)["expiresAt"] = kVectorsExpire + 1; }},
    {"the expiry is taken out", [](json& p) { parameters(p).erase("expiresAt"); }},
    {"signed, but without an expiry", [](json& p) { parameters(p).erase("expiresAt"); }, true},
    {"signed, but the expiry is a text", [](json& p) { parameters(p)["expiresAt"] = "4102444800"; },
     true},
    {"signed, but the expiry is a fraction", [](json& p) { parameters(p)["expiresAt"] = 4.1e9; },
     true},
    {"signed, but the expiry is over 64 bits",
     [](json& p) { parameters(p)["expiresAt"] = 18446744073709551615U; }, true},
    {"signed, but the cost is a text", [](json& p) { parameters(p)["cost"] = "100"; }, true},
    {"signed, but the cost is nothing", [](json& p) { parameters(p)["cost"] = 0; }, true},
    {"signed, but the cost is absurd", [](json& p) { parameters(p)["cost"] = 2'000'000'000; },
     true},
    {"signed, but with another member", [](json& p) { parameters(p)["extra"] = 1; }, true},
    {"signed, but with another datum", [](json& p) { parameters(p)["data"]["x"] = "y"; }, true},
    {"signed, but the data are a list", [](json& p) { parameters(p)["data"] = json::array(); },
     true},
    {"signed, but the key is of another length", [](json& p) { parameters(p)["keyLength"] = 16; },
     true},
    {"signed, but the prefix is empty", [](json& p) { parameters(p)["keyPrefix"] = ""; }, true},
    {"signed, but the key signature is empty", [](json& p) { parameters(p)["keySignature"] = ""; },
     true},
    {"signed, but the key signature is null",
     [](json& p) { parameters(p)["keySignature"] = nullptr; }, true},
    {"signed, but another prefix than the key's",
     [](json& p) { parameters(p)["keyPrefix"] = std::string(32, '0'); }, true},
    {"signed, but the nonce is short", [](json& p) { parameters(p)["nonce"] = "00"; }, true},
    {"signed, but the salt is not there", [](json& p) { parameters(p).erase("salt"); }, true},
    {"signed, but another algorithm", [](json& p) { parameters(p)["algorithm"] = "SHA-256"; },
     true},
    {"the key is another",
     [](json& p) {
       solution(p)["derivedKey"] =
           "5160c954efa4d1841644c5b72932f17bbe755af7679cc41dad5d5465365692ee";
     }},
    {"the key is only its prefix",
     [](json& p) { solution(p)["derivedKey"] = "5160c954efa4d1841644c5b72932f17b"; }},
    {"the key is not there", [](json& p) { solution(p).erase("derivedKey"); }},
    {"the key is a list", [](json& p) { solution(p)["derivedKey"] = json::array(); }},
    {"the counter is a text", [](json& p) { solution(p)["counter"] = "321"; }},
    {"the counter is a fraction", [](json& p) { solution(p)["counter"] = 321.5; }},
    {"the counter is negative", [](json& p) { solution(p)["counter"] = -1; }},
    {"the counter is over 32 bits", [](json& p) { solution(p)["counter"] = 4294967296; }},
    {"the counter is true", [](json& p) { solution(p)["counter"] = true; }},
    {"the counter is not there", [](json& p) { solution(p).erase("counter"); }},
    {"the time is a text", [](json& p) { solution(p)["time"] = "0"; }},
    {"the solution has another member", [](json& p) { solution(p)["x"] = 1; }},
    {"the payload has another member", [](json& p) { p["x"] = 1; }},
    {"the challenge has another member", [](json& p) { p["challenge"]["x"] = 1; }},
    {"there is no solution", [](json& p) { p.erase("solution"); }},
    {"there is no challenge", [](json& p) { p.erase("challenge"); }},
    {"the payload is a list", [](json& p) { p = json::array({p}); }},
    {"the payload is null", [](json& p) { p = nullptr; }},
};

void check_change(const ChangeRow& row) {
  json payload = payload_json("v2-det-pbkdf2");
  CPPUNIT_ASSERT(accepted(payload_of(payload)));
  row.change(payload);
  if (row.sign_again) sign(payload);
  CPPUNIT_ASSERT(!accepted(payload_of(payload)));
}

class AltchaTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AltchaTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(the_vectors_are_made_again);
  CPPUNIT_TEST(zero_work_is_refused);
  CPPUNIT_TEST(the_splice_of_version_1_is_refused);
  CPPUNIT_TEST(a_wrong_counter_is_refused_where_it_counts);
  CPPUNIT_TEST(expiry_is_a_moment);
  CPPUNIT_TEST(a_repeated_member_is_refused);
  CPPUNIT_TEST(the_time_may_be_left_out);
  CPPUNIT_TEST(what_is_no_base64_or_no_json_is_refused);
  CPPUNIT_TEST(old_secrets_still_verify);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) {
    test::add_rows(context, kVectorRows, check_vector);
    test::add_rows(context, kChangeRows, check_change);
  }

  void the_vectors_are_made_again() {
    const json& v = vector_named("v2-det-pbkdf2");
    const json& p = v.at("challenge_json").at("parameters");
    altcha::Parameters made;
    made.cost = 100;
    made.binding = "abc123";
    made.expires_at = kVectorsExpire;
    made.nonce = p.at("nonce");
    made.salt = p.at("salt");
    const std::string key =
        altcha::derive_key(*hex_decode(made.nonce), *hex_decode(made.salt), 321, made.cost);
    CPPUNIT_ASSERT_EQUAL(v.at("solution").at("derivedKey").get<std::string>(), hex_encode(key));
    made.key_prefix = hex_encode(key).substr(0, 32);
    made.key_signature = hex_encode(hmac_sha256(keys().key.front(), key));
    CPPUNIT_ASSERT_EQUAL(p.dump(), altcha::canonical_parameters(made));
    CPPUNIT_ASSERT(v.at("challenge_json") == json::parse(altcha::challenge_json(made, keys())));
  }

  void zero_work_is_refused() {
    const json& negative = vector_named("v2-NEGATIVE-prefix-not-met");
    json payload = payload_json(negative.at("of"));
    CPPUNIT_ASSERT(accepted(payload_of(payload)));
    payload["solution"] = negative.at("solution");
    CPPUNIT_ASSERT(!accepted(payload_of(payload)));
  }

  void the_splice_of_version_1_is_refused() {
    const json& negative = vector_named("v1-NEGATIVE-splice");
    CPPUNIT_ASSERT(!accepted(payload_of(negative.at("payload"))));
    CPPUNIT_ASSERT(!accepted(payload_of(vector_named("v1-sha256").at("challenge_json"))));
  }

  void a_wrong_counter_is_refused_where_it_counts() {
    json payload = payload_json("v2-prob-pbkdf2");
    payload["solution"]["counter"] = 40;
    CPPUNIT_ASSERT(!accepted(payload_of(payload)));
  }

  void expiry_is_a_moment() {
    const std::string payload = vector_named("v2-det-pbkdf2").at("payload_base64");
    CPPUNIT_ASSERT(accepted(payload, WallTime(seconds(kVectorsExpire)) - milliseconds(1)));
    CPPUNIT_ASSERT(!accepted(payload, WallTime(seconds(kVectorsExpire))));
  }

  void a_repeated_member_is_refused() {
    std::string text = payload_json("v2-det-pbkdf2").dump();
    CPPUNIT_ASSERT(accepted(base64_encode(text)));
    for (const std::string member : {"\"counter\":", "\"cost\":", "\"m\":", "\"solution\":"}) {
      std::string twice = text;
      // The same member before itself: many parsers would read the one and sign the other.
      twice.insert(twice.find(member), member + "0,");
      CPPUNIT_ASSERT_MESSAGE(twice, !accepted(base64_encode(twice)));
    }
  }

  void the_time_may_be_left_out() {
    json payload = payload_json("v2-det-pbkdf2");
    payload["solution"].erase("time");
    CPPUNIT_ASSERT(accepted(payload_of(payload)));
    payload["solution"]["time"] = 1234.5;
    CPPUNIT_ASSERT(accepted(payload_of(payload)));
  }

  void what_is_no_base64_or_no_json_is_refused() {
    const std::string good = vector_named("v2-det-pbkdf2").at("payload_base64");
    const std::string bad[] = {"",
                               "e30=",
                               "\xFF\xFE",
                               good.substr(1),
                               good + "\n",
                               " " + good,
                               good + good,
                               base64_encode("{"),
                               base64_encode("\xFF"),
                               base64_encode(std::string(2000, '[')),
                               std::string(3001, 'A')};
    for (const std::string& text : bad) CPPUNIT_ASSERT_MESSAGE(text, !accepted(text));
  }

  void old_secrets_still_verify() {
    const auto payload = altcha::parse_payload(
        vector_named("v2-det-pbkdf2").at("payload_base64").get<std::string>());
    altcha::Keys rotated = keys();
    rotated.signature.insert(rotated.signature.begin(), "newer");
    rotated.key.insert(rotated.key.begin(), "newer too");
    CPPUNIT_ASSERT(altcha::verify(*payload, rotated, kNow));
    rotated.key = {"newer too"};
    CPPUNIT_ASSERT(!altcha::verify(*payload, rotated, kNow));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(AltchaTest);

}  // namespace
}  // namespace countersign
