// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/reply_shape.h"

#include "tokenstore/redis_connection.h"

namespace countersign {
namespace {

Error odd(const std::string& command) {
  return {Errc::unavailable, "redis: " + command + ": a reply of another shape"};
}

}  // namespace

Status expect_array(const RedisReply& reply, std::size_t size, const std::string& command) {
  if (reply.is_array() && reply.elements.size() == size) return {};
  return odd(command);
}

Result<std::vector<std::string>> texts_of(const RedisReply& reply, const std::string& command) {
  if (!reply.is_array()) return odd(command);
  std::vector<std::string> out;
  out.reserve(reply.elements.size());
  for (const RedisReply& element : reply.elements) {
    if (!element.is_string()) return odd(command);
    out.push_back(element.text);
  }
  return out;
}

Status expect_done(const RedisReply& exec) {
  if (!exec.is_array()) return odd("EXEC");
  for (const RedisReply& one : exec.elements) CS_TRY(refused(one, "EXEC"));
  return {};
}

Result<long long> integer_of(const RedisReply& reply, const std::string& command) {
  if (!reply.is_integer()) return odd(command);
  return reply.integer;
}

}  // namespace countersign
