// SPDX-License-Identifier: Apache-2.0
//
// What every word of a sender needs: is the typed address one of his, and the request to the node
// that holds his message. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "answering/views.h"
#include "base/keyring.h"
#include "base/result.h"
#include "tokenstore/requests.h"

namespace countersign {

/// How long a mark stands, that a request is under way, until the node has said so itself. If the
/// node is away longer, or refuses, the form comes back, and to send it once more is harmless.
constexpr seconds kMarkLife = std::chrono::hours(24);

/// Whether `address` (Mailbox::address()) is one of those that count; looks at all of them.
bool is_of(const TokenView& view, const std::string& address);

/// Appends a request of the web host for the message of `view`: `kind` and `proof` as in Request.
/// Errors: unavailable, not_found (the ring has no key for "web").
Status send_request(Requests& requests, const Keyring& keyring, const TokenView& view,
                    const std::string& kind, const std::string& address, const std::string& proof,
                    Deadline deadline);

}  // namespace countersign
