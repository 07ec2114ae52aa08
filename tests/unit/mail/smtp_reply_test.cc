// SPDX-License-Identifier: Apache-2.0
#include "mail/smtp_reply.h"

#include <cppunit/extensions/HelperMacros.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "tests/support/table_suite.h"

namespace countersign {
namespace {

struct Bug {
  const char* name;
  const char* code;
  const char* status;
  std::vector<std::string> lines;
};
const Bug kBugs[] = {
    {"code and status of different classes", "554", "4.7.1", {"x"}},
    {"a positive reply", "250", "2.0.0", {"x"}},
    {"a code of four digits", "5544", "5.7.1", {"x"}},
    {"a code that is no number", "5x4", "5.7.1", {"x"}},
    {"a status of two numbers", "554", "5.7", {"x"}},
    {"a status that is no number", "554", "5.x.1", {"x"}},
    {"no text", "554", "5.7.1", {}},
    {"three lines", "554", "5.7.1", {"a", "b", "c"}},
    {"an empty line", "554", "5.7.1", {""}},
    {"a line end", "554", "5.7.1", {"a\r\nb"}},
    {"a percent sign", "554", "5.7.1", {"100% sure"}},
    {"a letter that is not ASCII", "554", "5.7.1", {"J\u00fcrg"}},
    {"401 octets", "554", "5.7.1", {std::string(401, 'x')}},
};
// Whether making the reply aborts the process: a child does it.
void check_bug(const Bug& row) {
  std::fflush(nullptr);
  const pid_t child = fork();
  CPPUNIT_ASSERT(child >= 0);
  if (child == 0) {
    const rlimit no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    std::signal(SIGABRT, SIG_DFL);
    close(STDERR_FILENO);
    const SmtpReply reply(row.code, row.status, row.lines);
    _exit(reply.lines().empty() ? 1 : 0);
  }
  int status = 0;
  CPPUNIT_ASSERT_EQUAL(child, waitpid(child, &status, 0));
  CPPUNIT_ASSERT(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

}  // namespace

class SmtpReplyTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SmtpReplyTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(bugs);
  CPPUNIT_TEST(it_keeps_what_it_is_given);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void bugs(TestSuiteBuilderContextType& c) { test::add_rows(c, kBugs, check_bug); }

  void it_keeps_what_it_is_given() {
    const SmtpReply reply("554", "5.7.1", {"Not delivered yet", std::string(400, 'x')});
    CPPUNIT_ASSERT_EQUAL(std::string("554"), reply.code());
    CPPUNIT_ASSERT_EQUAL(std::string("5.7.1"), reply.status());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, reply.lines().size());
    CPPUNIT_ASSERT(reply == SmtpReply("554", "5.7.1", reply.lines()));
    CPPUNIT_ASSERT(!(reply == SmtpReply("450", "4.7.1", reply.lines())));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(SmtpReplyTest);

}  // namespace countersign
