// SPDX-License-Identifier: Apache-2.0
//
// SPF (RFC 7208) by libspf2, with our DNS under it. Only for countersign-authenticate: libspf2 ends
// the process on what it takes for an internal error. Thread-safe.
#pragma once

#include "authentication/authenticator.h"
#include "authentication/dns.h"

namespace countersign {

/// Questions that one message's SPF may ask: ten terms, and the addresses of what they name.
inline constexpr int kSpfQuestions = 40;

/// Returns the result `spf` for the reverse-path (smtp.mailfrom), or for the null reverse-path that
/// of HELO (smtp.helo): "pass", "fail", "softfail", "neutral", "none", "temperror", "permerror".
/// `none` for a client without an IP address, and for one on the loopback network.
AuthResult check_spf(DnsBudget& dns, const MessageOrigin& origin);

}  // namespace countersign
