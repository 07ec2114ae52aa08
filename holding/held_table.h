// SPDX-License-Identifier: Apache-2.0
//
// What this node holds, in memory: enough to find messages without reading the disk. Built from the
// spool at start; about 300 bytes a message. Thread-safe.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "holding/history.h"
#include "spool/spool.h"

namespace countersign {

struct HeldLine {
  std::string author;
  std::string fingerprint;
  std::string reason;
  std::vector<std::string> owners;  ///< one for each recipient
  WallTime arrived{};
  WallTime expires{};
  milliseconds kept_since{0};
  HeldState state = HeldState::held;
  bool under_way = false;        ///< as History::is_under_way()
  bool all_announced = false;    ///< a digest listed it for each who does not have it
  bool wants_challenge = false;  ///< by mail, and not begun yet
  bool challenged = false;
  bool by_mail = false;
  int generation = 1;
  std::string answer_key;
  std::string retry_digest;
};

class HeldTable {
 public:
  void put(const HeldMessage& message);
  void erase(const HeldId& id);
  std::optional<HeldLine> find(const HeldId& id) const;
  /// The message that an earlier try of the same mail became, while it is held. The store knows it
  /// too, but not yet when we were killed between disk and store.
  std::optional<HeldId> find_retry(const std::string& digest) const;
  std::size_t size() const;
  /// The ids for which `wanted(line)` is true. `wanted` runs under the lock: no I/O in it.
  template <class Wanted>
  std::vector<HeldId> where(Wanted wanted) const {
    return table_.with([&](const Table& table) {
      std::vector<HeldId> out;
      for (const auto& [id, line] : table.lines)
        if (wanted(line)) out.push_back(id);
      return out;
    });
  }

 private:
  struct Table {
    std::map<HeldId, HeldLine> lines;
    std::map<std::string, HeldId> retries;  ///< by HeldLine::retry_digest
    void erase(const HeldId& id);
  };
  Guarded<Table> table_;
};

}  // namespace countersign
