// SPDX-License-Identifier: Apache-2.0
#include "admin/setup_steps.h"

#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "admin/exit_status.h"
#include "admin/opening.h"

namespace countersign::admin {

Result<SocketFolder> socket_folder(const Config& config, const Invocation& invocation,
                                   const std::string& mta_user) {
  SocketFolder folder;
  if (!config.milter.socket.starts_with("unix:")) return folder;
  folder.path = folder_of(config.milter.socket.substr(5));
  folder.missing = !exists(folder.path);
  if (!folder.missing) return folder;
  if (const auto user = invocation.option("--user")) {
    CS_ASSIGN(folder.owner, owner_by_name(*user));
  } else if (struct stat spool{}; ::stat(config.spool.directory.c_str(), &spool) == 0) {
    folder.owner.user = spool.st_uid;
  }
  if (mta_user.empty()) return folder;
  // Its group is handed on to the socket by the set-group-id bit of the folder.
  CS_ASSIGN(const Owner mta, owner_by_name(mta_user));
  folder.owner.group = mta.group;
  return folder;
}

Status free_port(const std::string& address, const Config& config, const Tools& tools,
                 const GreetsAsMta& is_mta) {
  const Status free = tools.try_port(address);
  if (free) return {};
  const std::string key = address == config.release.smtp ? "release.smtp" : "notices.smtp";
  if (free.error().code != Errc::already_exists)
    return Error{free.error().code, key + ": nothing can listen there: " + free.error().detail +
                                        "; choose another address in countersign.toml"};
  if (const auto welcome = tools.ask_welcome(address); welcome && is_mta(welcome->greeting))
    return {};
  return Error{Errc::already_exists,
               key + " is " + address +
                   ", and another program listens there already: choose another port for " + key +
                   " in countersign.toml, and run this again; ss -ltnp 'sport = " +
                   address.substr(address.rfind(':')) + "' tells who it is"};
}

void print_folder(const SocketFolder& folder, bool done, Output& output) {
  Record record;
  record.add("edit", "folder").add("name", folder.path).add("value", "02750").add("was", "");
  record.add("done", done);
  output.put(record, shell_line({"mkdir", "-m", "2750", folder.path}) +
                         (folder.owner.group ? "  # for the MTA's group" : ""));
}

int apply_setup(const SetupWork& work, const Tools& tools, Output& output) {
  const auto backup = work.backups.make(tools.clock.wall());
  if (!backup) return fail(backup.error(), output);
  std::string made;
  Status done = work.edit();
  if (done && work.folder.missing) {
    const auto folder = make_folder(work.folder.path, 02750, work.folder.owner);
    if (folder) {
      made = work.folder.path;
      print_folder(work.folder, true, output);
    } else {
      ::rmdir(work.folder.path.c_str());
      done = folder.error();
    }
  }
  if (done) done = work.backups.finish(*backup, made);
  if (!done) {
    output.say(done.error().detail);
    const Status back = work.backups.restore(*backup);
    output.say(back ? "all is as it was" : "not put back, do it by hand: " + back.error().detail);
    return exit_status(done.error().code);
  }
  output.say("backup: " + *backup);
  output.say("now run: " + work.then);
  return EX_OK;
}

int undo_setup(const ConfigBackups& backups, const std::string& then, Output& output) {
  const auto list = backups.list();
  if (list.empty()) output.say("nothing to undo: there is no backup in " + backups.directory());
  std::string standing = backups.directory();
  for (const std::string& backup : list) {
    std::string changed;
    if (!backups.is_untouched(backup, standing, changed)) {
      output.say("changed since by somebody else: " + changed +
                 "; nothing is undone; compare with " + list.back() +
                 " and put back by hand what is to go back");
      return EX_CANTCREAT;
    }
    standing = backup;
  }
  for (const std::string& backup : list) {
    const std::string folder = backups.made_folder(backup);
    if (const Status done = backups.restore(backup); !done) return fail(done.error(), output);
    // A folder in which a socket stands stays: the milter still runs.
    if (!folder.empty()) ::rmdir(folder.c_str());
    Record record;
    record.add("restored", backup);
    output.put(record, "restored " + backup);
  }
  if (!list.empty()) output.say(then);
  return EX_OK;
}

std::string shell_line(const std::vector<std::string>& argv) {
  std::string line;
  for (const std::string& word : argv) {
    if (!line.empty()) line += ' ';
    const bool plain = !word.empty() && word.find_first_not_of(
                                            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                            "0123456789_-./:=,") == std::string::npos;
    if (plain) {
      line += word;
      continue;
    }
    line += '\'';
    for (const char c : word) line += c == '\'' ? std::string("'\\''") : std::string(1, c);
    line += '\'';
  }
  return line;
}

}  // namespace countersign::admin
