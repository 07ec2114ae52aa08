// SPDX-License-Identifier: Apache-2.0
//
// Every call that the spool makes fails once, or is the last before the process dies or the power
// goes; what was promised is compared with what is found afterwards (design section 1, law 1).
#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <map>
#include <thread>

#include "base/log.h"
#include "spool/layout.h"
#include "spool/spool.h"
#include "tests/support/failing_fs.h"
#include "tests/support/held_samples.h"
#include "tests/support/lossy_fs.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

using test::FailingFs;
using test::Fault;
using test::held_id;
using test::LossyFs;

/// One message, as a sender and an operator would keep account of it.
struct Account {
  std::string content;
  bool promised = false;          ///< commit said yes: it may not be lost
  bool going = false;             ///< remove was called: it may be gone
  bool gone = false;              ///< remove said yes: it may not come back
  std::vector<std::string> said;  ///< events that were returned as durable, in order
};
using Ledger = std::map<HeldId, Account>;

std::string large(std::size_t size) {
  std::string content;
  while (content.size() < size) content += std::to_string(content.size()) + "\r\n";
  return content;
}

/// Plays a daemon's life on `fs`, going on after each failure as a daemon does.
class Story {
 public:
  explicit Story(SpoolFs& fs) : fs_(fs) {}

  void play() {
    open();
    put(held_id("7q", '0'), "Subject: one\r\n\r\none\r\n");
    put(held_id("7q", '1'), large(70'000));
    put(held_id("zz", '2'), "");
    log(held_id("7q", '0'), "first");
    log(held_id("7q", '0'), "second");
    log(held_id("7q", '1'), "only");
    read(held_id("7q", '1'));
    remove(held_id("7q", '0'));
    close();
    open();
    put(held_id("7q", '3'), "three");
    log(held_id("7q", '1'), "after the restart");
    remove(held_id("zz", '2'));
    read(held_id("7q", '1'));
    close();
  }

  Ledger ledger;

 private:
  void open() {
    auto opened = Spool::open(fs_, {});
    if (!opened) opened = Spool::open(fs_, {});  // as the service manager does
    if (opened) spool_ = *std::move(opened);
  }
  void close() { spool_.reset(); }
  void put(const HeldId& id, const std::string& content) {
    Account& account = ledger[id];
    account.content = content;
    if (spool_) account.promised = bool(test::hold(*spool_, test::sample_envelope(id), content));
  }
  void log(const HeldId& id, const std::string& text) {
    if (spool_ && spool_->log(id, {HeldEvent::Kind::deferred, WallTime(seconds(1)), 0, text}))
      ledger[id].said.push_back(text);
  }
  void remove(const HeldId& id) {
    Account& account = ledger[id];
    if (!spool_) return;
    account.going = true;
    account.gone = bool(spool_->remove(id)) || bool(spool_->remove(id));
  }
  void read(const HeldId& id) {
    if (!spool_) return;
    (void)spool_->read(id);
    (void)test::content_of(*spool_, id);
  }

  SpoolFs& fs_;
  std::unique_ptr<Spool> spool_;
};

/// Whether all of `part` is in `whole`, in its order.
bool in_order(const std::vector<std::string>& part, const std::vector<HeldEvent>& whole) {
  auto at = whole.begin();
  for (const std::string& text : part) {
    at = std::find_if(at, whole.end(), [&](const HeldEvent& e) { return e.text == text; });
    if (at == whole.end()) return false;
    ++at;
  }
  return true;
}

/// Compares one message with its account.
void check_account(Spool& spool, const HeldId& id, const Account& account, const std::string& how) {
  const auto message = spool.read(id);
  if (!message) {
    CPPUNIT_ASSERT_MESSAGE(how + message.error().detail, message.error().code == Errc::not_found);
    CPPUNIT_ASSERT_MESSAGE(how + " lost " + id.text(), !account.promised || account.going);
    return;
  }
  CPPUNIT_ASSERT_MESSAGE(how + " came back " + id.text(), !account.gone);
  test::assert_same(test::sample_envelope(id), message->envelope);
  const auto content = test::content_of(spool, id);
  CPPUNIT_ASSERT_MESSAGE(how + " unreadable " + id.text(), bool(content));
  CPPUNIT_ASSERT_MESSAGE(how + " altered " + id.text(), account.content == *content);
  // While it is being removed the log goes last, but the message may not outlive it.
  CPPUNIT_ASSERT_MESSAGE(how + " forgot " + id.text(), in_order(account.said, message->events));
}

/// Opens what is left, compares all of it with the ledger, takes one more message, and opens again
/// after the power went: what was once found or promised stays.
void check_ledger(LossyFs& disk, const Ledger& ledger, const std::string& how) {
  auto opened = Spool::open(disk, {});
  CPPUNIT_ASSERT_MESSAGE(how + " does not open", bool(opened));
  auto spool = *std::move(opened);
  for (const HeldId& id : spool->list())
    CPPUNIT_ASSERT_MESSAGE(how + " unknown " + id.text(), ledger.contains(id));
  for (const auto& [id, account] : ledger) check_account(*spool, id, account, how);
  CPPUNIT_ASSERT_MESSAGE(how + " tmp/ not empty", disk.list_dir("tmp")->empty());

  const HeldId more = held_id("zz", '9');
  CPPUNIT_ASSERT_MESSAGE(how, bool(test::hold(*spool, test::sample_envelope(more), "more")));
  const std::vector<HeldId> found = spool->list();
  spool.reset();
  disk.power_cut(0);
  spool = *Spool::open(disk, {});
  CPPUNIT_ASSERT_MESSAGE(how + " lost what was found", found == spool->list());
  for (const auto& [id, account] : ledger) check_account(*spool, id, account, how + " later");
  CPPUNIT_ASSERT_MESSAGE(how, "more" == *test::content_of(*spool, more));
}

/// Returns the files that belong to no promised message.
std::vector<std::string> residue(const LossyFs& fs, const Ledger& ledger) {
  std::vector<std::string> left;
  for (const std::string& name : fs.files()) {
    if (name == layout::kNode || name == layout::kLock) continue;
    const bool ours = std::ranges::any_of(ledger, [&](const auto& entry) {
      const auto& [id, account] = entry;
      if (!account.promised || account.gone) return false;
      return name == layout::message_of(id) ||
             (name == layout::log_of(id) && !account.said.empty());
    });
    if (!ours) left.push_back(name);
  }
  return left;
}

int calls_of_the_story() {
  LossyFs disk;
  FailingFs fs(disk);
  fs.arm({});
  Story story(fs);
  story.play();
  for (const auto& [id, account] : story.ledger) CPPUNIT_ASSERT(account.promised);
  return static_cast<int>(fs.calls().size());
}

struct Way {
  const char* name;
  Fault::Effect effect;
  bool last;            ///< the process dies there
  unsigned first_seed;  ///< of the power cuts after it
  unsigned last_seed;   ///< below first_seed: the power stays
  const char* cause = "Input/output error";
};
const Way kWays[] = {
    {"any call that does nothing loses and leaves nothing", Fault::Effect::none, false, 1, 0},
    {"any write that is cut loses and leaves nothing", Fault::Effect::part, false, 1, 0,
     "No space left on device"},
    {"any call that is done but reported as failed loses nothing", Fault::Effect::all, false, 1, 0},
    {"killed before any call, nothing is lost", Fault::Effect::none, true, 1, 0},
    {"killed within any write, nothing is lost", Fault::Effect::part, true, 1, 0},
    {"killed after any call, nothing is lost", Fault::Effect::all, true, 1, 0},
    {"power cut before any call, nothing is lost", Fault::Effect::none, true, 0, 6},
    {"power cut within any write, nothing is lost", Fault::Effect::part, true, 0, 6},
    {"power cut after any call, nothing is lost", Fault::Effect::all, true, 0, 6},
    {"power cut after any failure, nothing is lost", Fault::Effect::none, false, 0, 6},
    {"power cut after any call reported as failed, nothing is lost", Fault::Effect::all, false, 0,
     9},
};

void check_one(const Way& way, int at, std::optional<unsigned> seed) {
  std::string how = "call " + std::to_string(at);
  LossyFs disk;
  FailingFs fs(disk);
  fs.arm({.at = at, .effect = way.effect, .last = way.last, .cause = way.cause});
  Story story(fs);
  story.play();
  CPPUNIT_ASSERT_MESSAGE(how, fs.broken());
  how += " (" + fs.calls().at(static_cast<std::size_t>(at) - 1) + ")";
  if (!way.last && !seed && way.effect != Fault::Effect::all) {
    const auto left = residue(disk, story.ledger);
    CPPUNIT_ASSERT_MESSAGE(how + " left " + (left.empty() ? "" : left[0]), left.empty());
  }
  if (seed) {
    how += " seed " + std::to_string(*seed);
    disk.power_cut(*seed);
  }
  check_ledger(disk, story.ledger, how);
}

void check_way(const Way& way) {
  // A line for each of thousands of starts would hide the one that matters.
  CPPUNIT_ASSERT(log::set_level("fatal"));
  const int calls = calls_of_the_story();
  CPPUNIT_ASSERT(calls > 80);
  for (int at = 1; at <= calls; ++at) {
    if (way.last_seed < way.first_seed) check_one(way, at, {});
    for (unsigned seed = way.first_seed; seed <= way.last_seed; ++seed) check_one(way, at, seed);
  }
}

}  // namespace

class SpoolFaultsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SpoolFaultsTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(ways);
  CPPUNIT_TEST(what_a_killed_daemon_left_is_durable_before_it_is_believed);
  CPPUNIT_TEST(a_file_whose_fsync_failed_is_given_up);
  CPPUNIT_TEST(a_folder_whose_fsync_failed_is_made_anew);
  CPPUNIT_TEST(a_log_whose_first_fsync_failed_is_made_anew);
  CPPUNIT_TEST(drafts_in_many_threads_do_not_disturb_each_other);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void ways(TestSuiteBuilderContextType& c) { test::add_rows(c, kWays, check_way); }

