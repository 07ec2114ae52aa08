// SPDX-License-Identifier: Apache-2.0
//
// What the spool expects of a SpoolFs: one suite, for the real one and for the fake.
#pragma once

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <memory>
#include <string>

#include "spool/spool_fs.h"

namespace countersign::test {

/// `Ground` makes a SpoolFs on an empty folder: `SpoolFs& fs()`.
template <class Ground>
class SpoolFsContract : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SpoolFsContract);
  CPPUNIT_TEST(what_is_written_is_read);
  CPPUNIT_TEST(reading_ends_at_the_end);
  CPPUNIT_TEST(a_file_is_made_once);
  CPPUNIT_TEST(appending_makes_or_goes_on);
  CPPUNIT_TEST(a_missing_file_is_not_found);
  CPPUNIT_TEST(rename_moves_and_replaces);
  CPPUNIT_TEST(unlink_removes_but_no_folder);
  CPPUNIT_TEST(an_unlinked_file_can_be_read_on);
  CPPUNIT_TEST(folders_are_made_listed_and_removed);
  CPPUNIT_TEST(a_file_is_no_folder);
  CPPUNIT_TEST(a_folder_is_no_file);
  CPPUNIT_TEST(names_never_leave_the_folder);
  CPPUNIT_TEST(a_lock_is_had_by_one);
  CPPUNIT_TEST_SUITE_END();

 public:
  void what_is_written_is_read() {
    auto file = *fs().create("a");
    CPPUNIT_ASSERT(file->write_all(std::string("x\0y", 3)));
    CPPUNIT_ASSERT(file->write_all("z"));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{4}, *file->size());
    CPPUNIT_ASSERT(file->fsync());
    CPPUNIT_ASSERT(file->close());
    CPPUNIT_ASSERT_EQUAL(std::string("x\0yz", 4), read("a"));
  }
  void reading_ends_at_the_end() {
    write("a", "12345");
    auto file = *fs().open("a");
    CPPUNIT_ASSERT_EQUAL(std::string("45"), *file->read_at(3, 10));
    CPPUNIT_ASSERT_EQUAL(std::string(), *file->read_at(5, 10));
    CPPUNIT_ASSERT_EQUAL(std::string(), *file->read_at(99, 10));
  }
  void a_file_is_made_once() {
    write("a", "1");
    const auto again = fs().create("a");
    CPPUNIT_ASSERT(!again && again.error().code == Errc::already_exists);
    CPPUNIT_ASSERT_EQUAL(std::string("1"), read("a"));
  }
  void appending_makes_or_goes_on() {
    CPPUNIT_ASSERT((*fs().append_to("a"))->write_all("1"));
    CPPUNIT_ASSERT((*fs().append_to("a"))->write_all("2"));
    CPPUNIT_ASSERT_EQUAL(std::string("12"), read("a"));
  }
  void a_missing_file_is_not_found() {
    CPPUNIT_ASSERT(fs().open("a").error().code == Errc::not_found);
    CPPUNIT_ASSERT(fs().open("no/a").error().code == Errc::not_found);
    CPPUNIT_ASSERT(fs().create("no/a").error().code == Errc::not_found);
    CPPUNIT_ASSERT(fs().unlink("a").error().code == Errc::not_found);
    CPPUNIT_ASSERT(fs().rename("a", "b").error().code == Errc::not_found);
    CPPUNIT_ASSERT(fs().list_dir("a").error().code == Errc::not_found);
    CPPUNIT_ASSERT(fs().fsync_dir("a").error().code == Errc::not_found);
    CPPUNIT_ASSERT(fs().remove_dir("a").error().code == Errc::not_found);
    CPPUNIT_ASSERT(!*fs().exists("a"));
    CPPUNIT_ASSERT(!*fs().exists("no/a"));
  }
  void rename_moves_and_replaces() {
    CPPUNIT_ASSERT(fs().make_dir("d"));
    write("a", "1");
    write("d/b", "2");
    CPPUNIT_ASSERT(fs().rename("a", "d/b"));
    CPPUNIT_ASSERT_EQUAL(std::string("1"), read("d/b"));
    CPPUNIT_ASSERT(!*fs().exists("a"));
    CPPUNIT_ASSERT(fs().fsync_dir("d"));
    CPPUNIT_ASSERT(fs().fsync_dir(""));
  }
  void unlink_removes_but_no_folder() {
    write("a", "1");
    CPPUNIT_ASSERT(fs().unlink("a"));
    CPPUNIT_ASSERT(!*fs().exists("a"));
    CPPUNIT_ASSERT(fs().make_dir("d"));
    CPPUNIT_ASSERT(!fs().unlink("d"));
    CPPUNIT_ASSERT(*fs().exists("d"));
  }
  void an_unlinked_file_can_be_read_on() {
    write("a", "1");
    auto file = *fs().open("a");
    CPPUNIT_ASSERT(fs().unlink("a"));
    CPPUNIT_ASSERT_EQUAL(std::string("1"), *file->read_at(0, 9));
  }
  void folders_are_made_listed_and_removed() {
    CPPUNIT_ASSERT(fs().make_dir("d"));
    CPPUNIT_ASSERT(fs().make_dir("d"));
    CPPUNIT_ASSERT(fs().make_dir("d/e"));
    write("d/f", "");
    auto names = *fs().list_dir("d");
    std::ranges::sort(names);
    CPPUNIT_ASSERT(names == (std::vector<std::string>{"e", "f"}));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, fs().list_dir("")->size());
    const auto full = fs().remove_dir("d");
    CPPUNIT_ASSERT(!full && full.error().code == Errc::unavailable);
    CPPUNIT_ASSERT(fs().remove_dir("d/e"));
    CPPUNIT_ASSERT(!*fs().exists("d/e"));
  }
  void a_file_is_no_folder() {
    write("a", "1");
    CPPUNIT_ASSERT(!fs().make_dir("a"));
    CPPUNIT_ASSERT(!fs().list_dir("a"));
    CPPUNIT_ASSERT(!fs().fsync_dir("a"));
    CPPUNIT_ASSERT(!fs().remove_dir("a"));
    CPPUNIT_ASSERT(!fs().create("a/b"));
    CPPUNIT_ASSERT_EQUAL(std::string("1"), read("a"));
  }
  void a_folder_is_no_file() {
    CPPUNIT_ASSERT(fs().make_dir("d"));
    CPPUNIT_ASSERT(!fs().open("d"));
    CPPUNIT_ASSERT(!fs().append_to("d"));
    CPPUNIT_ASSERT(!fs().create("d"));
  }
  void names_never_leave_the_folder() {
    for (const char* name : {"..", "../a", "/a", "a/../b", ".", "", "a//b", "a/"}) {
      CPPUNIT_ASSERT_MESSAGE(name, fs().create(name).error().code == Errc::invalid);
      CPPUNIT_ASSERT_MESSAGE(name, fs().append_to(name).error().code == Errc::invalid);
      CPPUNIT_ASSERT_MESSAGE(name, fs().open(name).error().code == Errc::invalid);
      CPPUNIT_ASSERT_MESSAGE(name, fs().unlink(name).error().code == Errc::invalid);
      CPPUNIT_ASSERT_MESSAGE(name, fs().make_dir(name).error().code == Errc::invalid);
      CPPUNIT_ASSERT_MESSAGE(name, fs().exists(name).error().code == Errc::invalid);
      CPPUNIT_ASSERT_MESSAGE(name, fs().rename("x", name).error().code == Errc::invalid);
    }
  }
  void a_lock_is_had_by_one() {
    auto first = fs().lock("lock");
    CPPUNIT_ASSERT(first);
    const auto second = fs().lock("lock");
    CPPUNIT_ASSERT(!second && second.error().code == Errc::already_exists);
    (*first).reset();
    CPPUNIT_ASSERT(fs().lock("lock"));
  }

 private:
  SpoolFs& fs() { return ground_.fs(); }
  void write(const std::string& name, const std::string& bytes) {
    auto file = fs().create(name);
    CPPUNIT_ASSERT(file);
    CPPUNIT_ASSERT((*file)->write_all(bytes));
    CPPUNIT_ASSERT((*file)->close());
  }
  std::string read(const std::string& name) {
    auto file = fs().open(name);
    CPPUNIT_ASSERT(file);
    return *(*file)->read_at(0, 1000);
  }

  Ground ground_;
};

}  // namespace countersign::test
