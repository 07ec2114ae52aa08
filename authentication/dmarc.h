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
/// "none" has a reason where there are several records. "temperror" (it could not be found out, or
/// DNS failed on the way to a pass), "permerror" (a record that is none). `found`: the results of
/// SPF and DKIM.
AuthResult check_dmarc(DnsBudget& dns, const MessageOrigin& origin,
                       const std::vector<AuthResult>& found);

/// Adds to the result of check_dmarc() whether the author's domain publishes SPF (RFC 7208), where
/// it has no DMARC at all, or that could not be found out: policy.spf ("none", "published",
/// "temperror"). By both his recipient may know an author whom nothing can authenticate.
void tell_published_spf(DnsBudget& dns, const MessageOrigin& origin, AuthResult& dmarc);

}  // namespace countersign
