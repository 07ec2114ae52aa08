// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/redis_connection.h"

#include <hiredis/hiredis.h>

#include <new>
#include <utility>

namespace countersign {

RedisPipeline& RedisPipeline::add(std::initializer_list<std::string_view> words) {
  return add(std::span(words.begin(), words.size()));
}

RedisPipeline& RedisPipeline::add(std::span<const std::string_view> words) {
  std::vector<const char*> arguments;
  std::vector<std::size_t> sizes;
  arguments.reserve(words.size());
  sizes.reserve(words.size());
  for (const std::string_view word : words) {
    // A null pointer would stand for an empty view.
    arguments.push_back(word.empty() ? "" : word.data());
    sizes.push_back(word.size());
  }
  // The form for sds does the same without printf, which was most of a question's cost.
  sds formatted = nullptr;
  const int size = redisFormatSdsCommandArgv(&formatted, static_cast<int>(words.size()),
                                             arguments.data(), sizes.data());
  if (size < 0 || formatted == nullptr) throw std::bad_alloc();
  bytes_.append(formatted, static_cast<std::size_t>(size));
  redisFreeSdsCommand(formatted);
  names_.emplace_back(words.front());
  return *this;
}

Status refused(const RedisReply& reply, const std::string& command) {
  if (!reply.is_error()) return {};
  return Error{Errc::unavailable, "redis: " + command + ": " + reply.text.substr(0, 200)};
}

Result<std::unique_ptr<RedisConnection>> RedisConnection::open(
    const RedisAddress& address, const std::optional<RedisLogin>& role, Deadline deadline) {
  CS_ASSIGN(auto socket, RedisSocket::connect(address, deadline));
  std::unique_ptr<RedisConnection> out(new RedisConnection(std::move(socket)));
  CS_TRY(out->greet(address, role, deadline));
  return out;
}

Status RedisConnection::greet(const RedisAddress& address, const std::optional<RedisLogin>& role,
                              Deadline deadline) {
  const bool from_url = !address.login.empty();
  const RedisLogin login = from_url ? address.login : role.value_or(RedisLogin{});
  RedisPipeline commands;
  if (!login.empty()) {
    // The form with one word is all that servers before Redis 6 know.
    if (login.user.empty())
      commands.add({"AUTH", login.password});
    else
      commands.add({"AUTH", login.user, login.password});
  }
  const std::string database = std::to_string(address.database);
  if (address.database != 0) commands.add({"SELECT", database});
  CS_ASSIGN(const auto replies, run(commands, deadline));
  for (std::size_t i = 0; i < replies.size(); ++i) {
    CS_TRY(commands.name(i) == "AUTH" ? judge_login(replies[i], from_url)
                                      : refused(replies[i], commands.name(i)));
  }
  return {};
}

Status RedisConnection::judge_login(const RedisReply& reply, bool from_url) {
  if (!reply.is_error()) {
    logged_in_ = from_url ? LoggedIn::by_url : LoggedIn::by_role;
    return {};
  }
  // WRONGPASS: no such user, or another password. ERR: no password is configured at all, or a
  // server before Redis 6, which knows no users. Then the connection goes on as the default user.
  if (from_url || !(reply.is_error("WRONGPASS") || reply.is_error("ERR")))
    return refused(reply, "AUTH");
  logged_in_ = LoggedIn::as_default_instead;
  login_refusal_ = reply.text.substr(0, 200);
  return {};
}

Result<std::vector<RedisReply>> RedisConnection::run(const RedisPipeline& commands,
                                                     Deadline deadline) {
  if (std::chrono::steady_clock::now() >= deadline)
    return Error{Errc::unavailable, "redis: no time left"};
  CS_TRY(start(commands));
  return finish(commands.size(), deadline);
}

Status RedisConnection::start(const RedisPipeline& commands) {
  if (commands.size() == 0) return {};
  if (!socket_) return Error{Errc::unavailable, "redis: the connection has failed before"};
  const Status started = socket_->start(commands.bytes());
  if (!started) socket_.reset();
  return started;
}

/// Returns whether all replies are there.
Result<bool> RedisConnection::collect(std::string_view bytes, std::size_t commands) {
  reader_.feed(bytes);
  while (replies_.size() < commands) {
    CS_ASSIGN(auto reply, reader_.next());
    if (!reply) return false;
    replies_.push_back(std::move(*reply));
  }
  return true;
}

Result<std::vector<RedisReply>> RedisConnection::finish(std::size_t commands, Deadline deadline) {
  if (commands == 0) return std::vector<RedisReply>();
  if (!socket_) return Error{Errc::unavailable, "redis: the connection has failed before"};
  replies_.reserve(commands);
  const auto take = [&](std::string_view bytes) { return collect(bytes, commands); };
  const Status done = socket_->finish(take, deadline);
  if (!done) {
    socket_.reset();
    return done.error();
  }
  return std::exchange(replies_, {});
}

Result<std::optional<std::vector<RedisReply>>> RedisConnection::advance(std::size_t commands) {
  if (!socket_) return Error{Errc::unavailable, "redis: the connection has failed before"};
  replies_.reserve(commands);
  const auto done =
      socket_->advance([&](std::string_view bytes) { return collect(bytes, commands); });
  if (!done) {
    socket_.reset();
    return done.error();
  }
  std::optional<std::vector<RedisReply>> out;
  if (*done) out = std::exchange(replies_, {});
  return out;
}

bool RedisConnection::usable() const {
  return socket_ != nullptr && !reader_.has_rest() && !socket_->stale();
}

}  // namespace countersign
