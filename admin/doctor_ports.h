// SPDX-License-Identifier: Apache-2.0
//
// Whether the MTA takes mail of ours: EHLO at the re-entry port (release.smtp) and the notice port
// (notices.smtp), then QUIT.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "admin/finding.h"
#include "admin/tools.h"

namespace countersign::admin {

/// What is known of the MTA that is to listen there.
struct PortKeeper {
  std::string name = "the MTA";                            ///< "Postfix", "Sendmail"
  std::string start = "start it";                          ///< "postfix start"
  std::string reload = "make it read its settings again";  ///< "postfix reload"
  /// Its greeting at an address, as PeerReply::text; "": not known. Null: never known.
  std::function<std::string(const std::string& address)> greeting = {};
  /// Whether it runs; nothing: it cannot be told. Asked only where a port does not answer.
  std::function<std::optional<bool>()> runs = [] { return std::nullopt; };
};

/// `needed`: else what is wrong is a warning.
void check_ports(const Config& config, const Tools& tools, const PortKeeper& keeper, bool needed,
                 Findings& into);

}  // namespace countersign::admin
