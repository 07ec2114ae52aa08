// SPDX-License-Identifier: Apache-2.0
//
// Brings the spool's folder to order after whatever happened to the daemon or the machine, before
// anything is believed. The caller has the lock.
#pragma once

#include "base/result.h"
#include "spool/held_folders.h"
#include "spool/held_set.h"
#include "spool/spool_fs.h"

namespace countersign {

/// Makes the folders that are missing, and empties tmp/. Errors: unavailable.
Status prepare_folders(SpoolFs& fs);

/// Adds all messages in held/ to `held`, and their folders to `folders`. Reads heads and trailers,
/// not contents. A message that does not decode is moved to damaged/, and so is a log without its
/// message; one that cannot be read now is kept in the set, to be tried again when it is asked for.
/// Errors: unavailable (a folder cannot be read or made durable).
Status find_held(SpoolFs& fs, HeldFolders& folders, HeldSet& held);

}  // namespace countersign
