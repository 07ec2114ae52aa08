// SPDX-License-Identifier: Apache-2.0
//
// Replies must have the shape that their command promises; another shape is no answer but a fault.
// Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tokenstore/redis_reply.h"

namespace countersign {

/// Errors: unavailable (names `command`): not an array of `size`.
Status expect_array(const RedisReply& reply, std::size_t size, std::string_view command);
/// Returns the texts of an array of strings. Errors: unavailable.
Result<std::vector<std::string>> texts_of(const RedisReply& reply, std::string_view command);
/// Whether an EXEC did all that was queued. Errors: unavailable.
Status expect_done(const RedisReply& exec);
/// Errors: unavailable: not an integer.
Result<long long> integer_of(const RedisReply& reply, std::string_view command);
/// Returns the number that a counter's text is; 0 for nil. Errors: unavailable (names `key`).
Result<int> count_of(const RedisReply& reply, const std::string& key);

}  // namespace countersign
