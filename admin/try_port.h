// SPDX-License-Identifier: Apache-2.0
//
// Whether a port of this host is free. Binds it for a moment, and serves nothing.
#pragma once

#include <string>

#include "base/result.h"

namespace countersign::admin {

/// Returns ok if a server could listen at `address` ("127.0.0.1:10026", "[::1]:10026") now, or if
/// that cannot be told (a port below 1024, for another user than root). Errors: already_exists
/// (somebody listens there); invalid (nobody can: the host has no such address).
Status try_port(const std::string& address);

}  // namespace countersign::admin
