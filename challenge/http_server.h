// SPDX-License-Identifier: Apache-2.0
//
// The edge of libmicrohttpd: a few threads read and write all connections and answer what takes no
// waiting (Site::begin()), a few workers the rest (Site::handle()). Nothing is decided here.
//
// A connection stays open for further requests while all is plain: HTTP/1.1, admitted, answered.
// Whatever was refused ends it, so that nothing that a proxy before us and we might read
// differently can become a request; so do age and a crowd.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "challenge/connections.h"
#include "challenge/http.h"
#include "mail/network.h"

namespace countersign::challenge {

struct ServerLimits {
  /// At once; more wait in the kernel's queue. Each takes at most 32 kB here, and that only once it
  /// has brought a request. Fewer where the process may not have as many descriptors.
  unsigned connections = 8192;
  /// Of one connection; the last is answered with its end. Where three quarters of `connections`
  /// are open, each request is the last.
  std::size_t requests = 1000;
  ConnectionLimits connection = {};
  unsigned loops = 2;  ///< threads that read and write connections
  std::size_t workers = 8;
  std::size_t queue = 64;       ///< requests that wait for a worker; more get 503
  milliseconds handling{5000};  ///< for one request, once it is complete
  NetworkList proxies = {};     ///< not limited per client
};

/// What the server itself refuses.
enum class Turned {
  slow,     ///< a connection was cut at its deadline
  busy,     ///< a request found the queue full
  crowded,  ///< a connection was not taken: its client had too many
};

class HttpServer {
 public:
  /// Serves on `listener` (listen_on()) from now on. `site` must outlive the server; `turned` is
  /// told of each refusal, in any thread. Errors: unavailable.
  static Result<std::unique_ptr<HttpServer>> start(
      UniqueFd listener, Site& site, const ServerLimits& limits,
      std::function<void(Turned)> turned = [](Turned) {});
  /// Ends at once, but for requests that a worker has.
  ~HttpServer();

  int listener() const;
  /// How many connections are open.
  std::size_t open() const;
  /// Takes no more connections and waits until those that are open have ended, or for `patience`.
  void drain(milliseconds patience);

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace countersign::challenge
