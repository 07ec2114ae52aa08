// SPDX-License-Identifier: Apache-2.0
//
// What `setup sendmail` writes into sendmail.mc: a block of lines at its end, between two marks
// (design section 8). Pure, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/sendmail_settings.h"
#include "base/result.h"
#include "config/config.h"

namespace countersign::admin {

/// A Sendmail as it stands in its files.
struct SendmailSite {
  std::string mc;                      ///< sendmail.mc; "" if there is none
  std::optional<SendmailSettings> cf;  ///< what was made of it
};

/// Returns the block's lines, without line ends: our milter, the re-entry port, the notice port.
/// The same for what stood in the files before and after they were written there. Errors: invalid
/// (release.smtp or notices.smtp is no port of this host; a socket's path that m4 would not leave
/// alone; a milter of our name that stands outside of the block).
Result<std::vector<std::string>> sendmail_lines(const SendmailSite& site, const Config& config);

/// Returns sendmail.mc without our block, if it has one.
std::string without_block(std::string_view mc);
/// Returns sendmail.mc with these lines as our block, at its end.
std::string with_block(std::string_view mc, const std::vector<std::string>& lines);

}  // namespace countersign::admin
