// SPDX-License-Identifier: Apache-2.0
#include "holding/approval.h"

#include <set>

namespace countersign {

Result<ContactEntry> approve_author(const HeldEnvelope& envelope, Contacts& contacts, WallTime now,
                                    Deadline deadline) {
  if (envelope.author.empty()) return Error{Errc::invalid, "its From field names no single author"};
  const std::string& fingerprint =
      envelope.fingerprint.empty() ? envelope.network_fingerprint : envelope.fingerprint;
  ContactEntry entry{.standing = Standing::allow, .source = "released", .created = now};
  if (!fingerprint.empty()) entry.fingerprints = {fingerprint};
  for (const std::string& owner : std::set(envelope.owners.begin(), envelope.owners.end())) {
    const auto stands = contacts.approve({.level = Level::mailbox, .name = owner},
                                         "a:" + envelope.author, entry, deadline);
    if (!stands) return stands.error();
  }
  return entry;
}

}  // namespace countersign
