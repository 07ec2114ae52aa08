// SPDX-License-Identifier: Apache-2.0
//
// Permits in memory: a part of MemoryStore. Not thread-safe: its owner locks.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tokenstore/address_tokens.h"

namespace countersign {

class MemoryPermits {
 public:
  /// Null if there is none.
  Permit* find(const PermitName& name);
  void put(const PermitName& name, const Permit& permit);
  bool remove(const PermitName& name);
  std::vector<std::pair<std::string, Permit>> all(PermitName::Kind kind,
                                                  const std::string& owner) const;
  /// `now` counts the life of what a message spent.
  Spent spend(const Spending& spending, WallTime now);
  /// Whether a mail with that header section took a use.
  bool spent_before(const PermitName& name, const std::string& header_digest, WallTime now) const;

 private:
  using Key = std::tuple<PermitName::Kind, std::string, std::string>;
  struct Taken {
    std::set<std::string> bodies;
    WallTime dies;
  };
  static Key key_of(const PermitName& name) { return {name.kind, name.owner, name.name}; }

  std::map<Key, Permit> permits_;
  std::map<std::pair<Key, std::string>, Taken> taken_;
};

}  // namespace countersign
