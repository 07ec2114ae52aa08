// SPDX-License-Identifier: Apache-2.0
#include "authentication/frame.h"

#include <cppunit/extensions/HelperMacros.h>
#include <sys/socket.h>

#include <array>
#include <thread>

#include "base/unique_fd.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

struct BadRow {
  const char* name;
  std::string bytes;
};
const BadRow kBad[] = {
    {"a kind that nobody knows", std::string("X\0\0\0\0", 5)},
    {"a kind of nought", std::string("\0\0\0\0\0", 5)},
    {"an end with a payload", std::string("E\0\0\0\1", 5)},
    {"a body of 4 GB", "B\xff\xff\xff\xff"},
    {"a header of 8 MB and one", std::string("H\0\x80\0\1", 5)},
    {"an origin of a megabyte", std::string("O\0\x10\0\0", 5)},
    {"an answer of a megabyte", std::string("R\0\x10\0\0", 5)},
};

const BadRow kBadOrigins[] = {
    {"nothing", ""},
    {"half a number", std::string("\0\0", 2)},
    {"no strings", std::string("\0\0\0\1", 4)},
    {"a string that is cut", std::string("\0\0\0\1\0\0\0\5ab", 10)},
    {"a string of 4 GB", std::string("\0\0\0\1\xff\xff\xff\xff", 8)},
    {"three strings", std::string("\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0", 16)},
    {"five strings", std::string("\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24)},
    {"a NUL in a string", std::string("\0\0\0\1\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0", 21)},
    {"patience of a month", std::string("\x9a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20)},
};

struct Pair {
  Pair() {
    std::array<int, 2> ends{};
    CPPUNIT_ASSERT_EQUAL(0, ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()));
    here = UniqueFd(ends[0]);
    there = UniqueFd(ends[1]);
  }
  UniqueFd here, there;
};

SteadyTime soon() { return std::chrono::steady_clock::now() + seconds(20); }
SteadyTime now() { return std::chrono::steady_clock::now(); }

class FrameTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(FrameTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(bad_frames);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(bad_origins);
  CPPUNIT_TEST(frames_come_out_as_they_went_in_however_they_are_cut);
  CPPUNIT_TEST(an_origin_comes_back);
  CPPUNIT_TEST(what_no_name_is_goes_as_nothing);
  CPPUNIT_TEST(a_frame_of_a_megabyte_crosses_a_socket);
  CPPUNIT_TEST(a_peer_that_takes_nothing_is_waited_for_until_the_deadline);
  CPPUNIT_TEST(a_peer_that_says_nothing_is_waited_for_until_the_deadline);
  CPPUNIT_TEST(a_peer_that_hangs_up_is_told_at_once);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void bad_frames(TestSuiteBuilderContextType& context) {
    test::add_rows(
        context, kBad, +[](const BadRow& row) {
          FrameDecoder decoder;
          decoder.feed(row.bytes);
          const auto got = decoder.next();
          CPPUNIT_ASSERT(!got && got.error().code == Errc::invalid);
        });
  }
  static void bad_origins(TestSuiteBuilderContextType& context) {
    test::add_rows(
        context, kBadOrigins, +[](const BadRow& row) {
          const auto got = decode_origin(row.bytes);
          CPPUNIT_ASSERT(!got && got.error().code == Errc::invalid);
        });
  }

  void frames_come_out_as_they_went_in_however_they_are_cut() {
    const std::string bytes = encode_frame(FrameKind::header, "From: a\r\n") +
                              encode_frame(FrameKind::body, std::string("\0x", 2)) +
                              encode_frame(FrameKind::end, "");
    for (std::size_t size = 1; size <= bytes.size(); ++size) {
      FrameDecoder decoder;
      std::string got;
      for (std::size_t at = 0; at < bytes.size(); at += size) {
        decoder.feed(std::string_view(bytes).substr(at, size));
        for (;;) {
          const auto frame = decoder.next();
          CPPUNIT_ASSERT(frame);
          if (!*frame) break;
          got += encode_frame((*frame)->kind, (*frame)->payload);
        }
      }
      CPPUNIT_ASSERT(bytes == got);
    }
  }

  void an_origin_comes_back() {
    const OriginFrame sent{{"192.0.2.1", "h.example", "a@example.com", "example.com"},
                           milliseconds(1234)};
    const auto got = decode_origin(encode_origin(sent));
    CPPUNIT_ASSERT(got);
    CPPUNIT_ASSERT_EQUAL(sent.origin.client, got->origin.client);
    CPPUNIT_ASSERT_EQUAL(sent.origin.helo, got->origin.helo);
    CPPUNIT_ASSERT_EQUAL(sent.origin.reverse_path, got->origin.reverse_path);
    CPPUNIT_ASSERT_EQUAL(sent.origin.author_domain, got->origin.author_domain);
    CPPUNIT_ASSERT(sent.patience == got->patience);
  }

  void what_no_name_is_goes_as_nothing() {
    const OriginFrame sent{{"", std::string(10'000, 'x'), std::string("a\0b", 3), ""},
                           milliseconds(-5)};
    const auto got = decode_origin(encode_origin(sent));
    CPPUNIT_ASSERT(got);
    CPPUNIT_ASSERT(got->origin.helo.empty() && got->origin.reverse_path.empty());
    CPPUNIT_ASSERT(milliseconds(0) == got->patience);
  }

  void a_frame_of_a_megabyte_crosses_a_socket() {
    Pair pair;
    const std::string payload(1024 * 1024, 'x');
    std::thread sender(
        [&] { (void)send_frame(pair.there.get(), FrameKind::body, payload, soon()); });
    FrameDecoder decoder;
    const auto got = receive_frame(pair.here.get(), decoder, soon());
    sender.join();
    CPPUNIT_ASSERT(got);
    CPPUNIT_ASSERT(got->kind == FrameKind::body && got->payload == payload);
  }

  void a_peer_that_takes_nothing_is_waited_for_until_the_deadline() {
    Pair pair;
    const std::string payload(1024 * 1024, 'x');
    const auto sent =
        send_frame(pair.here.get(), FrameKind::body, payload, now() + milliseconds(20));
    CPPUNIT_ASSERT(!sent && sent.error().code == Errc::unavailable);
  }

  void a_peer_that_says_nothing_is_waited_for_until_the_deadline() {
    Pair pair;
    FrameDecoder decoder;
    const auto got = receive_frame(pair.here.get(), decoder, now() + milliseconds(20));
    CPPUNIT_ASSERT(!got && got.error().code == Errc::unavailable);
  }

  void a_peer_that_hangs_up_is_told_at_once() {
    Pair pair;
    pair.there.reset();
    FrameDecoder decoder;
    CPPUNIT_ASSERT(!receive_frame(pair.here.get(), decoder, SteadyTime::max()));
    CPPUNIT_ASSERT(!send_frame(pair.here.get(), FrameKind::end, "", SteadyTime::max()));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(FrameTest);

}  // namespace
}  // namespace countersign
