// SPDX-License-Identifier: Apache-2.0
//
// setup postfix: prints the edits, makes them, or takes them back.
#include <sstream>

#include "admin/exit_status.h"
#include "admin/files.h"
#include "admin/header_table.h"
#include "admin/opening.h"
#include "admin/postfix_plan.h"
#include "admin/run.h"
#include "admin/setup_steps.h"
#include "admin/site_mode.h"
#include "config/check.h"

namespace countersign::admin {
namespace {

/// All that is to be done.
struct Work {
  std::string directory;  ///< Postfix's configuration directory
  std::vector<PostfixEdit> edits;
  SocketFolder folder;
  Status seen;  ///< sees_socket()

  bool nothing() const { return edits.empty() && !folder.missing; }
};

ConfigBackups backups_of(const std::string& directory) {
  return ConfigBackups(directory, {"main.cf", "master.cf"}, {std::string(kHeaderTable)});
}

/// That each port which is to be made is free, or Postfix's own since before an --undo: two
/// Postfixes of one host can greet alike, so that one which does not run has none.
Status free_ports(const std::vector<PostfixEdit>& edits, const PostfixTask& task,
                  const std::string& asked, const Tools& tools) {
  for (const PostfixEdit& edit : edits) {
    if (edit.kind != PostfixEdit::Kind::service) continue;
    const std::string address = edit.name.substr(0, edit.name.rfind('/'));
    CS_TRY(free_port(address, task.config, tools, [&](const PeerReply& greeting) {
      return greeting.text == greeting_at(task.expanded, address) &&
             postfix_runs(tools.run_program, asked).value_or(true);
    }));
  }
  return {};
}

Result<Work> work_of(const Config& config, const Invocation& invocation, Tools& tools,
                     Output& output) {
  const std::string asked = invocation.option("--postfix-dir").value_or("");
  PostfixTask task;
  CS_ASSIGN(task.settings, read_postfix(tools.run_program, asked, Expand::no));
  CS_ASSIGN(task.expanded, read_postfix(tools.run_program, asked, Expand::yes));
  task.config = config;
  const SiteMode mode = site_mode(config, tools);
  if (!mode.unknown.empty())
    output.say("the policies in the store cannot be read (" + mode.unknown +
               "): default_action=tempfail is taken, as somebody's mail may be held");
  task.observing = mode.observing;
  task.header_checks = !invocation.given("--no-header-checks");
  Work work;
  work.directory = asked.empty() ? task.expanded.value("config_directory") : asked;
  task.table = header_table_path(work.directory);
  if (exists(task.table)) {
    CS_ASSIGN(task.table_text, read_whole_file(task.table));
  }
  work.seen = sees_socket(task);
  CS_ASSIGN(work.edits, plan_postfix(task));
  CS_TRY(free_ports(work.edits, task, asked, tools));
  CS_ASSIGN(work.folder, socket_folder(config, invocation, task.expanded.value("mail_owner")));
  return work;
}

std::string_view kind_word(PostfixEdit::Kind kind) {
  switch (kind) {
    case PostfixEdit::Kind::parameter:
      return "parameter";
    case PostfixEdit::Kind::service:
      return "service";
    case PostfixEdit::Kind::option:
      return "option";
    case PostfixEdit::Kind::file:
      break;
  }
  return "file";
}

/// What does the same in a shell.
std::string line_of(const PostfixEdit& edit, const std::string& directory) {
  if (edit.kind != PostfixEdit::Kind::file)
    return shell_line(postconf(directory, edit.arguments()));
  std::vector<std::string> words = {"printf", "%s\\n"};
  std::istringstream lines(edit.value);
  for (std::string line; std::getline(lines, line);) words.push_back(line);
  return shell_line(words) + " >" + shell_line({edit.name});
}

Status make_edit(const PostfixEdit& edit, const std::string& directory, const Tools& tools) {
  if (edit.kind == PostfixEdit::Kind::file)
    return exists(edit.name) ? replace_file(edit.name, edit.value)
                             : create_file(edit.name, edit.value, 0644, {});
  const auto said = tools.run_program(postconf(directory, edit.arguments()));
  return said ? Status() : Status(said.error());
}

void print_edit(const PostfixEdit& edit, const std::string& directory, bool done, Output& output) {
  Record record;
  record.add("edit", kind_word(edit.kind))
      .add("name", edit.name)
      .add("value", edit.value)
      .add("was", edit.was)
      .add("done", done);
  output.put(record, line_of(edit, directory));
}

void print_plan(const Work& work, const std::string& asked, Output& output) {
  output.say("this would be done by --apply:");
  for (const PostfixEdit& edit : work.edits) print_edit(edit, asked, false, output);
  if (work.folder.missing) print_folder(work.folder, false, output);
}

Status make_edits(const Work& work, const std::string& asked, Tools& tools, Output& output) {
  for (const PostfixEdit& edit : work.edits) {
    CS_TRY(make_edit(edit, asked, tools));
    print_edit(edit, asked, true, output);
  }
  return {};
}

int apply(const Work& work, const std::string& asked, Tools& tools, Output& output) {
  const ConfigBackups backups = backups_of(work.directory);
  return apply_setup({backups, work.folder, [&] { return make_edits(work, asked, tools, output); },
                      shell_line(postfix(asked, "reload"))},
                     tools, output);
}

int undo(const std::string& asked, Tools& tools, Output& output) {
  std::string directory = asked;
  if (asked.empty()) {
    const auto settings = read_postfix(tools.run_program, asked, Expand::yes);
    if (!settings) return fail(settings.error(), output);
    directory = settings->value("config_directory");
  }
  return undo_setup(backups_of(directory), "now reload Postfix", output);
}

}  // namespace

int setup_postfix(const Invocation& invocation, Tools& tools, Output& output) {
  if (invocation.given("--apply") && invocation.given("--undo")) {
    output.say("--apply and --undo exclude each other");
    return EX_USAGE;
  }
  const std::string asked = invocation.option("--postfix-dir").value_or("");
  if (invocation.given("--undo")) return undo(asked, tools, output);
  const auto config = load(invocation, output);
  if (!config) return EX_CONFIG;
  if (const int status = check_users(invocation, {"--user"}, output); status != EX_OK)
    return status;
  const auto work = work_of(*config, invocation, tools, output);
  if (!work) return fail(work.error(), output);
  // What would be done can be looked at all the same.
  if (!work->seen && (invocation.given("--apply") || work->nothing()))
    return fail(work->seen.error(), output);
  if (!work->seen) output.say(work->seen.error().detail + "; --apply does nothing before");
  if (work->nothing()) {
    output.say("nothing to do: Postfix has all that it needs");
    return EX_OK;
  }
  if (invocation.given("--apply")) return apply(*work, asked, tools, output);
  print_plan(*work, asked, output);
  return EX_OK;
}

}  // namespace countersign::admin
