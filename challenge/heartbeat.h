// SPDX-License-Identifier: Apache-2.0
//
// Tells the nodes that pages are served: they name no URL when they have not heard it for a minute
// (design section 4, Channel). It is said only while the probe finds the page answering.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "base/result.h"
#include "tokenstore/budgets.h"

namespace countersign::challenge {

struct HeartbeatSettings {
  milliseconds interval = seconds(15);
  milliseconds patience = seconds(5);  ///< for the server's answer, and for the store's
};

class Heartbeat {
 public:
  /// Asks the server whether it serves. Errors: unavailable.
  using Probe = std::function<Status(Deadline)>;

  /// Beats at once and then at each interval, until it dies. `state` must outlive it.
  Heartbeat(WebState& state, Probe probe, const HeartbeatSettings& settings);
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

 private:
  void run();
  Status beat();

  WebState& state_;
  const Probe probe_;
  const HeartbeatSettings settings_;
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;  ///< under mutex_
  std::thread thread_;
};

}  // namespace countersign::challenge
