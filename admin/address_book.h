// SPDX-License-Identifier: Apache-2.0
//
// Address books and sent mail of others, read for their addresses: vCard (RFC 6350, and older), CSV
// (RFC 4180), mbox (RFC 4155), Maildir; and contact lists as `contacts export` writes them. Pure
// but for read_maildir(), thread-safe.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "mail/header_section.h"
#include "mail/mailbox.h"
#include "screening/knowledge.h"
#include "tokenstore/contacts.h"

namespace countersign::admin {

/// A line that does not read, or what stands there that is no address.
struct BadEntry {
  std::size_t line = 0;  ///< from 1
  std::string what;
};

/// The addresses of a book, in order, perhaps more than once; and what is none.
struct AddressBook {
  std::vector<Mailbox> addresses;
  std::vector<BadEntry> bad;
};

/// The EMAIL properties of all cards; folds and quoted-printable (vCard 2.1) undone. Those of a
/// card without an end are left out, and the line where it begins is bad.
AddressBook read_vcards(std::string_view text);

/// The columns whose name in the first line has "mail" in it, but not "type" or "label", with ',',
/// ';' or tab between; where no name has, every cell that is an address. A cell may hold several,
/// with " ::: ", ',' or ';' between; each may have a name before it: "Alice <alice@example.com>".
AddressBook read_csv(std::string_view text);

/// An entry of such a list as `contacts export` writes it.
struct ListedContact {
  Subject subject;
  ContactEntry entry;
  std::size_t line = 0;  ///< from 1
};
struct ContactList {
  std::vector<ListedContact> entries;
  std::vector<BadEntry> bad;
};

/// Whether the text begins as such a list does.
bool is_contact_list(std::string_view text);
ContactList read_contact_list(std::string_view text);
/// Returns the list as CSV with a line of names; read_contact_list() returns the same entries,
/// times to the second.
std::string write_contact_list(const std::vector<std::pair<Subject, ContactEntry>>& entries);

/// Calls `use` with the header section of each message. CRLF or LF lines.
void read_mbox(std::string_view text, const std::function<void(const HeaderSection&)>& use);
/// The same of the files in `cur` and `new` of a Maildir. Errors: not_found (it is none),
/// unavailable.
Status read_maildir(const std::string& folder,
                    const std::function<void(const HeaderSection&)>& use);

}  // namespace countersign::admin
