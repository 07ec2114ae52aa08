// SPDX-License-Identifier: Apache-2.0
//
// What becomes of replies that drip, come late, are cut, or are no replies at all.
#include <sys/socket.h>

#include "tests/fault/store_rig.h"
#include "tests/support/table_suite.h"
#include "tokenstore/redis_connection.h"

using namespace std::string_literals;

namespace countersign::test {
namespace {

std::string repeated(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

struct Nonsense {
  const char* name;
  std::string reply;
};
const Nonsense kNonsense[] = {
    {"text that is no reply", "HTTP/1.1 400 Bad Request\r\n\r\n"},
    {"a reply of another shape", "+OK\r\n"},
    {"an array of the wrong size", "*1\r\n$1\r\n1\r\n"},
    {"a site in integers", "*2\r\n:1\r\n:2\r\n"},
    {"an array that is announced too large", "*2147483647\r\n"},
    {"an array with a size that is no number", "*x\r\n"},
    {"a text that is announced too large", "$99999999999999\r\n"},
    {"arrays in arrays without end", repeated("*1\r\n", 1000)},
    {"a line that does not end", std::string(100'000, '+')},
    {"nothing", ""},
    {"a nil", "*-1\r\n"},
};
void check_nonsense(const Nonsense& row) {
  FakePeer peer(always(row.reply));
  auto store = open_store(peer.url());
  expect_unavailable(ask(*store, milliseconds(300)));
  expect_unavailable(write(*store, milliseconds(300)));
}

RedisAddress address_of(const std::string& path) {
  RedisAddress out;
  out.path = path;
  return out;
}

RedisPipeline one(std::initializer_list<std::string_view> words) {
  RedisPipeline out;
  out.add(words);
  return out;
}

}  // namespace

class ReplyFaultTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReplyFaultTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(nonsense);
  CPPUNIT_TEST(a_dripping_reply_does_not_outlast_the_deadline);
  CPPUNIT_TEST(an_endless_reply_does_not_outlast_the_deadline);
  CPPUNIT_TEST(a_late_reply_never_answers_the_next_question);
  CPPUNIT_TEST(a_connection_that_timed_out_is_closed_for_good);
  CPPUNIT_TEST(a_reply_nobody_asked_for_ends_the_connection);
  CPPUNIT_TEST(a_reply_cut_anywhere_is_no_answer);
  CPPUNIT_TEST(a_write_whose_reply_was_cut_is_not_reported_as_done);
  CPPUNIT_TEST(a_claim_whose_answer_was_lost_is_ours_when_asked_again);
  CPPUNIT_TEST(a_reader_whose_reply_was_cut_reads_again);
  CPPUNIT_TEST(arguments_may_hold_any_bytes);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void nonsense(TestSuiteBuilderContextType& c) { add_rows(c, kNonsense, check_nonsense); }

  void a_dripping_reply_does_not_outlast_the_deadline() {
    StoreRig rig;
    Faults faults;
    FakePeer proxy(proxy_to(rig.server.socket_path(), faults));
    auto connection = RedisConnection::open(address_of(proxy.socket_path()), std::nullopt, soon());
    CPPUNIT_ASSERT(connection);
    // The whole reply takes over an hour: only the deadline can end the wait.
    rig.server.command({"SET", "long", std::string(100'000, 'x')});
    faults.drip_ms = 50;
    expect_unavailable((*connection)->run(one({"GET", "long"}), after(milliseconds(300))),
                       "in time");
  }
  void an_endless_reply_does_not_outlast_the_deadline() {
    FakePeer peer([](int fd) {
      const std::string piece(65536, 'x');
      while (send(fd, piece.data(), piece.size(), MSG_NOSIGNAL) > 0) {
      }
    });
    auto connection = RedisConnection::open(address_of(peer.socket_path()), std::nullopt, soon());
    CPPUNIT_ASSERT(connection);
    expect_unavailable((*connection)->run(one({"PING"}), after(milliseconds(300))));
  }
  void a_late_reply_never_answers_the_next_question() {
    StoreRig rig;
    const Scope ann{Level::mailbox, "ann@example.org"};
    CPPUNIT_ASSERT(rig.store->policies().set(of_joe(), {{"mode", "refuse"}}, soon()));
    CPPUNIT_ASSERT(rig.store->policies().set(ann, {{"mode", "hold"}}, soon()));
    Faults faults;
    FakePeer proxy(proxy_to(rig.server.socket_path(), faults));
    auto store = open_store(proxy.url());
    CPPUNIT_ASSERT(store->policies().get(of_joe(), soon()));
    faults.stall = true;
    expect_unavailable(store->policies().get(of_joe(), after(milliseconds(300))));
    faults.stall = false;
    CPPUNIT_ASSERT(comes_true([&] { return store->healthy(); }));
    for (int i = 0; i < 20; ++i) {
      const auto policy = store->policies().get(ann, soon());
      CPPUNIT_ASSERT_MESSAGE(policy ? "" : policy.error().detail, bool(policy));
      CPPUNIT_ASSERT_EQUAL(std::string("hold"), policy->at("mode"));
    }
  }
  void a_connection_that_timed_out_is_closed_for_good() {
    StoreRig rig;
    Faults faults;
    FakePeer proxy(proxy_to(rig.server.socket_path(), faults));
    auto connection = RedisConnection::open(address_of(proxy.socket_path()), std::nullopt, soon());
    CPPUNIT_ASSERT(connection && (*connection)->run(one({"PING"}), soon()));
    faults.stall = true;
    expect_unavailable((*connection)->run(one({"ECHO", "1"}), after(milliseconds(200))));
    faults.stall = false;
    CPPUNIT_ASSERT(!(*connection)->usable());
    expect_unavailable((*connection)->run(one({"ECHO", "2"}), soon()), "failed before");
  }
  void a_reply_nobody_asked_for_ends_the_connection() {
    FakePeer peer(always("+PONG\r\n+EXTRA\r\n"));
    auto connection = RedisConnection::open(address_of(peer.socket_path()), std::nullopt, soon());
    CPPUNIT_ASSERT(connection && (*connection)->run(one({"PING"}), soon()));
    CPPUNIT_ASSERT(comes_true([&] { return !(*connection)->usable(); }));
  }
  void a_reply_cut_anywhere_is_no_answer() {
    StoreRig rig;
    CPPUNIT_ASSERT(write(*rig.store));
    Faults faults;
    FakePeer proxy(proxy_to(rig.server.socket_path(), faults));
    // How long the whole answer is: what a budget that is not used up has lost.
    constexpr long long kPlenty = 1'000'000;
    const auto cut_at = [&](long long bytes) {
      auto store = open_store(proxy.url());
      CPPUNIT_ASSERT(comes_true([&] { return bool(ask(*store)); }));
      faults.cut_after = bytes;
      const auto known = ask(*store);
      const long long used = bytes - faults.cut_after;
      faults.cut_after = -1;
      return std::pair(bool(known), used);
    };
    const auto [whole_known, whole] = cut_at(kPlenty);
    CPPUNIT_ASSERT(whole_known);
    CPPUNIT_ASSERT(whole > 100);
    for (long long bytes = 0; bytes < whole; bytes += 7) {
      const auto [known, used] = cut_at(bytes);
      CPPUNIT_ASSERT_MESSAGE("cut after " + std::to_string(bytes), !known);
    }
  }
  void a_write_whose_reply_was_cut_is_not_reported_as_done() {
    StoreRig rig;
    Faults faults;
    FakePeer proxy(proxy_to(rig.server.socket_path(), faults));
    auto store = open_store(proxy.url());
    CPPUNIT_ASSERT(ask(*store));
    faults.cut_after = 10;
    expect_unavailable(write(*store));
    faults.cut_after = -1;
    CPPUNIT_ASSERT(comes_true([&] { return bool(write(*store)); }));
  }
  void a_claim_whose_answer_was_lost_is_ours_when_asked_again() {
    StoreRig rig;
    Faults faults;
    FakePeer proxy(proxy_to(rig.server.socket_path(), faults));
    auto store = open_store(proxy.url());
    CPPUNIT_ASSERT(ask(*store));
    faults.cut_after = 10;
    expect_unavailable(store->outbox().claim("n", seconds(60), soon()));
    faults.cut_after = -1;
    CPPUNIT_ASSERT(comes_true([&] { return store->healthy(); }));
    CPPUNIT_ASSERT(rig.server.command({"EXISTS", "cs:outbox:n"}).integer == 1);
    CPPUNIT_ASSERT(!*rig.store->outbox().claim("n", seconds(60), soon()));
    CPPUNIT_ASSERT(*store->outbox().claim("n", seconds(60), soon()));
    CPPUNIT_ASSERT(!*store->outbox().claim("n", seconds(60), soon()));
  }
  void a_reader_whose_reply_was_cut_reads_again() {
    StoreRig rig;
    CPPUNIT_ASSERT(rig.store->requests().append("n", request(1), soon()));
    Faults faults;
    FakePeer proxy(proxy_to(rig.server.socket_path(), faults));
    auto store = open_store(proxy.url());
    CPPUNIT_ASSERT(store->requests().read("n", soon()));
    faults.cut_after = 60;
    expect_unavailable(store->requests().read("n", soon()));
    faults.cut_after = -1;
    const auto entries = store->requests().read("n", soon());
    CPPUNIT_ASSERT_MESSAGE(entries ? "" : entries.error().detail, bool(entries));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, entries->size());
  }
  void arguments_may_hold_any_bytes() {
    StoreRig rig;
    const std::string odd = "\0 %s %d\r\n*1\r\n$4\r\nPING\r\n{}\xff"s;
    auto connection =
        RedisConnection::open(address_of(rig.server.socket_path()), std::nullopt, soon());
    CPPUNIT_ASSERT(connection);
    RedisPipeline ask;
    ask.add({"SET", odd, odd}).add({"GET", odd}).add({"ECHO", ""});
    const auto replies = (*connection)->run(ask, soon());
    CPPUNIT_ASSERT(replies && replies->size() == 3);
    CPPUNIT_ASSERT((*replies)[1].text == odd);
    CPPUNIT_ASSERT((*replies)[2].is_string() && (*replies)[2].text.empty());
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(ReplyFaultTest);

}  // namespace countersign::test