  void what_a_killed_daemon_left_is_durable_before_it_is_believed() {
    // Killed between the rename and the folder's fsync: the message is seen at the next start, a
    // retry is told that it is kept, and then the power goes.
    const HeldId id = held_id("7q", '0');
    LossyFs disk;
    FailingFs fs(disk);
    auto spool = *Spool::open(fs, {});
    fs.arm({.at = 11, .last = true});
    CPPUNIT_ASSERT(!test::hold(*spool, test::sample_envelope(id), "x"));
    CPPUNIT_ASSERT_EQUAL(std::string("fsync_dir held/7q"), fs.calls().at(10));
    spool.reset();
    spool = *Spool::open(disk, {});
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, spool->list().size());
    spool.reset();
    disk.power_cut(0);
    spool = *Spool::open(disk, {});
    CPPUNIT_ASSERT_EQUAL(std::string("x"), *test::content_of(*spool, id));
  }
  void a_file_whose_fsync_failed_is_given_up() {
    LossyFs disk;
    FailingFs fs(disk);
    const auto spool = *Spool::open(fs, {});
    auto draft = *spool->begin(test::sample_envelope(held_id("7q", '0')), "");
    fs.arm({.at = 2});
    CPPUNIT_ASSERT(!draft->commit(""));
    CPPUNIT_ASSERT(!draft->commit(""));
    draft.reset();
    const auto calls = fs.calls();
    CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t{1}, std::ranges::count_if(calls, [](const auto& call) {
                           return call.starts_with("fsync");
                         }));
  }
  void a_folder_whose_fsync_failed_is_made_anew() {
    LossyFs disk;
    FailingFs fs(disk);
    const auto spool = *Spool::open(fs, {});
    fs.arm({.at = 9});
    CPPUNIT_ASSERT(!test::hold(*spool, test::sample_envelope(held_id("7q", '0')), "x"));
    CPPUNIT_ASSERT_EQUAL(std::string("fsync_dir held"), fs.calls().at(8));
    CPPUNIT_ASSERT(!*disk.exists("held/7q"));
    CPPUNIT_ASSERT(test::hold(*spool, test::sample_envelope(held_id("7q", '1')), "x"));
  }
  void a_log_whose_first_fsync_failed_is_made_anew() {
    const HeldId id = held_id("7q", '0');
    const HeldEvent event{HeldEvent::Kind::answered, {}, 0, "pow"};
    LossyFs disk;
    FailingFs fs(disk);
    const auto spool = *Spool::open(fs, {});
    CPPUNIT_ASSERT(test::hold(*spool, test::sample_envelope(id), "x"));
    fs.arm({.at = 6});
    CPPUNIT_ASSERT(!spool->log(id, event));
    CPPUNIT_ASSERT_EQUAL(std::string("fsync_dir held/7q"), fs.calls().at(5));
    CPPUNIT_ASSERT(!*disk.exists(layout::log_of(id)));
    CPPUNIT_ASSERT(spool->log(id, event));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, spool->read(id)->events.size());
  }
  void drafts_in_many_threads_do_not_disturb_each_other() {
    constexpr int kThreads = 8;
    constexpr int kEach = 16;
    LossyFs disk;
    auto spool = *Spool::open(disk, {});
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t)
      threads.emplace_back([&, t] {
        for (int i = 0; i < kEach; ++i) {
          const HeldId id = id_of(t, i);
          if (!test::hold(*spool, test::sample_envelope(id), content_for(t, i))) continue;
          (void)spool->log(id, {HeldEvent::Kind::answered, {}, 0, "pow"});
          (void)spool->list();
          (void)spool->used_bytes();
          if (i % 2 == 1) (void)spool->remove(id);
        }
      });
    for (std::thread& thread : threads) thread.join();
    spool.reset();
    disk.power_cut(0);
    spool = *Spool::open(disk, {});
    CPPUNIT_ASSERT_EQUAL(std::size_t{kThreads * kEach / 2}, spool->list().size());
    for (int t = 0; t < kThreads; ++t)
      for (int i = 0; i < kEach; i += 2) {
        CPPUNIT_ASSERT(content_for(t, i) == *test::content_of(*spool, id_of(t, i)));
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, spool->read(id_of(t, i))->events.size());
      }
  }

 private:
  static HeldId id_of(int thread, int i) {
    // Threads meet in the same folders.
    std::string text = "0" + std::to_string(i % 4) + std::string(20, '0');
    text += std::to_string(10 + thread) + std::to_string(10 + i);
    return *HeldId::parse(text);
  }
  static std::string content_for(int thread, int i) {
    return large(static_cast<std::size_t>(1000 + thread * 10'000 + i));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(SpoolFaultsTest);

}  // namespace countersign
