// SPDX-License-Identifier: Apache-2.0
#include "spool/posix_fs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "tests/support/lossy_fs.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/spool/spool_fs_contract.h"

namespace countersign {
namespace {

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

unsigned mode_of(const std::string& path) {
  struct stat st {};
  CPPUNIT_ASSERT_EQUAL(0, ::lstat(path.c_str(), &st));
  return st.st_mode & 07777;
}

}  // namespace

class PosixFsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PosixFsTest);
  CPPUNIT_TEST(a_missing_folder_is_said);
  CPPUNIT_TEST(nobody_else_can_read);
  CPPUNIT_TEST(a_symlink_is_not_followed);
  CPPUNIT_TEST(a_symlink_to_a_folder_is_not_followed);
  CPPUNIT_TEST(a_fifo_does_not_stop_us);
  CPPUNIT_TEST(descriptors_are_not_inherited);
  CPPUNIT_TEST(another_process_does_not_get_the_lock);
  CPPUNIT_TEST(the_lock_of_a_dead_process_is_free);
  CPPUNIT_TEST(what_root_makes_belongs_to_the_owner);
  CPPUNIT_TEST(space_is_known);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_missing_folder_is_said() {
    const auto fs = PosixFs::open_folder(folder_.path() + "/none");
    CPPUNIT_ASSERT(!fs && fs.error().code == Errc::not_found);
    CPPUNIT_ASSERT(fs.error().detail.find("/none") != std::string::npos);
  }
  void nobody_else_can_read() {
    const mode_t before = ::umask(0);
    CPPUNIT_ASSERT(fs_->create("a"));
    CPPUNIT_ASSERT(fs_->append_to("b"));
    CPPUNIT_ASSERT(fs_->make_dir("d"));
    CPPUNIT_ASSERT(fs_->lock("l"));
    ::umask(before);
    CPPUNIT_ASSERT_EQUAL(0600u, mode_of(path("a")));
    CPPUNIT_ASSERT_EQUAL(0600u, mode_of(path("b")));
    CPPUNIT_ASSERT_EQUAL(0700u, mode_of(path("d")));
    CPPUNIT_ASSERT_EQUAL(0600u, mode_of(path("l")));
  }
  void a_symlink_is_not_followed() {
    std::ofstream(path("secret")) << "s";
    CPPUNIT_ASSERT_EQUAL(0, ::symlink("secret", path("link").c_str()));
    CPPUNIT_ASSERT(!fs_->open("link"));
    CPPUNIT_ASSERT(!fs_->append_to("link"));
    CPPUNIT_ASSERT(!fs_->create("link"));
    CPPUNIT_ASSERT(!fs_->lock("link"));
    CPPUNIT_ASSERT(!*fs_->exists("link"));
    CPPUNIT_ASSERT_EQUAL(std::string("s"), *(*fs_->open("secret"))->read_at(0, 9));
    // What removes or replaces a name means the link, not what it points to.
    CPPUNIT_ASSERT(fs_->unlink("link"));
    CPPUNIT_ASSERT(*fs_->exists("secret"));
  }
  void a_symlink_to_a_folder_is_not_followed() {
    CPPUNIT_ASSERT(fs_->make_dir("real"));
    CPPUNIT_ASSERT((*fs_->create("real/a"))->write_all("s"));
    CPPUNIT_ASSERT_EQUAL(0, ::symlink("real", path("link").c_str()));
    CPPUNIT_ASSERT(!fs_->open("link/a"));
    CPPUNIT_ASSERT(!fs_->create("link/b"));
    CPPUNIT_ASSERT(!fs_->unlink("link/a"));
    CPPUNIT_ASSERT(!fs_->rename("real/a", "link/c"));
    CPPUNIT_ASSERT(!fs_->list_dir("link"));
    CPPUNIT_ASSERT(!fs_->fsync_dir("link"));
    CPPUNIT_ASSERT(!fs_->make_dir("link"));
    CPPUNIT_ASSERT(!fs_->exists("link/a") || !*fs_->exists("link/a"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, fs_->list_dir("real")->size());
  }
  void a_fifo_does_not_stop_us() {
    CPPUNIT_ASSERT_EQUAL(0, ::mkfifo(path("fifo").c_str(), 0600));
    CPPUNIT_ASSERT(!fs_->open("fifo"));
    CPPUNIT_ASSERT(!fs_->append_to("fifo"));
    CPPUNIT_ASSERT(!*fs_->exists("fifo"));
  }
  void descriptors_are_not_inherited() {
    const auto file = fs_->create("a");
    const auto lock = fs_->lock("l");
    int open = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code gone;
      const std::string target = std::filesystem::read_symlink(entry.path(), gone).string();
      if (!target.starts_with(folder_.path())) continue;
      ++open;
      const int flags = ::fcntl(std::stoi(entry.path().filename()), F_GETFD);
      CPPUNIT_ASSERT_MESSAGE(target, flags & FD_CLOEXEC);
    }
    CPPUNIT_ASSERT_EQUAL(3, open);  // the folder, the file, the lock
  }
  void another_process_does_not_get_the_lock() {
    const auto lock = fs_->lock("lock");
    CPPUNIT_ASSERT(lock);
    CPPUNIT_ASSERT_EQUAL(static_cast<int>(Errc::already_exists), lock_in_child(false));
  }
  void the_lock_of_a_dead_process_is_free() {
    CPPUNIT_ASSERT_EQUAL(kGotIt, lock_in_child(true));
    CPPUNIT_ASSERT(fs_->lock("lock"));
  }
  void what_root_makes_belongs_to_the_owner() {
    // Only root can try this; for anybody else all files are his own anyway.
    const uid_t other = ::geteuid() == 0 ? 4711 : ::geteuid();
    const gid_t group = ::geteuid() == 0 ? 4712 : ::getegid();
    CPPUNIT_ASSERT_EQUAL(0, ::chown(folder_.path().c_str(), other, group));
    const auto fs = *PosixFs::open_folder(folder_.path());
    CPPUNIT_ASSERT(fs->create("a"));
    CPPUNIT_ASSERT(fs->append_to("b"));
    CPPUNIT_ASSERT(fs->make_dir("d"));
    CPPUNIT_ASSERT(fs->lock("l"));
    for (const char* name : {"a", "b", "d", "l"}) {
      struct stat st {};
      CPPUNIT_ASSERT_EQUAL(0, ::lstat(path(name).c_str(), &st));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, other, st.st_uid);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, group, st.st_gid);
    }
  }
  void space_is_known() {
    const auto space = fs_->space();
    CPPUNIT_ASSERT(space);
    CPPUNIT_ASSERT(space->total_bytes > 0);
    CPPUNIT_ASSERT(space->free_bytes <= space->total_bytes);
  }

 private:
  static constexpr int kGotIt = 100;

  std::string path(const std::string& name) const { return folder_.path() + "/" + name; }

  /// Tries the lock in a process of its own, and returns kGotIt or the Errc. `die`: it is killed
  /// with the lock in its hands.
  int lock_in_child(bool die) {
    const pid_t child = ::fork();
    CPPUNIT_ASSERT(child >= 0);
    if (child == 0) {
      const auto lock = (*PosixFs::open_folder(folder_.path()))->lock("lock");
      if (!lock) ::_exit(static_cast<int>(lock.error().code));
      if (die) ::raise(SIGKILL);
      ::_exit(kGotIt);
    }
    int status = 0;
    CPPUNIT_ASSERT_EQUAL(child, ::waitpid(child, &status, 0));
    if (die && WIFSIGNALED(status)) return kGotIt;
    CPPUNIT_ASSERT(WIFEXITED(status));
    return WEXITSTATUS(status);
  }

  test::TempFolder folder_;
  std::unique_ptr<PosixFs> fs_ = *PosixFs::open_folder(folder_.path());
};

CPPUNIT_TEST_SUITE_REGISTRATION(PosixFsTest);
CPPUNIT_TEST_SUITE_REGISTRATION(test::SpoolFsContract<OnDisk>);
CPPUNIT_TEST_SUITE_REGISTRATION(test::SpoolFsContract<InMemory>);

}  // namespace countersign
