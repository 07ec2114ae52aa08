// SPDX-License-Identifier: Apache-2.0
#include "admin/try_port.h"

#include <netdb.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "base/unique_fd.h"

namespace countersign::admin {

Status try_port(const std::string& address) {
  const auto colon = address.rfind(':');
  if (colon == std::string::npos) return Error{Errc::invalid, address + " is no HOST:PORT"};
  std::string host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  if (const int error =
          ::getaddrinfo(host.c_str(), address.substr(colon + 1).c_str(), &hints, &list);
      error != 0)
    return Error{Errc::invalid, address + ": " + ::gai_strerror(error)};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
  for (const addrinfo* at = list; at != nullptr; at = at->ai_next) {
    const UniqueFd fd(::socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    // As servers do it: connections that were closed a moment ago do not count.
    const int on = 1;
    if (fd) ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd && ::bind(fd.get(), at->ai_addr, at->ai_addrlen) == 0) continue;
    if (errno == EACCES) continue;
    return Error{errno == EADDRINUSE ? Errc::already_exists : Errc::invalid,
                 address + ": " + std::strerror(errno)};
  }
  return {};
}

}  // namespace countersign::admin
