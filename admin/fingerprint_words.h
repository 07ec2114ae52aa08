// SPDX-License-Identifier: Apache-2.0
//
// Fingerprints of contacts as people write them. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "tokenstore/contacts.h"

namespace countersign::admin {

/// Reads a fingerprint of an entry for `subject`: a domain (its organizational domain is what
/// counts), "ptr:DOMAIN" or "net:NETWORK" (a /24 or /64, or an address in it). Errors: invalid
/// (says what is allowed; mailing lists have no networks; a public suffix is nobody's, but for an
/// author in it).
Result<std::string> parse_contact_fingerprint(const Subject& subject, std::string_view text);

}  // namespace countersign::admin
