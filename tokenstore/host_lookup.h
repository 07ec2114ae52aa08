// SPDX-License-Identifier: Apache-2.0
//
// Addresses of a host, with a deadline: getaddrinfo(3) has none, so it runs in a thread that may
// outlive the question. Of several questions for one host at one time only one is asked.
#pragma once

#include <sys/socket.h>

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace countersign {

struct SocketAddress {
  int family = 0;
  socklen_t size = 0;
  sockaddr_storage storage{};
};

/// Returns the addresses of `host` (a name, or an IP address: then without a thread) at `port`, in
/// the system's order; at least one. Errors: unavailable (unknown, or no answer in time).
/// Thread-safe.
Result<std::vector<SocketAddress>> look_up_host(const std::string& host, int port,
                                                Deadline deadline);

}  // namespace countersign
