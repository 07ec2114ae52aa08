// SPDX-License-Identifier: Apache-2.0
//
// What mailing lists say of themselves (RFC 2919, RFC 2369). Anybody can write it: it counts only
// beside a DKIM domain. Pure, thread-safe.
#pragma once

#include <optional>
#include <string>

#include "mail/header_section.h"
#include "mail/mailbox.h"

namespace countersign {

/// Returns the list identifier of the one List-Id field, as contact lists have it: lower case,
/// without brackets and phrase ("chairs.lists.example.com"). "" if there is none, or more than one
/// field, or if it is no dot-atom of at most 255 octets.
std::string list_id_of(const HeaderSection& header);

/// Returns the identifier of text that a person typed: with or without the brackets. "" if it is
/// none.
std::string parse_list_id(std::string_view text);

/// Returns the address to which the list's members write: the first mailto of the one List-Post
/// field (RFC 2369 §3.4). None for "NO", or where there is no such address.
std::optional<Mailbox> list_post_of(const HeaderSection& header);

}  // namespace countersign
