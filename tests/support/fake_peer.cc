// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_peer.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cassert>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace countersign::test {
namespace {

constexpr int kBeat = 10;  ///< ms between looks at what has changed

sockaddr_un name_of(const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, sizeof name.sun_path - 1);
  return name;
}

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

/// The pause is the fault itself; nothing waits for it.
void pause_ms(int ms) { poll(nullptr, 0, ms); }

/// Sends a piece of the replies with the faults that stand now; false ends the connection.
bool send_spoilt(int fd, std::string_view bytes, Faults& faults) {
  while (!bytes.empty()) {
    std::size_t n = faults.drip_ms > 0 ? 1 : bytes.size();
    const long long cut = faults.cut_after;
    if (cut >= 0) n = std::min(n, static_cast<std::size_t>(cut));
    if (n == 0) return false;
    // Counted before it is sent: who has the answer may look at the count at once.
    if (cut >= 0) faults.cut_after = cut - static_cast<long long>(n);
    if (!send_all(fd, bytes.substr(0, n))) return false;
    bytes.remove_prefix(n);
    if (cut >= 0 && cut == static_cast<long long>(n)) return false;
    if (faults.drip_ms > 0) pause_ms(faults.drip_ms);
  }
  return true;
}

/// Moves what is readable at `from` into `out`; false at the end of the connection.
bool receive(int from, std::string& out) {
  std::array<char, 4096> piece;
  const ssize_t n = recv(from, piece.data(), piece.size(), 0);
  if (n <= 0) return false;
  out.assign(piece.data(), static_cast<std::size_t>(n));
  return true;
}

}  // namespace

FakePeer::FakePeer(Talk talk) : talk_(std::move(talk)) {
  std::array<char, 32> directory{"/tmp/countersign-peer-XXXXXX"};
  if (mkdtemp(directory.data()) == nullptr) std::abort();
  directory_ = directory.data();
  path_ = directory_ + "/peer.sock";
  listener_.reset(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_un name = name_of(path_);
  if (bind(listener_.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 ||
      listen(listener_.get(), 128) != 0)
    std::abort();
  acceptor_ = std::thread([this] { accept_for_ever(); });
}

FakePeer::~FakePeer() {
  stopping_ = true;
  acceptor_.join();
  for (const Connection& connection : open_) shutdown(connection.fd.get(), SHUT_RDWR);
  for (Connection& connection : open_) connection.thread.join();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void FakePeer::accept_for_ever() {
  while (!stopping_) {
    pollfd wanted{listener_.get(), POLLIN, 0};
    if (poll(&wanted, 1, kBeat) <= 0) continue;
    UniqueFd fd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!fd) continue;
    ++connections_;
    std::lock_guard lock(mutex_);
    open_.push_back({std::move(fd), {}});
    Connection& connection = open_.back();
    connection.thread = std::thread([this, number = connection.fd.get()] {
      talk_(number);
      // The client must see the end now; the number stays ours until the peer dies.
      shutdown(number, SHUT_RDWR);
    });
  }
}

FakePeer::Talk proxy_to(const std::string& path, Faults& faults) {
  return [path, &faults](int client) {
    UniqueFd server(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_un name = name_of(path);
    if (connect(server.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) return;
    std::string bytes;
    while (true) {
      // Replies are not even read while they stall: nothing of them may slip through.
      const short replies = faults.stall ? 0 : POLLIN;
      std::array<pollfd, 2> both{{{client, POLLIN, 0}, {server.get(), replies, 0}}};
      if (poll(both.data(), both.size(), kBeat) < 0) return;
      if (both[0].revents != 0 && (!receive(client, bytes) || !send_all(server.get(), bytes)))
        return;
      if (both[1].revents != 0 && !faults.stall &&
          (!receive(server.get(), bytes) || !send_spoilt(client, bytes, faults)))
        return;
    }
  };
}

FakePeer::Talk always(const std::string& reply) {
  return [reply](int fd) {
    std::string bytes;
    while (receive(fd, bytes)) {
      // Each command is an array: its sign stands at the start of a line and nowhere else in what
      // our tests send.
      for (std::size_t at = 0; at < bytes.size(); ++at)
        if (bytes[at] == '*' && (at == 0 || bytes[at - 1] == '\n') && !send_all(fd, reply)) return;
    }
  };
}

}  // namespace countersign::test
