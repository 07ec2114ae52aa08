// SPDX-License-Identifier: Apache-2.0
//
// A peer on a Unix socket that does to each connection what a test says, and a proxy made of it
// that spoils what a real server answers.
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>

#include "base/unique_fd.h"

namespace countersign::test {

class FakePeer {
 public:
  /// Talks on one connected socket, in a thread of its own, until it returns; it must also return
  /// when the socket is shut down.
  using Talk = std::function<void(int fd)>;
  explicit FakePeer(Talk talk);
  ~FakePeer();
  FakePeer(const FakePeer&) = delete;
  FakePeer& operator=(const FakePeer&) = delete;

  const std::string& socket_path() const { return path_; }
  std::string url() const { return "unix:" + path_; }
  int connections() const { return connections_; }

 private:
  struct Connection {
    UniqueFd fd;
    std::thread thread;
  };
  void accept_for_ever();

  Talk talk_;
  std::string directory_;
  std::string path_;
  UniqueFd listener_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> connections_{0};
  std::mutex mutex_;
  std::list<Connection> open_;
  std::thread acceptor_;
};

/// What a Proxy does to the server's replies; may be changed at any time.
struct Faults {
  std::atomic<bool> stall{false};  ///< replies wait until it is false again
  std::atomic<int> drip_ms{0};     ///< one byte, then so long a pause
  std::atomic<long long> cut_after{
      -1};  ///< so many bytes of replies more, then the connection ends
};

/// Returns a peer that forwards to the server at `path`. `faults` must outlive it.
FakePeer::Talk proxy_to(const std::string& path, Faults& faults);

/// Returns a peer that answers every piece it reads with `reply`, as often as there are commands
/// in it.
FakePeer::Talk always(const std::string& reply);

}  // namespace countersign::test
