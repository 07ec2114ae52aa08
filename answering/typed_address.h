// SPDX-License-Identifier: Apache-2.0
//
// An address as people type and paste it. Pure, thread-safe.
#pragma once

#include <string_view>

#include "base/result.h"
#include "mail/mailbox.h"

namespace countersign {

/// Returns the mailbox that was meant: blanks around it, invisible characters that come with
/// pasting, "mailto:", angle brackets and a display name before them ("Alice <alice@example.com>")
/// do not count. Errors: invalid (no mailbox, see Mailbox::parse; over 1000 octets).
Result<Mailbox> parse_typed_address(std::string_view text);

}  // namespace countersign
