// SPDX-License-Identifier: Apache-2.0
#include <cppunit/extensions/HelperMacros.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/keyring.h"
#include "base/log.h"
#include "base/metrics.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

struct Quote {
  const char* name;
  std::string value;
  const char* want;
};
const Quote kQuotes[] = {
    {"a plain word stays bare", "alice@example.com", "alice@example.com"},
    {"an empty value is quoted", "", "\"\""},
    {"a blank is quoted", "a b", "\"a b\""},
    {"a line end cannot start a line", "x\nfake", "\"x\\x0afake\""},
    {"a quote is escaped", "a\"b", "\"a\\\"b\""},
    {"8-bit is escaped", "\xc3\xa9", "\"\\xc3\\xa9\""},
    {"an equals sign is quoted", "a=b", "\"a=b\""},
};
void check_quote(const Quote& row) {
  CPPUNIT_ASSERT_EQUAL(std::string(row.want), log::quoted(row.value));
}

struct Base64 {
  const char* name;
  const char* text;
  const char* want;  ///< null: invalid
};
const Base64 kBase64[] = {
    {"nothing", "", ""},
    {"RFC 4648: f", "Zg==", "f"},
    {"RFC 4648: fo", "Zm8=", "fo"},
    {"RFC 4648: foobar", "Zm9vYmFy", "foobar"},
    {"a blank is refused", "Zg= =", nullptr},
    {"missing padding is refused", "Zg", nullptr},
    {"padding in the middle is refused", "Zg==Zg==", nullptr},
};
void check_base64(const Base64& row) {
  const auto got = base64_decode(row.text);
  CPPUNIT_ASSERT_EQUAL(row.want != nullptr, bool(got));
  if (got) {
    CPPUNIT_ASSERT_EQUAL(std::string(row.want), *got);
    CPPUNIT_ASSERT_EQUAL(std::string(row.text), base64_encode(*got));
  }
}

struct Secrets {
  const char* name;
  std::string text;
  const char* want;  ///< part of the message; null: good
};
const std::string k64 = std::string(64, 'a');
const Secrets kSecrets[] = {
    {"a key and a comment", "# x\nanswer 1 " + k64 + "\n", nullptr},
    {"two keys of one purpose", "web 2 " + k64 + "\nweb 1 " + std::string(64, 'b'), nullptr},
    {"a user and a password", "store countersign-node s3cret\n", nullptr},
    {"a short key", "answer 1 abcd\n", "f:1: answer: expected 64 hex digits"},
    {"a missing word", "\nanswer 1\n", "f:2: expected 'purpose key-id value'"},
    {"an id twice", "web 1 " + k64 + "\nweb 1 " + k64, "f:2: web 1: given twice"},
};
void check_secrets(const Secrets& row) {
  const auto got = Keyring::parse(row.text, "f");
  CPPUNIT_ASSERT_EQUAL(row.want == nullptr, bool(got));
  if (!got) CPPUNIT_ASSERT_EQUAL(std::string(row.want), got.error().detail);
}

}  // namespace

class BaseTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(BaseTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(quotes);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(base64);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(secrets);
  CPPUNIT_TEST(hmac_follows_rfc_4231);
  CPPUNIT_TEST(pbkdf2_follows_the_published_vector);
  CPPUNIT_TEST(sha256_in_pieces_is_sha256);
  CPPUNIT_TEST(crockford_takes_bits_from_the_left);
  CPPUNIT_TEST(crockford_reads_what_people_type);
  CPPUNIT_TEST(framed_tells_lists_apart);
  CPPUNIT_TEST(any_key_of_a_purpose_verifies);
  CPPUNIT_TEST(dates_are_protocol_text);
  CPPUNIT_TEST(a_counter_shows_in_the_text);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void quotes(TestSuiteBuilderContextType& c) { test::add_rows(c, kQuotes, check_quote); }
  static void base64(TestSuiteBuilderContextType& c) { test::add_rows(c, kBase64, check_base64); }
  static void secrets(TestSuiteBuilderContextType& c) {
    test::add_rows(c, kSecrets, check_secrets);
  }

  void hmac_follows_rfc_4231() {
    CPPUNIT_ASSERT_EQUAL(
        std::string("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        hex_encode(hmac_sha256("Jefe", "what do ya want for nothing?")));
  }
  void pbkdf2_follows_the_published_vector() {
    CPPUNIT_ASSERT_EQUAL(
        std::string("c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a"),
        hex_encode(pbkdf2_sha256("password", "salt", 4096, 32)));
  }
  void sha256_in_pieces_is_sha256() {
    Sha256 hash;
    hash.update("a");
    hash.update("bc");
    CPPUNIT_ASSERT_EQUAL(hex_encode(sha256("abc")), hex_encode(hash.finish()));
    CPPUNIT_ASSERT_EQUAL(
        std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        hex_encode(sha256("abc")));
  }
  void crockford_takes_bits_from_the_left() {
    CPPUNIT_ASSERT_EQUAL(std::string("ZZ"), crockford_encode("\xff\xff", 10));
    CPPUNIT_ASSERT_EQUAL(std::string("80"), crockford_encode(std::string("\x40\x00", 2), 10));
    CPPUNIT_ASSERT_EQUAL(std::size_t{26}, crockford_encode(std::string(17, 'x'), 130).size());
  }
  void crockford_reads_what_people_type() {
    CPPUNIT_ASSERT_EQUAL(std::string("1101"), *crockford_canonical("iL-o1"));
    CPPUNIT_ASSERT(!crockford_canonical("u"));
  }
  void framed_tells_lists_apart() {
    CPPUNIT_ASSERT(framed("ab", "c") != framed("a", "bc"));
    CPPUNIT_ASSERT_EQUAL(std::string("1:a0:"), framed("a", ""));
  }
  void any_key_of_a_purpose_verifies() {
    const auto ring =
        Keyring::parse("web 2 " + std::string(64, '2') + "\nweb 1 " + std::string(64, '1'), "f");
    const std::string old_key = *hex_decode(std::string(64, '1'));
    CPPUNIT_ASSERT(ring->verify("web", "x", hmac_sha256(old_key, "x")));
    CPPUNIT_ASSERT(!ring->verify("web", "y", hmac_sha256(old_key, "x")));
    CPPUNIT_ASSERT(!ring->verify("answer", "x", hmac_sha256(old_key, "x")));
    CPPUNIT_ASSERT_EQUAL(std::string("2"), ring->current("web")->id);
  }
  void dates_are_protocol_text() {
    const WallTime t{seconds(1'811'339'000)};
    CPPUNIT_ASSERT_EQUAL(std::string("Wed, 26 May 2027 13:43:20 +0000"), rfc5322_date(t));
    CPPUNIT_ASSERT_EQUAL(std::string("2027-05-26T13:43:20Z"), rfc3339(t));
    CPPUNIT_ASSERT_EQUAL(std::string("1970-01-01T00:00:09Z"), rfc3339(from_epoch_ms(9'999)));
    CPPUNIT_ASSERT_EQUAL(std::string("0099-12-31T23:59:59Z"),
                         rfc3339(from_epoch_ms(-59'011'459'200'000 - 1)));
    // A Date may name any year.
    CPPUNIT_ASSERT_EQUAL(std::string("10000-01-01T00:00:00Z"),
                         rfc3339(from_epoch_ms(253'402'300'800'000)));
  }
  void a_counter_shows_in_the_text() {
    metrics::Registry registry;
    metrics::Counter counter(registry, "countersign_test_total", "Help.");
    counter.increment();
    CPPUNIT_ASSERT(registry.text().find("countersign_test_total 1") != std::string::npos);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(BaseTest);

}  // namespace countersign
