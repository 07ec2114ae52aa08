// SPDX-License-Identifier: Apache-2.0
//
// The two Redis users (ACL, Redis 7): the nodes own the prefix; the web host reads answer:* and
// held:*, appends to requests:*, owns web:*, and can do nothing else (law 8). Redis 6 has neither
// %R~ nor selectors: there an administrator writes "~" for "%R~" and takes "%W~", the brackets and
// their contents apart (countersign(8)), and check_web_user() tells what that opens. Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "tokenstore/redis_address.h"
#include "tokenstore/store_check.h"

namespace countersign {

enum class StoreRole { node, web };

/// "countersign-node", "countersign-web".
std::string_view acl_user(StoreRole role);

/// Returns one line of users.acl or redis.conf, without line end: "user countersign-web reset on
/// >PASSWORD ...". `prefix` as StoreSettings::prefix; `password` without white space.
std::string acl_line(StoreRole role, std::string_view prefix, std::string_view password);

/// Connects with the web host's login and tries what it must not be able to do, by commands that
/// would change nothing. Returns a failure for each that Redis would let it do, and for what it
/// needs and cannot do; empty: all is well. Errors: unavailable, invalid (the address).
Result<std::vector<StoreFinding>> check_web_user(const RedisAddress& address,
                                                 const std::string& prefix, const RedisLogin& web,
                                                 Deadline deadline);

}  // namespace countersign
