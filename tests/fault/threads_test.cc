// SPDX-License-Identifier: Apache-2.0
//
// Many threads on one store, while its server comes and goes. Under ThreadSanitizer this shows
// races; everywhere it shows that no answer is ever another's.
#include <atomic>
#include <thread>

#include "tests/fault/store_rig.h"

namespace countersign::test {
namespace {

constexpr int kThreads = 8;

/// Runs `work(thread number)` in eight threads until `meanwhile` has returned.
template <class Work, class Meanwhile>
void run_threads(Work work, Meanwhile meanwhile) {
  std::atomic<bool> over{false};
  std::vector<std::thread> threads;
  for (int n = 0; n < kThreads; ++n)
    threads.emplace_back([&, n] {
      while (!over) work(n);
    });
  meanwhile();
  over = true;
  for (std::thread& thread : threads) thread.join();
}

Mailbox owner(int n) { return mailbox(("owner" + std::to_string(n) + "@example.org").c_str()); }

}  // namespace

class ThreadsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ThreadsTest);
  CPPUNIT_TEST(everybody_gets_his_own_answer_while_the_server_comes_and_goes);
  CPPUNIT_TEST(a_claim_is_taken_by_one_of_many);
  CPPUNIT_TEST(a_contact_is_learnt_by_many_at_once);
  CPPUNIT_TEST(a_store_is_stopped_under_load);
  CPPUNIT_TEST(a_hundred_sessions_find_the_connections_that_a_hundred_left);
  CPPUNIT_TEST_SUITE_END();

 public:
  void everybody_gets_his_own_answer_while_the_server_comes_and_goes() {
    StoreRig rig;
    for (int n = 0; n < kThreads; ++n)
      CPPUNIT_ASSERT(rig.store->contacts().put({Level::mailbox, owner(n).key()},
                                               "a:alice@example.com", allow(std::to_string(n)),
                                               soon()));
    std::atomic<long> answers{0};
    std::atomic<long> wrong{0};
    std::atomic<long> failures{0};
    const auto look_up = [&](int n) {
      const auto known =
          rig.store->directory().look_up({{owner(n)}, alice()}, after(milliseconds(250)));
      if (!known) {
        ++failures;
        std::this_thread::sleep_for(milliseconds(1));
        return;
      }
      const auto& matches = known->recipients[0].matches;
      ++(matches.size() == 1 && matches[0].entry.note == std::to_string(n) ? answers : wrong);
    };
    run_threads(look_up, [&] {
      for (int round = 0; round < 3; ++round) {
        const long before = answers;
        CPPUNIT_ASSERT(comes_true([&] { return answers > before + 200; }));
        const long failed = failures;
        rig.server.pause();
        CPPUNIT_ASSERT(comes_true([&] { return failures > failed; }));
        rig.server.resume();
        rig.server.command({"CLIENT", "KILL", "TYPE", "normal"});
      }
      const long before = answers;
      CPPUNIT_ASSERT(comes_true([&] { return answers > before + 200; }));
    });
    CPPUNIT_ASSERT_EQUAL(0L, wrong.load());
  }
  void a_claim_is_taken_by_one_of_many() {
    StoreRig rig;
    std::atomic<int> taken{0};
    std::atomic<int> asked{0};
    const auto claim = [&](int) {
      const int name = asked++ / (kThreads * 2);
      const auto mine = rig.store->outbox().claim("n" + std::to_string(name), seconds(60), soon());
      if (mine && *mine) ++taken;
    };
    run_threads(claim, [&] { CPPUNIT_ASSERT(comes_true([&] { return asked > 1600; })); });
    const int names = (asked - 1) / (kThreads * 2) + 1;
    CPPUNIT_ASSERT_EQUAL(names, taken.load());
  }
  void a_contact_is_learnt_by_many_at_once() {
    StoreRig rig;
    CPPUNIT_ASSERT(write(*rig.store));
    std::atomic<int> learnt{0};
    run_threads(
        [&](int n) {
          if (rig.store->contacts().learn(of_joe(), "a:alice@example.com",
                                          by("d" + std::to_string(n) + ".example"), soon()))
            ++learnt;
        },
        [&] { CPPUNIT_ASSERT(comes_true([&] { return learnt > 200; })); });
    const auto list = rig.store->contacts().list(of_joe(), soon());
    CPPUNIT_ASSERT(list && list->size() == 1);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, list->front().second.fingerprints.size());
  }
  void a_store_is_stopped_under_load() {
    StoreRig rig;
    std::atomic<int> answers{0};
    run_threads(
        [&](int n) {
          if (n == 0) {
            (void)bool(rig.store->requests().read("n", after(milliseconds(20))));
            return;
          }
          if (ask(*rig.store)) ++answers;
        },
        [&] {
          CPPUNIT_ASSERT(comes_true([&] { return answers > 100; }));
          rig.store->stop();
        });
    expect_unavailable(ask(*rig.store));
  }
  void a_hundred_sessions_find_the_connections_that_a_hundred_left() {
    constexpr int kSessions = 100;
    StoreRig rig;
    std::vector<std::unique_ptr<LookUp>> under_way;
    const auto answer_all = [&] {
      for (const auto& each : under_way) CPPUNIT_ASSERT(each && each->answer(soon()));
      under_way.clear();
    };
    for (int i = 0; i < kSessions; ++i) {
      // It opens a connection, as all others are in use, and leaves it to the next.
      CPPUNIT_ASSERT(ask(*rig.store));
      under_way.push_back(rig.store->directory().ask({{joe()}, alice()}));
    }
    answer_all();
    // This asks nobody who is not connected.
    for (int i = 0; i < kSessions; ++i)
      under_way.push_back(rig.store->directory().ask({{joe()}, alice()}));
    answer_all();
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(ThreadsTest);

}  // namespace countersign::test
