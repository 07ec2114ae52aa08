// SPDX-License-Identifier: Apache-2.0
#include "challenge/connections.h"

#include <sys/socket.h>

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
  sooner_.notify_all();
  sweeper_.join();
}

bool Connections::may_open(const std::string& client) const {
  if (client.empty()) return true;
  std::lock_guard lock(mutex_);
  const auto at = per_client_.find(client);
  return at == per_client_.end() || at->second < limits_.per_client;
}

bool Connections::open(int fd, const std::string& client) {
  std::lock_guard lock(mutex_);
  const SteadyTime started = now();
  Connection& connection = open_[fd] = {client, started, {}};
  set_deadline(fd, connection, started + limits_.receive);
  if (client.empty() || ++per_client_[client] <= limits_.per_client) return true;
  cut(fd, connection);
  return false;
}

void Connections::set_deadline(int fd, Connection& connection, Deadline deadline) {
  if (connection.cut) return;
  deadlines_.erase({connection.deadline, fd});
  connection.deadline = deadline;
  deadlines_.emplace(deadline, fd);
  // Thousands may be open, and each sets two deadlines a request: mostly the sweeper need not know.
  if (deadline < wakes_) sooner_.notify_all();
}

std::size_t Connections::received(int fd) {
  std::lock_guard lock(mutex_);
  const auto at = open_.find(fd);
  if (at == open_.end()) return 0;
  at->second.idle = false;
  set_deadline(fd, at->second, at->second.started + limits_.total);
  return ++at->second.requests;
}

void Connections::answered(int fd) {
  std::lock_guard lock(mutex_);
  const auto at = open_.find(fd);
  if (at == open_.end()) return;
  Connection& connection = at->second;
  connection.idle = true;
  connection.started = now();
  set_deadline(fd, connection, connection.started + limits_.receive);
  if (draining_) cut(fd, connection);
}

void Connections::cut(int fd, Connection& connection) {
  // Not close(): the descriptor is the library's, and it sees the end and closes it.
  ::shutdown(fd, SHUT_RDWR);
  connection.cut = true;
  deadlines_.erase({connection.deadline, fd});
}

void Connections::close(int fd) {
  std::lock_guard lock(mutex_);
  const auto at = open_.find(fd);
  if (at == open_.end()) return;
  if (const auto client = per_client_.find(at->second.client);
      client != per_client_.end() && --client->second == 0)
    per_client_.erase(client);
  deadlines_.erase({at->second.deadline, fd});
  open_.erase(at);
  if (open_.empty()) emptied_.notify_all();
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
  return emptied_.wait_until(lock, deadline, [this] { return open_.empty(); });
}

void Connections::sweep() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    while (!deadlines_.empty() && deadlines_.begin()->first <= now()) {
      const int fd = deadlines_.begin()->second;
      Connection& connection = open_.at(fd);
      cut(fd, connection);
      if (!connection.idle) on_cut_();
    }
    wakes_ = deadlines_.empty() ? now() + std::chrono::hours(1) : deadlines_.begin()->first;
    sooner_.wait_until(lock, wakes_);
  }
}

}  // namespace countersign::challenge
