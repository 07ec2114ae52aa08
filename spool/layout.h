// SPDX-License-Identifier: Apache-2.0
//
// Names in the spool's folder, and the few steps by which a small file becomes durable.
// Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mail/held_id.h"
#include "spool/spool_fs.h"

namespace countersign::layout {

inline constexpr const char* kNode = "node";
inline constexpr const char* kLock = "lock";
inline constexpr const char* kPaused = "paused";
inline constexpr const char* kModes = "modes";
inline constexpr const char* kTmp = "tmp";
inline constexpr const char* kHeld = "held";
inline constexpr const char* kOrders = "orders";
inline constexpr const char* kReports = "reports";
inline constexpr const char* kDamaged = "damaged";

/// The characters of a held id.
inline constexpr std::string_view kDigits = "0123456789abcdefghjkmnpqrstvwxyz";

/// "held/<2 of id>"
std::string folder_of(const HeldId& id);
/// "held/<2 of id>/<id>.msg"
std::string message_of(const HeldId& id);
/// "held/<2 of id>/<id>.log"
std::string log_of(const HeldId& id);
/// "tmp/<id>.msg"
std::string draft_of(const HeldId& id);

/// Whether `name` can be a folder in held/: two characters of a held id.
bool is_folder(std::string_view name);
/// Returns the id of "<id><suffix>", or nothing: the name is no such name.
std::optional<HeldId> id_of(std::string_view leaf, std::string_view suffix);

/// Writes `bytes` to tmp/, and renames the file to `folder`/`leaf` ("" is the spool's folder):
/// durable on return, and nothing is left of it on error. What had that name is replaced.
Status put_file(SpoolFs& fs, const std::string& folder, const std::string& leaf,
                std::string_view bytes);

}  // namespace countersign::layout
