// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/redis_socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

#include "tokenstore/host_lookup.h"

namespace countersign {
namespace {

Error failed(const std::string& what, int error) {
  std::array<char, 128> text{};
  return {Errc::unavailable, "redis: " + what + ": " + strerror_r(error, text.data(), text.size())};
}
Error too_slow() { return {Errc::unavailable, "redis: no answer in time"}; }

bool over(Deadline deadline) { return std::chrono::steady_clock::now() >= deadline; }

/// Waits for the end of a connect that is under way.
Status finish_connect(int fd, const std::string& name, Deadline deadline) {
  while (true) {
    pollfd wanted{fd, POLLOUT, 0};
    const int n = poll(&wanted, 1, poll_timeout(deadline));
    if (n < 0 && errno != EINTR) return failed("poll", errno);
    if (n > 0) break;
    if (over(deadline)) return Error{Errc::unavailable, "redis: " + name + ": no answer in time"};
  }
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) return failed(name, error);
  return {};
}

Result<UniqueFd> connect_to(const SocketAddress& to, const std::string& name, Deadline deadline) {
  UniqueFd fd(socket(to.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return failed("socket", errno);
  if (to.family != AF_UNIX) {
    const int on = 1;
    setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  const auto* address = reinterpret_cast<const sockaddr*>(&to.storage);
  while (::connect(fd.get(), address, to.size) != 0) {
    if (errno == EINPROGRESS || errno == EINTR) {
      CS_TRY(finish_connect(fd.get(), name, deadline));
      break;
    }
    // A Unix socket with a full backlog says EAGAIN and cannot be polled: unix(7).
    if (errno != EAGAIN) return failed(name, errno);
    if (over(deadline)) return Error{Errc::unavailable, "redis: " + name + ": no answer in time"};
    std::this_thread::sleep_for(milliseconds(2));
  }
  return fd;
}

Result<UniqueFd> connect_unix(const RedisAddress& address, Deadline deadline) {
  SocketAddress to;
  to.family = AF_UNIX;
  sockaddr_un name{};
  if (address.path.size() >= sizeof name.sun_path)
    return Error{Errc::invalid, address.path + ": path over 107 bytes"};
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, address.path.data(), address.path.size());
  to.size = sizeof name;
  std::memcpy(&to.storage, &name, sizeof name);
  return connect_to(to, address.text(), deadline);
}

Result<UniqueFd> connect_tcp(const RedisAddress& address, Deadline deadline) {
  CS_ASSIGN(const auto all, look_up_host(address.host, address.port, deadline));
  Result<UniqueFd> last = too_slow();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline) break;
    // A silent address must not use up the time of the next.
    const auto share = (deadline - now) / static_cast<long>(all.size() - i);
    last = connect_to(all[i], address.text(), now + share);
    if (last) break;
  }
  return last;
}

}  // namespace

Result<std::unique_ptr<RedisSocket>> RedisSocket::connect(const RedisAddress& address,
                                                          Deadline deadline) {
  if (over(deadline)) return too_slow();
  CS_ASSIGN(UniqueFd fd,
            address.is_unix() ? connect_unix(address, deadline) : connect_tcp(address, deadline));
  std::unique_ptr<RedisSocket> out(new RedisSocket(std::move(fd)));
  if (address.tls) CS_TRY(out->shake_hands(address, deadline));
  return out;
}

Status RedisSocket::shake_hands(const RedisAddress& address, Deadline deadline) {
  CS_ASSIGN(auto tls, TlsSession::start(address.host, address.ca_file));
  CS_ASSIGN(bool done, tls->handshake());
  while (true) {
    // What the handshake says goes out as it is: tls_ is set when it is over.
    const std::string wire = tls->take_wire();
    if (done && wire.empty()) break;
    const auto take = [&](std::string_view bytes) -> Result<bool> {
      tls->feed(bytes);
      CS_ASSIGN(done, tls->handshake());
      return true;
    };
    if (done) {
      std::string_view rest = wire;
      while (!rest.empty()) {
        bool may_send = false;
        bool may_receive = false;
        CS_TRY(wait(true, deadline, may_send, may_receive));
        if (may_send) CS_TRY(send_some(rest));
      }
    } else {
      CS_TRY(exchange(wire, take, deadline));
    }
  }
  tls_ = std::move(tls);
  return {};
}

