// SPDX-License-Identifier: Apache-2.0
#include "admin/files.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/rollback.h"
#include "base/unique_fd.h"

namespace countersign::admin {
namespace {

Error failed(const std::string& what, int error) {
  return {Errc::unavailable, what + ": " + std::strerror(error)};
}

Status write_durably(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed("cannot write " + path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  if (::fsync(fd) != 0) return failed("cannot write " + path, errno);
  return {};
}

Status sync_folder(const std::string& path) {
  const UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0) return failed("cannot write " + path, errno);
  return {};
}

Status give(int fd, const Owner& owner, const std::string& path) {
  if (!owner.user && !owner.group) return {};
  if (::fchown(fd, owner.user.value_or(static_cast<uid_t>(-1)),
               owner.group.value_or(static_cast<gid_t>(-1))) != 0)
    return failed("cannot give " + path + " to its user", errno);
  return {};
}

/// Writes beside `path`, then puts it there: by link(2), which never replaces, or by rename(2).
Status put(const std::string& path, std::string_view bytes, mode_t mode, const Owner& owner,
           bool replace) {
  const std::string draft = path + ".new." + std::to_string(::getpid());
  UniqueFd file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) return failed("cannot make " + draft, errno);
  const Rollback remove([&] { ::unlink(draft.c_str()); });
  CS_TRY(give(file.get(), owner, path));
  // After the change of owner, which may take bits away.
  if (::fchmod(file.get(), mode) != 0) return failed("cannot make " + path, errno);
  CS_TRY(write_durably(file.get(), bytes, path));
  if (replace ? ::rename(draft.c_str(), path.c_str()) != 0
              : ::link(draft.c_str(), path.c_str()) != 0) {
    if (errno == EEXIST) return Error{Errc::already_exists, path + " exists"};
    return failed("cannot make " + path, errno);
  }
  return sync_folder(folder_of(path));
}

}  // namespace

Result<Owner> owner_by_name(const std::string& user) {
  // One thread: the command has no other.
  const passwd* entry = ::getpwnam(user.c_str());  // NOLINT(concurrency-mt-unsafe)
  if (entry == nullptr) return Error{Errc::not_found, "no user " + user + " on this host"};
  return Owner{entry->pw_uid, entry->pw_gid};
}

Status create_file(const std::string& path, std::string_view bytes, mode_t mode,
                   const Owner& owner) {
  return put(path, bytes, mode, owner, false);
}

Status replace_file(const std::string& path, std::string_view bytes) {
  struct stat old {};
  if (::stat(path.c_str(), &old) != 0) return failed("cannot read " + path, errno);
  Owner owner;
  if (old.st_uid != ::geteuid() || old.st_gid != ::getegid()) owner = {old.st_uid, old.st_gid};
  return put(path, bytes, old.st_mode & 07777U, owner, true);
}

Status take_mode(const std::string& path, const std::string& model) {
  struct stat wanted {};
  struct stat now {};
  if (::stat(model.c_str(), &wanted) != 0) return failed("cannot read " + model, errno);
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file || ::fstat(file.get(), &now) != 0) return failed("cannot read " + path, errno);
  if (now.st_uid != wanted.st_uid || now.st_gid != wanted.st_gid)
    CS_TRY(give(file.get(), {wanted.st_uid, wanted.st_gid}, path));
  if (::fchmod(file.get(), wanted.st_mode & 07777U) != 0)
    return failed("cannot change the mode of " + path, errno);
  return {};
}

Result<bool> make_folder(const std::string& path, mode_t mode, const Owner& owner) {
  if (::mkdir(path.c_str(), 0700) != 0) {
    struct stat there {};
    if (errno != EEXIST) return failed("cannot make " + path, errno);
    if (::stat(path.c_str(), &there) != 0) return failed("cannot read " + path, errno);
    if (!S_ISDIR(there.st_mode)) return failed("cannot make " + path, ENOTDIR);
    return false;
  }
  const UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder) return failed("cannot make " + path, errno);
  CS_TRY(give(folder.get(), owner, path));
  if (::fchmod(folder.get(), mode) != 0) return failed("cannot make " + path, errno);
  return true;
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool exists(const std::string& path) {
  struct stat there {};
  return ::stat(path.c_str(), &there) == 0;
}

std::string open_folder_above(const std::string& path) {
  for (auto slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    struct stat folder {};
    const std::string above = path.substr(0, slash);
    if (::stat(above.c_str(), &folder) == 0 && (folder.st_mode & S_IWOTH) != 0) return above;
  }
  return "";
}

}  // namespace countersign::admin
