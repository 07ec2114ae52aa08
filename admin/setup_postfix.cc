// SPDX-License-Identifier: Apache-2.0
//
// setup postfix: prints the edits, makes them, or takes them back.
#include "admin/exit_status.h"
#include "admin/opening.h"
#include "admin/postfix_plan.h"
#include "admin/run.h"
#include "admin/setup_steps.h"

namespace countersign::admin {
namespace {

/// All that is to be done.
struct Work {
  std::string directory;  ///< Postfix's configuration directory
  std::vector<PostfixEdit> edits;
  SocketFolder folder;

  bool nothing() const { return edits.empty() && !folder.missing; }
};

ConfigBackups backups_of(const std::string& directory) {
  return ConfigBackups(directory, {"main.cf", "master.cf"});
}

Result<Work> work_of(const Config& config, const Invocation& invocation, Tools& tools) {
  const std::string asked = invocation.option("--postfix-dir").value_or("");
  CS_ASSIGN(const PostfixSettings raw, read_postfix(tools.run_program, asked, Expand::no));
  CS_ASSIGN(const PostfixSettings expanded, read_postfix(tools.run_program, asked, Expand::yes));
  Work work;
  work.directory = asked.empty() ? expanded.value("config_directory") : asked;
  CS_ASSIGN(work.edits, plan_postfix(raw, expanded.value("queue_directory"), config));
  CS_ASSIGN(work.folder, socket_folder(config, invocation, expanded.value("mail_owner")));
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

void print_plan(const Work& work, const std::string& asked, Output& output) {
  output.say("this would be done by --apply:");
  for (const PostfixEdit& edit : work.edits) print_edit(edit, asked, false, output);
  if (work.folder.missing) print_folder(work.folder, false, output);
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
  const ConfigBackups backups = backups_of(work.directory);
  const auto reload = asked.empty() ? std::vector<std::string>{"postfix", "reload"}
                                    : std::vector<std::string>{"postfix", "-c", asked, "reload"};
  return apply_setup({backups, work.folder, [&] { return make_edits(work, asked, tools, output); },
                      shell_line(reload)},
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
  const auto work = work_of(*config, invocation, tools);
  if (!work) return fail(work.error(), output);
  if (work->nothing()) {
    output.say("nothing to do: Postfix has all that it needs");
    return EX_OK;
  }
  if (invocation.given("--apply")) return apply(*work, asked, tools, output);
  print_plan(*work, asked, output);
  return EX_OK;
}

}  // namespace countersign::admin
