// SPDX-License-Identifier: Apache-2.0
//
// Whose lists count for an address: protect.mailboxes, a table of addresses to owners as Postfix
// has them (virtual(5)). Pure values.
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "mail/mailbox.h"

namespace countersign {

struct Ownership {
  Mailbox owner;
  /// The address has several owners, none of whom can speak for the others: it owns itself, and is
  /// exempt unless a policy sets its mode.
  bool shared = false;
};

class OwnerMap {
 public:
  OwnerMap() = default;
  /// Entries of one owner each.
  OwnerMap(std::initializer_list<std::pair<Mailbox, Mailbox>> entries);

  /// Adds an entry of a table. A key is an address, or "@example.org" for all others of a domain; a
  /// value names addresses, or "@example.net" for the same local part there. Returns what does not
  /// read, or "": then the entry is not added. Of two entries for one key the first stays, and the
  /// second is told.
  std::string add(std::string_view key, std::string_view value);

  bool empty() const { return entries_.empty(); }
  /// Whether the address itself, detail and all, is a key.
  bool contains(const Mailbox& address) const { return entries_.contains(address.address()); }
  /// Returns whose lists count for `recipient`: by the first of keys_of() that is there; without
  /// any, the recipient without its detail.
  Ownership of(const Mailbox& recipient, std::string_view delimiters) const;

  /// Returns the keys to look up, most specific first: the full address, the address without its
  /// detail, "@domain". A BATV tag does not matter: a bounce comes to the reverse-path as sent.
  static std::vector<std::string> keys_of(const Mailbox& recipient, std::string_view delimiters);
  /// Returns what a value says of `recipient`. What is no address in it (a path, a command) is no
  /// owner; "joe" is at the recipient's domain. An address that names itself among others (it
  /// keeps a copy) owns itself.
  static Ownership read(const Mailbox& recipient, std::string_view delimiters,
                        std::string_view value);

 private:
  std::map<std::string, std::string> entries_;  ///< as they were given, keys normalised
};

/// A table that is asked for each message, as it cannot be listed. Thread-safe.
class OwnerTable {
 public:
  virtual ~OwnerTable() = default;
  /// Returns the values of those keys that are there. Errors: unavailable.
  virtual Result<std::map<std::string, std::string>> find(const std::vector<std::string>& keys,
                                                          Deadline deadline) = 0;
};

}  // namespace countersign
