// SPDX-License-Identifier: Apache-2.0
//
// What `setup postfix` changes: a list of edits from what Postfix has to what it needs (design
// section 8). Pure, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "admin/postfix_settings.h"
#include "base/result.h"
#include "config/config.h"

namespace countersign::admin {

/// One call of postconf(1).
struct PostfixEdit {
  enum class Kind {
    parameter,  ///< postconf -e: a line of main.cf
    service,    ///< postconf -M -e: an entry of master.cf
    option      ///< postconf -P -e: a -o option of an entry
  };
  Kind kind;
  std::string name;   ///< "in_flow_delay", "127.0.0.1:10026/inet", "smtp/inet/smtpd_milters"
  std::string value;  ///< what is to stand there
  std::string was;    ///< what stands there; "" for nothing

  /// postconf's arguments, without its name and -c.
  std::vector<std::string> arguments() const;
};

/// Returns the edits, none where all is as it must be; applied, they leave nothing to do.
/// `settings` as they stand in the files, $name not replaced; `queue_directory` replaced. Errors:
/// invalid (release.smtp or notices.smtp is no port of this host, which this cannot make).
Result<std::vector<PostfixEdit>> plan_postfix(const PostfixSettings& settings,
                                              const std::string& queue_directory,
                                              const Config& config);

}  // namespace countersign::admin
