// SPDX-License-Identifier: Apache-2.0
//
// Replies of Redis as values, and the reader that makes them from bytes (RESP2), by hiredis with
// limits: a peer that is no Redis, or a broken one, cannot make us take memory without bound.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

struct redisReader;

namespace countersign {

struct RedisReply {
  enum class Type { nil, status, error, integer, string, array };
  Type type = Type::nil;
  std::string text;  ///< of status, error ("WRONGTYPE Operation ...") and string
  long long integer = 0;
  std::vector<RedisReply> elements;

  bool is_nil() const { return type == Type::nil; }
  bool is_error() const { return type == Type::error; }
  bool is_string() const { return type == Type::string; }
  bool is_integer() const { return type == Type::integer; }
  bool is_array() const { return type == Type::array; }
  /// Whether it is an error that starts with this word ("NOAUTH").
  bool is_error(std::string_view word) const;
};

struct ReplyLimits {
  std::size_t bytes = 64U << 20;     ///< of one reply on the wire
  std::size_t elements = 1'000'000;  ///< of one reply, in all its arrays
};

/// Belongs to one thread at a time.
class RedisReplyReader {
 public:
  explicit RedisReplyReader(ReplyLimits limits = {});
  ~RedisReplyReader();
  RedisReplyReader(const RedisReplyReader&) = delete;
  RedisReplyReader& operator=(const RedisReplyReader&) = delete;

  /// Takes bytes from the wire, in pieces of any size.
  void feed(std::string_view bytes);
  /// Gives the next whole reply to `out`; false while bytes are missing.
  /// Errors: unavailable (no RESP, nested deeper than 7, over a limit): the connection is useless.
  Result<bool> next(RedisReply& out);
  /// Whether bytes are there that belong to no reply yet.
  bool has_rest() const;

 private:
  struct Free {
    void operator()(redisReader* reader) const;
  };
  /// The reply that is being read.
  struct UnderWay {
    RedisReply root;
    std::size_t elements_left = 0;
  };
  friend struct ReplyBuilder;
  ReplyLimits limits_;
  std::unique_ptr<UnderWay> under_way_;  ///< its address is known to the reader's callbacks
  std::unique_ptr<redisReader, Free> reader_;
  std::size_t fed_ = 0;  ///< bytes since the last whole reply
};

}  // namespace countersign
