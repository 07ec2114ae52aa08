// SPDX-License-Identifier: Apache-2.0
//
// The listening TCP socket of the web server, and a way to ask it how it is from outside.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace countersign::challenge {

/// Returns a listening socket on "host:port" or "[v6]:port"; port 0 takes a free one.
/// Errors: invalid (no such form), unavailable (the address cannot be had), each naming `address`.
Result<UniqueFd> listen_on(const std::string& address);

/// Returns the port of a listening socket.
std::uint16_t port_of(int listener);

/// Sends "GET /healthz" to the server behind `listener` over a connection of its own, and returns
/// success if the answer is 200. Errors: unavailable (anything else, or none by the deadline).
Status ask_health(int listener, Deadline deadline);

}  // namespace countersign::challenge
