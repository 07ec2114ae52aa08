// SPDX-License-Identifier: Apache-2.0
//
// What the store is told of a held message. Pure.
#pragma once

#include "base/keyring.h"
#include "holding/history.h"
#include "spool/spool.h"
#include "tokenstore/held_index.h"

namespace countersign {

/// What goes to HeldIndex::put: the view, and the digest of the answer token; and that token, for
/// its URL. Both "" without a challenge.
struct IndexEntry {
  HeldView view;
  std::string digest;
  std::string token = {};
};

/// `node`: in whose spool the message lies now. Errors: not_found (no answer key in the keyring,
/// and the message has a challenge).
Result<IndexEntry> index_entry(const HeldEnvelope& envelope, const std::string& node,
                               const History& history, const Keyring& keys);

/// The mailboxes for which the message is held, for people: {rcpt_addr} or the argument as given.
std::vector<std::string> readable_recipients(const HeldEnvelope& envelope);

}  // namespace countersign
