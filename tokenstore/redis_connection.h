// SPDX-License-Identifier: Apache-2.0
//
// One connection to Redis: pipelines go out, as many replies come back, or nothing counts. After
// any failure it is closed for good, so that a late reply can never answer the next question.
// Belongs to one thread at a time.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "tokenstore/redis_address.h"
#include "tokenstore/redis_reply.h"
#include "tokenstore/redis_socket.h"

namespace countersign {

/// Words that several commands end with.
class RedisWords {
 public:
  explicit RedisWords(const std::vector<std::string>& words);

 private:
  friend class RedisPipeline;
  std::size_t count_;
  std::string bytes_;  ///< as the server reads them (RESP2)
};

/// Commands to be sent in one go. Arguments may hold any bytes.
class RedisPipeline {
 public:
  RedisPipeline& add(std::initializer_list<std::string_view> words);
  RedisPipeline& add(std::span<const std::string_view> words);
  RedisPipeline& add(std::initializer_list<std::string_view> words, const RedisWords& more);
  /// The same in parts: begins a command of `words` words, each of which is then added by word().
  RedisPipeline& begin(std::size_t words);
  RedisPipeline& word(std::string_view text);
  RedisPipeline& add(const RedisPipeline& commands);
  /// Makes room for so many commands, and bytes of them in all.
  void reserve(std::size_t commands, std::size_t bytes);

  const std::string& bytes() const { return bytes_; }
  std::size_t size() const { return places_.size(); }
  /// The first word of command `i`, for messages: arguments may be secret.
  std::string name(std::size_t i) const;

 private:
  std::string bytes_;                ///< as the server reads them (RESP2)
  std::vector<std::size_t> places_;  ///< in bytes_, of each command's first word
};

/// Returns the error of an error reply to `command`, or success. All are unavailable: OOM, MISCONF,
/// READONLY, LOADING, MASTERDOWN, NOAUTH, NOPERM, WRONGTYPE, CROSSSLOT, MOVED, ...
Status refused(const RedisReply& reply, std::string_view command);

class RedisConnection {
 public:
  /// As whom the server took us.
  enum class LoggedIn { nobody, by_url, by_role, as_default_instead };

  /// Connects, logs in and selects the database. The login of the URL wins and must be good; `role`
  /// is tried otherwise, and a server that does not take it keeps us as its default user
  /// (as_default_instead). Errors: unavailable.
  static Result<std::unique_ptr<RedisConnection>> open(const RedisAddress& address,
                                                       const std::optional<RedisLogin>& role,
                                                       Deadline deadline);

  /// Returns one reply a command, in order; error replies among them. An empty pipeline costs
  /// nothing. Errors: unavailable: whether the commands were done is not known.
  Result<std::vector<RedisReply>> run(const RedisPipeline& commands, Deadline deadline);
  /// The two halves of run(), for who has other work meanwhile: start() waits for nothing; between
  /// it and finish() the connection is of no other use. `commands` is the number started.
  Status start(const RedisPipeline& commands);
  Result<std::vector<RedisReply>> finish(std::size_t commands, Deadline deadline);
  /// finish() without waiting: nothing while replies are missing; ask again when descriptor() can
  /// be read. Errors: as finish().
  Result<std::optional<std::vector<RedisReply>>> advance(std::size_t commands);
  /// -1 after a failure.
  int descriptor() const { return socket_ ? socket_->descriptor() : -1; }

  LoggedIn logged_in() const { return logged_in_; }
  /// Why the role's login was not taken; "" if it was, or was not tried.
  const std::string& login_refusal() const { return login_refusal_; }
  /// Whether it can be used for another pipeline: no failure, nothing unasked for, not closed.
  bool usable() const;

 private:
  explicit RedisConnection(std::unique_ptr<RedisSocket> socket) : socket_(std::move(socket)) {}
  Status greet(const RedisAddress& address, const std::optional<RedisLogin>& role,
               Deadline deadline);
  Result<bool> collect(std::string_view bytes, std::size_t commands);
  Status judge_login(const RedisReply& reply, bool from_url);

  std::unique_ptr<RedisSocket> socket_;  ///< none after a failure
  RedisReplyReader reader_;
  std::vector<RedisReply> replies_;  ///< to what was started, so far
  LoggedIn logged_in_ = LoggedIn::nobody;
  std::string login_refusal_;
};

}  // namespace countersign
