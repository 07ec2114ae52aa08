// SPDX-License-Identifier: Apache-2.0
#include "challenge/work_queue.h"

namespace countersign::challenge {

WorkQueue::WorkQueue(std::size_t threads, std::size_t bound) : bound_(bound) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

bool WorkQueue::has_room() const {
  std::lock_guard lock(mutex_);
  return !stopping_ && jobs_.size() < bound_;
}

bool WorkQueue::push(std::function<void()> job) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_ || jobs_.size() >= bound_) return false;
    jobs_.push_back(std::move(job));
  }
  wanted_.notify_one();
  return true;
}

void WorkQueue::stop() {
  std::vector<std::thread> ending;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    ending.swap(threads_);
  }
  wanted_.notify_all();
  for (std::thread& thread : ending) thread.join();
}

void WorkQueue::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wanted_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
  }
}

}  // namespace countersign::challenge
