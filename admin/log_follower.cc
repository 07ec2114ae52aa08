// SPDX-License-Identifier: Apache-2.0
#include "admin/log_follower.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace countersign::admin {
namespace {

constexpr std::size_t kLongestLine = 64 * 1024;

/// Whether the next try may do better.
bool is_transient(int error) {
  return error == EMFILE || error == ENFILE || error == ENOMEM || error == EIO || error == ESTALE ||
         error == EAGAIN;
}

Error unreadable(const std::string& path, int error) {
  return {is_transient(error) ? Errc::unavailable : Errc::not_found,
          path + ": " + std::strerror(error)};
}

}  // namespace

Status LogFollower::open() {
  UniqueFd fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return unreadable(path_, errno);
  fd_ = std::move(fd);
  at_ = 0;
  rest_.clear();
  return {};
}

bool LogFollower::is_replaced() const {
  struct stat ours {};
  struct stat named {};
  if (::fstat(fd_.get(), &ours) != 0 || ::stat(path_.c_str(), &named) != 0) return false;
  return ours.st_ino != named.st_ino || ours.st_dev != named.st_dev;
}

Status LogFollower::read(const std::function<void(std::string_view)>& use) {
  if (!fd_) CS_TRY(open());
  CS_TRY(read_open(use));
  // What was written between the last read and the rename is read now.
  if (!is_replaced()) return {};
  CS_TRY(read_open(use));
  CS_TRY(open());
  return read_open(use);
}

Status LogFollower::read_open(const std::function<void(std::string_view)>& use) {
  struct stat now {};
  if (::fstat(fd_.get(), &now) == 0 && S_ISREG(now.st_mode) && now.st_size < at_) {
    at_ = ::lseek(fd_.get(), 0, SEEK_SET);
    rest_.clear();
  }
  std::array<char, 65536> piece{};
  while (true) {
    const ssize_t got = ::read(fd_.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(path_, errno);
    if (got == 0) return {};
    at_ += got;
    std::string_view text(piece.data(), static_cast<std::size_t>(got));
    for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
      rest_.append(text.substr(0, end));
      use(rest_);
      rest_.clear();
      text.remove_prefix(end + 1);
    }
    if (rest_.size() < kLongestLine) rest_.append(text);
  }
}

}  // namespace countersign::admin
