// SPDX-License-Identifier: Apache-2.0
//
// Lists of addresses in header fields: From, To, Cc (RFC 5322 §3.4). Pure, thread-safe.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "mail/mailbox.h"

namespace countersign {

struct AddressList {
  /// Whether the grammar consumed the whole value: CFWS, comments, groups and the obsolete forms of
  /// §4.4 too; UTF-8 by RFC 6532. If not, nothing was found.
  bool well_formed = false;
  std::vector<Mailbox> mailboxes;  ///< in order, those in groups too; routes are dropped
  std::size_t elements = 0;        ///< mailboxes, groups and empty elements of the list
  std::size_t groups = 0;
};

/// Stricter than the grammar in two points: no control but tab and folds stands anywhere, escaped
/// neither; each mailbox must be one for Mailbox::parse().
AddressList parse_address_list(std::string_view value);

/// Returns the mailboxes that a list names: by the grammar, and where that does not consume it by
/// where an address stands in each of its elements, in angle brackets or alone. What stands in a
/// display name, a quoted string or a comment names nobody.
std::vector<Mailbox> named_mailboxes(std::string_view value);

}  // namespace countersign
