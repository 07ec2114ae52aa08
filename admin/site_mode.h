// SPDX-License-Identifier: Apache-2.0
//
// Which modes this site's mailboxes have: the configuration's, and what policies in the store set
// over it, at any level. An MTA has one default action for all of them.
#pragma once

#include <string>
#include <vector>

#include "admin/tools.h"

namespace countersign::admin {

struct SiteMode {
  bool observing = false;  ///< nobody's mail is anything but observed
  bool any_holds = false;  ///< somebody's first mail is held
  /// Who has a mode in the store that asks senders: "site", domains, keys of mailboxes.
  std::vector<std::string> asking;
  std::string unknown;  ///< why the policies could not be read; then neither is true by them
};

/// Returns `config` with the strictest of these modes in first_contact.mode: "observe", "hold", and
/// "aside" for what lies between or is not known.
Config with_mode(const Config& config, const SiteMode& mode);

/// Asks the store. Where that fails, mail may be screened for somebody: `observing` is false.
SiteMode site_mode(const Config& config, const Tools& tools);

}  // namespace countersign::admin
