// SPDX-License-Identifier: Apache-2.0
//
// What makes two tries of a mail one mail. Pure, thread-safe.
#pragma once

#include <string>

#include "mail/header_section.h"

namespace countersign {

/// Returns 32 hex digits over what the author wrote into the header section, which no hop on the
/// way changes: the originator, destination, identification and informational fields (RFC 5322
/// §3.6.1 to §3.6.5) and those of MIME (RFC 2045), unfolded, in their order. Trace fields,
/// signatures and what filters add do not count: they differ from one try to the next.
std::string header_digest(const HeaderSection& header);

}  // namespace countersign
