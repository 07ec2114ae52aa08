// SPDX-License-Identifier: Apache-2.0
//
// What a start makes of a spool that something has happened to.
#include "spool/recovery.h"

#include <cppunit/extensions/HelperMacros.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/crypto.h"
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
using test::sample_envelope;

const HeldId kId = held_id("7q", '0');
const HeldId kWhole = held_id("7q", '1');
const std::string kContent = "Subject: x\r\n\r\nbody\r\n";

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

class RecoveryTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RecoveryTest);
  CPPUNIT_TEST(tmp_is_emptied);
  CPPUNIT_TEST(cut_anywhere_a_message_is_set_aside);
  CPPUNIT_TEST(with_any_octet_changed_a_message_is_set_aside_or_never_sent);
  CPPUNIT_TEST(a_damaged_message_takes_its_log_along);
  CPPUNIT_TEST(nothing_in_damaged_is_replaced);
  CPPUNIT_TEST(a_message_under_another_name_is_set_aside);
  CPPUNIT_TEST(a_log_without_message_is_set_aside);
  CPPUNIT_TEST(strange_names_are_left_alone);
  CPPUNIT_TEST(a_later_format_is_left_alone);
  CPPUNIT_TEST(what_cannot_be_read_now_is_kept);
  CPPUNIT_TEST(a_torn_log_is_read_on);
  CPPUNIT_TEST(a_log_goes_on_after_a_torn_slot);
  CPPUNIT_TEST(damage_found_later_is_set_aside);
  CPPUNIT_TEST(damage_in_the_content_reaches_no_sink);
  CPPUNIT_TEST(a_message_taken_away_is_not_found);
  CPPUNIT_TEST(a_garbage_node_id_stops_the_start);
  CPPUNIT_TEST(the_node_id_survives_a_power_cut);
  CPPUNIT_TEST(shares_are_counted_again);
  CPPUNIT_TEST(planted_symlinks_are_not_followed);
  CPPUNIT_TEST(a_message_is_set_aside_under_its_new_name_first);
  CPPUNIT_TEST(setting_aside_survives_a_power_cut);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    spool_ = *Spool::open(fs_, {});
    CPPUNIT_ASSERT(test::hold(*spool_, sample_envelope(kId), kContent));
    CPPUNIT_ASSERT(test::hold(*spool_, sample_envelope(kWhole), kContent));
    log("first");
    spool_.reset();
  }

  void tmp_is_emptied() {
    fs_.plant("tmp/" + kId.text() + ".msg", "half");
    fs_.plant("tmp/whatever", "");
    reopen();
    CPPUNIT_ASSERT(fs_.list_dir("tmp")->empty());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, spool_->list().size());
  }
  void cut_anywhere_a_message_is_set_aside() {
    const std::string bytes = fs_.bytes(layout::message_of(kId));
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      test::LossyFs fs;
      plant(fs, bytes.substr(0, size));
      const auto spool = *Spool::open(fs, {});
      const std::string how = "cut to " + std::to_string(size);
      CPPUNIT_ASSERT_MESSAGE(how, spool->list().empty());
      CPPUNIT_ASSERT_MESSAGE(how, spool->read(kId).error().code == Errc::not_found);
      // Never deleted: what is left of it is there to be looked at.
      CPPUNIT_ASSERT_EQUAL_MESSAGE(how, bytes.substr(0, size),
                                   fs.bytes("damaged/" + kId.text() + ".msg"));
    }
  }
  void with_any_octet_changed_a_message_is_set_aside_or_never_sent() {
    const std::string bytes = fs_.bytes(layout::message_of(kId));
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      std::string flipped = bytes;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << (at % 8)));
      test::LossyFs fs;
      plant(fs, flipped);
      const auto spool = *Spool::open(fs, {});
      std::string got;
      const auto sent = spool->content(kId, [&](std::string_view piece) -> Status {
        got += piece;
        return {};
      });
      const std::string how = "octet " + std::to_string(at);
      CPPUNIT_ASSERT_MESSAGE(how, !sent);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(how, std::string(), got);
      CPPUNIT_ASSERT_MESSAGE(how, spool->list().empty());
      CPPUNIT_ASSERT_EQUAL_MESSAGE(how, flipped, fs.bytes("damaged/" + kId.text() + ".msg"));
    }
  }
  void a_damaged_message_takes_its_log_along() {
    const std::string log = fs_.bytes(layout::log_of(kId));
    fs_.plant(layout::message_of(kId), "garbage");
    reopen();
    CPPUNIT_ASSERT_EQUAL(log, fs_.bytes("damaged/" + kId.text() + ".log"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, spool_->list().size());
    CPPUNIT_ASSERT_EQUAL(kContent, *content_of(*spool_, kWhole));
  }
  void nothing_in_damaged_is_replaced() {
    fs_.plant("damaged/" + kId.text() + ".msg", "earlier");
    fs_.plant(layout::message_of(kId), "garbage");
    reopen();
    CPPUNIT_ASSERT_EQUAL(std::string("earlier"), fs_.bytes("damaged/" + kId.text() + ".msg"));
    CPPUNIT_ASSERT_EQUAL(std::string("garbage"), fs_.bytes("damaged/" + kId.text() + ".msg.1"));
  }
  void a_message_under_another_name_is_set_aside() {
    const HeldId other = held_id("7q", '9');
    fs_.plant(layout::message_of(other), fs_.bytes(layout::message_of(kId)));
    reopen();
    CPPUNIT_ASSERT(has(fs_.files(), "damaged/" + other.text() + ".msg"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, spool_->list().size());
  }
  void a_log_without_message_is_set_aside() {
    CPPUNIT_ASSERT(fs_.unlink(layout::message_of(kId)));
    reopen();
    CPPUNIT_ASSERT(has(fs_.files(), "damaged/" + kId.text() + ".log"));
    CPPUNIT_ASSERT(!has(fs_.files(), layout::log_of(kId)));
  }
  void strange_names_are_left_alone() {
    CPPUNIT_ASSERT(fs_.make_dir("held/lost+found"));
    fs_.plant("held/README", "x");
    fs_.plant("held/7q/notes.msg", "x");
    fs_.plant("held/7q/" + kId.text() + ".msg~", "x");
    fs_.plant("held/7q/" + held_id("zz", '0').text() + ".msg", "x");
    const auto before = fs_.files();
    reopen();
    CPPUNIT_ASSERT(before == fs_.files());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, spool_->list().size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, SpoolReader(fs_).list()->size());
  }
  void a_later_format_is_left_alone() {
    std::string bytes = fs_.bytes(layout::message_of(kId));
    // A head of format 2 that says so soundly: prefix of 16 octets, fields, digest.
    const std::size_t fields =
        static_cast<unsigned char>(bytes[14]) * 256u + static_cast<unsigned char>(bytes[15]);
    bytes[9] = 2;
    bytes.replace(16 + fields, 32, sha256(std::string_view(bytes).substr(0, 16 + fields)));
    fs_.plant(layout::message_of(kId), bytes);
    reopen();
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, spool_->list().size());
    CPPUNIT_ASSERT(spool_->read(kId).error().code == Errc::unavailable);
    CPPUNIT_ASSERT_EQUAL(bytes, fs_.bytes(layout::message_of(kId)));
  }
  void what_cannot_be_read_now_is_kept() {
    test::FailingFs failing(fs_);
    failing.arm({});
    (*Spool::open(failing, {})).reset();
    const auto calls = failing.calls();
    const auto opened = std::ranges::find(calls, "open " + layout::message_of(kId));
    CPPUNIT_ASSERT(opened != calls.end());
    failing.arm(
        {.at = static_cast<int>(opened - calls.begin()) + 1, .cause = "Too many open files"});
    spool_ = *Spool::open(failing, {});
    CPPUNIT_ASSERT(failing.broken());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, spool_->list().size());
    CPPUNIT_ASSERT_EQUAL(kContent, *content_of(*spool_, kId));
  }
  void a_torn_log_is_read_on() {
    reopen();
    log("second");
    log("third");
    std::string bytes = fs_.bytes(layout::log_of(kId));
    bytes.replace(256, 256, 256, '\0');
    fs_.plant(layout::log_of(kId), bytes);
    assert_history({"first", "third"});
  }
  void a_log_goes_on_after_a_torn_slot() {
    fs_.plant(layout::log_of(kId), fs_.bytes(layout::log_of(kId)) + "CSLG torn");
    reopen();
    log("after");
    assert_history({"first", "after"});
  }
  void damage_found_later_is_set_aside() {
    reopen();
    fs_.plant(layout::message_of(kId), "garbage");
    CPPUNIT_ASSERT(spool_->read(kId).error().code == Errc::corrupt);
    CPPUNIT_ASSERT(has(fs_.files(), "damaged/" + kId.text() + ".msg"));
    CPPUNIT_ASSERT(spool_->read(kId).error().code == Errc::not_found);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, spool_->list().size());
  }
  void damage_in_the_content_reaches_no_sink() {
    // Several pieces, and only the last octet of the last one is wrong.
    const HeldId large = held_id("7q", '2');
    reopen();
    CPPUNIT_ASSERT(test::hold(*spool_, sample_envelope(large), std::string(200'000, 'x') + "!"));
    std::string bytes = fs_.bytes(layout::message_of(large));
    bytes[bytes.find("x!") + 1] = '?';
    fs_.plant(layout::message_of(large), bytes);
    // The head is sound, so that the damage shows only when the content is wanted.
    CPPUNIT_ASSERT(spool_->read(large));
    int calls = 0;
    const auto sent = spool_->content(large, [&](std::string_view) -> Status {
      ++calls;
      return {};
    });
    CPPUNIT_ASSERT(!sent && sent.error().code == Errc::corrupt);
    CPPUNIT_ASSERT_EQUAL(0, calls);
    CPPUNIT_ASSERT(has(fs_.files(), "damaged/" + large.text() + ".msg"));
  }
  void a_message_taken_away_is_not_found() {
    reopen();
    CPPUNIT_ASSERT(fs_.unlink(layout::message_of(kId)));
    CPPUNIT_ASSERT(spool_->read(kId).error().code == Errc::not_found);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, spool_->list().size());
  }
  void a_garbage_node_id_stops_the_start() {
    fs_.plant("node", "garbage");
    const auto spool = Spool::open(fs_, {});
    CPPUNIT_ASSERT(!spool && spool.error().code == Errc::corrupt);
    CPPUNIT_ASSERT_EQUAL(std::string("garbage"), fs_.bytes("node"));
  }
  void the_node_id_survives_a_power_cut() {
    test::LossyFs fs;
    const std::string node = (*Spool::open(fs, {}))->node();
    fs.power_cut(0);
    CPPUNIT_ASSERT_EQUAL(node, (*Spool::open(fs, {}))->node());
  }
  void shares_are_counted_again() {
    spool_ = *Spool::open(fs_, {.per_recipient = 2});
    const auto begun = spool_->begin(sample_envelope(held_id("7q", '2')), "");
    CPPUNIT_ASSERT(!begun && begun.error().code == Errc::invalid);
    CPPUNIT_ASSERT(spool_->remove(kId));
    CPPUNIT_ASSERT(spool_->begin(sample_envelope(held_id("7q", '2')), ""));
  }
  void planted_symlinks_are_not_followed() {
    namespace stdfs = std::filesystem;
    const test::TempFolder folder;
    const test::TempFolder outside;
    auto fs = *PosixFs::open_folder(folder.path());
    auto spool = *Spool::open(*fs, {});
    CPPUNIT_ASSERT(test::hold(*spool, sample_envelope(kId), kContent));
    spool.reset();
    const std::string file = outside.path() + "/file";
    std::ofstream(file) << "keep";
    const HeldId linked = held_id("7q", '3');
    stdfs::create_symlink(file, folder.path() + "/tmp/" + linked.text() + ".msg");
    stdfs::create_symlink(file, folder.path() + "/" + layout::message_of(linked));
    stdfs::create_symlink(file, folder.path() + "/" + layout::log_of(kId));
    stdfs::create_symlink(outside.path(), folder.path() + "/held/zz");
    spool = *Spool::open(*fs, {});
    CPPUNIT_ASSERT(!test::hold(*spool, sample_envelope(held_id("zz", '4')), kContent));
    CPPUNIT_ASSERT(!spool->read(linked));
    (void)spool->log(kId, {HeldEvent::Kind::answered, {}, 0, "pow"});
    CPPUNIT_ASSERT(spool->remove(kId));
    CPPUNIT_ASSERT_EQUAL(std::uintmax_t{4}, stdfs::file_size(file));
    CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t{1}, std::distance(stdfs::directory_iterator(outside.path()),
                                                          stdfs::directory_iterator()));
  }
  void a_message_is_set_aside_under_its_new_name_first() {
    fs_.plant(layout::message_of(kId), "garbage");
    test::FailingFs failing(fs_);
    failing.arm({});
    (*Spool::open(failing, {})).reset();
    const auto calls = failing.calls();
    const auto moved = std::ranges::find(calls, "rename damaged/" + kId.text() + ".log");
    const auto there = std::find(moved, calls.end(), "fsync_dir damaged");
    const auto gone = std::find(moved, calls.end(), "fsync_dir held/7q");
    CPPUNIT_ASSERT(there < gone);
    CPPUNIT_ASSERT(gone != calls.end());
  }
  void setting_aside_survives_a_power_cut() {
    for (unsigned seed = 0; seed < 20; ++seed) {
      test::LossyFs fs;
      plant(fs, "garbage");
      (*Spool::open(fs, {})).reset();
      fs.power_cut(seed);
      (*Spool::open(fs, {})).reset();
      CPPUNIT_ASSERT_EQUAL(std::string("garbage"), fs.bytes("damaged/" + kId.text() + ".msg"));
    }
  }

 private:
  /// Makes a spool with this message file and nothing else.
  static void plant(test::LossyFs& fs, const std::string& bytes) {
    (*Spool::open(fs, {})).reset();
    CPPUNIT_ASSERT(fs.make_dir(layout::folder_of(kId)));
    CPPUNIT_ASSERT(fs.fsync_dir("held"));
    fs.plant(layout::message_of(kId), bytes);
  }
  void reopen() {
    spool_.reset();
    spool_ = *Spool::open(fs_, {});
  }
  void log(const std::string& text) {
    CPPUNIT_ASSERT(spool_->log(kId, {HeldEvent::Kind::deferred, WallTime(seconds(1)), 0, text}));
  }
  void assert_history(const std::vector<std::string>& want) {
    reopen();
    std::vector<std::string> got;
    const auto message = spool_->read(kId);
    for (const HeldEvent& e : message->events) got.push_back(e.text);
    CPPUNIT_ASSERT(want == got);
  }

  test::LossyFs fs_;
  std::unique_ptr<Spool> spool_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(RecoveryTest);

}  // namespace countersign
