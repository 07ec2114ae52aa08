// SPDX-License-Identifier: Apache-2.0
//
// What `setup postfix` and `setup sendmail` have in common: a backup, edits, the folder of our
// socket, and the way back.
#pragma once

#include <functional>
#include <string>

#include "admin/config_backup.h"
#include "admin/files.h"
#include "admin/output.h"
#include "admin/tools.h"
#include "admin/verbs.h"
#include "config/config.h"

namespace countersign::admin {

/// The folder of our Unix socket: ours, and open to the MTA.
struct SocketFolder {
  std::string path;  ///< "": the milter listens on TCP
  Owner owner;
  bool missing = false;
};

/// Returns what is to be done about it. `--user` names who runs the milter, else it is the spool's
/// owner. `mta_user`: the MTA's user, whose group the folder gets; "" for one that runs as root.
/// Errors: not_found (no such user).
Result<SocketFolder> socket_folder(const Config& config, const Invocation& invocation,
                                   const std::string& mta_user);

/// Whether a greeting is that of the MTA which is to be set up.
using GreetsAsMta = std::function<bool(const PeerReply& greeting)>;

/// Whether an MTA that is told to listen at `address`, that of release.smtp or notices.smtp, can do
/// so; one that cannot ends. It can have what it has itself, by settings of before (an --undo).
/// Errors: already_exists (another program has it), invalid.
Status free_port(const std::string& address, const Config& config, const Tools& tools,
                 const GreetsAsMta& is_mta);

/// Says the step.
void print_folder(const SocketFolder& folder, bool done, Output& output);

/// What --apply does.
struct SetupWork {
  const ConfigBackups& backups;
  const SocketFolder& folder;
  std::function<Status()> edit;  ///< makes the edits, and says them
  std::string then;              ///< what the operator is to do next, for a shell
};

/// Backs up, edits, makes the folder; after a failure all is as it was. Returns the exit status.
int apply_setup(const SetupWork& work, const Tools& tools, Output& output);

/// Goes back through the backups, newest first; unless somebody changed a file since any of them
/// was made: then nothing is undone, as half of a setup can be worse than all of it. `then`: what
/// is to be done next, for people. Returns the exit status.
int undo_setup(const ConfigBackups& backups, const std::string& then, Output& output);

/// A line for a shell: "postconf -e 'in_flow_delay = 0'".
std::string shell_line(const std::vector<std::string>& argv);

}  // namespace countersign::admin
