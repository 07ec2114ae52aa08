// SPDX-License-Identifier: Apache-2.0
//
// doctor: runs the checks, prints what they found.
#include <algorithm>

#include "admin/doctor_ports.h"
#include "admin/doctor_postfix.h"
#include "admin/doctor_probe.h"
#include "admin/doctor_sendmail.h"
#include "admin/doctor_site.h"
#include "admin/exit_status.h"
#include "admin/files.h"
#include "admin/header_table.h"
#include "admin/loopback.h"
#include "admin/opening.h"
#include "admin/run.h"
#include "admin/setup_steps.h"
#include "admin/site_mode.h"
#include "admin/socket_access.h"
#include "config/check.h"
#include "config/values.h"

namespace countersign::admin {
namespace {

PortKeeper postfix_keeper(PostfixSettings settings, const std::string& directory,
                          const Tools& tools) {
  PortKeeper keeper;
  keeper.name = "Postfix";
  keeper.start = shell_line(postfix(directory, "start"));
  keeper.reload = shell_line(postfix(directory, "reload"));
  keeper.greeting = [settings = std::move(settings)](const std::string& address) {
    return is_on_loopback(address) ? greeting_at(settings, address) : "";
  };
  keeper.runs = [directory, &tools] { return postfix_runs(tools.run_program, directory); };
  return keeper;
}

/// Returns what is known of the MTA.
PortKeeper check_postfix(const Config& config, const std::string& directory, const SiteMode& mode,
                         const Tools& tools, Findings& into) {
  Finder finder("postfix", into);
  const auto settings = read_postfix(tools.run_program, directory, Expand::yes);
  if (!settings) {
    if (settings.error().code == Errc::not_found)
      finder.warn("there is no postconf on this host, nor Sendmail's configuration",
                  "nothing, if the MTA runs elsewhere (--no-postfix); --postfix-dir and "
                  "--sendmail-dir name its folder");
    else
      finder.fail(settings.error().detail, "mend Postfix's configuration");
    return {};
  }
  PostfixSurroundings around;
  around.mode = mode;
  around.table =
      header_table_path(directory.empty() ? settings->value("config_directory") : directory);
  if (const auto text = read_whole_file(around.table); text || exists(around.table))
    around.table_text = text ? *text : "";
  const Findings found = judge_postfix(*settings, config, around);
  into.insert(into.end(), found.begin(), found.end());
  check_socket_access(*settings, config, into);
  return postfix_keeper(*settings, directory, tools);
}

PortKeeper check_sendmail(const Config& config, const std::string& directory, Findings& into) {
  PortKeeper keeper;
  keeper.name = "Sendmail";
  keeper.start = "systemctl start sendmail";
  keeper.reload = shell_line({"make", "-C", directory}) + " && systemctl restart sendmail";
  Finder finder("sendmail", into);
  const auto settings = read_sendmail(directory);
  if (!settings) {
    finder.fail(settings.error().detail, "make it of sendmail.mc; --sendmail-dir names its folder");
    return keeper;
  }
  const Findings found = judge_sendmail(*settings, config);
  into.insert(into.end(), found.begin(), found.end());
  const std::string& socket = config.milter.socket;
  if (!socket.starts_with("unix:")) return keeper;
  if (const std::string open = open_folder_above(socket.substr(5)); !open.empty())
    finder.fail("everybody may write to " + open + ": Sendmail does not trust " + socket.substr(5),
                "put milter.socket elsewhere, as unix:/run/countersign/milter.sock");
  return keeper;
}

/// The MTA of this host: what the options name; else Postfix, or without it Sendmail.
void check_mta(const Config& site, const Invocation& invocation, const SiteMode& mode,
               const Tools& tools, Findings& into) {
  const Config config = with_mode(site, mode);
  PortKeeper keeper;
  const auto postfix = invocation.option("--postfix-dir");
  const auto sendmail = invocation.option("--sendmail-dir");
  const bool elsewhere = invocation.given("--no-postfix") && !sendmail;
  if (sendmail) keeper = check_sendmail(config, *sendmail, into);
  if (!elsewhere && (!sendmail || postfix)) {
    const std::string directory(kSendmailDirectory);
    const auto has_postfix = tools.run_program({"postconf", "-d", "mail_version"});
    if (!postfix && !has_postfix && has_postfix.error().code == Errc::not_found &&
        exists(directory + "/sendmail.cf"))
      keeper = check_sendmail(config, directory, into);
    else
      keeper = check_postfix(config, postfix.value_or(""), mode, tools, into);
  }
  // While nobody holds, nothing is released; an MTA of this host is to be ready all the same.
  check_ports(config, tools, keeper, mode.any_holds || !elsewhere, into);
}

/// Policies of the store that the configuration makes something else of.
void check_modes(const Config& config, const SiteMode& mode, Findings& into) {
  constexpr std::size_t kNamed = 3;
  if (config.authentication.source != "none" || mode.asking.empty()) return;
  std::string names;
  for (std::size_t i = 0; i < mode.asking.size() && i < kNamed; ++i)
    names += (i == 0 ? "" : ", ") + mode.asking[i];
  if (mode.asking.size() > kNamed)
    names += " and " + std::to_string(mode.asking.size() - kNamed) + " more";
  Finder("config", into)
      .warn(
          "authentication.source is \"none\": the modes hold, refuse and defer act as aside, but "
          "are set for " +
              names,
          "set authentication.source, or: countersign policy set " + mode.asking.front() +
              " mode=aside");
}

void print(const Findings& findings, Output& output) {
  for (const Finding& finding : findings) {
    Record record;
    record.add("severity", severity_word(finding.severity))
        .add("area", finding.area)
        .add("what", finding.what)
        .add("todo", finding.todo);
    std::string line(severity_word(finding.severity));
    std::transform(line.begin(), line.end(), line.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    line.resize(5, ' ');
    output.put(record, line + finding.area + ": " + finding.what);
    if (!finding.todo.empty()) output.line("     -> " + finding.todo);
  }
}

int usage(const Invocation& invocation, Output& output) {
  if (invocation.given("--probe") && !invocation.option("--to")) {
    output.say("--probe needs --to ADDRESS: a protected mailbox in mode hold");
    return EX_USAGE;
  }
  if (!invocation.given("--probe"))
    for (const auto option : {"--smtp", "--to", "--from"})
      if (invocation.option(option)) {
        output.say(std::string(option) + " goes only with --probe");
        return EX_USAGE;
      }
  if (const auto smtp = invocation.option("--smtp"); smtp && !parse_peer(*smtp)) {
    output.say("--smtp: " + in_quotes(*smtp) + " is no HOST:PORT");
    return EX_USAGE;
  }
  return EX_OK;
}

}  // namespace

int doctor(const Invocation& invocation, Tools& tools, Output& output) {
  if (const int status = usage(invocation, output); status != EX_OK) return status;
  const auto config = load(invocation, output);
  if (!config) return EX_CONFIG;
  Findings findings;
  Finder("config", findings).ok(invocation.config_path + " is in order");
  check_secrets(*config, tools, findings);
  check_store(*config, tools, findings);
  check_spool(*config, tools, findings);
  check_urls(*config, tools, findings);
  check_mailboxes(*config, findings);
  check_milter(*config, tools, findings);
  const SiteMode mode = site_mode(*config, tools);
  check_modes(*config, mode, findings);
  // While nobody holds, nobody is sent to the page.
  check_page(*config, tools, mode.any_holds, findings);
  check_mta(*config, invocation, mode, tools, findings);
  int status = EX_OK;
  if (invocation.given("--probe")) {
    const ProbeOrder order{invocation.option("--smtp").value_or("127.0.0.1:25"),
                           invocation.option("--from").value_or("countersign-probe@example.com"),
                           *invocation.option("--to")};
    if (const Status done = run_probe(*config, order, tools, findings); !done) {
      output.say(done.error().detail);
      status = exit_status(done.error().code);
    }
  }
  print(findings, output);
  const bool failed = std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.severity == Finding::Severity::fail;
  });
  if (failed) return EX_UNAVAILABLE;
  return status;
}

}  // namespace countersign::admin
