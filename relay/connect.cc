// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/unique_fd.h"
#include "relay/smtp_client.h"

namespace countersign {
namespace {

Error failed(std::string_view what, int error) {
  return {Errc::unavailable, std::string(what) + ": " + std::strerror(error)};
}

// Until a program that is to end is noticed.
constexpr seconds kLook{1};

// Waits until `fd` is ready for `events`. Errors: unavailable (the deadline, or `ending`, is over).
Status wait_for(int fd, short events, Deadline deadline, const Ending* ending) {
  for (;;) {
    const Deadline now = std::chrono::steady_clock::now();
    const Deadline until = ending == nullptr ? deadline : std::min(deadline, ending->when());
    pollfd p{.fd = fd, .events = events, .revents = 0};
    const int n =
        ::poll(&p, 1, poll_timeout(ending == nullptr ? until : std::min(until, now + kLook)));
    if (n > 0) return {};
    if (n == 0 && std::chrono::steady_clock::now() >= until)
      return Error{Errc::unavailable, "the peer took too long"};
    if (n < 0 && errno != EINTR) return failed("poll", errno);
  }
}

class SocketStream final : public ByteStream {
 public:
  SocketStream(UniqueFd fd, const Ending* ending) : fd_(std::move(fd)), ending_(ending) {}

  Status write(std::string_view bytes, Deadline deadline) override {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(n));
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        CS_TRY(wait_for(fd_.get(), POLLOUT, deadline, ending_));
      } else if (errno != EINTR) {
        return failed("send", errno);
      }
    }
    return {};
  }

  Result<std::string> read(Deadline deadline) override {
    for (;;) {
      CS_TRY(wait_for(fd_.get(), POLLIN, deadline, ending_));
      char buffer[4096];
      const ssize_t n = ::recv(fd_.get(), buffer, sizeof buffer, 0);
      if (n >= 0) return std::string(buffer, static_cast<std::size_t>(n));
      if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) return failed("recv", errno);
    }
  }

 private:
  const UniqueFd fd_;
  const Ending* const ending_;
};

using Stream = Result<std::unique_ptr<ByteStream>>;

Stream connect_to(const sockaddr* address, socklen_t size, const std::string& name,
                  Deadline deadline, const Ending* ending) {
  UniqueFd fd(::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return failed("socket", errno);
  if (::connect(fd.get(), address, size) != 0) {
    // A Unix socket whose queue is full says EAGAIN and never becomes writable.
    if (errno != EINPROGRESS && errno != EINTR) return failed("connect to " + name, errno);
    CS_TRY(wait_for(fd.get(), POLLOUT, deadline, ending));
    int error = 0;
    socklen_t length = sizeof error;
    if (::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
    if (error != 0) return failed("connect to " + name, error);
  }
  if (address->sa_family != AF_UNIX) {
    const int on = 1;  // commands are small and each waits for its reply
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  return std::unique_ptr<ByteStream>(std::make_unique<SocketStream>(std::move(fd), ending));
}

Stream connect_unix(const std::string& name, std::string_view path, Deadline deadline,
                    const Ending* ending) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.front() != '/' || path.size() >= sizeof address.sun_path ||
      path.find('\0') != path.npos)
    return Error{Errc::invalid, "'" + name + "': expected an absolute path of at most 107 octets"};
  path.copy(address.sun_path, path.size());
  return connect_to(reinterpret_cast<const sockaddr*>(&address), sizeof address, name, deadline,
                    ending);
}

struct HostPort {
  std::string host;
  std::string port;
};

Result<HostPort> split(const std::string& name) {
  const Error wrong{Errc::invalid, "'" + name + "': expected host:port, [IPv6]:port or unix:/path"};
  const std::size_t colon = name.rfind(':');
  if (colon == std::string::npos) return wrong;
  HostPort out{name.substr(0, colon), name.substr(colon + 1)};
  unsigned port = 0;
  const char* end = out.port.data() + out.port.size();
  const auto [rest, error] = std::from_chars(out.port.data(), end, port);
  if (error != std::errc{} || rest != end || port < 1 || port > 65535) return wrong;
  if (out.host.starts_with('[') && out.host.ends_with(']')) {
    out.host = out.host.substr(1, out.host.size() - 2);
  } else if (out.host.find(':') != std::string::npos) {
    return wrong;
  }
  if (out.host.empty() || out.host.find('\0') != std::string::npos) return wrong;
  return out;
}

Stream connect_tcp(const std::string& name, Deadline deadline, const Ending* ending) {
  CS_ASSIGN(const HostPort where, split(name));
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  int error = ::getaddrinfo(where.host.c_str(), where.port.c_str(), &hints, &list);
  if (error == EAI_NONAME) {
    hints.ai_flags = AI_NUMERICSERV;
    error = ::getaddrinfo(where.host.c_str(), where.port.c_str(), &hints, &list);
  }
  if (error != 0)
    return Error{Errc::unavailable, "look up " + where.host + ": " + ::gai_strerror(error)};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
  Stream stream = Error{Errc::unavailable, "look up " + where.host + ": no address"};
  for (const addrinfo* at = list; at != nullptr && !stream; at = at->ai_next)
    stream = connect_to(at->ai_addr, at->ai_addrlen, name, deadline, ending);
  return stream;
}

}  // namespace

Result<std::unique_ptr<ByteStream>> connect_stream(const std::string& address, Deadline deadline,
                                                   const Ending* ending) {
  constexpr std::string_view kUnix = "unix:";
  if (address.starts_with(kUnix))
    return connect_unix(address, std::string_view(address).substr(kUnix.size()), deadline, ending);
  return connect_tcp(address, deadline, ending);
}

}  // namespace countersign
