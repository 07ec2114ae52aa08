// SPDX-License-Identifier: Apache-2.0
//
// An address as people type and paste it. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "mail/mailbox.h"

namespace countersign {

/// Returns the mailbox that was meant: blanks around and inside it, invisible characters that come
/// with pasting, "mailto:", angle brackets and a display name before them ("Alice
/// <alice@example.com>"), and a final stop or comma do not count; full-width signs are read as the
/// plain ones. Errors: invalid (no mailbox, see Mailbox::parse; over 1000 octets).
Result<Mailbox> parse_typed_address(std::string_view text);

/// Returns as much of an address as helps to recognise it, and no more: "ay...@....net" of
/// "ayla@mail.example.net". "" of what is no address.
std::string masked_address(std::string_view address);

}  // namespace countersign
