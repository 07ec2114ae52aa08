// SPDX-License-Identifier: Apache-2.0
//
// Tables of Postfix (hash:, lmdb:, mysql:, ldap:, ...), asked by postmap(1), which knows all their
// kinds and reads their configuration: that of Postfix's default folder, or of the one that
// MAIL_CONFIG names in our environment.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "mail/owner_map.h"

namespace countersign {

/// Whether a value of protect.mailboxes names a table of Postfix: "TYPE:NAME", not a path.
bool is_postfix_table(std::string_view text);

/// Returns all entries, as "KEY TAB VALUE" lines. Errors: not_found (the table's kind cannot be
/// listed: LDAP, SQL, regexp), unavailable (postmap is missing, or does not end in time), invalid
/// (what postmap says).
Result<std::string> list_postfix_table(const std::string& table, Deadline deadline);

/// Asks for what it does not remember: found or not, for `life`, the oldest forgotten first. A key
/// that was asked for while the table is out of service is an error, and is not remembered.
class PostmapTable final : public OwnerTable {
 public:
  /// `clock` must outlive it.
  PostmapTable(std::string table, const Clock& clock, seconds life = std::chrono::minutes(5),
               std::size_t most = 10'000)
      : table_(std::move(table)), clock_(clock), life_(life), most_(most) {}
  Result<std::map<std::string, std::string>> find(const std::vector<std::string>& keys,
                                                  Deadline deadline) override;

 private:
  struct Known {
    std::optional<std::string> value;
    SteadyTime until;
  };
  struct Memory {
    std::unordered_map<std::string, Known> known;
    std::deque<std::string> order;  ///< oldest first; may name what is forgotten already
  };
  void remember(const std::vector<std::string>& keys,
                const std::map<std::string, std::string>& found);

  const std::string table_;
  const Clock& clock_;
  const seconds life_;
  const std::size_t most_;
  Guarded<Memory> memory_;
};

}  // namespace countersign
