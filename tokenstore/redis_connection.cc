// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/redis_connection.h"

#include <array>
#include <charconv>
#include <limits>
#include <utility>

namespace countersign {
namespace {

constexpr std::string_view kCrlf = "\r\n";

/// "TYPE NUMBER CRLF".
void append_size(char type, std::size_t number, std::string& out) {
  std::array<char, std::numeric_limits<std::size_t>::digits10 + 4> line;
  line[0] = type;
  char* end = std::to_chars(line.data() + 1, line.data() + line.size(), number).ptr;
  *end++ = kCrlf[0];
  *end++ = kCrlf[1];
  out.append(line.data(), end);
}

void append_word(std::string_view text, std::string& out) {
  append_size('$', text.size(), out);
  out += text;
  out += kCrlf;
}

}  // namespace

RedisWords::RedisWords(const std::vector<std::string>& words) : count_(words.size()) {
  for (const std::string& each : words) append_word(each, bytes_);
}

RedisPipeline& RedisPipeline::add(std::initializer_list<std::string_view> words) {
  return add(std::span(words.begin(), words.size()));
}

RedisPipeline& RedisPipeline::add(std::span<const std::string_view> words) {
  begin(words.size());
  for (const std::string_view each : words) append_word(each, bytes_);
  return *this;
}

RedisPipeline& RedisPipeline::add(std::initializer_list<std::string_view> words,
                                  const RedisWords& more) {
  begin(words.size() + more.count_);
  for (const std::string_view each : words) append_word(each, bytes_);
  bytes_ += more.bytes_;
  return *this;
}

RedisPipeline& RedisPipeline::begin(std::size_t words) {
  append_size('*', words, bytes_);
  places_.push_back(bytes_.size());
  return *this;
}

RedisPipeline& RedisPipeline::word(std::string_view text) {
  append_word(text, bytes_);
  return *this;
}

RedisPipeline& RedisPipeline::add(const RedisPipeline& commands) {
  for (const std::size_t place : commands.places_) places_.push_back(bytes_.size() + place);
  bytes_ += commands.bytes_;
  return *this;
}

void RedisPipeline::reserve(std::size_t commands, std::size_t bytes) {
  places_.reserve(commands);
  bytes_.reserve(bytes);
}

std::string RedisPipeline::name(std::size_t i) const {
  const auto size_end = bytes_.find(kCrlf, places_[i]) + kCrlf.size();
  return bytes_.substr(size_end, bytes_.find(kCrlf, size_end) - size_end);
}

Status refused(const RedisReply& reply, std::string_view command) {
  if (!reply.is_error()) return {};
  return Error{Errc::unavailable,
               "redis: " + std::string(command) + ": " + reply.text.substr(0, 200)};
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
    RedisReply reply;
    CS_ASSIGN(const bool is_whole, reader_.next(reply));
    if (!is_whole) return false;
    replies_.push_back(std::move(reply));
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
