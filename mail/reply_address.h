// SPDX-License-Identifier: Apache-2.0
//
// Addresses by which a challenge mail is answered with a reply. What names the held message travels
// in the detail of a recipient's address (RFC 5233):
//
//     joe+k7q2mxf4pk9td3hwa7q2mxf4pk@example.org
//         place           tag          base32: 80 and 50 bits
//
// The place is an HMAC-SHA-256 over the held id, so that who holds the message can tell which one
// is meant, and nobody else anything. The tag is one over mailbox and place: a detail that is not
// ours costs no look-up, and one does not move to another mailbox. Lower case is written, any case
// is read. Whoever has such an address can do nothing with it but write to the mailbox: only its
// held author's own authentication makes a reply an answer. Pure, thread-safe.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/keyring.h"
#include "base/result.h"
#include "mail/held_id.h"
#include "mail/mailbox.h"

namespace countersign {

/// An address of ours: its tag is right.
struct ReplyAddress {
  Mailbox mailbox;    ///< without the detail: "joe@example.org"
  std::string place;  ///< 16 digits
  bool operator==(const ReplyAddress&) const = default;
};

/// Returns what `address` stands for, behind one of `delimiters`, if its tag is right under one of
/// `keys` (purpose "answer"). None: no detail of that form, or a wrong tag.
std::optional<ReplyAddress> find_reply_address(const Mailbox& address, std::string_view delimiters,
                                               std::span<const Secret> keys);

/// Whether `place` stands for this message under one of `keys`; constant time.
bool is_reply_place(std::span<const Secret> keys, const HeldId& id, std::string_view place);

/// Returns the address by which a message held for `mailbox` is answered. Errors: invalid (the
/// local part would be over 64 octets).
Result<Mailbox> reply_address(const Mailbox& mailbox, const HeldId& id, char delimiter,
                              const Secret& key);

}  // namespace countersign
