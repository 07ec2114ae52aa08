// SPDX-License-Identifier: Apache-2.0
#include "admin/config_backup.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <sstream>

#include "admin/files.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "config/check.h"

namespace countersign::admin {
namespace {

constexpr std::string_view kFolder = "/countersign-backup";

/// "20270503-140200" of "2027-05-03T14:02:00Z".
std::string stamp(WallTime now) {
  std::string out;
  for (const char c : rfc3339(now)) {
    if (c >= '0' && c <= '9') out += c;
    if (c == 'T') out += '-';
  }
  return out;
}

/// The lines of `after`: digest or "folder", and what it is of.
std::vector<std::pair<std::string, std::string>> notes_of(const std::string& backup) {
  std::vector<std::pair<std::string, std::string>> notes;
  const auto text = read_whole_file(backup + "/after");
  if (!text) return notes;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);)
    if (const auto blank = line.find(' '); blank != std::string::npos)
      notes.emplace_back(line.substr(0, blank), line.substr(blank + 1));
  return notes;
}

}  // namespace

Result<std::string> ConfigBackups::make(WallTime now) const {
  CS_ASSIGN(const bool first, make_folder(directory_ + std::string(kFolder), 0700, {}));
  (void)first;
  std::string folder = directory_ + std::string(kFolder) + "/" + stamp(now);
  // Two runs within a second have two backups, the later one behind the earlier.
  for (bool made = false; !made;) {
    CS_ASSIGN(made, make_folder(folder, 0700, {}));
    if (!made) folder += "+";
  }
  const auto copy = [&](const std::string& name) -> Status {
    CS_ASSIGN(const std::string bytes, read_whole_file(directory_ + "/" + name));
    CS_TRY(create_file(folder + "/" + name, bytes, 0600, {}));
    return take_mode(folder + "/" + name, directory_ + "/" + name);
  };
  for (const std::string& name : names_) CS_TRY(copy(name));
  for (const std::string& name : ours_)
    if (exists(directory_ + "/" + name)) CS_TRY(copy(name));
  return folder;
}

Status ConfigBackups::finish(const std::string& backup, const std::string& folder) const {
  std::string notes;
  for (const std::string& name : names_) {
    // Whoever wrote it anew gave it a mode of its own, as postconf(1) does.
    CS_TRY(take_mode(directory_ + "/" + name, backup + "/" + name));
    CS_ASSIGN(const std::string bytes, read_whole_file(directory_ + "/" + name));
    notes += hex_encode(sha256(bytes)) + " " + name + "\n";
  }
  for (const std::string& name : ours_) {
    if (!exists(directory_ + "/" + name)) continue;
    CS_ASSIGN(const std::string bytes, read_whole_file(directory_ + "/" + name));
    notes += hex_encode(sha256(bytes)) + " " + name + "\n";
  }
  if (!folder.empty()) notes += "folder " + folder + "\n";
  return create_file(backup + "/after", notes, 0600, {});
}

Status ConfigBackups::restore(const std::string& backup) const {
  for (const std::string& name : names_) {
    CS_ASSIGN(const std::string bytes, read_whole_file(backup + "/" + name));
    CS_TRY(replace_file(directory_ + "/" + name, bytes));
    CS_TRY(take_mode(directory_ + "/" + name, backup + "/" + name));
  }
  for (const std::string& name : ours_) {
    const std::string path = directory_ + "/" + name;
    if (!exists(backup + "/" + name)) {
      ::unlink(path.c_str());
      continue;
    }
    CS_ASSIGN(const std::string bytes, read_whole_file(backup + "/" + name));
    CS_TRY(exists(path) ? replace_file(path, bytes) : create_file(path, bytes, 0644, {}));
  }
  return remove(backup);
}

Status ConfigBackups::remove(const std::string& backup) const {
  for (const std::string& name : names_) ::unlink((backup + "/" + name).c_str());
  for (const std::string& name : ours_) ::unlink((backup + "/" + name).c_str());
  ::unlink((backup + "/after").c_str());
  if (::rmdir(backup.c_str()) != 0)
    return Error{Errc::unavailable, "cannot remove " + backup + ": " + std::strerror(errno)};
  ::rmdir((directory_ + std::string(kFolder)).c_str());  // Stays while there are others.
  return {};
}

std::vector<std::string> ConfigBackups::list() const {
  const std::string folder = directory_ + std::string(kFolder);
  std::vector<std::string> found;
  const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(folder.c_str()), ::closedir);
  if (!open) return found;
  while (const dirent* entry = ::readdir(open.get()))  // NOLINT(concurrency-mt-unsafe)
    if (entry->d_name[0] != '.') found.push_back(folder + "/" + entry->d_name);
  std::sort(found.rbegin(), found.rend());
  return found;
}

bool ConfigBackups::is_untouched(const std::string& backup, const std::string& standing,
                                 std::string& changed) const {
  changed.clear();
  const auto notes = notes_of(backup);
  if (notes.empty()) return true;  // A run that was cut: nobody can tell, and it must be undone.
  for (const auto& [digest, name] : notes) {
    if (digest == "folder") continue;
    const auto now = read_whole_file(standing + "/" + name);
    const auto before = read_whole_file(backup + "/" + name);
    if (now && (hex_encode(sha256(*now)) == digest || (before && *before == *now))) continue;
    changed += (changed.empty() ? "" : ", ") + directory_ + "/" + name;
  }
  return changed.empty();
}

std::string ConfigBackups::made_folder(const std::string& backup) const {
  for (const auto& [what, name] : notes_of(backup))
    if (what == "folder") return name;
  return "";
}

}  // namespace countersign::admin
