// SPDX-License-Identifier: Apache-2.0
//
// Held messages that nobody can answer any more: the key that made their URLs is gone from the
// milter's secrets. Thread-safe.
#pragma once

#include <string>
#include <vector>

#include "base/keyring.h"
#include "holding/held_table.h"

namespace countersign {

struct LostUrls {
  std::vector<HeldId> messages;
  std::string keys;  ///< ids of the keys that are gone: "2026, k1"
};

/// Returns what waits in `table` for an answer under a URL by a key "answer" whose id `keys` does
/// not have. A message without a key's id (spool format: tag 23) counts as of the current one.
LostUrls lost_urls(const HeldTable& table, const Keyring& keys);

}  // namespace countersign
