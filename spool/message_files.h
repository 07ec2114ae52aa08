// SPDX-License-Identifier: Apache-2.0
//
// A held message's two files, read as they are on disk: what the daemon and a command beside it
// have in common. Nothing here takes the lock or knows an index. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "mail/held_id.h"
#include "spool/held_file.h"
#include "spool/spool.h"
#include "spool/spool_fs.h"

namespace countersign {

/// An open message file whose head, lengths and id were right.
struct OpenMessage {
  std::unique_ptr<SpoolFs::File> file;
  HeldFile held;
};
/// Errors: not_found, corrupt, unavailable.
Result<OpenMessage> open_message(SpoolFs& fs, const HeldId& id);

/// Returns the message and its history. One that is removed meanwhile is not_found.
/// Errors: not_found, corrupt, unavailable.
Result<HeldMessage> load_message(SpoolFs& fs, const HeldId& id);

/// As Spool::content.
Status send_message(SpoolFs& fs, const HeldId& id,
                    const std::function<Status(std::string_view)>& sink);

/// Moves the message's files (or the log alone) to damaged/ under names that are free there, and
/// logs it. Errors: unavailable: they may be where they were.
Status set_aside(SpoolFs& fs, const HeldId& id, std::string_view why);

}  // namespace countersign
