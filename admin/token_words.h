// SPDX-License-Identifier: Apache-2.0
//
// Arguments and records of `tokens` and `policy expect`. Pure, thread-safe.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "admin/output.h"
#include "base/keyring.h"
#include "base/result.h"
#include "config/config.h"
#include "mail/address_token.h"
#include "screening/permit.h"

namespace countersign::admin {

/// Reads a moment: "2027-06-30" (the end of that day, UTC), or RFC 3339 ("2027-06-30T14:00:00Z").
/// Errors: invalid (says what is allowed; or it is not after `now`).
Result<WallTime> parse_until(std::string_view text, WallTime now);
/// Reads a whole number. Errors: invalid (says what is allowed).
Result<long long> parse_number(std::string_view text, long long least, long long most);
/// Reads "first", "anyone" or a domain into binding and bound_to. Errors: invalid.
Status parse_binding(std::string_view text, Permit& permit);
/// Reads a domain as an author's fingerprint: its organizational domain. Errors: invalid (no
/// domain, or public_suffix()).
Result<std::string> parse_fingerprint(std::string_view text);
/// What is said of a public suffix ("co.uk") where one domain is meant: invalid.
Error public_suffix(std::string_view text);

/// The mailbox whose token is meant, without its detail unless it is a mailbox with it. Errors:
/// invalid (no mailbox in a protected domain), unavailable (protect.mailboxes cannot be asked).
Result<Mailbox> parse_token_mailbox(std::string_view text, const Config& config);
/// The token that an address carries, unless it is a mailbox itself. As the milter does it. Errors:
/// unavailable (protect.mailboxes cannot be asked).
Result<std::optional<AddressToken>> token_of(const Config& config, std::span<const Secret> keys,
                                             const Mailbox& address);
/// The address of a token in the store; "" when its key is not in the ring any more, so that it is
/// good for nothing.
std::string address_of(const Config& config, std::span<const Secret> keys, const Mailbox& owner,
                       const std::string& id, const Permit& permit);

/// "valid", "expired", "spent" or "revoked".
std::string_view state_word(const Permit& permit, WallTime now);
/// The record that issue, list and revoke print.
Record token_record(const std::string& address, const Mailbox& owner, const std::string& id,
                    const Permit& permit, WallTime now);
/// The same for people.
std::string token_line(const std::string& address, const std::string& id, const Permit& permit,
                       WallTime now);

}  // namespace countersign::admin
