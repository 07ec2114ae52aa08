// SPDX-License-Identifier: Apache-2.0
//
// What to say to who may not look: the spool and the secrets are not everybody's.
#pragma once

#include <string>

namespace countersign::admin {

/// Whether this process lacks the permission to read the file, or to look into the folder. False
/// too for what does not exist.
bool may_not_read(const std::string& path);

/// "run this as root, or as the user of countersign-milter".
inline constexpr const char* kRunAsOwner = "run this as root, or as the user of countersign-milter";

}  // namespace countersign::admin
