// SPDX-License-Identifier: Apache-2.0
//
// Who asked, as the web servers before ours tell it: X-Forwarded-For, or Forwarded (RFC 7239).
//
// Each of them appends whom it talked to, so the list is read from its end, and only as long as it
// was written by somebody whom the site trusts. One of the two fields is believed, never both: a
// proxy that writes the one hands the other on as the client sent it. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mail/network.h"

namespace countersign::challenge {

/// Which field the web servers before ours write.
enum class ClientField { x_forwarded_for, forwarded };

/// Returns the addresses in a field (all of that name joined by commas), in its order; "" for what
/// names no IP address ("unknown", "_hidden", anything malformed). Ports are dropped. Of Forwarded
/// that cannot be read to its end, the elements from there on are one "".
std::vector<std::string> forwarding_addresses(ClientField field, std::string_view value);

/// Returns the address of the client: the peer, or, while that is in `proxies`, the one that it
/// says in `value`, from its end; "" if a proxy names no address. A proxy that says nothing is the
/// client.
std::string client_address(std::string_view peer, ClientField field, std::string_view value,
                           const NetworkList& proxies);

}  // namespace countersign::challenge
