// SPDX-License-Identifier: Apache-2.0
//
// The files that a configuration names. Pure, thread-safe.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace countersign {

/// A line of a file that does not read.
struct BadLine {
  int line = 0;
  std::string what;
};

/// A domain of protect.domains, in A-labels. Errors: invalid (none, or a registry's: "co.uk").
Result<std::string> parse_protected_domain(std::string_view text);

/// Reads protect.domains: a domain a line; # starts a comment. Returns A-labels, each once; bad
/// lines are added to `bad`.
std::vector<std::string> parse_domain_list(std::string_view text, std::vector<BadLine>& bad);

/// Reads protect.mailboxes: on each line an address, blanks, its owners; a line that begins with #
/// is a comment, one that begins with a blank continues the one before (postmap(1)). Returns
/// entries as OwnerMap::add() takes them, addresses as Mailbox::address(); bad lines are added to
/// `bad`.
std::map<std::string, std::string> parse_mailbox_map(std::string_view text,
                                                     std::vector<BadLine>& bad);

/// Reads the listing of a Postfix table (list_postfix_table()). Of a table that was not made for
/// us, what names no mailboxes is passed over.
std::map<std::string, std::string> parse_table_listing(std::string_view text);

}  // namespace countersign
