// SPDX-License-Identifier: Apache-2.0
//
// Contact lists and policies: what recipients and administrators decide. Thread-safe.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "screening/knowledge.h"

namespace countersign {

/// A field of a contact list: 'a' and an address, 'd' and a domain, 'l' and a List-Id.
/// "a:alice@example.com" (Mailbox::address()), "d:example.com" (A-labels; authors in just this
/// domain), "d:.example.com" (in it and in all below), "l:chairs.lists.example" (list_id_of()).
using Subject = std::string;

class Contacts {
 public:
  virtual ~Contacts() = default;

  /// Writes an entry, replacing what stood there. Errors: unavailable.
  virtual Status put(const Scope& scope, const Subject& subject, const ContactEntry& entry,
                     Deadline deadline) = 0;
  /// Makes or strengthens an allow-entry: adds it if absent; if an allow-entry is there, adds the
  /// fingerprint only if that entry has none of a domain (lacks_domain()). A deny-entry stays.
  /// Atomic. Returns what stands after it. Errors: unavailable.
  virtual Result<ContactEntry> learn(const Scope& scope, const Subject& subject,
                                     const ContactEntry& entry, Deadline deadline) = 0;
  /// learn() of many subjects, each once, in one round trip; each is atomic by itself. Returns for
  /// each, in order, whether it was absent and is new. Errors: unavailable (some may be written).
  virtual Result<std::vector<bool>> learn_all(
      const Scope& scope, const std::vector<std::pair<Subject, ContactEntry>>& entries,
      Deadline deadline) = 0;
  /// Lets an author in on the recipient's word: adds the entry if absent, in place of a deny-entry
  /// too; to an allow-entry it adds the fingerprints that this has not yet. `entry` allows, and has
  /// one fingerprint or none. Atomic. Returns what stands after it. Errors: unavailable.
  virtual Result<ContactEntry> approve(const Scope& scope, const Subject& subject,
                                       const ContactEntry& entry, Deadline deadline) = 0;
  /// Errors: not_found, unavailable.
  virtual Status remove(const Scope& scope, const Subject& subject, Deadline deadline) = 0;
  /// Returns the whole list. Errors: unavailable, corrupt.
  virtual Result<std::vector<std::pair<Subject, ContactEntry>>> list(const Scope& scope,
                                                                     Deadline deadline) = 0;
};

/// Who sets a mode of his own, whatever the level: "" the site, "example.org", "joe@example.org".
struct SetModes {
  std::string version;  ///< changes with every change; "" while nobody has set one
  std::map<std::string, Mode, std::less<>> modes;
};

class Policies {
 public:
  virtual ~Policies() = default;
  /// Returns what is set at this level alone. Errors: unavailable.
  virtual Result<PolicyValues> get(const Scope& scope, Deadline deadline) = 0;
  /// Sets each key; an empty value removes it. Errors: unavailable.
  virtual Status set(const Scope& scope, const PolicyValues& values, Deadline deadline) = 0;
  /// Returns all modes that are set, or nothing if that is what `version` stands for already.
  /// Errors: unavailable.
  virtual Result<std::optional<SetModes>> modes(const std::string& version, Deadline deadline) = 0;
};

}  // namespace countersign
