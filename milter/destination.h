// SPDX-License-Identifier: Apache-2.0
//
// Whose mailbox a recipient's path leads to. Pure, thread-safe.
//
// The MTA's word counts, macro {rcpt_addr}, with two exceptions, both of Sendmail. It names a user
// of the host without a domain, whatever stood behind his name: "joe", "joe@localhost",
// "joe@[192.0.2.1]", "joe%example.org@mx.example.org" and "example.org!joe" are all joe's, and must
// not get past what protects joe@example.org. And where a table (virtusertable) leads out of a
// protected domain, it names where to.
#pragma once

#include <optional>
#include <string_view>

#include "mail/envelope.h"
#include "milter/settings.h"

namespace countersign {

/// Returns the mailbox whose lists count for `path`. `mta`: the host's own name (macro j), by which
/// the protected domain of its users is found if there are several. None: it is no mailbox, or
/// nobody can tell in which domain.
std::optional<Mailbox> destination(const MilterSettings& settings, const ForwardPath& path,
                                   std::string_view mta);

/// Whether a path of which destination() knows no mailbox leads into a protected domain all the
/// same, as far as its text tells: in doubt it does.
bool may_be_protected(const MilterSettings& settings, const ForwardPath& path);

}  // namespace countersign
