// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/host_lookup.h"

#include <netdb.h>

#include <condition_variable>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

namespace countersign {
namespace {

using Addresses = Result<std::vector<SocketAddress>>;

Addresses ask(const std::string& host, int port, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | flags;
  addrinfo* list = nullptr;
  const int bad = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (bad != 0) return Error{Errc::unavailable, "host " + host + ": " + gai_strerror(bad)};
  std::vector<SocketAddress> out;
  for (const addrinfo* at = list; at != nullptr; at = at->ai_next) {
    SocketAddress address;
    if (at->ai_addrlen > sizeof address.storage) continue;
    address.family = at->ai_family;
    address.size = at->ai_addrlen;
    std::memcpy(&address.storage, at->ai_addr, at->ai_addrlen);
    out.push_back(address);
  }
  freeaddrinfo(list);
  if (out.empty()) return Error{Errc::unavailable, "host " + host + ": no address"};
  return out;
}

/// A question that is being asked; shared by those who wait and the thread that asks.
struct Question {
  std::mutex mutex;
  std::condition_variable answered;
  std::unique_ptr<Addresses> answer;
};

/// Never destroyed: a thread may still ask while the process ends.
struct Questions {
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<Question>> open;
};
Questions& questions() {
  static auto& instance = *new Questions;
  return instance;
}

std::shared_ptr<Question> join_or_ask(const std::string& host, int port) {
  const std::string name = host + " " + std::to_string(port);
  std::lock_guard lock(questions().mutex);
  auto& slot = questions().open[name];
  if (slot) return slot;
  slot = std::make_shared<Question>();
  std::thread([question = slot, host, port, name] {
    auto answer = std::make_unique<Addresses>(ask(host, port, 0));
    {
      std::lock_guard all(questions().mutex);
      questions().open.erase(name);
    }
    std::lock_guard one(question->mutex);
    question->answer = std::move(answer);
    question->answered.notify_all();
  }).detach();
  return slot;
}

}  // namespace

Addresses look_up_host(const std::string& host, int port, Deadline deadline) {
  if (auto numeric = ask(host, port, AI_NUMERICHOST)) return numeric;
  const auto question = join_or_ask(host, port);
  std::unique_lock lock(question->mutex);
  if (!question->answered.wait_until(lock, deadline, [&] { return question->answer != nullptr; }))
    return Error{Errc::unavailable, "host " + host + ": no answer from the resolver in time"};
  return *question->answer;
}

}  // namespace countersign