Status RedisSocket::wait(bool to_send, Deadline deadline, bool& may_send, bool& may_receive) const {
  // Also asked when the socket is ready at once: a peer that drips must not outlast the deadline.
  if (over(deadline)) return too_slow();
  pollfd wanted{fd_.get(), static_cast<short>(to_send ? POLLIN | POLLOUT : POLLIN), 0};
  const int n = poll(&wanted, 1, poll_timeout(deadline));
  if (n < 0 && errno != EINTR) return failed("poll", errno);
  may_send = n > 0 && (wanted.revents & (POLLOUT | POLLERR)) != 0 && to_send;
  may_receive = n > 0 && (wanted.revents & (POLLIN | POLLHUP | POLLERR)) != 0;
  return {};
}

Status RedisSocket::send_some(std::string_view& wire) {
  const ssize_t n = send(fd_.get(), wire.data(), wire.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (n >= 0) {
    wire.remove_prefix(static_cast<std::size_t>(n));
    return {};
  }
  if (errno == EAGAIN || errno == EINTR) return {};
  return failed("write", errno);
}

Result<bool> RedisSocket::receive_some(const Take& take) {
  std::array<char, 65536> buffer;
  const ssize_t n = recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (n == 0) return Error{Errc::unavailable, "redis: closed by the server"};
  if (n < 0) {
    if (errno == EAGAIN || errno == EINTR) return false;
    return failed("read", errno);
  }
  const std::string_view bytes(buffer.data(), static_cast<std::size_t>(n));
  if (!tls_) return take(bytes);
  tls_->feed(bytes);
  CS_ASSIGN(const std::string plain, tls_->take_plain());
  return plain.empty() ? Result<bool>(false) : take(plain);
}

Status RedisSocket::start(std::string_view out) {
  std::string sealed;
  if (tls_) {
    CS_TRY(tls_->put_plain(out));
    sealed = tls_->take_wire();
    out = sealed;
  }
  // Most pipelines go out at once: asking first whether they may would be one call more.
  if (!out.empty()) CS_TRY(send_some(out));
  rest_ = out;
  return {};
}

Status RedisSocket::finish(const Take& take, Deadline deadline) {
  std::string_view out = rest_;
  bool enough = false;
  // An answer that was asked for long ago is there: waiting for it would be one call more.
  if (out.empty() && !over(deadline)) {
    CS_ASSIGN(enough, receive_some(take));
  }
  while (!enough || !out.empty()) {
    bool may_send = false;
    bool may_receive = false;
    CS_TRY(wait(!out.empty(), deadline, may_send, may_receive));
    if (may_send) CS_TRY(send_some(out));
    // Read also while sending: a server whose replies nobody takes may stop taking commands.
    if (!may_receive) continue;
    CS_ASSIGN(const bool now_enough, receive_some(take));
    enough |= now_enough;
  }
  return {};
}

Result<bool> RedisSocket::advance(const Take& take) {
  if (!rest_.empty()) {
    std::string_view out = rest_;
    CS_TRY(send_some(out));
    rest_ = std::string(out);
  }
  CS_ASSIGN(const bool enough, receive_some(take));
  return enough && rest_.empty();
}

Status RedisSocket::exchange(std::string_view out, const Take& take, Deadline deadline) {
  if (over(deadline)) return too_slow();
  CS_TRY(start(out));
  return finish(take, deadline);
}

bool RedisSocket::stale() const {
  pollfd wanted{fd_.get(), POLLIN, 0};
  return poll(&wanted, 1, 0) != 0;
}

}  // namespace countersign
