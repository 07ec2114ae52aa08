// SPDX-License-Identifier: Apache-2.0
#include "challenge/heartbeat.h"

#include "base/log.h"

namespace countersign::challenge {

Heartbeat::Heartbeat(WebState& state, Probe probe, const HeartbeatSettings& settings)
    : state_(state), probe_(std::move(probe)), settings_(settings), thread_([this] { run(); }) {}

Heartbeat::~Heartbeat() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  thread_.join();
}

Status Heartbeat::beat() {
  const auto patience = [this] { return std::chrono::steady_clock::now() + settings_.patience; };
  CS_TRY(probe_(patience()));
  return state_.heartbeat(patience());
}

void Heartbeat::run() {
  bool was_good = true;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    const Status status = beat();
    // Once a change, not once a beat.
    if (!status && was_good)
      log::error("page: no heartbeat, so no URL is named to senders",
                 {{"why", status.error().detail}});
    if (status && !was_good) log::info("page: heartbeat is back");
    was_good = static_cast<bool>(status);
    lock.lock();
    stop_.wait_for(lock, settings_.interval, [this] { return stopping_; });
  }
}

}  // namespace countersign::challenge
