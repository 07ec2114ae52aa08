// SPDX-License-Identifier: Apache-2.0
//
// A few threads and a bounded queue before them. Thread-safe.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace countersign::challenge {

class WorkQueue {
 public:
  /// Starts `threads`; at most `bound` jobs wait for one.
  WorkQueue(std::size_t threads, std::size_t bound);
  ~WorkQueue() { stop(); }
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  /// Returns whether there is room for one more. With a single thread that pushes, the push()
  /// after a true has room too, unless stop() comes between.
  bool has_room() const;
  /// Hands a job to the threads; false if there is no room, or after stop(): it is then not run.
  /// A job must not throw.
  bool push(std::function<void()> job);
  /// Takes no more jobs, runs those that are queued, and ends the threads. May be repeated.
  void stop();

 private:
  void work();

  const std::size_t bound_;
  mutable std::mutex mutex_;
  std::condition_variable wanted_;
  std::deque<std::function<void()>> jobs_;  ///< under mutex_
  bool stopping_ = false;                   ///< under mutex_
  std::vector<std::thread> threads_;        ///< joined by the first stop()
};

}  // namespace countersign::challenge
