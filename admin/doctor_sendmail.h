// SPDX-License-Identifier: Apache-2.0
//
// Judges Sendmail's configuration (design section 8). Pure, thread-safe.
#pragma once

#include "admin/finding.h"
#include "admin/sendmail_settings.h"
#include "config/config.h"

namespace countersign::admin {

/// Returns what is wrong, risky, or as it must be.
Findings judge_sendmail(const SendmailSettings& settings, const Config& config);

}  // namespace countersign::admin
