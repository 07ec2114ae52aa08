// SPDX-License-Identifier: Apache-2.0
#include "admin/socket_access.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

#include "admin/files.h"
#include "admin/milter_list.h"
#include "admin/postfix_chroot.h"
#include "admin/setup_steps.h"

namespace countersign::admin {
namespace {

std::string group_name(gid_t id) {
  const struct group* found = ::getgrgid(id);
  return found == nullptr ? std::to_string(id) : found->gr_name;
}

std::string user_name(uid_t id) {
  const struct passwd* found = ::getpwuid(id);
  return found == nullptr ? std::to_string(id) : found->pw_name;
}

std::string octal(mode_t mode) {
  std::string out;
  for (int shift = 9; shift >= 0; shift -= 3)
    out += static_cast<char>('0' + static_cast<int>((mode >> shift) & 07U));
  return out;
}

std::string true_path(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> found(::realpath(path.c_str(), nullptr), std::free);
  return found ? found.get() : "";
}

/// `bit`: 1 to enter, 2 to write.
bool may(const Account& account, const struct stat& file, mode_t bit) {
  if (account.user == 0) return true;
  if (account.user == file.st_uid) return (file.st_mode & (bit << 6)) != 0;
  if (std::ranges::find(account.groups, file.st_gid) != account.groups.end())
    return (file.st_mode & (bit << 3)) != 0;
  return (file.st_mode & bit) != 0;
}

bool has_list(const std::string& path) {
  return ::getxattr(path.c_str(), "system.posix_acl_access", nullptr, 0) > 0;
}

std::optional<Obstacle> obstacle_at(const std::string& path, bool is_socket,
                                    const Account& account) {
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0 || may(account, file, is_socket ? 2 : 1) || has_list(path))
    return std::nullopt;
  return Obstacle{path, is_socket, file.st_uid, file.st_gid, file.st_mode & 07777U};
}

std::string remedy(const Obstacle& obstacle, const Account& account, const std::string& queue) {
  const bool shared = std::ranges::find(account.groups, obstacle.group) != account.groups.end();
  if (!obstacle.is_socket)
    return shell_line({"chgrp", account.group, obstacle.path}) + " && chmod g+x " +
           shell_line({obstacle.path}) + "; or put milter.socket elsewhere, as unix:" + queue +
           "/countersign/milter.sock, then: countersign setup postfix --apply";
  std::string out = "in countersign.toml set ";
  if (!shared) out += "milter.socket_group = \"" + account.group + "\"";
  if ((obstacle.mode & 020U) == 0)
    out += std::string(shared ? "" : " and ") + "milter.socket_mode = \"0660\"";
  return out + ", and restart countersign-milter";
}

/// The spellings of our socket that the services of Postfix have.
std::vector<std::string> spellings(const PostfixSettings& settings, const Config& config) {
  const auto ours = postfix_endpoints(config.milter.socket, settings.value("queue_directory"));
  std::vector<std::string> out;
  for (const PostfixService& service : settings.services) {
    if (service.command != "smtpd") continue;
    const auto milters = parse_milters(settings.value(service, "smtpd_milters"));
    if (const int at = find_milter(milters, ours); at >= 0)
      out.push_back(milters[static_cast<std::size_t>(at)].endpoint);
  }
  return out;
}

}  // namespace

Result<Account> account_by_name(const std::string& name) {
  const struct passwd* found = ::getpwnam(name.c_str());
  if (found == nullptr) return Error{Errc::not_found, "no user " + name};
  Account account;
  account.name = name;
  account.user = found->pw_uid;
  const gid_t primary = found->pw_gid;
  account.group = group_name(primary);
  int count = 64;
  account.groups.resize(static_cast<std::size_t>(count));
  while (::getgrouplist(name.c_str(), primary, account.groups.data(), &count) < 0)
    account.groups.resize(static_cast<std::size_t>(count));
  account.groups.resize(static_cast<std::size_t>(count));
  return account;
}

std::optional<Obstacle> find_obstacle(const std::string& from, const std::string& socket,
                                      const Account& account) {
  const std::string folder = folder_of(socket);
  std::string path = from;
  while (true) {
    if (auto found = obstacle_at(path, false, account)) return found;
    if (path.size() >= folder.size()) break;
    path = folder.substr(0, folder.find('/', path.size() + (path.ends_with('/') ? 0 : 1)));
  }
  return obstacle_at(socket, true, account);
}

void check_socket_access(const PostfixSettings& settings, const Config& config, Findings& into) {
  if (!config.milter.socket.starts_with("unix:")) return;
  const auto account = account_by_name(settings.value("mail_owner"));
  if (!account) return;  // Postfix itself says so, and does not start
  const std::string path = config.milter.socket.substr(5);
  const std::string folder = true_path(folder_of(path));
  if (folder.empty()) return;
  const std::string socket = (folder == "/" ? "" : folder) + path.substr(path.rfind('/'));
  const std::string queue = settings.value("queue_directory");
  const std::string true_queue = true_path(queue);
  // Postfix stands in its queue: by a path from there nothing above is asked.
  const auto from = [&](const std::string& endpoint) {
    const bool relative = is_seen_in_chroot(endpoint);
    return relative && socket.starts_with(true_queue + "/") ? true_queue : "/";
  };
  for (const std::string& endpoint : spellings(settings, config)) {
    const auto found = find_obstacle(from(endpoint), socket, *account);
    if (!found) continue;
    Finder("postfix", into)
        .fail(found->path + " (" + user_name(found->owner) + ":" + group_name(found->group) +
                  ", mode " + octal(found->mode) + ") may not be " +
                  (found->is_socket ? "written" : "entered") + " by Postfix's user " +
                  account->name + ": it cannot connect to our milter at " + config.milter.socket +
                  ", as if that were down",
              remedy(*found, *account, queue));
    return;
  }
}

}  // namespace countersign::admin
