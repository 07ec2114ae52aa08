// SPDX-License-Identifier: Apache-2.0
#include "base/process.h"

#include <cppunit/extensions/HelperMacros.h>

using namespace countersign;

namespace {

class ProcessTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ProcessTest);
  CPPUNIT_TEST(output_is_returned_whole);
  CPPUNIT_TEST(input_arrives_whole);
  CPPUNIT_TEST(a_bad_status_is_an_error_with_what_was_said);
  CPPUNIT_TEST(a_missing_program_is_told);
  CPPUNIT_TEST(no_shell_sees_the_words);
  CPPUNIT_TEST(a_program_that_does_not_end_is_killed);
  CPPUNIT_TEST_SUITE_END();

  static Result<std::string> run(const std::vector<std::string>& argv, seconds time = seconds(60)) {
    return run_program(argv, std::chrono::steady_clock::now() + time);
  }

 public:
  void output_is_returned_whole() {
    const auto said = run({"sh", "-c", "head -c 300000 /dev/zero; echo more >&2; cat"});
    CPPUNIT_ASSERT(said);
    CPPUNIT_ASSERT_EQUAL(std::size_t{300000}, said->size());
  }
  void input_arrives_whole() {
    const std::string input(300'000, 'x');
    const auto said = run_program({"cat"}, std::chrono::steady_clock::now() + seconds(60), input);
    CPPUNIT_ASSERT(said);
    CPPUNIT_ASSERT(input == *said);
  }
  void a_bad_status_is_an_error_with_what_was_said() {
    const auto said = run({"sh", "-c", "echo why >&2; exit 3"});
    CPPUNIT_ASSERT(!said && said.error().code == Errc::invalid);
    CPPUNIT_ASSERT_EQUAL(std::string("sh: why"), said.error().detail);
  }
  void a_missing_program_is_told() {
    const auto said = run({"countersign-no-such-program"});
    CPPUNIT_ASSERT(!said && said.error().code == Errc::not_found);
  }
  void no_shell_sees_the_words() {
    CPPUNIT_ASSERT_EQUAL(std::string("$HOME `id` 'x'\n"), *run({"echo", "$HOME `id` 'x'"}));
  }
  void a_program_that_does_not_end_is_killed() {
    const auto said = run({"sleep", "1000"}, seconds(0));
    CPPUNIT_ASSERT(!said && said.error().code == Errc::unavailable);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(ProcessTest);

}  // namespace
