// SPDX-License-Identifier: Apache-2.0
//
// Who works on which message: one thread at a time for one message's log. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include "base/clock.h"
#include "mail/held_id.h"

namespace countersign {

class Claims {
 public:
  /// Owns one message while it lives; movable.
  class Claim {
   public:
    Claim(Claims& claims, HeldId id) : claims_(&claims), id_(std::move(id)) {}
    Claim(Claim&& other) noexcept
        : claims_(std::exchange(other.claims_, nullptr)), id_(other.id_) {}
    Claim& operator=(Claim&&) = delete;
    ~Claim() {
      if (claims_ != nullptr) claims_->give_back(id_);
    }

   private:
    Claims* claims_;
    HeldId id_;
  };

  /// Returns nothing while another has the message: come again later.
  std::optional<Claim> take(const HeldId& id) {
    std::lock_guard lock(mutex_);
    if (!busy_.insert(id).second) return std::nullopt;
    return std::optional<Claim>(std::in_place, *this, id);
  }

 private:
  void give_back(const HeldId& id) {
    std::lock_guard lock(mutex_);
    busy_.erase(id);
  }
  std::mutex mutex_;
  std::set<HeldId> busy_;
};

/// Which message is to be worked on next, and when. Thread-safe.
class Agenda {
 public:
  /// Sets or moves forward the time for `id`; an earlier time that is set stays.
  void add(const HeldId& id, SteadyTime due) {
    std::lock_guard lock(mutex_);
    const auto [at, fresh] = due_.try_emplace(id, due);
    if (!fresh && due < at->second) at->second = due;
    changed_.notify_one();
  }

  /// Takes the message that is due; waits for one until `until` or stop(). Nothing: none was due.
  std::optional<HeldId> take(SteadyTime until) {
    std::unique_lock lock(mutex_);
    while (!stopped_) {
      const auto now = std::chrono::steady_clock::now();
      auto next = until;
      for (auto at = due_.begin(); at != due_.end(); ++at) {
        if (at->second <= now) {
          const HeldId id = at->first;
          due_.erase(at);
          return id;
        }
        next = std::min(next, at->second);
      }
      if (now >= until) return std::nullopt;
      changed_.wait_until(lock, next);
    }
    return std::nullopt;
  }

  void stop() {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<HeldId, SteadyTime> due_;
  bool stopped_ = false;
};

}  // namespace countersign
