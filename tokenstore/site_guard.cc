// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/site_guard.h"

#include "mail/held_id.h"
#include "tokenstore/redis_connection.h"

namespace countersign {

Status SiteGuard::admit(const RedisReply& reply) {
  CS_TRY(refused(reply, "HMGET site"));
  if (!reply.is_array() || reply.elements.size() != 2)
    return Error{Errc::unavailable, "redis: HMGET site: not the reply of a HMGET"};
  const RedisReply& schema = reply.elements[0];
  const RedisReply& id = reply.elements[1];
  // Each message comes by here: what was looked at once is only compared.
  if (seen_.load(std::memory_order_acquire) && schema.text == kSchema && id.text == expected_)
    return {};
  return admit_unknown(schema, id);
}

Status SiteGuard::admit_unknown(const RedisReply& schema, const RedisReply& id) {
  if (schema.is_nil() || id.is_nil())
    return Error{Errc::unavailable,
                 "redis: no 'site' key: 'countersign config init' was not run, or this is another "
                 "or an emptied database"};
  if (schema.text != kSchema)
    return Error{Errc::unavailable, "redis: schema '" + schema.text.substr(0, 20) +
                                        "' of the store is not known to this version"};
  if (!HeldId::parse(id.text))
    return Error{Errc::unavailable, "redis: the site id is no 26 characters of base32"};
  const std::lock_guard lock(mutex_);
  if (expected_.empty()) expected_ = id.text;
  if (expected_ == id.text) {
    seen_.store(true, std::memory_order_release);
    return {};
  }
  return Error{Errc::unavailable,
               "redis: the store of another site: expected " + expected_ + ", found " + id.text};
}

}  // namespace countersign
