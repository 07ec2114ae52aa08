// SPDX-License-Identifier: Apache-2.0
//
// What it comes to that a recipient, or an operator for him, lets in the author of a held message
// from now on. The one way to a network fingerprint (design section 4, Identity): an answer makes
// contacts of authenticated authors alone. Thread-safe.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "spool/spool.h"
#include "tokenstore/contacts.h"

namespace countersign {

/// Makes the author a contact of all owners of the message, by what authenticated it, else by his
/// network fingerprint if he has one, else by his address alone: such mail is not let in yet.
/// Repeating it changes nothing. Returns the entry that was approved.
/// Errors: invalid (the message has no one author), unavailable (of some owners he may be one).
Result<ContactEntry> approve_author(const HeldEnvelope& envelope, Contacts& contacts, WallTime now,
                                    Deadline deadline);

}  // namespace countersign
