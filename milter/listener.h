// SPDX-License-Identifier: Apache-2.0
//
// The socket on which MTAs reach us, and the life of libmilter's main loop. Of the main thread.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace countersign {

struct ListenerSettings {
  std::string socket;    ///< "unix:/path", "inet:8894@127.0.0.1", "inet6:8894@[::1]"
  unsigned mode = 0660;  ///< of a Unix socket
  std::string group;     ///< of a Unix socket; "": that of the process
};

/// Opens the socket; after register_callbacks() and before the first thread (the umask is changed
/// for a moment). A Unix socket that nobody listens on any more is removed; its folder must not be
/// writable for everybody, as Sendmail wants it too. A TCP socket gets TCP_NODELAY, which accepted
/// ones inherit: without it each message takes 40 ms longer.
/// Errors: already_exists (another process listens there), invalid (text for the operator),
/// unavailable.
Status open_listener(const ListenerSettings& settings);

/// Serves until SIGTERM, SIGINT or SIGHUP, which must be blocked in every thread (libmilter waits
/// for them), or stop_serving(). Then waits, `patience` at most, until the callbacks that run have
/// ended. Callbacks may still begin after it in sessions that go on: end the process by _exit(2).
/// Errors: unavailable.
Status serve(milliseconds patience = seconds(10));

/// Makes serve() return. Thread-safe.
void stop_serving();

}  // namespace countersign
