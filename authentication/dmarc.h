// SPDX-License-Identifier: Apache-2.0
//
// DMARC (RFC 7489): the record parsed by libopendmarc, alignment by our own public suffixes. Only
// for countersign-authenticate. Thread-safe.
#pragma once

#include <vector>

#include "authentication/authenticator.h"
#include "authentication/dns.h"

namespace countersign {

/// Returns the result `dmarc` of `origin.author_domain`, with header.from and, where there is a
/// record, policy.dmarc ("none", "quarantine", "reject"): "pass", "fail", "none" (no record),
/// "temperror" (it could not be found out, or DNS failed on the way to a pass), "permerror" (a
/// record that is none). `found`: the results of SPF and DKIM.
AuthResult check_dmarc(DnsBudget& dns, const MessageOrigin& origin,
                       const std::vector<AuthResult>& found);

}  // namespace countersign
