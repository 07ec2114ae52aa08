// SPDX-License-Identifier: Apache-2.0
#include "challenge/heartbeat.h"

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>

#include "challenge/http_server.h"
#include "challenge/listener.h"
#include "tests/support/raw_http.h"
#include "tests/support/web_fixture.h"

namespace countersign::challenge {
namespace {

const HeartbeatSettings kFast{milliseconds(10), milliseconds(2000)};

template <class Condition>
void until(const char* what, Condition condition) {
  const Deadline deadline = std::chrono::steady_clock::now() + seconds(10);
  while (!condition()) {
    CPPUNIT_ASSERT_MESSAGE(what, std::chrono::steady_clock::now() < deadline);
    std::this_thread::sleep_for(milliseconds(2));  // poll: until the condition holds
  }
}

/// Counts beats; everything else is the store's.
class CountingState final : public WebState {
 public:
  Status heartbeat(Deadline) override {
    ++beats;
    if (down) return Error{Errc::unavailable, "down"};
    return {};
  }
  Result<bool> spend(const std::string&, seconds, Deadline) override { return true; }
  Result<int> count_failure(const std::string&, seconds, Deadline) override { return 1; }
  Result<int> failures(const std::string&, Deadline) override { return 0; }
  Result<seconds> until_forgotten(const std::string&, Deadline) override { return seconds(0); }
  Status mark_answered(const std::string&, const std::string&, seconds, Deadline) override {
    return {};
  }
  Result<std::string> how_answered(const std::string&, Deadline) override { return std::string(); }

  std::atomic<int> beats = 0;
  std::atomic<bool> down = false;
};

bool has_page_age(MemoryStore& store) {
  const auto knowledge = store.directory().look_up({}, test::soon());
  return knowledge && knowledge->page_age.has_value();
}

class HeartbeatTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HeartbeatTest);
  CPPUNIT_TEST(it_beats_again_and_again);
  CPPUNIT_TEST(it_is_silent_while_the_server_does_not_answer);
  CPPUNIT_TEST(a_store_that_was_down_is_told_again);
  CPPUNIT_TEST(it_ends_at_once);
  CPPUNIT_TEST(the_server_itself_is_asked);
  CPPUNIT_TEST(a_listener_without_a_server_is_not_healthy);
  CPPUNIT_TEST(bad_addresses_are_named);
  CPPUNIT_TEST_SUITE_END();

 public:
  void it_beats_again_and_again() {
    CountingState state;
    const Heartbeat heartbeat(
        state, [](Deadline) { return Status(); }, kFast);
    until("three beats", [&] { return state.beats >= 3; });
  }

  void it_is_silent_while_the_server_does_not_answer() {
    CountingState state;
    std::atomic<int> probes = 0;
    const Heartbeat heartbeat(
        state,
        [&](Deadline) -> Status {
          if (++probes < 5) return Error{Errc::unavailable, "no page"};
          return {};
        },
        kFast);
    until("five probes", [&] { return probes >= 4; });
    CPPUNIT_ASSERT(state.beats <= std::max(0, probes - 4));
    until("a beat", [&] { return state.beats >= 1; });
    CPPUNIT_ASSERT(probes >= 5);
  }

  void a_store_that_was_down_is_told_again() {
    CountingState state;
    state.down = true;
    const Heartbeat heartbeat(
        state, [](Deadline) { return Status(); }, kFast);
    until("tries while it is down", [&] { return state.beats >= 2; });
    state.down = false;
    const int before = state.beats;
    until("tries after that", [&] { return state.beats > before; });
  }

  void it_ends_at_once() {
    CountingState state;
    const auto started = std::chrono::steady_clock::now();
    {
      const Heartbeat heartbeat(state, [](Deadline) { return Status(); },
                                {std::chrono::hours(1), seconds(1)});
      until("the first beat", [&] { return state.beats >= 1; });
    }
    CPPUNIT_ASSERT(std::chrono::steady_clock::now() - started < std::chrono::minutes(30));
  }

  void the_server_itself_is_asked() {
    test::WebFixture f;
    auto listener = listen_on("127.0.0.1:0");
    CPPUNIT_ASSERT(listener);
    const int own = listener->get();
    auto server = HttpServer::start(*std::move(listener), *f.site, {});
    CPPUNIT_ASSERT(server);
    CPPUNIT_ASSERT(ask_health(own, test::soon()));
    CPPUNIT_ASSERT(!has_page_age(f.store));
    {
      const Heartbeat heartbeat(
          f.store.web(), [own](Deadline deadline) { return ask_health(own, deadline); }, kFast);
      until("the nodes hear it", [&] { return has_page_age(f.store); });
    }
    f.store.set_down(true);
    const Status sick = ask_health(own, test::soon());
    CPPUNIT_ASSERT(!sick);
    CPPUNIT_ASSERT(sick.error().detail.find("503") != std::string::npos);
  }

  void a_listener_without_a_server_is_not_healthy() {
    const auto listener = listen_on("127.0.0.1:0");
    CPPUNIT_ASSERT(listener);
    CPPUNIT_ASSERT(
        !ask_health(listener->get(), std::chrono::steady_clock::now() + milliseconds(50)));
  }

  void bad_addresses_are_named() {
    for (const std::string bad : {"", "8480", ":8480", "127.0.0.1", "127.0.0.1:http", "::1:8480",
                                  "[::1]", "127.0.0.1:99999"}) {
      const auto got = listen_on(bad);
      CPPUNIT_ASSERT_MESSAGE(bad, !got);
      CPPUNIT_ASSERT(got.error().detail.find("challenge.listen") != std::string::npos);
    }
    const auto taken = listen_on("127.0.0.1:0");
    CPPUNIT_ASSERT(taken);
    CPPUNIT_ASSERT(!listen_on("127.0.0.1:" + std::to_string(port_of(taken->get()))));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(HeartbeatTest);

}  // namespace
}  // namespace countersign::challenge
