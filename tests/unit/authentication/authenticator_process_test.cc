// SPDX-License-Identifier: Apache-2.0
//
// The real countersign-authenticate, of this build, on messages that need no DNS.
#include "authentication/authenticator_process.h"

#include <cppunit/extensions/HelperMacros.h>
#include <poll.h>
#include <signal.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <thread>

namespace countersign {
namespace {

SteadyTime in(milliseconds time) { return std::chrono::steady_clock::now() + time; }

std::string program() {
  const char* folder = std::getenv("builddir");
  return std::string(folder == nullptr ? "." : folder) + "/countersign-authenticate";
}

AuthenticatorSettings settings() {
  AuthenticatorSettings out;
  out.program = program();
  out.resolver = "127.0.0.1:1";
  out.log_level = "error";
  out.first_pause = milliseconds(1);
  return out;
}

bool until(const std::function<bool()>& done) {
  const SteadyTime deadline = in(seconds(30));
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    ::poll(nullptr, 0, 5);
  }
  return true;
}

/// Looks at a message without client, author and signature; "" if nobody looked.
std::string look(AuthenticatorProcess& process, milliseconds patience = seconds(20)) {
  auto run = process.begin({}, "From: alice@example.com\r\n", in(patience));
  if (!run) return "";
  (*run)->body("hi\r\n", in(patience));
  const auto found = (*run)->finish(in(patience));
  if (!found) return "";
  std::string out;
  for (const AuthResult& result : *found) out += result.method + "=" + result.result + " ";
  return out;
}

const std::string kFound = "spf=none dkim=none ";

class AuthenticatorProcessTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AuthenticatorProcessTest);
  CPPUNIT_TEST(a_message_is_looked_at);
  CPPUNIT_TEST(many_are_looked_at_at_once);
  CPPUNIT_TEST(one_that_is_given_up_harms_no_other);
  CPPUNIT_TEST(before_it_is_started_nobody_looks);
  CPPUNIT_TEST(a_program_that_is_not_there_is_no_program);
  CPPUNIT_TEST(killed_it_is_started_anew);
  CPPUNIT_TEST(killed_in_the_middle_of_a_message_that_one_is_lost);
  CPPUNIT_TEST(a_program_that_dies_at_once_is_not_started_for_ever);
  CPPUNIT_TEST(one_that_does_not_answer_is_killed);
  CPPUNIT_TEST(other_settings_start_it_anew_and_the_same_do_not);
  CPPUNIT_TEST(stopped_it_is_gone);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_message_is_looked_at() {
    AuthenticatorProcess process;
    process.run(settings());
    CPPUNIT_ASSERT_EQUAL(kFound, look(process));
  }

  void many_are_looked_at_at_once() {
    AuthenticatorProcess process;
    process.run(settings());
    std::atomic<int> good{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 20; ++i)
      threads.emplace_back([&] {
        for (int j = 0; j < 10; ++j) good += look(process) == kFound;
      });
    for (auto& thread : threads) thread.join();
    CPPUNIT_ASSERT_EQUAL(200, good.load());
  }

  void one_that_is_given_up_harms_no_other() {
    AuthenticatorProcess process;
    process.run(settings());
    for (int i = 0; i < 50; ++i)
      CPPUNIT_ASSERT(process.begin({}, "From: alice@example.com\r\n", in(seconds(20))));
    CPPUNIT_ASSERT_EQUAL(kFound, look(process));
  }

  void before_it_is_started_nobody_looks() {
    AuthenticatorProcess process;
    const auto run = process.begin({}, "", SteadyTime::max());
    CPPUNIT_ASSERT(!run && run.error().code == Errc::unavailable);
  }

  void a_program_that_is_not_there_is_no_program() {
    AuthenticatorProcess process;
    AuthenticatorSettings nowhere = settings();
    nowhere.program = "/nowhere/countersign-authenticate";
    process.run(nowhere);
    CPPUNIT_ASSERT_EQUAL(std::string(), look(process));
    CPPUNIT_ASSERT_EQUAL(0, process.pid());
  }

  void killed_it_is_started_anew() {
    AuthenticatorProcess process;
    process.run(settings());
    for (int i = 0; i < 3; ++i) {
      const int before = process.pid();
      CPPUNIT_ASSERT(before > 0);  // 0 would be ourselves
      ::kill(before, SIGKILL);
      CPPUNIT_ASSERT(until([&] { return process.pid() > 0 && process.pid() != before; }));
      CPPUNIT_ASSERT_EQUAL(kFound, look(process));
    }
  }

  void killed_in_the_middle_of_a_message_that_one_is_lost() {
    AuthenticatorProcess process;
    process.run(settings());
    CPPUNIT_ASSERT_EQUAL(kFound, look(process));
    auto run = process.begin({}, "From: alice@example.com\r\n", in(seconds(20)));
    CPPUNIT_ASSERT(run);
    const int before = process.pid();
    CPPUNIT_ASSERT(before > 0);  // 0 would be ourselves
    ::kill(before, SIGKILL);
    CPPUNIT_ASSERT(until([&] { return process.pid() != before; }));
    (*run)->body("hi\r\n", in(seconds(20)));
    const auto found = (*run)->finish(in(seconds(20)));
    CPPUNIT_ASSERT(!found && found.error().code == Errc::unavailable);
    CPPUNIT_ASSERT(until([&] { return look(process) == kFound; }));
  }

  void a_program_that_dies_at_once_is_not_started_for_ever() {
    AuthenticatorProcess process;
    AuthenticatorSettings dying = settings();
    dying.program = "/bin/false";
    dying.first_pause = std::chrono::hours(1);
    dying.most_pause = std::chrono::hours(1);
    process.run(dying);
    CPPUNIT_ASSERT(until([&] { return process.pid() == 0; }));
    CPPUNIT_ASSERT_EQUAL(std::string(), look(process));
    process.stop();  // waits for no hour
  }

  void one_that_does_not_answer_is_killed() {
    AuthenticatorProcess process;
    process.run(settings());
    const int before = process.pid();
    CPPUNIT_ASSERT(before > 0);  // 0 would be ourselves
    ::kill(before, SIGSTOP);
    for (int i = 0; i < 3; ++i)
      CPPUNIT_ASSERT_EQUAL(std::string(), look(process, milliseconds(10)));
    CPPUNIT_ASSERT(until([&] { return process.pid() > 0 && process.pid() != before; }));
    CPPUNIT_ASSERT_EQUAL(kFound, look(process));
  }

  void other_settings_start_it_anew_and_the_same_do_not() {
    AuthenticatorProcess process;
    process.run(settings());
    const int before = process.pid();
    process.run(settings());
    CPPUNIT_ASSERT_EQUAL(before, process.pid());
    AuthenticatorSettings other = settings();
    other.resolver = "127.0.0.1:2";
    process.run(other);
    CPPUNIT_ASSERT(process.pid() != before);
    CPPUNIT_ASSERT_EQUAL(kFound, look(process));
  }

  void stopped_it_is_gone() {
    AuthenticatorProcess process;
    process.run(settings());
    const int before = process.pid();
    process.stop();
    CPPUNIT_ASSERT_EQUAL(0, process.pid());
    CPPUNIT_ASSERT_EQUAL(-1, ::kill(before, 0));
    CPPUNIT_ASSERT_EQUAL(std::string(), look(process));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(AuthenticatorProcessTest);

}  // namespace
}  // namespace countersign
