// SPDX-License-Identifier: Apache-2.0
//
// The marks of mail that somebody other than its author sent on. What would be said to its sender
// reaches the forwarder, not the author. Pure, thread-safe.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "mail/envelope.h"
#include "mail/header_section.h"

namespace countersign {

/// Returns the mark that shows forwarded mail, as a word for the log, or "" if there is none. The
/// first of these counts:
///   "srs"           a reverse-path that a forwarder made (SRS0, SRS1)
///   "resent"        any Resent-* field (RFC 5322 §3.6.6)
///   "delivered-to"  a Delivered-To field with a mailbox of which `is_ours(domain)` is false: it
///                   was delivered elsewhere before
///   "arc"           an ARC set with i=2 or more (RFC 8617 §4.2.1), sealed by a domain that is
///                   neither aligned with the author's nor ours
/// `is_ours` is asked with A-labels.
std::string forward_mark(const ReversePath& reverse_path, const HeaderSection& header,
                         const std::optional<Mailbox>& author,
                         const std::function<bool(const std::string&)>& is_ours);

/// Returns the value of a tag of a tag-list (RFC 6376 §3.2), such as "2" of "i" in
/// "i=2; a=rsa-sha256; d=example.com", without white space around it; nothing if it is not there,
/// or there twice. Names are compared as they are.
std::optional<std::string> tag_value(std::string_view tag_list, std::string_view name);

}  // namespace countersign
