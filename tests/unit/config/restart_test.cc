// SPDX-License-Identifier: Apache-2.0
#include "config/restart.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"

using namespace countersign;

namespace {

struct Row {
  const char* name;
  void (*change)(Config&);
  std::string milter;
  std::string page;
};

const Row kRows[] = {
    {"nothing", [](Config&) {}, "", ""},
    {"what is read anew",
     [](Config& c) {
       c.protect.domains = {"example.net"};
       c.first_contact.mode = "hold";
       c.challenge.base_url = "https://new.example";
       c.site.language = "de";
       c.log.level = "debug";
     },
     "", ""},
    {"the milter's socket",
     [](Config& c) {
       c.milter.socket = "unix:/x";
       c.milter.socket_mode = 0600;
       c.milter.socket_group = "x";
     },
     "milter.socket, milter.socket_mode, milter.socket_group", ""},
    {"limits", [](Config& c) { c.milter.max_message = c.spool.limit = 30'000'000; },
     "milter.max_message, spool.limit", ""},
    {"folders and ports",
     [](Config& c) {
       c.spool.directory = "/x";
       c.release.smtp = c.notices.smtp = "127.0.0.1:1";
       c.notices.digest = std::chrono::hours(1);
     },
     "spool.directory, release.smtp, notices.smtp, notices.digest", ""},
    {"the store is of both",
     [](Config& c) {
       c.store.url = "unix:/x";
       c.store.prefix = "x:";
       c.log.target = "syslog";
     },
     "store.url, store.prefix, log.target", "store.url, store.prefix, log.target"},
    {"each has its own secrets",
     [](Config& c) {
       c.secrets.milter = "/m";
       c.secrets.challenge = "/c";
     },
     "secrets.milter", "secrets.challenge"},
    {"each has its own addresses",
     [](Config& c) {
       c.metrics.milter = "127.0.0.1:1";
       c.metrics.challenge = "127.0.0.1:2";
       c.challenge.listen = "127.0.0.1:3";
     },
     "metrics.milter", "challenge.listen, metrics.challenge"},
};

void check(const Row& row) {
  Config now;
  row.change(now);
  CPPUNIT_ASSERT_EQUAL(row.milter, needs_restart(Daemon::milter, Config{}, now));
  CPPUNIT_ASSERT_EQUAL(row.page, needs_restart(Daemon::page, Config{}, now));
}

class RestartTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RestartTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(changed_secrets_are_told_by_their_purpose);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }

  void changed_secrets_are_told_by_their_purpose() {
    const std::string old = line("answer", "1", 'a') + line("sent", "1", 'b') +
                            line("token", "1", 'c') + line("web", "1", 'd') +
                            line("wait", "1", 'e') + "store user password\n";
    const auto left = [&](Daemon daemon, const std::string& now) {
      return secrets_need_restart(daemon, *Keyring::parse(old, "f"), *Keyring::parse(now, "f"));
    };
    CPPUNIT_ASSERT_EQUAL(std::string(), left(Daemon::milter, "# a remark\n" + old));
    CPPUNIT_ASSERT_EQUAL(std::string(), left(Daemon::milter, line("token", "2", 'f') + old));
    CPPUNIT_ASSERT_EQUAL(
        std::string("secrets.milter (answer, sent)"),
        left(Daemon::milter, line("answer", "2", 'f') + line("sent", "2", 'f') + old));
    CPPUNIT_ASSERT_EQUAL(std::string("secrets.milter (web)"),
                         left(Daemon::milter, old + line("web", "2", 'f')));
    CPPUNIT_ASSERT_EQUAL(
        std::string("secrets.challenge (wait)"),
        left(Daemon::page, line("answer", "2", 'f') + line("wait", "2", 'f') + old));
  }

 private:
  static std::string line(const std::string& purpose, const std::string& id, char digit) {
    return purpose + " " + id + " " + std::string(64, digit) + "\n";
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(RestartTest);

}  // namespace
