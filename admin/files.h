// SPDX-License-Identifier: Apache-2.0
//
// Files that the command makes or changes: whole or not at all.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace countersign::admin {

/// Who owns a file; none: whoever makes it.
struct Owner {
  std::optional<uid_t> user;
  std::optional<gid_t> group;
};

/// Returns user id and primary group of a login name. Errors: not_found.
Result<Owner> owner_by_name(const std::string& user);

/// Writes a new file, durable on return. Errors: already_exists, unavailable (nothing is left).
Status create_file(const std::string& path, std::string_view bytes, mode_t mode,
                   const Owner& owner);
/// Replaces an existing file, durable on return; owner and mode stay. Errors: unavailable (the old
/// file is as it was).
Status replace_file(const std::string& path, std::string_view bytes);
/// Gives `path` the mode and owner of `model`. Errors: unavailable.
Status take_mode(const std::string& path, const std::string& model);
/// Makes a folder, if it is missing; then and only then sets mode and owner. Returns whether it was
/// made. Its parent must exist. Errors: unavailable (also: it is no folder).
Result<bool> make_folder(const std::string& path, mode_t mode, const Owner& owner);
/// The folder in which `path` lies: "/etc/countersign" of "/etc/countersign/x".
std::string folder_of(const std::string& path);
bool exists(const std::string& path);
/// The first folder on the way to `path` that everybody may write to, whatever its sticky bit; ""
/// if there is none. Sendmail trusts nothing below such a one.
std::string open_folder_above(const std::string& path);

}  // namespace countersign::admin
