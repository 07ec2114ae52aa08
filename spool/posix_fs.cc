// SPDX-License-Identifier: Apache-2.0
#include "spool/posix_fs.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace countersign {
namespace {

constexpr int kAlways = O_CLOEXEC | O_NOFOLLOW;

/// Calls `call` until no signal interrupts it.
template <class Call>
auto again(Call call) {
  decltype(call()) result;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

Error failed(const char* call, const std::string& name, int cause = errno) {
  const Errc code = cause == ENOENT   ? Errc::not_found
                    : cause == EEXIST ? Errc::already_exists
                                      : Errc::unavailable;
  return {code, std::string(call) + " " + (name.empty() ? "." : name) + ": " +
                    std::generic_category().message(cause)};
}

/// Whether `name` stays inside the folder, whatever is there.
bool is_inside(const std::string& name) {
  std::size_t from = 0;
  for (;;) {
    const std::size_t slash = std::min(name.find('/', from), name.size());
    const std::string_view part = std::string_view(name).substr(from, slash - from);
    if (part.empty() || part == "." || part == ".." || part.find('\0') != part.npos) return false;
    if (slash == name.size()) return true;
    from = slash + 1;
  }
}

class PosixFile final : public SpoolFs::File {
 public:
  PosixFile(UniqueFd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {}

  Status write_all(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t n = again([&] { return ::write(fd_.get(), bytes.data(), bytes.size()); });
      if (n < 0) return failed("write", name_);
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
  }

  Result<std::string> read_at(std::uint64_t offset, std::size_t most) override {
    std::string bytes(most, '\0');
    std::size_t got = 0;
    while (got < most) {
      const ssize_t n = again([&] {
        return ::pread(fd_.get(), bytes.data() + got, most - got, static_cast<off_t>(offset + got));
      });
      if (n < 0) return failed("read", name_);
      if (n == 0) break;
      got += static_cast<std::size_t>(n);
    }
    bytes.resize(got);
    return bytes;
  }

  Result<std::uint64_t> size() override {
    struct stat st {};
    if (::fstat(fd_.get(), &st) < 0) return failed("fstat", name_);
    return static_cast<std::uint64_t>(st.st_size);
  }

  Status fsync() override {
    if (::fsync(fd_.get()) < 0) return failed("fsync", name_);
    return {};
  }

  Status close() override {
    // The descriptor is gone even when close(2) fails (Linux, also for EINTR).
    if (::close(fd_.release()) < 0) return failed("close", name_);
    return {};
  }

 private:
  UniqueFd fd_;
  std::string name_;
};

}  // namespace

/// A name resolved: the folder that holds it, and its last part.
struct PosixFs::Place {
  UniqueFd opened;  ///< keeps `folder` open unless it is the root
  int folder = -1;
  std::string leaf;
};

PosixFs::PosixFs(UniqueFd root) : root_(std::move(root)) {}

Result<std::unique_ptr<PosixFs>> PosixFs::open_folder(const std::string& directory) {
  // The administrator's own path may contain symlinks; what is inside the folder may not.
  UniqueFd root(
      again([&] { return ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!root) return failed("open", directory);
  std::unique_ptr<PosixFs> fs(new PosixFs(std::move(root)));
  struct stat st {};
  if (::fstat(fs->root_.get(), &st) < 0) return failed("fstat", directory);
  fs->owner_ = st.st_uid;
  fs->group_ = st.st_gid;
  fs->give_away_ = ::geteuid() == 0 && st.st_uid != 0;
  return fs;
}

Result<PosixFs::Place> PosixFs::place_of(const std::string& name) const {
  if (!is_inside(name)) return Error{Errc::invalid, "no name inside the spool: " + name};
  Place place;
  place.folder = root_.get();
  std::size_t from = 0;
  for (std::size_t slash; (slash = name.find('/', from)) != name.npos; from = slash + 1) {
    const std::string part = name.substr(from, slash - from);
    UniqueFd next(again(
        [&] { return ::openat(place.folder, part.c_str(), O_RDONLY | O_DIRECTORY | kAlways); }));
    if (!next) return failed("open", name.substr(0, slash));
    place.opened = std::move(next);
    place.folder = place.opened.get();
  }
  place.leaf = name.substr(from);
  return place;
}

Result<UniqueFd> PosixFs::folder(const std::string& name) const {
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | kAlways;
  if (name.empty()) {
    UniqueFd fd(again([&] { return ::openat(root_.get(), ".", kFlags); }));
    if (!fd) return failed("open", name);
    return fd;
  }
  CS_ASSIGN(const Place place, place_of(name));
  UniqueFd fd(again([&] { return ::openat(place.folder, place.leaf.c_str(), kFlags); }));
  if (!fd) return failed("open", name);
  return fd;
}

Status PosixFs::give_to_owner(int fd) const {
  if (give_away_ && ::fchown(fd, owner_, group_) < 0) return failed("fchown", "");
  return {};
}

Result<std::unique_ptr<SpoolFs::File>> PosixFs::open_file(const std::string& name, int flags) {
  CS_ASSIGN(const Place place, place_of(name));
  // O_NONBLOCK: a planted FIFO must not stop us; regular files do not care.
  UniqueFd fd(again([&] {
    return ::openat(place.folder, place.leaf.c_str(), flags | O_NONBLOCK | O_NOCTTY | kAlways,
                    0600);
  }));
  if (!fd) return failed("open", name);
  struct stat st {};
  if (::fstat(fd.get(), &st) < 0) return failed("fstat", name);
  if (!S_ISREG(st.st_mode)) return Error{Errc::unavailable, name + ": not a regular file"};
  if (flags & O_CREAT) {
    if (auto given = give_to_owner(fd.get()); !given) {
      if (flags & O_EXCL) ::unlinkat(place.folder, place.leaf.c_str(), 0);
      return given.error();
    }
  }
  return std::unique_ptr<File>(std::make_unique<PosixFile>(std::move(fd), name));
}

Result<std::unique_ptr<SpoolFs::File>> PosixFs::create(const std::string& name) {
  return open_file(name, O_RDWR | O_CREAT | O_EXCL);
}

Result<std::unique_ptr<SpoolFs::File>> PosixFs::append_to(const std::string& name) {
  return open_file(name, O_RDWR | O_CREAT | O_APPEND);
}

Result<std::unique_ptr<SpoolFs::File>> PosixFs::open(const std::string& name) {
  return open_file(name, O_RDONLY);
}

Status PosixFs::rename(const std::string& from, const std::string& to) {
  CS_ASSIGN(const Place source, place_of(from));
  CS_ASSIGN(const Place target, place_of(to));
  if (::renameat(source.folder, source.leaf.c_str(), target.folder, target.leaf.c_str()) < 0)
    return failed("rename", from);
  return {};
}

Status PosixFs::fsync_dir(const std::string& name) {
  CS_ASSIGN(const UniqueFd fd, folder(name));
  if (::fsync(fd.get()) < 0) return failed("fsync", name);
  return {};
}

Status PosixFs::unlink(const std::string& name) {
  CS_ASSIGN(const Place place, place_of(name));
  if (::unlinkat(place.folder, place.leaf.c_str(), 0) < 0) return failed("unlink", name);
  return {};
}

Status PosixFs::make_dir(const std::string& name) {
  CS_ASSIGN(const Place place, place_of(name));
  if (::mkdirat(place.folder, place.leaf.c_str(), 0700) == 0) {
    if (give_away_ &&
        ::fchownat(place.folder, place.leaf.c_str(), owner_, group_, AT_SYMLINK_NOFOLLOW) < 0)
      return failed("chown", name);
    return {};
  }
  if (errno != EEXIST) return failed("mkdir", name);
  struct stat st {};
  if (::fstatat(place.folder, place.leaf.c_str(), &st, AT_SYMLINK_NOFOLLOW) < 0)
    return failed("stat", name);
  if (!S_ISDIR(st.st_mode)) return Error{Errc::unavailable, name + ": not a folder"};
  return {};
}

Status PosixFs::remove_dir(const std::string& name) {
  CS_ASSIGN(const Place place, place_of(name));
  if (::unlinkat(place.folder, place.leaf.c_str(), AT_REMOVEDIR) == 0) return {};
  // POSIX lets "not empty" be EEXIST, which would read as something else here.
  return failed("rmdir", name, errno == EEXIST ? ENOTEMPTY : errno);
}

Result<std::vector<std::string>> PosixFs::list_dir(const std::string& name) {
  CS_ASSIGN(UniqueFd fd, folder(name));
  struct Close {
    void operator()(DIR* dir) const { ::closedir(dir); }
  };
  const std::unique_ptr<DIR, Close> dir(::fdopendir(fd.get()));
  if (!dir) return failed("opendir", name);
  fd.release();
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(dir.get());
    if (!entry) break;
    const std::string leaf = entry->d_name;
    if (leaf != "." && leaf != "..") names.push_back(leaf);
  }
  if (errno != 0) return failed("readdir", name);
  return names;
}

Result<bool> PosixFs::exists(const std::string& name) {
  auto place = place_of(name);
  if (!place) {
    if (place.error().code == Errc::not_found) return false;
    return place.error();
  }
  struct stat st {};
  if (::fstatat(place->folder, place->leaf.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0)
    return S_ISREG(st.st_mode) || S_ISDIR(st.st_mode);
  if (errno == ENOENT) return false;
  return failed("stat", name);
}

Result<std::unique_ptr<SpoolFs::File>> PosixFs::lock(const std::string& name) {
  CS_ASSIGN(const Place place, place_of(name));
  UniqueFd fd(again([&] {
    return ::openat(place.folder, place.leaf.c_str(), O_RDWR | O_CREAT | O_NONBLOCK | kAlways,
                    0600);
  }));
  if (!fd) return failed("open", name);
  CS_TRY(give_to_owner(fd.get()));
  if (again([&] { return ::flock(fd.get(), LOCK_EX | LOCK_NB); }) == 0)
    return std::unique_ptr<File>(std::make_unique<PosixFile>(std::move(fd), name));
  if (errno == EWOULDBLOCK)
    return Error{Errc::already_exists, name + ": another process has the lock"};
  return failed("flock", name);
}

Result<Space> PosixFs::space() {
  struct statvfs st {};
  if (again([&] { return ::fstatvfs(root_.get(), &st); }) < 0) return failed("statvfs", "");
  Space space;
  space.free_bytes = std::uint64_t{st.f_bavail} * st.f_frsize;
  space.total_bytes = std::uint64_t{st.f_blocks} * st.f_frsize;
  space.free_files = st.f_favail;
  space.total_files = st.f_files;
  return space;
}

}  // namespace countersign
