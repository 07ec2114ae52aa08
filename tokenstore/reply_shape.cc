// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/reply_shape.h"

#include <charconv>

#include "tokenstore/redis_connection.h"

namespace countersign {
namespace {

Error odd(std::string_view command) {
  return {Errc::unavailable, "redis: " + std::string(command) + ": a reply of another shape"};
}

}  // namespace

Status expect_array(const RedisReply& reply, std::size_t size, std::string_view command) {
  if (reply.is_array() && reply.elements.size() == size) return {};
  return odd(command);
}

Result<std::vector<std::string>> texts_of(const RedisReply& reply, std::string_view command) {
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

Result<long long> integer_of(const RedisReply& reply, std::string_view command) {
  if (!reply.is_integer()) return odd(command);
  return reply.integer;
}

Result<int> count_of(const RedisReply& reply, const std::string& key) {
  if (reply.is_nil()) return 0;
  int count = 0;
  const char* end = reply.text.data() + reply.text.size();
  const auto [stop, bad] = std::from_chars(reply.text.data(), end, count);
  if (bad != std::errc() || stop != end) return Error{Errc::unavailable, key + ": no number"};
  return count;
}

}  // namespace countersign
