// SPDX-License-Identifier: Apache-2.0
#include "milter/body_buffer.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

namespace countersign {
namespace {

std::string all_of(const BodyBuffer& buffer) {
  std::string out;
  CPPUNIT_ASSERT(buffer.replay([&](std::string_view piece) {
    out += piece;
    return true;
  }));
  return out;
}

class BodyBufferTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(BodyBufferTest);
  CPPUNIT_TEST(an_empty_body_is_no_piece);
  CPPUNIT_TEST(a_small_body_comes_back);
  CPPUNIT_TEST(a_large_body_comes_back_from_its_file);
  CPPUNIT_TEST(a_folder_that_takes_no_file_is_told_at_the_end_too);
  CPPUNIT_TEST(a_body_over_its_limit_is_let_go);
  CPPUNIT_TEST(whoever_has_enough_hears_no_more);
  CPPUNIT_TEST_SUITE_END();

 public:
  void an_empty_body_is_no_piece() { CPPUNIT_ASSERT_EQUAL(std::string(), all_of({"/tmp", 100})); }

  void a_small_body_comes_back() {
    BodyBuffer buffer("/nowhere", 100);
    CPPUNIT_ASSERT(buffer.append("one"));
    CPPUNIT_ASSERT(buffer.append(std::string_view("\0two", 4)));
    CPPUNIT_ASSERT_EQUAL(std::string("one\0two", 7), all_of(buffer));
  }

  void a_large_body_comes_back_from_its_file() {
    BodyBuffer buffer("/tmp", 10'000'000, 10);
    std::string want;
    for (int i = 0; i < 3000; ++i) {
      const std::string piece = std::to_string(i) + std::string(97, 'x');
      CPPUNIT_ASSERT(buffer.append(piece));
      want += piece;
    }
    CPPUNIT_ASSERT(want == all_of(buffer));
    CPPUNIT_ASSERT(want == all_of(buffer));
  }

  void a_folder_that_takes_no_file_is_told_at_the_end_too() {
    BodyBuffer buffer("/nowhere", 100, 4);
    CPPUNIT_ASSERT(buffer.append("1234"));
    CPPUNIT_ASSERT(buffer.append("5").error().code == Errc::unavailable);
    CPPUNIT_ASSERT(buffer.append("6").error().code == Errc::unavailable);
    CPPUNIT_ASSERT(buffer.replay([](auto) { return true; }).error().code == Errc::unavailable);
  }

  void a_body_over_its_limit_is_let_go() {
    BodyBuffer buffer("/tmp", 4, 2);
    CPPUNIT_ASSERT(buffer.append("1234"));
    CPPUNIT_ASSERT(buffer.append("5").error().code == Errc::invalid);
    CPPUNIT_ASSERT(buffer.replay([](auto) { return true; }).error().code == Errc::invalid);
  }

  void whoever_has_enough_hears_no_more() {
    BodyBuffer buffer("/tmp", 1'000'000, 10);
    CPPUNIT_ASSERT(buffer.append(std::string(300'000, 'x')));
    int pieces = 0;
    CPPUNIT_ASSERT(buffer.replay([&](auto) { return ++pieces < 2; }));
    CPPUNIT_ASSERT_EQUAL(2, pieces);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(BodyBufferTest);

}  // namespace
}  // namespace countersign
