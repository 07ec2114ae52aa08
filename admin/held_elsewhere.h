// SPDX-License-Identifier: Apache-2.0
//
// What the store knows of messages that this node's spool does not hold, or that wait for somebody.
// A store that does not answer is asked once. Not thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "admin/tools.h"
#include "admin/whom.h"

namespace countersign::admin {

/// How `held` says that an id is none of this spool's.
inline constexpr std::string_view kNotHeldHere = "not held here";

class HeldElsewhere {
 public:
  /// `node`: of this spool, where it can be read. `config` and `tools` must outlive it.
  HeldElsewhere(const Config& config, const Tools& tools, const Result<std::string>& node)
      : config_(config), tools_(tools), node_(node ? *node : "") {}

  /// Returns kNotHeldHere, with the node that holds the message, where the store knows one.
  std::string words(const HeldId& id);

 private:
  const Config& config_;
  const Tools& tools_;
  const std::string node_;
  std::unique_ptr<Store> store_;
  bool given_up_ = false;
};

/// Returns the messages of an author that wait for a mailbox, whoever else has them already, oldest
/// id first; nothing where that cannot be told: of a domain's or the site's list, of mailing lists,
/// or while the store is down.
std::optional<std::vector<HeldId>> waiting_for(const Config& config, const Whom& whom,
                                               const Subject& subject, HeldIndex& index,
                                               Deadline deadline);

}  // namespace countersign::admin
