// SPDX-License-Identifier: Apache-2.0
//
// config init, check, show, manual.
#include <cppunit/extensions/HelperMacros.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "config/check.h"
#include "config/keys.h"
#include "tests/support/admin_rig.h"

using namespace countersign;
using test::AdminRig;
using test::Ran;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

unsigned mode_of(const std::string& path) {
  struct stat file {};
  CPPUNIT_ASSERT_EQUAL_MESSAGE(path, 0, ::stat(path.c_str(), &file));
  return file.st_mode & 07777U;
}

std::string text_of(const std::string& path) {
  const auto text = read_whole_file(path);
  CPPUNIT_ASSERT_MESSAGE(path, text);
  return *text;
}

class ConfigInitTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ConfigInitTest);
  CPPUNIT_TEST(it_makes_all_that_a_site_needs);
  CPPUNIT_TEST(a_new_site_is_told_with_what_it_means);
  CPPUNIT_TEST(it_prints_the_redis_users_and_nothing_else);
  CPPUNIT_TEST(it_may_be_repeated);
  CPPUNIT_TEST(a_missing_key_is_added_and_no_other_is_touched);
  CPPUNIT_TEST(the_mode_of_a_file_that_is_completed_stays);
  CPPUNIT_TEST(without_a_store_the_files_are_made_all_the_same);
  CPPUNIT_TEST(without_a_configuration_it_writes_one_to_fill_in);
  CPPUNIT_TEST(a_user_that_does_not_exist_leaves_nothing_half_done);
  CPPUNIT_TEST(a_broken_secrets_file_is_told_and_kept);
  CPPUNIT_TEST(check_tells_all_that_is_wrong);
  CPPUNIT_TEST(check_reads_the_secrets_as_their_daemons_do);
  CPPUNIT_TEST(show_tells_every_key);
  CPPUNIT_TEST(manual_is_a_page);
  CPPUNIT_TEST_SUITE_END();

 public:
  void it_makes_all_that_a_site_needs() {
    AdminRig rig;
    const Ran ran = rig.run({"config", "init", "--json"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(ran.err, EX_OK, ran.status);
    const std::string& folder = rig.folder.path();
    CPPUNIT_ASSERT_EQUAL(0640U, mode_of(folder + "/milter.secrets"));
    CPPUNIT_ASSERT_EQUAL(0640U, mode_of(folder + "/challenge.secrets"));
    CPPUNIT_ASSERT_EQUAL(0700U, mode_of(folder + "/spool"));
    CPPUNIT_ASSERT_MESSAGE(
        ran.out, ran.out.starts_with("{\"step\":\"secrets\",\"path\":\"" + folder +
                                     "/milter.secrets\",\"made\":true,\"added\":[\"answer\","));
    CPPUNIT_ASSERT_MESSAGE(
        ran.out, ran.out.ends_with("{\"step\":\"site\",\"id\":\"7q2mxf4pk9td3hwa7q2mxf4pk9\","
                                   "\"made\":false}\n"));
    CPPUNIT_ASSERT_MESSAGE(ran.err, !has(ran.err, "Restart"));
  }

  void a_new_site_is_told_with_what_it_means() {
    AdminRig rig;
    rig.site_is_new = true;
    const Ran ran = rig.run({"config", "init", "--json"});
    CPPUNIT_ASSERT_MESSAGE(ran.out, ran.out.ends_with("\"made\":true}\n"));
    CPPUNIT_ASSERT_MESSAGE(
        ran.err,
        has(ran.err, "Restart countersign-milter and countersign-challenge on every host."));
  }

  void it_prints_the_redis_users_and_nothing_else() {
    AdminRig rig;
    const Ran ran = rig.run({"config", "init"});
    CPPUNIT_ASSERT_EQUAL(2L, std::count(ran.out.begin(), ran.out.end(), '\n'));
    CPPUNIT_ASSERT_MESSAGE(ran.out, ran.out.starts_with("user countersign-node "));
    CPPUNIT_ASSERT_MESSAGE(ran.out, has(ran.out, "\nuser countersign-web "));
    const auto keys = Keyring::load(rig.folder.path() + "/challenge.secrets");
    CPPUNIT_ASSERT(has(ran.out, ">" + keys->current("store")->bytes + " "));
  }

  void it_may_be_repeated() {
    AdminRig rig;
    const Ran first = rig.run({"config", "init"});
    const std::string milter = text_of(rig.folder.path() + "/milter.secrets");
    const std::string challenge = text_of(rig.folder.path() + "/challenge.secrets");
    const Ran again = rig.run({"config", "init"});
    CPPUNIT_ASSERT_EQUAL(EX_OK, again.status);
    CPPUNIT_ASSERT_EQUAL(first.out, again.out);
    CPPUNIT_ASSERT_EQUAL(milter, text_of(rig.folder.path() + "/milter.secrets"));
    CPPUNIT_ASSERT_EQUAL(challenge, text_of(rig.folder.path() + "/challenge.secrets"));
  }

  void a_missing_key_is_added_and_no_other_is_touched() {
    AdminRig rig;
    const std::string path = rig.folder.path() + "/milter.secrets";
    const std::string old = "answer k1 " + std::string(64, 'a') + "\n";
    std::ofstream(path) << old;
    CPPUNIT_ASSERT_EQUAL(EX_OK, rig.run({"config", "init"}).status);
    CPPUNIT_ASSERT(text_of(path).starts_with(old));
    CPPUNIT_ASSERT_EQUAL(std::string("k1"), Keyring::load(path)->current("answer")->id);
    CPPUNIT_ASSERT(Keyring::load(path)->current("token"));
  }

  void the_mode_of_a_file_that_is_completed_stays() {
    AdminRig rig;
    const std::string path = rig.folder.path() + "/milter.secrets";
    std::ofstream(path) << "# none yet\n";
    ::chmod(path.c_str(), 0600);
    CPPUNIT_ASSERT_EQUAL(EX_OK, rig.run({"config", "init"}).status);
    CPPUNIT_ASSERT_EQUAL(0600U, mode_of(path));
  }

  void without_a_store_the_files_are_made_all_the_same() {
    AdminRig rig;
    rig.site_made = false;
    const Ran ran = rig.run({"config", "init"});
    CPPUNIT_ASSERT_EQUAL(EX_TEMPFAIL, ran.status);
    CPPUNIT_ASSERT_MESSAGE(ran.err, has(ran.err, "Redis: connection refused\n"));
    CPPUNIT_ASSERT_MESSAGE(ran.err, has(ran.err, "run this again"));
    CPPUNIT_ASSERT(has(ran.out, "user countersign-web "));
    CPPUNIT_ASSERT_EQUAL(0640U, mode_of(rig.folder.path() + "/milter.secrets"));
  }

  void without_a_configuration_it_writes_one_to_fill_in() {
    AdminRig rig;
    const std::string path = rig.folder.path() + "/new/countersign.toml";
    const Ran ran = rig.run({"config", "init", "-c", path});
    // The rig names its own file first.
    CPPUNIT_ASSERT_EQUAL(EX_USAGE, ran.status);
    ::unlink(rig.config_path().c_str());
    const Ran made = rig.run({"config", "init"});
    CPPUNIT_ASSERT_EQUAL(EX_CONFIG, made.status);
    CPPUNIT_ASSERT_MESSAGE(made.err, has(made.err, "Set protect.domains"));
    CPPUNIT_ASSERT(check_config_file(rig.config_path()).problems.empty());
    CPPUNIT_ASSERT(!read_whole_file(rig.folder.path() + "/milter.secrets"));
  }

  void a_user_that_does_not_exist_leaves_nothing_half_done() {
    AdminRig rig;
    for (const auto* option : {"--user", "--web-user"}) {
      const Ran ran = rig.run({"config", "init", option, "no-such-user-here"});
      CPPUNIT_ASSERT_EQUAL(EX_NOUSER, ran.status);
      CPPUNIT_ASSERT_EQUAL(std::string(option) + ": no user no-such-user-here on this host\n",
                           ran.err);
      CPPUNIT_ASSERT(!read_whole_file(rig.folder.path() + "/milter.secrets"));
    }
  }

  void a_broken_secrets_file_is_told_and_kept() {
    AdminRig rig;
    const std::string path = rig.folder.path() + "/challenge.secrets";
    std::ofstream(path) << "pow k1 short\n";
    const Ran ran = rig.run({"config", "init"});
    CPPUNIT_ASSERT_EQUAL(EX_DATAERR, ran.status);
    CPPUNIT_ASSERT_MESSAGE(ran.err, has(ran.err, path + ":1: pow: expected 64 hex digits"));
    CPPUNIT_ASSERT_EQUAL(std::string("pow k1 short\n"), text_of(path));
    CPPUNIT_ASSERT(!read_whole_file(rig.folder.path() + "/milter.secrets"));
  }

  void check_tells_all_that_is_wrong() {
    AdminRig rig;
    CPPUNIT_ASSERT_EQUAL(rig.config_path() + ": ok\n", rig.run({"config", "check"}).out);
    CPPUNIT_ASSERT_EQUAL("{\"file\":\"" + rig.config_path() + "\",\"ok\":true}\n",
                         rig.run({"config", "check", "--json"}).out);
    rig.write_config("[log]\nlevel = \"x\"\ntarget = 2\n");
    const Ran bad = rig.run({"config", "check"});
    CPPUNIT_ASSERT_EQUAL(EX_CONFIG, bad.status);
    CPPUNIT_ASSERT_EQUAL(rig.config_path() +
                             ":14: log.level: \"x\" is none of its words; allowed: \"debug\", "
                             "\"info\", \"warning\", \"error\"\n" +
                             rig.config_path() +
                             ":15: log.target: has the type an integer; allowed: \"stderr\", "
                             "\"syslog\"\n",
                         bad.err);
    const std::string json = rig.run({"config", "check", "--json"}).out;
    CPPUNIT_ASSERT_MESSAGE(
        json, has(json,
                  "\",\"line\":14,\"key\":\"log.level\",\"problem\":\"\\\"x\\\" is none of "
                  "its words\",\"allowed\":"));
  }

  void check_reads_the_secrets_as_their_daemons_do() {
    AdminRig rig;
    CPPUNIT_ASSERT_EQUAL(EX_OK, rig.run({"config", "init"}).status);
    CPPUNIT_ASSERT_EQUAL(EX_OK, rig.run({"config", "check"}).status);
    const std::string milter = rig.folder.path() + "/milter.secrets";
    const std::string good = text_of(milter);
    std::ofstream(milter, std::ios::app)
        << "answer x " << std::string(64, 'a') << "\nanswer x " << std::string(64, 'b') << "\n";
    const Ran twice = rig.run({"config", "check"});
    CPPUNIT_ASSERT_EQUAL(EX_CONFIG, twice.status);
    CPPUNIT_ASSERT_MESSAGE(
        twice.err, has(twice.err, rig.config_path() + ":11: secrets.milter: " + milter + ":"));
    CPPUNIT_ASSERT_MESSAGE(twice.err, has(twice.err, "answer x: given twice"));
    std::ofstream(milter) << good.substr(good.find("\noperator") + 1);
    const Ran none = rig.run({"config", "check", "--json"});
    CPPUNIT_ASSERT_EQUAL(EX_CONFIG, none.status);
    CPPUNIT_ASSERT_MESSAGE(none.out, has(none.out, "\"key\":\"secrets.milter\",\"problem\":\"" +
                                                       milter + ": no key for 'answer'\""));
    std::ofstream(milter) << good;
    std::ofstream(rig.folder.path() + "/challenge.secrets") << "pow k1 short\n";
    CPPUNIT_ASSERT(has(rig.run({"config", "check"}).err, "secrets.challenge: "));
    // Not on this host: its daemon is elsewhere.
    ::unlink((rig.folder.path() + "/challenge.secrets").c_str());
    CPPUNIT_ASSERT_EQUAL(EX_OK, rig.run({"config", "check"}).status);
  }

  void show_tells_every_key() {
    AdminRig rig;
    const Ran text = rig.run({"config", "show"});
    CPPUNIT_ASSERT(check_config(text.out, "shown", read_whole_file).problems.empty());
    const std::string json = rig.run({"config", "show", "--json"}).out;
    CPPUNIT_ASSERT_EQUAL(static_cast<long>(config_keys().size()),
                         std::count(json.begin(), json.end(), '\n'));
    CPPUNIT_ASSERT(has(json,
                       "{\"key\":\"protect.domains\",\"value\":[\"example.org\","
                       "\"example.net\"],\"default\":false}\n"));
    CPPUNIT_ASSERT(has(json, "{\"key\":\"first_contact.keep\",\"value\":true,\"default\":true}\n"));
  }

  void manual_is_a_page() {
    AdminRig rig;
    CPPUNIT_ASSERT(has(rig.run({"config", "manual"}).out, ".TH COUNTERSIGN.TOML 5 "));
    const std::string json = rig.run({"config", "manual", "--json"}).out;
    CPPUNIT_ASSERT_EQUAL(static_cast<long>(config_keys().size()),
                         std::count(json.begin(), json.end(), '\n'));
    CPPUNIT_ASSERT_MESSAGE(
        json, json.starts_with("{\"key\":\"milter.socket\",\"type\":\"string\",\"required\":"
                               "false,\"default\":\"unix:"));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(ConfigInitTest);

}  // namespace
