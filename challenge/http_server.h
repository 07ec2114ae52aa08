// SPDX-License-Identifier: Apache-2.0
//
// The edge of libmicrohttpd: one thread of its own reads and writes all connections, a few workers
// answer. Nothing is decided here: heads go to Site::admit(), requests to Site::handle().
//
// One request a connection: what a proxy before us and we might read differently ends with it, and
// a connection's deadline is its request's.
#pragma once

#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "challenge/connections.h"
#include "challenge/http.h"
#include "mail/network.h"

namespace countersign::challenge {

struct ServerLimits {
  unsigned connections = 512;  ///< at once; more wait in the kernel's queue
  ConnectionLimits connection = {};
  std::size_t workers = 8;
  std::size_t queue = 64;       ///< requests that wait for a worker; more get 503
  milliseconds handling{5000};  ///< for one request, once it is complete
  NetworkList proxies = {};     ///< not limited per client, beside the loopback
};

struct ServerCounts {
  std::size_t open = 0;     ///< connections now
  std::size_t cut = 0;      ///< connections that were too slow, so far
  std::size_t busy = 0;     ///< requests that found the queue full, so far
  std::size_t crowded = 0;  ///< connections refused because their client had too many, so far
};

class HttpServer {
 public:
  /// Serves on `listener` (listen_on()) from now on. `site` must outlive the server.
  /// Errors: unavailable.
  static Result<std::unique_ptr<HttpServer>> start(UniqueFd listener, Site& site,
                                                   const ServerLimits& limits);
  /// Ends at once, but for requests that a worker has.
  ~HttpServer();

  int listener() const;
  ServerCounts counts() const;
  /// Takes no more connections and waits until those that are open have ended, or for `patience`.
  void drain(milliseconds patience);

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace countersign::challenge
