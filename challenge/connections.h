// SPDX-License-Identifier: Apache-2.0
//
// The open connections: how many a client has, and until when each may last. The library below
// ends only idle ones, so a client that sends a byte now and then would stay for ever. A connection
// may bring several requests, one after the other, each with deadlines of its own. Thread-safe.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/clock.h"

namespace countersign::challenge {

struct ConnectionLimits {
  /// Of one network (/24 or /64: many people may share an address). Proxies are not limited.
  std::size_t per_client = 64;
  /// From the start, or the response before, until the request is complete.
  milliseconds receive = seconds(10);
  milliseconds total = seconds(30);  ///< from there until the response is sent
};

class Connections {
 public:
  /// `on_cut` is called for each connection that is ended for being too slow, in a thread of its
  /// own.
  explicit Connections(
      const ConnectionLimits& limits, std::function<void()> on_cut = [] {});
  ~Connections();
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  /// Whether `client` may open one more. `client`: a network; "" is not limited.
  bool may_open(const std::string& client) const;
  /// Must be called before `fd` is used, and close() before it is closed. Returns whether the
  /// client had not too many; else the connection is ended: others may have come after may_open().
  bool open(int fd, const std::string& client);
  /// The request on `fd` is complete. Returns how many were, with this one.
  std::size_t received(int fd);
  /// Its response is sent, and another request may follow.
  void answered(int fd);
  void close(int fd);

  std::size_t count() const;
  /// Ends those that wait for a further request, now and from now on, waits until none is open;
  /// false if that is not so at `deadline`.
  bool wait_until_empty(Deadline deadline);

 private:
  struct Connection {
    std::string client;
    SteadyTime started;
    Deadline deadline;
    bool cut = false;
    std::size_t requests = 0;
    bool idle = false;  ///< between two requests
  };
  void sweep();
  void set_deadline(int fd, Connection& connection, Deadline deadline);
  void cut(int fd, Connection& connection);

  const ConnectionLimits limits_;
  const std::function<void()> on_cut_;
  mutable std::mutex mutex_;
  std::condition_variable sooner_;  ///< the first deadline is another, or all ends
  std::condition_variable emptied_;
  // All of these under mutex_.
  std::unordered_map<int, Connection> open_;      ///< by descriptor
  std::set<std::pair<Deadline, int>> deadlines_;  ///< of all that are not cut
  std::unordered_map<std::string, std::size_t> per_client_;
  Deadline wakes_ = Deadline::max();  ///< when the sweeper looks next
  bool stopping_ = false;
  bool draining_ = false;
  std::thread sweeper_;
};

}  // namespace countersign::challenge
