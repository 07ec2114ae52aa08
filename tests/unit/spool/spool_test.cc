// SPDX-License-Identifier: Apache-2.0
#include "spool/spool.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>

#include "spool/layout.h"
#include "spool/posix_fs.h"
#include "tests/support/failing_fs.h"
#include "tests/support/held_samples.h"
#include "tests/support/lossy_fs.h"
#include "tests/support/temp_folder.h"

namespace countersign {
namespace {

using test::content_of;
using test::held_id;
using test::hold;
using test::sample_envelope;

const HeldId kId = held_id("7q", '0');
const HeldId kOther = held_id("7q", '1');

class OnDisk {
 public:
  SpoolFs& fs() { return *fs_; }

 private:
  test::TempFolder folder_;
  std::unique_ptr<PosixFs> fs_ = *PosixFs::open_folder(folder_.path());
};

class InMemory {
 public:
  SpoolFs& fs() { return fs_; }

 private:
  test::LossyFs fs_;
};

HeldEvent event(HeldEvent::Kind kind, std::uint32_t recipient, const std::string& text) {
  return {kind, WallTime(seconds(1'811'339'100)), recipient, text};
}

}  // namespace

/// What callers may rely on, on the real file system and on the fake.
template <class Ground>
class SpoolContract : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SpoolContract);
  CPPUNIT_TEST(a_held_message_comes_back);
  CPPUNIT_TEST(it_comes_back_after_a_restart);
  CPPUNIT_TEST(a_large_message_comes_back);
  CPPUNIT_TEST(its_log_comes_back);
  CPPUNIT_TEST(a_removed_message_is_gone);
  CPPUNIT_TEST(removing_again_is_harmless);
  CPPUNIT_TEST(an_unknown_message_is_not_found);
  CPPUNIT_TEST(a_draft_left_alone_leaves_nothing);
  CPPUNIT_TEST(a_draft_is_committed_once);
  CPPUNIT_TEST(a_sealed_draft_is_one_still);
  CPPUNIT_TEST(a_draft_is_sealed_once_and_first);
  CPPUNIT_TEST(a_draft_is_not_listed);
  CPPUNIT_TEST(a_message_too_large_is_refused);
  CPPUNIT_TEST(an_id_is_held_once);
  CPPUNIT_TEST(a_failed_begin_uses_nothing);
  CPPUNIT_TEST(the_sinks_error_comes_back);
  CPPUNIT_TEST(used_bytes_are_those_of_the_files);
  CPPUNIT_TEST(the_node_stays_the_same);
  CPPUNIT_TEST(a_second_daemon_is_refused);
  CPPUNIT_TEST(a_reader_sees_the_same_without_the_lock);
  CPPUNIT_TEST(a_reader_of_an_unused_folder_sees_nothing);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_held_message_comes_back() {
    const HeldEnvelope envelope = sample_envelope(kId);
    CPPUNIT_ASSERT(hold(*spool_, envelope, kContent, "feed"));
    const auto message = spool_->read(kId);
    CPPUNIT_ASSERT(message);
    test::assert_same(envelope, message->envelope);
    CPPUNIT_ASSERT_EQUAL(std::string("feed"), message->envelope.retry_digest);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{kContent.size()}, message->content_bytes);
    CPPUNIT_ASSERT(message->events.empty());
    CPPUNIT_ASSERT_EQUAL(kContent, *content_of(*spool_, kId));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, spool_->list().size());
    CPPUNIT_ASSERT(spool_->list()[0] == kId);
  }
  void it_comes_back_after_a_restart() {
    CPPUNIT_ASSERT(hold(*spool_, sample_envelope(kId), kContent));
    CPPUNIT_ASSERT(hold(*spool_, sample_envelope(held_id("zz", '5')), "other"));
    const std::uint64_t used = spool_->used_bytes();
    reopen();
    CPPUNIT_ASSERT_EQUAL(kContent, *content_of(*spool_, kId));
    CPPUNIT_ASSERT_EQUAL(std::string("other"), *content_of(*spool_, held_id("zz", '5')));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, spool_->list().size());
    CPPUNIT_ASSERT_EQUAL(used, spool_->used_bytes());
  }
  void a_large_message_comes_back() {
    std::string content;
    while (content.size() < 1'000'000) content += std::to_string(content.size()) + "\r\n";
    auto draft = *spool_->begin(sample_envelope(kId), "");
    std::size_t at = 0;
    for (std::size_t size = 1; at < content.size(); size = size * 3 % 200'003) {
      CPPUNIT_ASSERT(draft->append(std::string_view(content).substr(at, size)));
      at += size;
    }
    CPPUNIT_ASSERT(draft->commit(""));
    CPPUNIT_ASSERT(content == *content_of(*spool_, kId));
  }
  void its_log_comes_back() {
    CPPUNIT_ASSERT(hold(*spool_, sample_envelope(kId), kContent));
    using Kind = HeldEvent::Kind;
    CPPUNIT_ASSERT(spool_->log(kId, event(Kind::answered, 0, "address+pow")));
    CPPUNIT_ASSERT(spool_->log(kId, event(Kind::released, 1, "250 Ok")));
    reopen();
    CPPUNIT_ASSERT(spool_->log(kId, event(Kind::expired, 0, "")));
    const auto events = spool_->read(kId)->events;
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, events.size());
    CPPUNIT_ASSERT(events[0].kind == Kind::answered);
    CPPUNIT_ASSERT_EQUAL(std::string("address+pow"), events[0].text);
    CPPUNIT_ASSERT_EQUAL(1u, events[1].recipient);
    CPPUNIT_ASSERT(events[1].when == WallTime(seconds(1'811'339'100)));
    CPPUNIT_ASSERT(events[2].kind == Kind::expired);
  }
  void a_removed_message_is_gone() {
    CPPUNIT_ASSERT(hold(*spool_, sample_envelope(kId), kContent));
    CPPUNIT_ASSERT(spool_->log(kId, event(HeldEvent::Kind::dropped, 0, "joe")));
    CPPUNIT_ASSERT(spool_->remove(kId));
    CPPUNIT_ASSERT(spool_->read(kId).error().code == Errc::not_found);
    CPPUNIT_ASSERT(spool_->list().empty());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, spool_->used_bytes());
    CPPUNIT_ASSERT(fs().list_dir("held/7q")->empty());
    reopen();
    CPPUNIT_ASSERT(spool_->list().empty());
  }
  void removing_again_is_harmless() {
    CPPUNIT_ASSERT(hold(*spool_, sample_envelope(kId), kContent));
    CPPUNIT_ASSERT(spool_->remove(kId));
    CPPUNIT_ASSERT(spool_->remove(kId));
    CPPUNIT_ASSERT(spool_->remove(held_id("00", '0')));
  }
  void an_unknown_message_is_not_found() {
    CPPUNIT_ASSERT(spool_->read(kId).error().code == Errc::not_found);
    CPPUNIT_ASSERT(content_of(*spool_, kId).error().code == Errc::not_found);
    const auto logged = spool_->log(kId, event(HeldEvent::Kind::answered, 0, ""));
    CPPUNIT_ASSERT(!logged && logged.error().code == Errc::not_found);
    CPPUNIT_ASSERT(!*fs().exists("held/7q"));
  }
  void a_draft_left_alone_leaves_nothing() {
    {
      auto draft = *spool_->begin(sample_envelope(kId), "");
      CPPUNIT_ASSERT(draft->append(std::string(200'000, 'x')));
      CPPUNIT_ASSERT(spool_->used_bytes() > 200'000);
    }
    CPPUNIT_ASSERT(fs().list_dir("tmp")->empty());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, spool_->used_bytes());
    CPPUNIT_ASSERT(hold(*spool_, sample_envelope(kId), kContent));
  }
  void a_draft_is_committed_once() {
    auto draft = *spool_->begin(sample_envelope(kId), "");
    CPPUNIT_ASSERT(draft->commit(""));
    CPPUNIT_ASSERT(!draft->commit(""));
    CPPUNIT_ASSERT(!draft->append("more"));
    draft.reset();
    CPPUNIT_ASSERT_EQUAL(std::string(), *content_of(*spool_, kId));
    CPPUNIT_ASSERT(spool_->used_bytes() > 0);
  }
  void a_sealed_draft_is_one_still() {
    {
      auto draft = *spool_->begin(sample_envelope(kId), "");
      CPPUNIT_ASSERT(draft->append(kContent));
      CPPUNIT_ASSERT(draft->seal(""));
      CPPUNIT_ASSERT(spool_->list().empty());
    }
    CPPUNIT_ASSERT(fs().list_dir("tmp")->empty());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, spool_->used_bytes());
    auto draft = *spool_->begin(sample_envelope(kId), "");
    CPPUNIT_ASSERT(draft->append(kContent));
    CPPUNIT_ASSERT(draft->seal(""));
    CPPUNIT_ASSERT(draft->commit());
    CPPUNIT_ASSERT_EQUAL(kContent, *content_of(*spool_, kId));
  }
  void a_draft_is_sealed_once_and_first() {
    using Step = Status (*)(Spool::Draft&);
    for (const Step wrong : {Step([](Spool::Draft& d) { return d.seal(""); }),
                             Step([](Spool::Draft& d) { return d.append("more"); })}) {
      auto draft = *spool_->begin(sample_envelope(kId), "");
      CPPUNIT_ASSERT(draft->seal(""));
      CPPUNIT_ASSERT(!wrong(*draft));
      CPPUNIT_ASSERT(!draft->commit());
    }
    CPPUNIT_ASSERT(!(*spool_->begin(sample_envelope(kId), ""))->commit());
    CPPUNIT_ASSERT(spool_->list().empty());
    CPPUNIT_ASSERT(fs().list_dir("tmp")->empty());
  }
  void a_draft_is_not_listed() {
    const auto draft = *spool_->begin(sample_envelope(kId), "");
    CPPUNIT_ASSERT(spool_->list().empty());
    CPPUNIT_ASSERT(spool_->read(kId).error().code == Errc::not_found);
  }
  void a_message_too_large_is_refused() {
    reopen({.message_bytes = 1000});
    auto draft = *spool_->begin(sample_envelope(kId), "");
    CPPUNIT_ASSERT(draft->append(std::string(1000, 'x')));
    const auto over = draft->append("y");
    CPPUNIT_ASSERT(!over && over.error().code == Errc::invalid);
    // What lacks a piece is never committed.
    CPPUNIT_ASSERT(!draft->append(""));
    CPPUNIT_ASSERT(!draft->commit(""));
    CPPUNIT_ASSERT(fs().list_dir("tmp")->empty());
    CPPUNIT_ASSERT(spool_->list().empty());
  }
  void an_id_is_held_once() {
    CPPUNIT_ASSERT(hold(*spool_, sample_envelope(kId), kContent));
    CPPUNIT_ASSERT(!spool_->begin(sample_envelope(kId), ""));
    const auto draft = *spool_->begin(sample_envelope(kOther), "");
    const auto same = spool_->begin(sample_envelope(kOther), "");
    CPPUNIT_ASSERT(!same && same.error().code == Errc::unavailable);
    CPPUNIT_ASSERT_EQUAL(kContent, *content_of(*spool_, kId));
  }
  void a_failed_begin_uses_nothing() {
    reopen({.per_recipient = 1});
    CPPUNIT_ASSERT(hold(*spool_, sample_envelope(kId), kContent));
    const std::uint64_t used = spool_->used_bytes();
    const auto over = spool_->begin(sample_envelope(kOther), "");
    CPPUNIT_ASSERT(!over && over.error().code == Errc::invalid);
    CPPUNIT_ASSERT_EQUAL(used, spool_->used_bytes());
    CPPUNIT_ASSERT(spool_->remove(kId));
    CPPUNIT_ASSERT(hold(*spool_, sample_envelope(kOther), kContent));
  }
  void the_sinks_error_comes_back() {
    CPPUNIT_ASSERT(hold(*spool_, sample_envelope(kId), std::string(200'000, 'x')));
    for (const Errc code : {Errc::corrupt, Errc::not_found, Errc::unavailable}) {
      int calls = 0;
      const auto sent = spool_->content(kId, [&](std::string_view) -> Status {
        ++calls;
        return Error{code, "the sink's"};
      });
      CPPUNIT_ASSERT(!sent && sent.error().code == code);
      CPPUNIT_ASSERT_EQUAL(std::string("the sink's"), sent.error().detail);
      CPPUNIT_ASSERT_EQUAL(1, calls);
    }
    CPPUNIT_ASSERT(content_of(*spool_, kId));
  }
  void used_bytes_are_those_of_the_files() {
    CPPUNIT_ASSERT(hold(*spool_, sample_envelope(kId), kContent));
    CPPUNIT_ASSERT_EQUAL(*(*fs().open(layout::message_of(kId)))->size(), spool_->used_bytes());
  }
  void the_node_stays_the_same() {
    const std::string node = spool_->node();
    CPPUNIT_ASSERT(HeldId::parse(node));
    reopen();
    CPPUNIT_ASSERT_EQUAL(node, spool_->node());
    Ground elsewhere;
    CPPUNIT_ASSERT(node != (*Spool::open(elsewhere.fs(), {}))->node());
  }
  void a_second_daemon_is_refused() {
    const auto second = Spool::open(fs(), {});
    CPPUNIT_ASSERT(!second && second.error().code == Errc::already_exists);
    CPPUNIT_ASSERT(hold(*spool_, sample_envelope(kId), kContent));
  }
  void a_reader_sees_the_same_without_the_lock() {
    CPPUNIT_ASSERT(hold(*spool_, sample_envelope(kId), kContent));
    CPPUNIT_ASSERT(spool_->log(kId, event(HeldEvent::Kind::answered, 0, "pow")));
    const auto draft = *spool_->begin(sample_envelope(kOther), "");
    const SpoolReader reader(fs());
    CPPUNIT_ASSERT_EQUAL(spool_->node(), *reader.node());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, reader.list()->size());
    const auto message = reader.read(kId);
    CPPUNIT_ASSERT(message);
    test::assert_same(sample_envelope(kId), message->envelope);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, message->events.size());
    CPPUNIT_ASSERT_EQUAL(kContent, *content_of(reader, kId));
    CPPUNIT_ASSERT(reader.read(kOther).error().code == Errc::not_found);
  }
  void a_reader_of_an_unused_folder_sees_nothing() {
    Ground unused;
    const SpoolReader reader(unused.fs());
    CPPUNIT_ASSERT(reader.list()->empty());
    CPPUNIT_ASSERT(reader.node().error().code == Errc::not_found);
    CPPUNIT_ASSERT(reader.read(kId).error().code == Errc::not_found);
    CPPUNIT_ASSERT(unused.fs().list_dir("")->empty());
  }

 private:
  SpoolFs& fs() { return ground_.fs(); }
  void reopen(const SpoolLimits& limits = {}) {
    spool_.reset();
    spool_ = *Spool::open(fs(), limits);
  }

  const std::string kContent = "Subject: x\r\n\r\nbody\r\n.\r\nno end";
  Ground ground_;
  std::unique_ptr<Spool> spool_ = *Spool::open(ground_.fs(), {});
};
CPPUNIT_TEST_SUITE_REGISTRATION(SpoolContract<OnDisk>);
CPPUNIT_TEST_SUITE_REGISTRATION(SpoolContract<InMemory>);

/// What it costs, and in which order it is done.
class SpoolCallsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SpoolCallsTest);
  CPPUNIT_TEST(a_hold_makes_these_calls_in_this_order);
  CPPUNIT_TEST(the_first_hold_of_a_folder_makes_it_durable_first);
  CPPUNIT_TEST(where_there_is_room_folders_are_made_by_the_row);
  CPPUNIT_TEST(where_there_is_little_room_they_are_not);
  CPPUNIT_TEST(a_row_of_folders_whose_fsync_failed_is_not_trusted);
  CPPUNIT_TEST(a_large_message_is_written_in_pieces);
  CPPUNIT_TEST(an_event_makes_these_calls);
  CPPUNIT_TEST(a_removal_takes_the_message_before_its_log);
  CPPUNIT_TEST(a_message_removed_while_it_is_read_is_not_found);
  CPPUNIT_TEST(a_removal_that_failed_is_listed_and_can_be_repeated);
  CPPUNIT_TEST(no_hold_is_begun_when_space_is_low);
  CPPUNIT_TEST(room_is_kept_for_the_logs_of_what_is_held);
  CPPUNIT_TEST(a_share_is_kept_while_a_message_grows);
  CPPUNIT_TEST(a_start_reads_no_contents);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_hold_makes_these_calls_in_this_order() {
    CPPUNIT_ASSERT(hold(*spool_, sample_envelope(kOther), "in the same folder"));
    fs_.arm({});
    CPPUNIT_ASSERT(hold(*spool_, sample_envelope(kId), "Subject: x\r\n\r\nbody\r\n"));
    const std::string msg = kId.text() + ".msg";
    assert_calls({"space", "create tmp/" + msg, "write tmp/" + msg, "fsync tmp/" + msg,
                  "close tmp/" + msg, "rename held/7q/" + msg, "fsync_dir held/7q"});
  }
  void the_first_hold_of_a_folder_makes_it_durable_first() {
    fs_.arm({});
    CPPUNIT_ASSERT(hold(*spool_, sample_envelope(kId), "x"));
    const std::string msg = kId.text() + ".msg";
    assert_calls({"space", "create tmp/" + msg, "write tmp/" + msg, "fsync tmp/" + msg,
                  "close tmp/" + msg, "remove_dir held/7q", "make_dir held/7q", "space",
                  "fsync_dir held", "rename held/7q/" + msg, "fsync_dir held/7q"});
  }
  void where_there_is_room_folders_are_made_by_the_row() {
    memory_.set_space(kRoomy);
    CPPUNIT_ASSERT(hold(*spool_, sample_envelope(kId), "x"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{32}, memory_.list_dir("held")->size());
    memory_.power_cut(0);
    CPPUNIT_ASSERT_EQUAL(std::size_t{32}, memory_.list_dir("held")->size());
    spool_.reset();
    spool_ = *Spool::open(fs_, {});
    fs_.arm({});
    CPPUNIT_ASSERT(hold(*spool_, sample_envelope(held_id("7z", '0')), "x"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{7}, fs_.calls().size());
  }
  void where_there_is_little_room_they_are_not() {
    Space space = kRoomy;
    space.free_files = 2000;
    memory_.set_space(space);
    CPPUNIT_ASSERT(hold(*spool_, sample_envelope(kId), "x"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, memory_.list_dir("held")->size());
  }
  void a_row_of_folders_whose_fsync_failed_is_not_trusted() {
    memory_.set_space(kRoomy);
    fs_.arm({});
    CPPUNIT_ASSERT(hold(*spool_, sample_envelope(kId), "x"));
    const auto calls = fs_.calls();
    const auto at = std::ranges::find(calls, "fsync_dir held") - calls.begin() + 1;
    fs_.arm({.at = static_cast<int>(at)});
    CPPUNIT_ASSERT(!hold(*spool_, sample_envelope(held_id("00", '0')), "x"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{32}, memory_.list_dir("held")->size());
    CPPUNIT_ASSERT(hold(*spool_, sample_envelope(held_id("01", '0')), "x"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{64}, memory_.list_dir("held")->size());
  }
  void a_large_message_is_written_in_pieces() {
    CPPUNIT_ASSERT(hold(*spool_, sample_envelope(kOther), "in the same folder"));
    auto draft = *spool_->begin(sample_envelope(kId), "");
    for (int i = 0; i < 64; ++i) {
      CPPUNIT_ASSERT(draft->append(std::string(32 * 1024, 'x')));
      // What a draft keeps back is bounded, whatever it was given.
      if (i == 40) CPPUNIT_ASSERT(memory_.bytes("tmp/" + kId.text() + ".msg").size() > 39 * 32768);
    }
    fs_.arm({});
    CPPUNIT_ASSERT(draft->commit(""));
    CPPUNIT_ASSERT_EQUAL(std::size_t{5}, fs_.calls().size());
  }
  void an_event_makes_these_calls() {
    CPPUNIT_ASSERT(hold(*spool_, sample_envelope(kId), "x"));
    const HeldEvent e = event(HeldEvent::Kind::deferred, 0, "later");
    const std::string log = "held/7q/" + kId.text() + ".log";
    fs_.arm({});
    CPPUNIT_ASSERT(spool_->log(kId, e));
    assert_calls({"unlink " + log, "create " + log, "write " + log, "fsync " + log, "close " + log,
                  "fsync_dir held/7q"});
    fs_.arm({});
    CPPUNIT_ASSERT(spool_->log(kId, e));
    assert_calls(
        {"append_to " + log, "size " + log, "write " + log, "fsync " + log, "close " + log});
    // Somebody takes the log away: its name is new.
    CPPUNIT_ASSERT(memory_.unlink(log));
    fs_.arm({});
    CPPUNIT_ASSERT(spool_->log(kId, e));
    assert_calls({"append_to " + log, "size " + log, "write " + log, "fsync " + log, "close " + log,
                  "fsync_dir held/7q"});
  }
  void a_removal_takes_the_message_before_its_log() {
    CPPUNIT_ASSERT(hold(*spool_, sample_envelope(kId), "x"));
    fs_.arm({});
    CPPUNIT_ASSERT(spool_->remove(kId));
    const std::string name = "held/7q/" + kId.text();
    assert_calls({"unlink " + name + ".msg", "fsync_dir held/7q", "unlink " + name + ".log"});
  }
  void a_message_removed_while_it_is_read_is_not_found() {
    // At whatever call the removal comes in between, a reader sees all of it or nothing: never the
    // message without its history.
    for (int at = 1; at <= 12; ++at) {
      CPPUNIT_ASSERT(hold(*spool_, sample_envelope(kId), "x"));
      CPPUNIT_ASSERT(spool_->log(kId, event(HeldEvent::Kind::released, 0, "250 Ok")));
      test::FailingFs seen(memory_);
      int calls = 0;
      seen.before_each([&](const std::string&) {
        if (++calls == at) CPPUNIT_ASSERT(spool_->remove(kId));
      });
      const auto message = SpoolReader(seen).read(kId);
      if (message)
        CPPUNIT_ASSERT_EQUAL_MESSAGE(std::to_string(at), std::size_t{1}, message->events.size());
      else
        CPPUNIT_ASSERT(message.error().code == Errc::not_found);
      CPPUNIT_ASSERT(spool_->remove(kId));
    }
  }
  void a_removal_that_failed_is_listed_and_can_be_repeated() {
    CPPUNIT_ASSERT(hold(*spool_, sample_envelope(kId), "x"));
    for (int at = 1; at <= 3; ++at) {
      fs_.arm({.at = at});
      const auto removed = spool_->remove(kId);
      CPPUNIT_ASSERT(!removed && removed.error().code == Errc::unavailable);
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, spool_->list().size());
      (void)spool_->read(kId);
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, spool_->list().size());
    }
    fs_.arm({});
    CPPUNIT_ASSERT(spool_->remove(kId));
    CPPUNIT_ASSERT(spool_->list().empty());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, spool_->used_bytes());
  }
  void no_hold_is_begun_when_space_is_low() {
    CPPUNIT_ASSERT(hold(*spool_, sample_envelope(kOther), "x"));
    memory_.set_space({.free_bytes = 4999, .total_bytes = 100'000});
    const auto begun = spool_->begin(sample_envelope(kId), "");
    CPPUNIT_ASSERT(!begun && begun.error().code == Errc::unavailable);
    CPPUNIT_ASSERT(memory_.list_dir("tmp")->empty());
    // What is held already goes on.
    CPPUNIT_ASSERT(spool_->log(kOther, event(HeldEvent::Kind::answered, 0, "pow")));
    CPPUNIT_ASSERT(content_of(*spool_, kOther));
    CPPUNIT_ASSERT(spool_->remove(kOther));
    memory_.set_space({.free_bytes = 5000, .total_bytes = 100'000});
    CPPUNIT_ASSERT(spool_->begin(sample_envelope(kId), ""));
  }
  void room_is_kept_for_the_logs_of_what_is_held() {
    const auto takes_more = [&] { return bool(spool_->begin(sample_envelope(kId), "")); };
    const HeldId third = held_id("7q", '3');
    for (const HeldId& id : {kOther, third})
      CPPUNIT_ASSERT(hold(*spool_, sample_envelope(id), "x"));
    memory_.set_space({.free_files = 6, .total_files = 20});
    CPPUNIT_ASSERT(!takes_more());
    CPPUNIT_ASSERT(spool_->log(kOther, event(HeldEvent::Kind::answered, 0, "pow")));
    CPPUNIT_ASSERT(takes_more());
    memory_.set_space({.free_files = 5, .total_files = 20});
    CPPUNIT_ASSERT(spool_->log(kOther, event(HeldEvent::Kind::released, 0, "250")));
    CPPUNIT_ASSERT(spool_->remove(kOther));
    CPPUNIT_ASSERT(!takes_more());
    // The same after a restart, when the log is found and not written.
    CPPUNIT_ASSERT(spool_->log(third, event(HeldEvent::Kind::answered, 0, "pow")));
    spool_.reset();
    spool_ = *Spool::open(fs_, {});
    CPPUNIT_ASSERT(takes_more());
    CPPUNIT_ASSERT(spool_->remove(third));
    CPPUNIT_ASSERT(takes_more());
  }
  void a_share_is_kept_while_a_message_grows() {
    spool_.reset();
    spool_ = *Spool::open(fs_, {.bytes = 100'000});
    auto draft = *spool_->begin(sample_envelope(kId), "");
    CPPUNIT_ASSERT(draft->append(std::string(60'000, 'x')));
    const auto over = draft->append(std::string(60'000, 'x'));
    CPPUNIT_ASSERT(!over && over.error().code == Errc::unavailable);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, spool_->used_bytes());
    CPPUNIT_ASSERT(!draft->commit(""));
    CPPUNIT_ASSERT(memory_.list_dir("tmp")->empty());
  }
  void a_start_reads_no_contents() {
    CPPUNIT_ASSERT(hold(*spool_, sample_envelope(kId), std::string(1'000'000, 'x')));
    spool_.reset();
    fs_.arm({});
    spool_ = *Spool::open(fs_, {});
    const auto calls = fs_.calls();
    const auto reads = std::ranges::count(calls, "read held/7q/" + kId.text() + ".msg");
    CPPUNIT_ASSERT(reads <= 3);  // head, tail, the trailer's fields
  }

 private:
  void assert_calls(const std::vector<std::string>& want) {
    const auto got = fs_.calls();
    for (std::size_t i = 0; i < std::min(want.size(), got.size()); ++i)
      CPPUNIT_ASSERT_EQUAL(want[i], got[i]);
    CPPUNIT_ASSERT_EQUAL(want.size(), got.size());
  }

  static constexpr Space kRoomy{.free_bytes = std::uint64_t{1} << 40,
                                .total_bytes = std::uint64_t{1} << 41,
                                .free_files = 1'000'000,
                                .total_files = 2'000'000};
  test::LossyFs memory_;
  test::FailingFs fs_{memory_};
  std::unique_ptr<Spool> spool_ = *Spool::open(fs_, {});
};
CPPUNIT_TEST_SUITE_REGISTRATION(SpoolCallsTest);

}  // namespace countersign
