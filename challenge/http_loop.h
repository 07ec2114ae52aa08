// SPDX-License-Identifier: Apache-2.0
//
// One thread that reads and writes connections, by libmicrohttpd, and answers what it can without
// waiting (gathering.h); workers do the rest. Several loops share one listener.
#pragma once

#include <functional>
#include <memory>

#include "base/result.h"
#include "base/unique_fd.h"
#include "challenge/connections.h"
#include "challenge/http.h"
#include "challenge/http_server.h"
#include "challenge/work_queue.h"

namespace countersign::challenge {

class HttpLoop {
 public:
  /// What loops have in common.
  struct Shared {
    UniqueFd listener;
    Site& site;
    const ServerLimits limits;
    const std::function<void(Turned)> turned;
    Connections connections;
    WorkQueue queue;  ///< stopped before the first loop ends
    const SystemClock clock = {};
  };

  /// Serves up to so many connections from now on; `shared` must outlive it. Errors: unavailable.
  static Result<std::unique_ptr<HttpLoop>> start(Shared& shared, unsigned connections);
  /// Ends at once.
  virtual ~HttpLoop() = default;
  /// Takes no more connections, from soon on.
  virtual void quiesce() = 0;
};

}  // namespace countersign::challenge
