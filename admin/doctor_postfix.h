// SPDX-License-Identifier: Apache-2.0
//
// Judges Postfix's configuration (design section 8, Postfix). Pure, thread-safe.
#pragma once

#include <optional>
#include <string>

#include "admin/finding.h"
#include "admin/postfix_settings.h"
#include "admin/site_mode.h"
#include "config/config.h"

namespace countersign::admin {

/// What else a judge must know.
struct PostfixSurroundings {
  SiteMode mode;
  std::string table;  ///< path of the table that removes forged fields (header_table.h)
  std::optional<std::string> table_text;  ///< what stands in it; none for no such file
};

/// Returns what is wrong, risky, or as it must be. `settings` with $name replaced.
Findings judge_postfix(const PostfixSettings& settings, const Config& config,
                       const PostfixSurroundings& around);

}  // namespace countersign::admin
