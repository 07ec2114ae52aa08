// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/redis_pool.h"

#include <utility>

#include "base/log.h"

namespace countersign {
namespace {

/// A call that had less time than this, and ran out of it, says nothing about the server.
constexpr milliseconds kTellingTime{200};

/// Of the question that every message asks, which is longer than most: one piece of memory is
/// enough for all its commands, of a size that malloc keeps for each thread.
constexpr std::size_t kUsualCommands = 12;
constexpr std::size_t kUsualBytes = 1000;

Deadline in(milliseconds time) { return std::chrono::steady_clock::now() + time; }

}  // namespace

RedisPool::RedisPool(PoolSettings settings, RedisKeys keys)
    : settings_(std::move(settings)),
      keys_(std::move(keys)),
      site_question_(RedisPipeline().add({"HMGET", keys_.site(), "schema", "id"})),
      site_(settings_.site) {
  prober_ = std::thread([this] { probe_for_ever(); });
}

RedisPool::~RedisPool() { stop(); }

RedisPipeline RedisPool::pipeline() const {
  RedisPipeline out;
  out.reserve(kUsualCommands, kUsualBytes);
  out.add(site_question_);
  return out;
}

Status RedisPool::closed_to_callers() const {
  if (healthy()) return {};
  return Error{Errc::unavailable, "store is down: " + cause()};
}

std::string RedisPool::cause() const {
  std::lock_guard lock(mutex_);
  return cause_;
}

Result<std::vector<RedisReply>> RedisPool::run(const RedisPipeline& commands, Deadline deadline) {
  CS_TRY(closed_to_callers());
  const auto had = deadline - std::chrono::steady_clock::now();
  if (had <= had.zero()) return Error{Errc::unavailable, "redis: no time left"};
  auto connection = take(deadline);
  if (!connection) {
    report_failure(connection.error(), had);
    return connection.error();
  }
  auto replies = run_on(**connection, commands, deadline);
  // Not after an error: a server that said READONLY or LOADING is best met anew.
  if (replies) give_back(*std::move(connection));
  return replies;
}

Result<std::vector<RedisReply>> RedisPool::Own::run(const RedisPipeline& commands,
                                                    Deadline deadline) {
  {
    std::unique_lock lock(pool_.mutex_);
    pool_.changed_.wait_until(lock, deadline, [&] { return pool_.stopped_ || pool_.healthy(); });
  }
  CS_TRY(pool_.closed_to_callers());
  const auto had = deadline - std::chrono::steady_clock::now();
  if (!connection_ || !connection_->usable()) {
    auto opened = pool_.open_checked(deadline);
    if (!opened) {
      connection_.reset();
      pool_.report_failure(opened.error(), had);
      return opened.error();
    }
    connection_ = *std::move(opened);
  }
  auto replies = pool_.run_on(*connection_, commands, deadline);
  if (!replies) connection_.reset();
  return replies;
}

Result<std::vector<RedisReply>> RedisPool::run_on(RedisConnection& connection,
                                                  const RedisPipeline& commands,
                                                  Deadline deadline) {
  const auto start = std::chrono::steady_clock::now();
  return judge(connection.run(commands, deadline), commands, start, deadline);
}

std::optional<RedisPool::Flight> RedisPool::start(RedisPipeline commands) {
  if (!healthy()) return std::nullopt;
  Connection connection = take_idle();
  // What fails here fails once more, and is reported, when it is asked for with time to wait.
  if (!connection || !connection->start(commands)) return std::nullopt;
  return Flight{std::move(connection), std::move(commands)};
}

Result<std::vector<RedisReply>> RedisPool::finish(Flight flight, Deadline deadline) {
  CS_TRY(closed_to_callers());
  // What the caller did meanwhile is none of the store's time.
  const auto start = std::chrono::steady_clock::now();
  auto replies = judge(flight.connection->finish(flight.commands.size(), deadline), flight.commands,
                       start, deadline);
  if (replies) give_back(std::move(flight.connection));
  return replies;
}

std::optional<Result<std::vector<RedisReply>>> RedisPool::advance(Flight& flight) {
  const auto now = std::chrono::steady_clock::now();
  auto got = flight.connection->advance(flight.commands.size());
  if (got && !*got) return std::nullopt;
  using Replies = Result<std::vector<RedisReply>>;
  Replies replies = judge(got ? Replies(**std::move(got)) : Replies(got.error()), flight.commands,
                          now, Deadline::max());
  if (replies) give_back(std::move(flight.connection));
  return replies;
}

/// Takes the replies for what they say of the store, too.
Result<std::vector<RedisReply>> RedisPool::judge(Result<std::vector<RedisReply>> replies,
                                                 const RedisPipeline& commands,
                                                 std::chrono::steady_clock::time_point start,
                                                 Deadline deadline) {
  round_trips_.fetch_add(1, std::memory_order_relaxed);
  if (settings_.observe) settings_.observe(std::chrono::steady_clock::now() - start);
  if (!replies) {
    report_failure(replies.error(), deadline - start);
    return replies.error();
  }
  if (const Status known = site_.admit(replies->front()); !known) {
    set_health(false, known.error().detail);
    return known.error();
  }
  for (std::size_t i = 1; i < replies->size(); ++i)
    if ((*replies)[i].is_error()) return refused((*replies)[i], commands.name(i)).error();
  replies->erase(replies->begin());
  return replies;
}

RedisPool::Connection RedisPool::take_idle() {
  while (true) {
    Connection candidate;
    {
      std::lock_guard lock(mutex_);
      if (idle_.empty()) return nullptr;
      candidate = std::move(idle_.back());
      idle_.pop_back();
    }
    if (candidate->usable()) return candidate;
  }
}

Result<RedisPool::Connection> RedisPool::take(Deadline deadline) {
  if (Connection idle = take_idle()) return idle;
  return open_checked(deadline);
}

Result<RedisPool::Connection> RedisPool::open_unchecked(Deadline deadline) {
  auto opened = RedisConnection::open(settings_.address, settings_.role, deadline);
  if (opened) warn_of_login(**opened);
  return opened;
}

Result<RedisPool::Connection> RedisPool::open_checked(Deadline deadline) {
  CS_ASSIGN(Connection opened, open_unchecked(deadline));
  // Before the first write: a pipeline's own look at the site comes too late to stop it.
  CS_TRY(probe(opened, deadline));
  return opened;
}

void RedisPool::give_back(Connection connection) {
  std::lock_guard lock(mutex_);
  if (!stopped_ && healthy() && idle_.size() < settings_.most_idle)
    idle_.push_back(std::move(connection));
}

void RedisPool::report_failure(const Error& error, std::chrono::steady_clock::duration had) {
  if (had < kTellingTime) {
    probe_now();
    return;
  }
  set_health(false, error.detail);
}

void RedisPool::set_health(bool healthy, const std::string& cause,
                           std::optional<long long> unless_changed_since) {
  std::vector<Connection> closing;
  bool news = false;
  {
    std::lock_guard lock(mutex_);
    if (stopped_) return;
    // A probe that began before somebody else's verdict is older than that: look again.
    if (unless_changed_since && *unless_changed_since != verdicts_) {
      probe_wanted_ = true;
      return;
    }
    ++verdicts_;
    news = healthy_.exchange(healthy) != healthy;
    cause_ = cause;
    if (!healthy) closing.swap(idle_);
    // A failed probe does not wish for the next at once.
    probe_wanted_ = !healthy && !unless_changed_since;
  }
  changed_.notify_all();
  if (news && healthy) log::info("store is back");
  if (news && !healthy) log::warning("store is down", {{"cause", cause}});
}

Status RedisPool::recheck(Deadline deadline) {
  const auto opened = open_checked(deadline);
  set_health(bool(opened), opened ? "" : opened.error().detail);
  return opened ? Status() : Status(opened.error());
}

void RedisPool::probe_now() {
  {
    std::lock_guard lock(mutex_);
    probe_wanted_ = true;
  }
  changed_.notify_all();
}

Status RedisPool::probe(Connection& connection, Deadline deadline) {
  if (!connection || !connection->usable()) {
    CS_ASSIGN(connection, open_unchecked(deadline));
  }
  CS_ASSIGN(const auto replies, connection->run(pipeline(), deadline));
  return site_.admit(replies.front());
}

void RedisPool::probe_for_ever() {
  Connection connection;
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    probe_wanted_ = false;
    const bool was_well = healthy();
    const long long verdicts = verdicts_;
    lock.unlock();
    const auto started = std::chrono::steady_clock::now();
    const Status well =
        probe(connection, in(was_well ? settings_.probe_well : settings_.probe_ill));
    if (!well) connection.reset();
    set_health(bool(well), well ? "" : well.error().detail, verdicts);
    lock.lock();
    changed_.wait_until(lock, started + settings_.rhythm,
                        [&] { return stopped_ || probe_wanted_; });
  }
}

void RedisPool::warn_of_login(const RedisConnection& connection) {
  if (connection.logged_in() != RedisConnection::LoggedIn::as_default_instead) return;
  if (warned_of_login_.exchange(true)) return;
  log::warning("redis does not take our user, going on as its default user",
               {{"user", settings_.role ? settings_.role->user : ""},
                {"reply", connection.login_refusal()}});
}

void RedisPool::stop() {
  std::vector<Connection> closing;
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    healthy_.store(false, std::memory_order_release);
    if (cause_.empty()) cause_ = "stopped";
    closing.swap(idle_);
  }
  changed_.notify_all();
  if (prober_.joinable()) prober_.join();
}

}  // namespace countersign
