// SPDX-License-Identifier: Apache-2.0
//
// Connections to one Redis, shared by all threads, behind a breaker: after a failure of the server
// (not of one command) callers fail at once, until a prober of our own has found it well again. So
// an outage costs one caller its deadline, not every caller.
//
// Every pipeline begins with a look at `cs:site` (see SiteGuard). Thread-safe.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "tokenstore/redis_connection.h"
#include "tokenstore/redis_keys.h"
#include "tokenstore/site_guard.h"

namespace countersign {

struct PoolSettings {
  RedisAddress address;
  std::optional<RedisLogin> role;  ///< StoreSettings::login
  std::string site;                ///< StoreSettings::site
  std::function<void(std::chrono::duration<double>)> observe;
  milliseconds rhythm{1000};      ///< of the prober
  milliseconds probe_well{2000};  ///< how long a probe may take while the store is well
  milliseconds probe_ill{900};    ///< and while it is not: short, so that it comes back soon
  /// Connections that are kept. Postfix takes a hundred sessions at once, each of which may have a
  /// question under way; to open one for it costs more than all else of a message.
  std::size_t most_idle = 128;
};

class RedisPool {
 public:
  /// Starts the prober.
  RedisPool(PoolSettings settings, RedisKeys keys);
  ~RedisPool();
  RedisPool(const RedisPool&) = delete;
  RedisPool& operator=(const RedisPool&) = delete;

  const RedisKeys& keys() const { return keys_; }

  /// Returns a pipeline that looks at the site first: every pipeline for run() is made by this.
  RedisPipeline pipeline() const;

  /// Runs a pipeline() in one round trip. Returns the replies without the site's, none of them an
  /// error. Errors: unavailable: any of the commands may or may not have been done.
  Result<std::vector<RedisReply>> run(const RedisPipeline& commands, Deadline deadline);

  /// A pipeline() that was sent and is not answered yet. Destroyed unanswered, it costs its
  /// connection. Belongs to one thread at a time.
  struct Flight {
    std::unique_ptr<RedisConnection> connection;
    RedisPipeline commands;
    int descriptor() const { return connection->descriptor(); }
  };
  /// The two halves of run(), for who has other work meanwhile. start() waits for nothing and opens
  /// no connection: none where no idle one is at hand, or the store is down. finish() as run().
  std::optional<Flight> start(RedisPipeline commands);
  Result<std::vector<RedisReply>> finish(Flight flight, Deadline deadline);
  /// finish() without waiting: nothing while replies are missing; ask again when the flight's
  /// descriptor can be read. After anything else the flight is over.
  std::optional<Result<std::vector<RedisReply>>> advance(Flight& flight);

  /// A connection beside the pool, for commands that wait. Belongs to one thread at a time.
  class Own {
   public:
    explicit Own(RedisPool& pool) : pool_(pool) {}
    /// As RedisPool::run(). While the store is down it waits until it is back, or `deadline`.
    Result<std::vector<RedisReply>> run(const RedisPipeline& commands, Deadline deadline);

   private:
    RedisPool& pool_;
    std::unique_ptr<RedisConnection> connection_;
  };

  bool healthy() const { return healthy_.load(std::memory_order_acquire); }
  /// Why it is not healthy; "" if it is.
  std::string cause() const;
  /// Round trips of callers so far.
  long long round_trips() const { return round_trips_.load(std::memory_order_relaxed); }
  /// Opens a connection that has logged in, without a look at the site.
  Result<std::unique_ptr<RedisConnection>> open_unchecked(Deadline deadline);
  /// Looks at the store now, on a connection of its own, and takes the outcome for its health.
  /// Errors: unavailable.
  Status recheck(Deadline deadline);
  /// Ends the prober, closes what is idle. Calls then fail at once. May be repeated.
  void stop();

 private:
  using Connection = std::unique_ptr<RedisConnection>;
  Status closed_to_callers() const;
  Result<Connection> take(Deadline deadline);
  Result<Connection> open_checked(Deadline deadline);
  void give_back(Connection connection);
  Result<std::vector<RedisReply>> run_on(RedisConnection& connection, const RedisPipeline& commands,
                                         Deadline deadline);
  Result<std::vector<RedisReply>> judge(Result<std::vector<RedisReply>> replies,
                                        const RedisPipeline& commands,
                                        std::chrono::steady_clock::time_point start,
                                        Deadline deadline);
  Connection take_idle();
  void report_failure(const Error& error, std::chrono::steady_clock::duration had);
  void probe_now();
  void set_health(bool healthy, const std::string& cause,
                  std::optional<long long> unless_changed_since = std::nullopt);
  Status probe(Connection& connection, Deadline deadline);
  void probe_for_ever();
  void warn_of_login(const RedisConnection& connection);

  const PoolSettings settings_;
  const RedisKeys keys_;
  const RedisPipeline site_question_;  ///< what pipeline() begins with
  SiteGuard site_;
  std::atomic<bool> healthy_{true};
  std::atomic<long long> round_trips_{0};
  std::atomic<bool> warned_of_login_{false};

  mutable std::mutex mutex_;
  std::condition_variable changed_;  ///< health, stop, a wish for a probe
  std::vector<Connection> idle_;     ///< last used last
  std::string cause_;
  long long verdicts_ = 0;  ///< on health, so far
  bool stopped_ = false;
  bool probe_wanted_ = false;
  std::thread prober_;
};

}  // namespace countersign
