// SPDX-License-Identifier: Apache-2.0
//
// Requests in Redis: a stream requests:{node}, read from its start until each entry is done.
//
// The web host writes it, and is not trusted: the node's side cuts the stream's length, throws away
// what is too large to be a request, and starts the stream anew when it is empty, since an entry
// with the last possible id would close it for ever.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/guarded.h"
#include "tokenstore/redis_pool.h"
#include "tokenstore/requests.h"

namespace countersign {

class RedisRequests final : public Requests {
 public:
  /// `pool` must outlive it.
  explicit RedisRequests(RedisPool& pool) : pool_(pool) {}
  Status append(const std::string& node, const Request& request, Deadline deadline) override;
  /// On a connection of its own, as it waits; readers of one node wait on their own connections.
  /// While the store is down it waits for it. Returns up to 0.3 s after `deadline`.
  using Requests::read;
  Result<std::vector<RequestEntry>> read(const std::string& node, const std::string& after,
                                         Deadline deadline) override;
  Status done(const std::string& node, const std::string& entry, Deadline deadline) override;

 private:
  std::unique_ptr<RedisPool::Own> take_reader();
  void give_back(std::unique_ptr<RedisPool::Own> reader);

  RedisPool& pool_;
  Guarded<std::vector<std::unique_ptr<RedisPool::Own>>> readers_;
};

}  // namespace countersign
