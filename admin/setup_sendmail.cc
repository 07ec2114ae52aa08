// SPDX-License-Identifier: Apache-2.0
//
// setup sendmail: prints our block of sendmail.mc, writes it, or takes it back.
#include "admin/exit_status.h"
#include "admin/opening.h"
#include "admin/run.h"
#include "admin/sendmail_plan.h"
#include "admin/setup_steps.h"
#include "admin/site_mode.h"
#include "config/check.h"

namespace countersign::admin {
namespace {

/// All that is to be done.
struct Work {
  std::string directory;  ///< where sendmail.mc stands
  bool has_mc = false;
  std::string mc;
  std::string wanted;  ///< sendmail.mc with our block
  std::vector<std::string> lines;
  SocketFolder folder;

  bool nothing() const { return has_mc && wanted == mc && !folder.missing; }
};

std::string directory_of(const Invocation& invocation) {
  return invocation.option("--sendmail-dir").value_or(std::string(kSendmailDirectory));
}

/// That each port which is to be made is free. What sendmail.cf has already, Sendmail listens at.
Status free_ports(const Config& config, const std::optional<SendmailSettings>& cf,
                  const Tools& tools) {
  for (const std::string& address : {config.release.smtp, config.notices.smtp})
    if (!cf || find_daemon(*cf, address) == nullptr)
      CS_TRY(free_port(address, config, tools, [](const PeerReply& greeting) {
        return greeting.text.find("Sendmail") != std::string::npos;
      }));
  return {};
}

Result<Work> work_of(const Config& config, const Invocation& invocation, const Tools& tools) {
  Work work;
  work.directory = directory_of(invocation);
  const std::string path = work.directory + "/sendmail.mc";
  work.has_mc = exists(path);
  if (work.has_mc) {
    CS_ASSIGN(work.mc, read_whole_file(path));
  }
  SendmailSite site{work.mc, std::nullopt};
  if (auto cf = read_sendmail(work.directory))
    site.cf = *std::move(cf);
  else if (cf.error().code != Errc::not_found)
    return cf.error();
  CS_ASSIGN(work.lines, sendmail_lines(site, config));
  work.wanted = with_block(work.mc, work.lines);
  if (work.has_mc && work.wanted != work.mc) CS_TRY(free_ports(config, site.cf, tools));
  const std::string user = site.cf ? site.cf->run_as_user : "";
  CS_ASSIGN(work.folder, socket_folder(config, invocation, user.substr(0, user.find(':'))));
  return work;
}

void print_lines(const Work& work, bool done, Output& output) {
  if (work.wanted == work.mc) return;
  for (const std::string& line : work.lines) {
    Record record;
    record.add("edit", "line").add("name", "sendmail.mc").add("value", line).add("was", "");
    record.add("done", done);
    output.put(record, line);
  }
}

void print_plan(const Work& work, Output& output) {
  output.say(work.has_mc
                 ? "this would be written into " + work.directory + "/sendmail.mc by --apply:"
                 : "there is no " + work.directory +
                       "/sendmail.mc; these lines are for it, behind all others:");
  print_lines(work, false, output);
  if (work.folder.missing) print_folder(work.folder, false, output);
}

int apply(const Work& work, Tools& tools, Output& output) {
  const std::string path = work.directory + "/sendmail.mc";
  if (!work.has_mc)
    return fail({Errc::not_found, "there is no " + path + ": name its folder by --sendmail-dir"},
                output);
  const ConfigBackups backups(work.directory, {"sendmail.mc"});
  const auto edit = [&]() -> Status {
    CS_TRY(replace_file(path, work.wanted));
    print_lines(work, true, output);
    return {};
  };
  return apply_setup(
      {backups, work.folder, edit,
       shell_line({"make", "-C", work.directory}) + " && systemctl restart sendmail"},
      tools, output);
}

}  // namespace

int setup_sendmail(const Invocation& invocation, Tools& tools, Output& output) {
  if (invocation.given("--apply") && invocation.given("--undo")) {
    output.say("--apply and --undo exclude each other");
    return EX_USAGE;
  }
  // One who names no folder may print the lines for another host.
  if (invocation.option("--sendmail-dir") && !exists(directory_of(invocation)))
    return fail({Errc::invalid, "--sendmail-dir: there is no " + directory_of(invocation) +
                                    "; allowed: the folder of sendmail.mc"},
                output);
  if (invocation.given("--undo"))
    return undo_setup(ConfigBackups(directory_of(invocation), {"sendmail.mc"}),
                      "now make sendmail.cf anew, and restart Sendmail", output);
  const auto config = load(invocation, output);
  if (!config) return EX_CONFIG;
  if (const int status = check_users(invocation, {"--user"}, output); status != EX_OK)
    return status;
  const auto work = work_of(with_mode(*config, site_mode(*config, tools)), invocation, tools);
  if (!work) return fail(work.error(), output);
  if (work->nothing()) {
    output.say("nothing to do: " + work->directory + "/sendmail.mc has all that Sendmail needs");
    return EX_OK;
  }
  if (invocation.given("--apply")) return apply(*work, tools, output);
  print_plan(*work, output);
  return EX_OK;
}

}  // namespace countersign::admin
