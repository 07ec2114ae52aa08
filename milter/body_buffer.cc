// SPDX-License-Identifier: Apache-2.0
#include "milter/body_buffer.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace countersign {

Status BodyBuffer::append(std::string_view bytes) {
  if (!state_) return state_;
  bytes_ += bytes.size();
  if (bytes_ > most_bytes_) return give_up({Errc::invalid, "over max_message"});
  if (!file_ && memory_.size() + bytes.size() <= most_in_memory_) {
    memory_ += bytes;
    return {};
  }
  if (!file_) CS_TRY(spill());
  return write(bytes);
}

Status BodyBuffer::replay(const std::function<bool(std::string_view)>& sink) const {
  if (!state_) return state_;
  if (!file_) {
    if (!memory_.empty()) sink(memory_);
    return {};
  }
  std::array<char, 65536> piece{};
  for (off_t at = 0;;) {
    const ssize_t got = ::pread(file_.get(), piece.data(), piece.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{Errc::unavailable, std::string("read: ") + std::strerror(errno)};
    if (got == 0 || !sink({piece.data(), static_cast<std::size_t>(got)})) return {};
    at += got;
  }
}

Status BodyBuffer::spill() {
  file_.reset(::open(folder_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!file_) return fail("open");
  CS_TRY(write(memory_));
  memory_ = {};
  return {};
}

Status BodyBuffer::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail("write");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Status BodyBuffer::fail(const char* what) {
  return give_up({Errc::unavailable, folder_ + ": " + what + ": " + std::strerror(errno)});
}

Status BodyBuffer::give_up(Error error) {
  state_ = std::move(error);
  file_.reset();
  memory_ = {};
  return state_;
}

}  // namespace countersign
