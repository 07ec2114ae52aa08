// SPDX-License-Identifier: Apache-2.0
#include "challenge/http_server.h"

#include <sys/resource.h>

#include <algorithm>
#include <vector>

#include "base/log.h"
#include "challenge/http_loop.h"

namespace countersign::challenge {
namespace {

// Descriptors for all but connections: the store, the log, the metrics' server, the self-check.
constexpr rlim_t kOtherDescriptors = 128;

/// Asks for as many descriptors as `wanted` connections need; returns how many connections there
/// can be. A service mostly begins with 1024, and may have far more.
unsigned room_for(unsigned wanted) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  const rlim_t needed = wanted + kOtherDescriptors;
  if (limit.rlim_cur >= needed) return wanted;
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = std::min(needed, limit.rlim_max);
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = before;
  if (limit.rlim_cur >= needed) return wanted;
  const rlim_t room = std::max(limit.rlim_cur, 2 * kOtherDescriptors) - kOtherDescriptors;
  log::warning("page: fewer connections, as this process may have few descriptors",
               {{"descriptors", static_cast<long long>(limit.rlim_cur)},
                {"connections", static_cast<long long>(room)}});
  return static_cast<unsigned>(room);
}

}  // namespace

struct HttpServer::Impl {
  Impl(UniqueFd listening, Site& site, const ServerLimits& limits,
       std::function<void(Turned)> turned)
      : shared{std::move(listening),
               site,
               limits,
               turned,
               Connections(limits.connection, [turned] { turned(Turned::slow); }),
               WorkQueue(limits.workers, limits.queue)} {}
  ~Impl() { shared.queue.stop(); }

  Status start() {
    const unsigned all = shared.limits.connections;
    const unsigned count = std::clamp(shared.limits.loops, 1U, all);
    for (unsigned i = 0; i < count; ++i) {
      CS_ASSIGN(auto loop, HttpLoop::start(shared, all / count + (i < all % count ? 1 : 0)));
      loops.push_back(std::move(loop));
    }
    return {};
  }

  static ServerLimits with_room(ServerLimits wanted) {
    wanted.connections = room_for(wanted.connections);
    return wanted;
  }

  HttpLoop::Shared shared;
  std::vector<std::unique_ptr<HttpLoop>> loops;  ///< which end first
};

Result<std::unique_ptr<HttpServer>> HttpServer::start(UniqueFd listener, Site& site,
                                                      const ServerLimits& limits,
                                                      std::function<void(Turned)> turned) {
  auto impl =
      std::make_unique<Impl>(std::move(listener), site, Impl::with_room(limits), std::move(turned));
  CS_TRY(impl->start());
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;

int HttpServer::listener() const { return impl_->shared.listener.get(); }

std::size_t HttpServer::open() const { return impl_->shared.connections.count(); }

void HttpServer::drain(milliseconds patience) {
  for (const auto& loop : impl_->loops) loop->quiesce();
  (void)impl_->shared.connections.wait_until_empty(std::chrono::steady_clock::now() + patience);
}

}  // namespace countersign::challenge
