// SPDX-License-Identifier: Apache-2.0
//
// A non-blocking connection (TCP, TLS or Unix socket) of which every call returns by an absolute
// deadline, however slowly the peer drips. No SIGPIPE. Belongs to one thread at a time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "tokenstore/redis_address.h"
#include "tokenstore/redis_tls.h"

namespace countersign {

class RedisSocket {
 public:
  /// Connects and, for rediss://, shakes hands. The addresses of a host are tried in turn, each
  /// with its share of the time. Errors: unavailable.
  static Result<std::unique_ptr<RedisSocket>> connect(const RedisAddress& address,
                                                      Deadline deadline);

  /// Takes bytes that came in; returns true when there were enough.
  using Take = std::function<Result<bool>(std::string_view)>;
  /// Begins to send `out`, without waiting: what does not go out at once is left to finish(). After
  /// an error the connection is useless. Errors: unavailable.
  Status start(std::string_view out);
  /// Sends what is left while giving `take` what comes in, until it is enough and all is sent.
  /// After an error the connection is useless. Errors: unavailable (closed, too slow), and take's.
  Status finish(const Take& take, Deadline deadline);
  /// finish() without waiting: sends and takes what can be at once. Returns whether all is done.
  /// Errors: as finish().
  Result<bool> advance(const Take& take);
  /// To be polled for reading while what was started is not done.
  int descriptor() const { return fd_.get(); }
  /// Both. Errors: as theirs.
  Status exchange(std::string_view out, const Take& take, Deadline deadline);

  /// Whether bytes wait that nobody asked for, or the peer has closed: not to be used again.
  bool stale() const;

 private:
  explicit RedisSocket(UniqueFd fd) : fd_(std::move(fd)) {}
  Status shake_hands(const RedisAddress& address, Deadline deadline);
  Status send_some(std::string_view& wire);
  Result<bool> receive_some(const Take& take);
  Status wait(bool to_send, Deadline deadline, bool& may_send, bool& may_receive) const;

  UniqueFd fd_;
  std::string rest_;  ///< of what was started, to be sent
  std::unique_ptr<TlsSession> tls_;
};

}  // namespace countersign
