// SPDX-License-Identifier: Apache-2.0
//
// Domain names: one spelling, and what belongs together (RFC 5890, RFC 7489 §3.2). Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace countersign {

/// Returns the domain in A-labels, lower case, without a final dot; address literals
/// ("[192.0.2.1]") are kept in lower case. Labels of ASCII are taken as they are, underscores and
/// A-labels that IDNA2008 would not make included; others are put in lower case and NFC, without
/// any other mapping. Errors: invalid (empty label or one over 63 octets, over 255 octets, a
/// foreign character, not IDNA2008).
Result<std::string> to_a_labels(std::string_view domain);

/// Returns the organizational domain of an A-label domain by the public suffix list: the public
/// suffix and one label. A domain that is itself a public suffix, or an address literal, is
/// returned as it is.
std::string organizational_domain(std::string_view domain);

/// Whether a registry hands out the names below an A-label domain ("co.uk"; not "github.io", whose
/// own owner does, nor a top-level domain that the list does not know): nobody's mail comes from
/// there.
bool is_registry(std::string_view domain);

/// Whether an A-label domain is a public suffix, of a registry or of a host ("github.io"): the
/// names below it are of different owners.
bool is_public_suffix(std::string_view domain);

/// Whether two A-label domains have one organizational domain (relaxed alignment, RFC 7489 §3.1).
bool aligned(std::string_view a, std::string_view b);

}  // namespace countersign
