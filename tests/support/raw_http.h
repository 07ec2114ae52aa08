// SPDX-License-Identifier: Apache-2.0
//
// A client that sends bytes as they are, for servers on the loopback.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/unique_fd.h"

namespace countersign::test {

class RawHttp {
 public:
  explicit RawHttp(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd_.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) fd_.reset();
  }

  bool connected() const { return static_cast<bool>(fd_); }

  /// Sends all of it; false if the server has gone.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  /// Says that nothing more will come.
  void finish() { shutdown(fd_.get(), SHUT_WR); }

  /// Returns all that comes until the server closes, or until `patience` is over; closed() tells
  /// which.
  std::string read_all(milliseconds patience = seconds(10)) {
    const Deadline deadline = std::chrono::steady_clock::now() + patience;
    std::string out;
    for (;;) {
      pollfd entry{fd_.get(), POLLIN, 0};
      if (poll(&entry, 1, poll_timeout(deadline)) <= 0) return out;
      char piece[4096];
      const ssize_t size = recv(fd_.get(), piece, sizeof piece, 0);
      if (size <= 0) {
        closed_ = true;
        return out;
      }
      out.append(piece, static_cast<std::size_t>(size));
    }
  }
  bool closed() const { return closed_; }

 private:
  UniqueFd fd_;
  bool closed_ = false;
};

/// Sends a request and returns the whole response; "" if the connection was closed without one.
inline std::string ask_raw(std::uint16_t port, std::string_view request) {
  RawHttp client(port);
  if (!client.connected()) return "not connected";
  client.send(request);
  return client.read_all();
}

/// Returns the status of a response; 0 if it has none.
inline int status_of(const std::string& response) {
  if (!response.starts_with("HTTP/1.")) return 0;
  return std::stoi(response.substr(9, 3));
}

}  // namespace countersign::test
