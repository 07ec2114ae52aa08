// SPDX-License-Identifier: Apache-2.0
#include "challenge/listener.h"

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <string_view>

namespace countersign::challenge {
namespace {

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

std::string system_error() { return std::strerror(errno); }

Error cannot_listen(const std::string& address, const std::string& why) {
  return {Errc::unavailable, "challenge.listen: cannot listen on " + address + ": " + why};
}

Result<Addresses> resolve(const std::string& address) {
  const auto colon = address.rfind(':');
  const Error bad{Errc::invalid,
                  "challenge.listen: '" + address + "': expected host:port or [v6]:port"};
  if (colon == std::string::npos) return bad;
  std::string host = address.substr(0, colon);
  const std::string port = address.substr(colon + 1);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  else if (host.empty() || host.find(':') != std::string::npos)
    return bad;
  unsigned number = 0;
  const auto read = std::from_chars(port.data(), port.data() + port.size(), number);
  // getaddrinfo() takes larger numbers, too, and cuts them.
  if (read.ec != std::errc() || read.ptr != port.data() + port.size() || number > 65535) return bad;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  if (const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &list); error != 0)
    return cannot_listen(address, gai_strerror(error));
  return Addresses(list);
}

/// The address to reach a listener by: its own, or the loopback if it listens on all.
struct SelfAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  sockaddr_in& v4() { return reinterpret_cast<sockaddr_in&>(storage); }
  sockaddr_in6& v6() { return reinterpret_cast<sockaddr_in6&>(storage); }

  explicit SelfAddress(int listener) {
    if (getsockname(listener, get(), &size) != 0) size = 0;
    if (storage.ss_family == AF_INET && v4().sin_addr.s_addr == htonl(INADDR_ANY))
      v4().sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (storage.ss_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&v6().sin6_addr))
      v6().sin6_addr = in6addr_loopback;
  }
};

Status wait_for(int fd, short events, Deadline deadline) {
  for (;;) {
    pollfd entry{fd, events, 0};
    const int ready = poll(&entry, 1, poll_timeout(deadline));
    if (ready > 0) return {};
    if (ready == 0) return Error{Errc::unavailable, "no answer from our own page in time"};
    if (errno != EINTR) return Error{Errc::unavailable, "poll: " + system_error()};
  }
}

}  // namespace

Result<UniqueFd> listen_on(const std::string& address) {
  CS_ASSIGN(const Addresses list, resolve(address));
  std::string why;
  for (const addrinfo* a = list.get(); a; a = a->ai_next) {
    UniqueFd fd(socket(a->ai_family, a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int on = 1;
    if (fd && setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(fd.get(), a->ai_addr, a->ai_addrlen) == 0 && listen(fd.get(), SOMAXCONN) == 0)
      return fd;
    why = system_error();
  }
  return cannot_listen(address, why);
}

std::uint16_t port_of(int listener) {
  SelfAddress self(listener);
  return ntohs(self.storage.ss_family == AF_INET6 ? self.v6().sin6_port : self.v4().sin_port);
}

Status ask_health(int listener, Deadline deadline) {
  SelfAddress self(listener);
  const UniqueFd fd(socket(self.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return Error{Errc::unavailable, "socket: " + system_error()};
  if (connect(fd.get(), self.get(), self.size) != 0 && errno != EINPROGRESS)
    return Error{Errc::unavailable, "connect: " + system_error()};
  CS_TRY(wait_for(fd.get(), POLLOUT, deadline));
  constexpr std::string_view kRequest =
      "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  // It fits into the socket's buffer, so it goes whole or not at all.
  if (send(fd.get(), kRequest.data(), kRequest.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(kRequest.size()))
    return Error{Errc::unavailable, "our own page takes no request: " + system_error()};
  constexpr std::string_view kGood = "HTTP/1.1 200 ";
  std::string answer;
  while (answer.size() < kGood.size()) {
    CS_TRY(wait_for(fd.get(), POLLIN, deadline));
    char piece[512];
    const ssize_t size = recv(fd.get(), piece, sizeof piece, 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (size <= 0) return Error{Errc::unavailable, "our own page closed the connection"};
    answer.append(piece, static_cast<std::size_t>(size));
  }
  if (!answer.starts_with(kGood))
    return Error{Errc::unavailable, "our own page says: " + answer.substr(0, answer.find('\r'))};
  return {};
}

}  // namespace countersign::challenge
