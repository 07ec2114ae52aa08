// SPDX-License-Identifier: Apache-2.0
#include "challenge/connections.h"

#include <sys/socket.h>

#include <algorithm>

namespace countersign::challenge {
namespace {

SteadyTime now() { return std::chrono::steady_clock::now(); }

}  // namespace

Connections::Connections(const ConnectionLimits& limits, std::function<void()> on_cut)
    : limits_(limits), on_cut_(std::move(on_cut)), sweeper_([this] { sweep(); }) {}

Connections::~Connections() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  sweeper_.join();
}

bool Connections::may_open(const std::string& client) const {
  if (client.empty()) return true;
  std::lock_guard lock(mutex_);
  const auto at = per_client_.find(client);
  return at == per_client_.end() || at->second < limits_.per_client;
}

void Connections::open(int fd, const std::string& client) {
  {
    std::lock_guard lock(mutex_);
    const SteadyTime started = now();
    open_[fd] = {client, started, started + limits_.receive};
    if (!client.empty()) ++per_client_[client];
  }
  changed_.notify_all();
}

std::size_t Connections::received(int fd) {
  std::lock_guard lock(mutex_);
  const auto at = open_.find(fd);
  if (at == open_.end()) return 0;
  at->second.idle = false;
  at->second.deadline = at->second.started + limits_.total;
  return ++at->second.requests;
}

void Connections::answered(int fd) {
  {
    std::lock_guard lock(mutex_);
    const auto at = open_.find(fd);
    if (at == open_.end()) return;
    Connection& connection = at->second;
    connection.idle = true;
    connection.started = now();
    connection.deadline = connection.started + limits_.receive;
    if (draining_) cut(fd, connection);
  }
  changed_.notify_all();
}

void Connections::cut(int fd, Connection& connection) {
  // Not close(): the descriptor is the library's, and it sees the end and closes it.
  ::shutdown(fd, SHUT_RDWR);
  connection.cut = true;
}

void Connections::close(int fd) {
  {
    std::lock_guard lock(mutex_);
    const auto at = open_.find(fd);
    if (at == open_.end()) return;
    if (const auto client = per_client_.find(at->second.client);
        client != per_client_.end() && --client->second == 0)
      per_client_.erase(client);
    open_.erase(at);
  }
  changed_.notify_all();
}

std::size_t Connections::count() const {
  std::lock_guard lock(mutex_);
  return open_.size();
}

bool Connections::wait_until_empty(Deadline deadline) {
  std::unique_lock lock(mutex_);
  draining_ = true;
  for (auto& [fd, connection] : open_)
    if (connection.idle && !connection.cut) cut(fd, connection);
  return changed_.wait_until(lock, deadline, [this] { return open_.empty(); });
}

void Connections::sweep() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    Deadline next = now() + std::chrono::hours(1);
    for (auto& [fd, connection] : open_) {
      if (connection.cut) continue;
      if (connection.deadline > now()) {
        next = std::min(next, connection.deadline);
        continue;
      }
      cut(fd, connection);
      if (!connection.idle) on_cut_();
    }
    changed_.wait_until(lock, next);
  }
}

}  // namespace countersign::challenge
