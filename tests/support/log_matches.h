// SPDX-License-Identifier: Apache-2.0
//
// What a reader of mail logs makes of a whole log.
#pragma once

#include <algorithm>
#include <string>

#include "admin/mail_log.h"

namespace countersign::test {

/// Returns "sender>recipient " for each match in the lines of `log`.
inline std::string matches_in(admin::MailLogReader& reader, const std::string& log) {
  std::string out;
  for (std::size_t at = 0; at < log.size();) {
    const auto end = std::min(log.find('\n', at), log.size());
    if (const auto match = reader.take(log.substr(at, end - at)))
      out += match->sender.address() + ">" + match->recipient.address() + " ";
    at = end + 1;
  }
  return out;
}

}  // namespace countersign::test
