// SPDX-License-Identifier: Apache-2.0
//
// setup postfix: prints the edits, makes them, or takes them back.
#include <sys/stat.h>
#include <unistd.h>

#include "admin/exit_status.h"
#include "admin/files.h"
#include "admin/opening.h"
#include "admin/postfix_backup.h"
#include "admin/postfix_plan.h"
#include "admin/run.h"

namespace countersign::admin {
namespace {

/// The folder of our Unix socket: ours, and open to Postfix.
struct SocketFolder {
  std::string path;  ///< "": the milter listens on TCP
  Owner owner;
  bool missing = false;
};

/// All that is to be done.
struct Work {
  std::string directory;  ///< Postfix's configuration directory
  std::vector<PostfixEdit> edits;
  SocketFolder folder;
};

Result<SocketFolder> socket_folder(const PostfixSettings& settings, const Config& config,
                                   const Invocation& invocation) {
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
  // Its group is handed on to the socket by the set-group-id bit of the folder.
  CS_ASSIGN(const Owner postfix, owner_by_name(settings.value("mail_owner")));
  folder.owner.group = postfix.group;
  return folder;
}

Result<Work> work_of(const Config& config, const Invocation& invocation, Tools& tools) {
  const std::string asked = invocation.option("--postfix-dir").value_or("");
  CS_ASSIGN(const PostfixSettings raw, read_postfix(tools.run_program, asked, Expand::no));
  CS_ASSIGN(const PostfixSettings expanded, read_postfix(tools.run_program, asked, Expand::yes));
  Work work;
  work.directory = asked.empty() ? expanded.value("config_directory") : asked;
  CS_ASSIGN(work.edits, plan_postfix(raw, expanded.value("queue_directory"), config));
  CS_ASSIGN(work.folder, socket_folder(expanded, config, invocation));
  return work;
}

void print_edit(const PostfixEdit& edit, const std::string& directory, bool done, Output& output) {
  Record record;
  record
      .add("edit", edit.kind == PostfixEdit::Kind::parameter ? "parameter"
                   : edit.kind == PostfixEdit::Kind::service ? "service"
                                                             : "option")
      .add("name", edit.name)
      .add("value", edit.value)
      .add("was", edit.was)
      .add("done", done);
  output.put(record, shell_line(postconf(directory, edit.arguments())));
}

void print_folder(const SocketFolder& folder, bool done, Output& output) {
  Record record;
  record.add("edit", "folder").add("name", folder.path).add("value", "02750").add("was", "");
  record.add("done", done);
  output.put(record, shell_line({"mkdir", "-m", "2750", folder.path}) + "  # for Postfix's group");
}

int print_plan(const Work& work, const std::string& asked, Output& output) {
  if (work.edits.empty() && !work.folder.missing) {
    output.say("nothing to do: Postfix has all that it needs");
    return EX_OK;
  }
  output.say("this would be done by --apply:");
  for (const PostfixEdit& edit : work.edits) print_edit(edit, asked, false, output);
  if (work.folder.missing) print_folder(work.folder, false, output);
  return EX_OK;
}

Status make_edits(const Work& work, const std::string& asked, Tools& tools, Output& output) {
  for (const PostfixEdit& edit : work.edits) {
    CS_ASSIGN(const std::string said, tools.run_program(postconf(asked, edit.arguments())));
    (void)said;
    print_edit(edit, asked, true, output);
  }
  return {};
}

int apply(const Work& work, const std::string& asked, Tools& tools, Output& output) {
  if (work.edits.empty() && !work.folder.missing) {
    output.say("nothing to do: Postfix has all that it needs");
    return EX_OK;
  }
  const PostfixBackups backups(work.directory);
  const auto backup = backups.make(tools.clock.wall());
  if (!backup) return fail(backup.error(), output);
  std::string made;
  Status done = make_edits(work, asked, tools, output);
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
  if (done) done = backups.finish(*backup, made);
  if (!done) {
    output.say(done.error().detail);
    const Status back = backups.restore(*backup);
    output.say(back ? "all is as it was" : "not put back, do it by hand: " + back.error().detail);
    return exit_status(done.error().code);
  }
  output.say("backup: " + *backup);
  output.say("now run: " + shell_line(asked.empty() ? std::vector<std::string>{"postfix", "reload"}
                                                    : std::vector<std::string>{"postfix", "-c",
                                                                               asked, "reload"}));
  return EX_OK;
}

/// Goes back through the backups, newest first, as long as nobody changed a file in between.
int undo(const std::string& directory, Output& output) {
  const PostfixBackups backups(directory);
  const auto list = backups.list();
  if (list.empty()) output.say("nothing to undo: there is no backup in " + directory);
  for (const std::string& backup : list) {
    std::string changed;
    if (!backups.is_untouched(backup, changed)) {
      output.say("changed since by somebody else: " + changed + "; compare with " + backup +
                 " and put back by hand what is to go back");
      return EX_CANTCREAT;
    }
    const std::string folder = backups.made_folder(backup);
    if (const Status done = backups.restore(backup); !done) return fail(done.error(), output);
    // A folder in which a socket stands stays: the milter still runs.
    if (!folder.empty()) ::rmdir(folder.c_str());
    Record record;
    record.add("restored", backup);
    output.put(record, "restored " + backup);
  }
  if (!list.empty()) output.say("now reload Postfix");
  return EX_OK;
}

}  // namespace

int setup_postfix(const Invocation& invocation, Tools& tools, Output& output) {
  if (invocation.given("--apply") && invocation.given("--undo")) {
    output.say("--apply and --undo exclude each other");
    return EX_USAGE;
  }
  const std::string asked = invocation.option("--postfix-dir").value_or("");
  if (invocation.given("--undo")) {
    if (!asked.empty()) return undo(asked, output);
    const auto settings = read_postfix(tools.run_program, asked, Expand::yes);
    if (!settings) return fail(settings.error(), output);
    return undo(settings->value("config_directory"), output);
  }
  const auto config = load(invocation, output);
  if (!config) return EX_CONFIG;
  const auto work = work_of(*config, invocation, tools);
  if (!work) return fail(work.error(), output);
  return invocation.given("--apply") ? apply(*work, asked, tools, output)
                                     : print_plan(*work, asked, output);
}

}  // namespace countersign::admin
