// SPDX-License-Identifier: Apache-2.0
//
// Which fields a DKIM signature speaks for. Pure, thread-safe.
#pragma once

#include <string_view>
#include <vector>

#include "mail/header_section.h"

namespace countersign {

/// Returns the fields `name` that every signature of `domain` (d= aligned with it) covers, from the
/// lowest up: as many as h= names it times (RFC 6376 §5.4.2). Whoever sends the mail on can put
/// others above them. Where no such signature is to be seen (an earlier milter has told its result
/// alone) the lowest field counts: a mail has one To and one Cc (RFC 5322 §3.6). The result points
/// into `header`. Whether a signature verifies is not asked here.
std::vector<const HeaderField*> signed_fields(const HeaderSection& header, std::string_view name,
                                              std::string_view domain);

}  // namespace countersign
