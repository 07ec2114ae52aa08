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
    option,     ///< postconf -P -e: a -o option of an entry
    file        ///< no call: a file is written whole
  };
  Kind kind;
  std::string name;   ///< "in_flow_delay", "127.0.0.1:10026/inet", "smtp/inet/smtpd_milters", path
  std::string value;  ///< what is to stand there
  std::string was;    ///< what stands there; "" for nothing

  /// postconf's arguments, without its name and -c; none for a file.
  std::vector<std::string> arguments() const;
};

/// What Postfix has, and what the site wants.
struct PostfixTask {
  PostfixSettings settings;  ///< as they stand in the files, $name not replaced
  PostfixSettings expanded;  ///< with $name replaced
  Config config;
  /// Everybody only observes: a fault of ours must delay nothing (law 7).
  bool observing = false;
  bool header_checks = true;  ///< forged Authentication-Results are to be removed (header_table.h)
  std::string table;          ///< path of the table
  std::string table_text;     ///< what stands in it; "" for no such file
};

/// Returns the edits, none where all is as it must be; applied, they leave nothing to do. Errors:
/// invalid (release.smtp or notices.smtp is no port of this host, which this cannot make, or not
/// one that Postfix can have); already_exists (master.cf has a service there that is not ours).
Result<std::vector<PostfixEdit>> plan_postfix(const PostfixTask& task);
/// Done where every service that is to ask us sees our socket. Errors: already_exists (one runs in
/// a chroot, and the socket lies outside): its mail would wait for ever.
Status sees_socket(const PostfixTask& task);

}  // namespace countersign::admin
