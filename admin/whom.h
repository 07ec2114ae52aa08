// SPDX-License-Identifier: Apache-2.0
//
// Whose list or policy is meant, and which author: arguments of `contacts`, `policy` and `why`.
// Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "admin/output.h"
#include "base/result.h"
#include "config/config.h"
#include "mail/mailbox.h"
#include "mail/owner_map.h"
#include "screening/knowledge.h"
#include "tokenstore/contacts.h"

namespace countersign::admin {

struct Whom {
  Scope scope;
  std::string shown;  ///< "site", "example.org", "joe@example.org" (the owner)
};

/// Whose lists count for a recipient (design section 5, `m`): by protect.mailboxes, the full
/// address first and then without its detail; else the address without detail. As the milter does
/// it. Errors: unavailable (a table that is asked for each address).
Result<Ownership> ownership_of(const Config& config, const Mailbox& recipient);
/// Whether an address, detail and all, is a mailbox of its own by protect.mailboxes. As the milter
/// does it. Errors: unavailable.
Result<bool> is_own_mailbox(const Config& config, const Mailbox& address);
/// The owner; where the table cannot be asked, the address without detail.
Mailbox owner_of(const Config& config, const Mailbox& recipient);
bool is_protected(const Config& config, std::string_view domain);
/// Whether a recipient must always be reached (rule 3); asked only for protected domains. As the
/// milter does it.
bool is_exempt(const Config& config, const Mailbox& recipient);

/// Reads "site", a protected domain, or a mailbox in one; a mailbox is replaced by its owner.
/// Errors: invalid (says what is allowed).
Result<Whom> parse_whom(std::string_view text, const Config& config);

/// Reads the field of a contact list: "alice@example.com"; "@example.com" or "example.com", authors
/// in just this domain; "@.example.com", those in it and in all below; "list:chairs.lists.example".
/// Errors: invalid (says what is allowed).
Result<Subject> parse_subject(std::string_view text);
/// Returns a field as parse_subject() takes it.
std::string shown_subject(const Subject& subject);

/// The record of an entry, as `contacts list` prints it.
Record contact_record(const Whom& whom, const Subject& subject, const ContactEntry& entry);

}  // namespace countersign::admin
