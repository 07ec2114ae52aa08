// SPDX-License-Identifier: Apache-2.0
//
// Load for a web server on 127.0.0.1, over connections that stay open: one thread, all connections
// at once, one request of each under way.
//
//   page_load PORT PATH CONNECTIONS REQUESTS
//       each response must be a 200; prints requests a second, and the median and the 99th
//       percentile of the time of one, in milliseconds
//   page_load PORT PATH CONNECTIONS idle
//       makes one request on each, prints how many are still open then, waits for end of input
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what); }

struct Peer {
  int fd = -1;
  std::string got;
  Clock::time_point asked;
};

class Load {
 public:
  Load(std::uint16_t port, const std::string& path, std::size_t connections)
      : port_(port),
        request_("GET " + path +
                 " HTTP/1.1\r\nHost: gate.example.org\r\nAccept: text/html\r\n"
                 "Accept-Language: en\r\n\r\n"),
        peers_(connections),
        epoll_(epoll_create1(EPOLL_CLOEXEC)) {}
  ~Load() {
    for (const Peer& peer : peers_)
      if (peer.fd >= 0) close(peer.fd);
    close(epoll_);
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  /// Makes that many requests in all; returns the time of each, in milliseconds.
  std::vector<double> run(std::size_t requests) {
    std::vector<double> times;
    times.reserve(requests);
    std::size_t asked = 0;
    for (Peer& peer : peers_)
      if (asked < requests) {
        ask(peer);
        ++asked;
      }
    std::vector<epoll_event> ready(1024);
    while (times.size() < requests) {
      const int count = epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), 30000);
      if (count <= 0) fail("no response for 30 s");
      for (int i = 0; i < count; ++i) {
        Peer& peer = peers_[ready[static_cast<std::size_t>(i)].data.u64];
        if (peer.fd < 0 || !receive(peer)) continue;
        times.push_back(
            std::chrono::duration<double, std::milli>(Clock::now() - peer.asked).count());
        if (asked >= requests) continue;
        ask(peer);
        ++asked;
      }
    }
    return times;
  }

  /// Makes one request on each connection, a few at a time.
  void touch() {
    constexpr std::size_t kAtOnce = 32;
    for (std::size_t begin = 0; begin < peers_.size(); begin += kAtOnce) {
      const std::size_t end = std::min(begin + kAtOnce, peers_.size());
      for (std::size_t i = begin; i < end; ++i) ask(peers_[i]);
      for (std::size_t whole = 0; whole < end - begin;) {
        epoll_event ready{};
        if (epoll_wait(epoll_, &ready, 1, 30000) <= 0) fail("no response for 30 s");
        Peer& peer = peers_[ready.data.u64];
        if (peer.fd >= 0 && receive(peer)) ++whole;
      }
    }
  }

  std::size_t open() const {
    return static_cast<std::size_t>(
        std::count_if(peers_.begin(), peers_.end(), [](const Peer& peer) {
          char byte = 0;
          return peer.fd >= 0 && recv(peer.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0;
        }));
  }

 private:
  void ask(Peer& peer) {
    peer.asked = Clock::now();
    if (peer.fd < 0) connect_to(peer);
    peer.got.clear();
    if (send(peer.fd, request_.data(), request_.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request_.size()))
      fail("a request could not be sent");
  }

  void connect_to(Peer& peer) {
    peer.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port_);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    if (peer.fd < 0 || connect(peer.fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0 ||
        setsockopt(peer.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
      fail(std::string("connect: ") + std::strerror(errno));
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = static_cast<std::uint64_t>(&peer - peers_.data());
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, peer.fd, &event) != 0) fail("epoll_ctl");
  }

  /// Whether the response is whole. One that says so closes its connection.
  bool receive(Peer& peer) {
    char piece[65536];
    const ssize_t size = recv(peer.fd, piece, sizeof piece, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (size <= 0) {
      if (!peer.got.empty()) fail("a response was cut");
      close(peer.fd);
      peer.fd = -1;
      return false;
    }
    peer.got.append(piece, static_cast<std::size_t>(size));
    const auto end = peer.got.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    if (!peer.got.starts_with("HTTP/1.1 200 "))
      fail("a response says " + peer.got.substr(0, peer.got.find('\r')));
    constexpr const char* kLength = "\r\nContent-Length: ";
    const auto length = peer.got.find(kLength);
    if (length == std::string::npos) fail("a response without Content-Length");
    const auto body = std::strtoull(peer.got.c_str() + length + std::strlen(kLength), nullptr, 10);
    if (peer.got.size() < end + 4 + body) return false;
    const auto closing = peer.got.find("\r\nConnection: close");
    if (closing < end) {
      close(peer.fd);
      peer.fd = -1;
    }
    peer.got.clear();
    return true;
  }

  const std::uint16_t port_;
  const std::string request_;
  std::vector<Peer> peers_;
  const int epoll_;
};

int run(std::uint16_t port, const std::string& path, std::size_t connections,
        const std::string& what) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  Load load(port, path, connections);
  if (what == "idle") {
    load.touch();
    std::printf("%zu\n", load.open());
    std::fflush(stdout);
    while (std::getchar() != EOF) {
    }
    return 0;
  }
  const std::size_t requests = std::strtoull(what.c_str(), nullptr, 10);
  (void)load.run(std::min(requests, connections));  // the connections are open from here on
  const auto begin = Clock::now();
  std::vector<double> times = load.run(requests);
  const std::chrono::duration<double> took = Clock::now() - begin;
  std::sort(times.begin(), times.end());
  std::printf("%.1f %.3f %.3f\n", static_cast<double>(requests) / took.count(),
              times[times.size() / 2], times[times.size() * 99 / 100]);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: page_load PORT PATH CONNECTIONS REQUESTS|idle\n");
    return 64;
  }
  try {
    return run(static_cast<std::uint16_t>(std::atoi(argv[1])), argv[2],
               std::strtoull(argv[3], nullptr, 10), argv[4]);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "page_load: %s\n", e.what());
    return 1;
  }
}
