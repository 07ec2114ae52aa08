// SPDX-License-Identifier: Apache-2.0
//
// Takes from countersign-authenticate what an attacker who got in through a message could use. Of
// the main thread, before there are others.
#pragma once

#include "base/result.h"

namespace countersign {

/// Closes all descriptors above `last`: what the milter had open and did not mean for us.
void close_others(int last);

/// No core files, no new privileges, and the user nobody in place of root. Errors: unavailable.
Status give_up_privileges();

/// Opens no file from now on (Landlock), and so no secrets of the milter, whose user we may share.
/// Returns whether the kernel does that.
bool close_file_system();

}  // namespace countersign
