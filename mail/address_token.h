// SPDX-License-Identifier: Apache-2.0
//
// Address tokens: addresses that a recipient hands out to machines (design section 5). A token
// travels in the detail of the address (RFC 5233):
//
//     joe+shop.k7q2mxf4pk9td3hw@example.org
//         label . id      tag          8 base32 digits each: 40 bits
//
// The tag is HMAC-SHA-256 over the owner and the id, so that a wrong one costs no look-up. Lower
// case is written, any case is read, and as Crockford has it i and l are read as 1, o as 0. The
// label is for people and not under the tag. Pure, thread-safe.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/keyring.h"
#include "base/result.h"
#include "mail/mailbox.h"

namespace countersign {

/// A token of ours: its tag is right.
struct AddressToken {
  Mailbox mailbox;    ///< the address without the token: "joe@example.org"
  Mailbox owner;      ///< whose token it is (design section 5: `m`)
  std::string label;  ///< "shop"
  std::string id;     ///< 8 digits
  bool operator==(const AddressToken&) const = default;
};

/// Tells whose lists count for a mailbox.
using OwnerOf = std::function<Mailbox(const Mailbox&)>;

/// Returns the token that `address` carries behind one of `delimiters`, if its tag is right under
/// one of `keys` (purpose "token"). None: no detail of that form, or a wrong tag.
std::optional<AddressToken> find_address_token(const Mailbox& address, std::string_view delimiters,
                                               std::span<const Secret> keys,
                                               const OwnerOf& owner_of);

/// Returns the address that carries a token. Errors: invalid (the local part would be over 64
/// octets: detail says how many are left for the label; or the mailbox has none).
Result<Mailbox> address_with_token(const AddressToken& token, char delimiter, const Secret& key);

/// Returns a label as it is written in addresses. Errors: invalid (says what is allowed: 1 to 30
/// letters and digits of ASCII, with '-' and '_' between them).
Result<std::string> parse_token_label(std::string_view text);

/// Returns an id as it is written in addresses. Errors: invalid (not 8 base32 digits).
Result<std::string> parse_token_id(std::string_view text);

/// Returns a new id.
std::string random_token_id();

}  // namespace countersign
