// SPDX-License-Identifier: Apache-2.0
#include "admin/secrets_file.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>

#include "base/keyring.h"

using namespace countersign;
using namespace countersign::admin;

namespace {

const std::string kA(64, 'a');
const std::string kB(64, 'b');

Result<Secrets> complete(const std::string& milter, const std::string& challenge) {
  return complete_secrets(milter, "m", challenge, "c", "2027-05-03");
}

Keyring ring(const std::string& text) {
  const auto keys = Keyring::parse(text, "x");
  CPPUNIT_ASSERT_MESSAGE(keys ? "" : keys.error().detail, keys);
  return *keys;
}

class SecretsFileTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SecretsFileTest);
  CPPUNIT_TEST(new_files_have_the_keys_of_their_role_and_no_more);
  CPPUNIT_TEST(the_key_of_the_web_host_is_shared);
  CPPUNIT_TEST(no_two_keys_are_alike);
  CPPUNIT_TEST(complete_files_stay_as_they_are);
  CPPUNIT_TEST(what_exists_is_kept_and_the_rest_is_added_below);
  CPPUNIT_TEST(the_milter_learns_the_keys_of_a_web_host);
  CPPUNIT_TEST(the_web_host_gets_the_milters_key);
  CPPUNIT_TEST(a_file_that_does_not_parse_is_not_touched);
  CPPUNIT_TEST_SUITE_END();

 public:
  void new_files_have_the_keys_of_their_role_and_no_more() {
    const auto made = complete("", "");
    CPPUNIT_ASSERT(made);
    const Keyring milter = ring(made->milter), challenge = ring(made->challenge);
    for (const auto* purpose : {"answer", "sent", "token", "operator", "web", "store"})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(purpose, std::size_t{1}, milter.all(purpose).size());
    for (const auto* purpose : {"pow", "powkey", "wait", "web", "store"})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(purpose, std::size_t{1}, challenge.all(purpose).size());
    // Law 8: what makes tokens and contacts is not on the web host.
    for (const auto* purpose : {"answer", "sent", "token", "operator"})
      CPPUNIT_ASSERT_MESSAGE(purpose, challenge.all(purpose).empty());
    CPPUNIT_ASSERT_EQUAL(std::string("countersign-node"), milter.current("store")->id);
    CPPUNIT_ASSERT_EQUAL(std::string("countersign-web"), challenge.current("store")->id);
    CPPUNIT_ASSERT_EQUAL(std::string("2027-05-03"), milter.current("answer")->id);
    CPPUNIT_ASSERT_EQUAL(std::size_t{32}, milter.current("answer")->bytes.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{6}, made->added_to_milter.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{5}, made->added_to_challenge.size());
  }

  void the_key_of_the_web_host_is_shared() {
    const auto made = complete("", "");
    CPPUNIT_ASSERT_EQUAL(ring(made->milter).current("web")->bytes,
                         ring(made->challenge).current("web")->bytes);
    CPPUNIT_ASSERT(ring(made->milter).current("store")->bytes !=
                   ring(made->challenge).current("store")->bytes);
  }

  void no_two_keys_are_alike() {
    const auto one = complete("", ""), two = complete("", "");
    std::vector<std::string> keys;
    for (const auto& made : {one, two})
      for (const auto* purpose : {"answer", "sent", "token", "operator", "web", "store"})
        keys.push_back(ring(made->milter).current(purpose)->bytes);
    std::sort(keys.begin(), keys.end());
    CPPUNIT_ASSERT(std::unique(keys.begin(), keys.end()) == keys.end());
  }

  void complete_files_stay_as_they_are() {
    const auto first = complete("", "");
    const auto again = complete(first->milter, first->challenge);
    CPPUNIT_ASSERT_EQUAL(first->milter, again->milter);
    CPPUNIT_ASSERT_EQUAL(first->challenge, again->challenge);
    CPPUNIT_ASSERT(again->added_to_milter.empty() && again->added_to_challenge.empty());
  }

  void what_exists_is_kept_and_the_rest_is_added_below() {
    // Without a line end behind the last line.
    const std::string old = "# mine\nanswer k2 " + kB + "\nanswer k1 " + kA;
    const auto made = complete(old, "");
    CPPUNIT_ASSERT(made->milter.starts_with(old + "\n"));
    const Keyring milter = ring(made->milter);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, milter.all("answer").size());
    CPPUNIT_ASSERT_EQUAL(std::string("k2"), milter.current("answer")->id);
    CPPUNIT_ASSERT(
        std::count(made->added_to_milter.begin(), made->added_to_milter.end(), "answer") == 0);
  }

  void the_milter_learns_the_keys_of_a_web_host() {
    const auto made = complete("web k1 " + kA + "\n", "web k1 " + kB + "\nweb k0 " + kA + "\n");
    const Keyring milter = ring(made->milter);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, milter.all("web").size());
    CPPUNIT_ASSERT_EQUAL(std::string("k1"), milter.all("web")[0].id);
    CPPUNIT_ASSERT_EQUAL(std::string("k1-2"), milter.all("web")[1].id);
    CPPUNIT_ASSERT_EQUAL(std::string(32, '\xbb'), milter.all("web")[1].bytes);
    CPPUNIT_ASSERT_EQUAL(std::string(32, '\xbb'), ring(made->challenge).current("web")->bytes);
  }

  void the_web_host_gets_the_milters_key() {
    const auto made = complete("web k1 " + kA + "\n", "");
    CPPUNIT_ASSERT_EQUAL(std::string(32, '\xaa'), ring(made->challenge).current("web")->bytes);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ring(made->milter).all("web").size());
  }

  void a_file_that_does_not_parse_is_not_touched() {
    const auto made = complete("answer k1 short\n", "");
    CPPUNIT_ASSERT(!made);
    CPPUNIT_ASSERT(made.error().code == Errc::invalid);
    CPPUNIT_ASSERT(made.error().detail.starts_with("m:1: "));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(SecretsFileTest);

}  // namespace
