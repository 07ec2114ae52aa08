// SPDX-License-Identifier: Apache-2.0
#include "admin/sendmail_plan.h"

#include <algorithm>

#include "admin/loopback.h"

namespace countersign::admin {
namespace {

constexpr std::string_view kBegin = "dnl countersign: begin";
constexpr std::string_view kEnd = "dnl countersign: end";
constexpr std::string_view kMilter = "countersign";
constexpr std::string_view kSubmission = "countersign-submission";
constexpr std::string_view kReentry = "countersign-reentry";
constexpr std::string_view kNotices = "countersign-notices";
// Ours answers within 8 s. C and S are for a host that hangs, E for all from the final dot on.
constexpr std::string_view kTimes = "T=C:30s;S:30s;R:30s;E:5m";

using Lines = std::vector<std::string>;

/// A macro call: name(`a', `b')dnl.
std::string call(std::string_view macro, const Lines& arguments) {
  std::string out(macro);
  for (const std::string& argument : arguments)
    out += (&argument == &arguments.front() ? "(`" : ", `") + argument + "'";
  return out + ")dnl";
}

/// Where the file calls the macro with this beginning of its first argument, not behind a dnl, from
/// `at` on: behind that.
std::size_t find_call(std::string_view mc, std::string_view macro, std::string_view argument,
                      std::size_t at) {
  const std::string wanted = std::string(macro) + "(`" + std::string(argument);
  for (at = mc.find(wanted, at); at != std::string_view::npos; at = mc.find(wanted, at + 1)) {
    const auto newline = mc.rfind('\n', at);
    const auto begin = newline == std::string_view::npos ? 0 : newline + 1;
    if (mc.substr(begin, at - begin).find("dnl") == std::string_view::npos)
      return at + wanted.size();
  }
  return at;
}

bool calls(std::string_view mc, std::string_view macro, std::string_view argument) {
  return find_call(mc, macro, argument, 0) != std::string_view::npos;
}

/// The names of the milters that the file has asked for each mail.
Lines input_filters_in(std::string_view mc) {
  Lines out;
  std::size_t at = 0;
  while ((at = find_call(mc, "INPUT_MAIL_FILTER", "", at)) != std::string_view::npos)
    out.emplace_back(mc.substr(at, mc.find_first_of("'\n", at) - at));
  return out;
}

class Planner {
 public:
  Planner(const SendmailSite& site, const Config& config)
      : mc_(without_block(site.mc)), cf_(site.cf), config_(config) {}

  Result<Lines> run() {
    CS_TRY(milter());
    daemons();
    if (config_.release.smtp == config_.notices.smtp)
      return Error{Errc::invalid,
                   "release.smtp and notices.smtp are both " + config_.release.smtp +
                       ": released mail passes no milter, notices pass the signer, so they need "
                       "two ports"};
    add("dnl Mail that is released comes back here (release.smtp), past all milters.");
    CS_TRY(port("release.smtp", config_.release.smtp, kReentry, ""));
    add("dnl Notices go out here (notices.smtp), past our milter: the others may sign.");
    CS_TRY(port("notices.smtp", config_.notices.smtp, kNotices, others()));
    return std::move(lines_);
  }

 private:
  void add(std::string line) { lines_.push_back(std::move(line)); }

  Status milter() {
    const std::string socket = sendmail_sockets(config_.milter.socket).front();
    if (socket.find_first_of("`',; ()#") != std::string::npos)
      return Error{Errc::invalid, "milter.socket is " + config_.milter.socket +
                                      ": sendmail.mc cannot hold a name with that in it"};
    if (calls(mc_, "INPUT_MAIL_FILTER", std::string(kMilter) + "'") ||
        calls(mc_, "MAIL_FILTER", std::string(kMilter) + "'"))
      return Error{Errc::invalid, "sendmail.mc has a milter " + std::string(kMilter) +
                                      " that this did not write: take it out first"};
    const std::string where = "S=" + socket + ", ";
    const std::string times(kTimes);
    add("dnl Our milter: the last of all, as those behind it do not see what it holds.");
    if (config_.first_contact.mode == "observe") {
      add("dnl While the site observes, it has no F=T: a fault of ours then delays nothing.");
      add("dnl Run countersign setup sendmail again when mail is to be held.");
      add(call("INPUT_MAIL_FILTER", {std::string(kMilter), where + times}));
    } else {
      add(call("INPUT_MAIL_FILTER", {std::string(kMilter), where + "F=T, " + times}));
    }
    add("dnl For a port on which users of the house log in, who are never to wait for us:");
    add("dnl InputMailFilters=" + std::string(kSubmission) + " in its DAEMON_OPTIONS.");
    add(call("MAIL_FILTER", {std::string(kSubmission), where + times}));
    return {};
  }

  /// One DAEMON_OPTIONS takes the place of what Sendmail has without any.
  void daemons() {
    if (calls(mc_, "DAEMON_OPTIONS", "")) return;
    add("dnl What Sendmail has as long as nothing says DAEMON_OPTIONS.");
    const bool both = cf_ && std::any_of(cf_->daemons.begin(), cf_->daemons.end(),
                                         [](const auto& d) { return d.name == "MTA-v6"; });
    if (both) {
      add(call("DAEMON_OPTIONS", {"Name=MTA-v4, Family=inet"}));
      add(call("DAEMON_OPTIONS", {"Name=MTA-v6, Family=inet6"}));
    } else {
      add(call("DAEMON_OPTIONS", {"Name=MTA"}));
    }
  }

  Status port(const std::string& key, const std::string& address, std::string_view name,
              const std::string& filters) {
    if (!is_on_loopback(address))
      return Error{Errc::invalid, key + " is " + address +
                                      ": this makes ports on the loopback address of this host "
                                      "only; make that one by hand, see countersign(8)"};
    // One that the site made itself is for doctor to judge.
    if (cf_)
      if (const SendmailDaemon* daemon = find_daemon(*cf_, address);
          daemon != nullptr && daemon->name != name) {
        add("dnl Port " + daemon->port + " is there already: " + daemon->name + ".");
        return {};
      }
    const bool v6 = address.starts_with('[');
    const auto colon = address.rfind(':');
    const std::string host = v6 ? address.substr(1, colon - 2) : address.substr(0, colon);
    add(call("DAEMON_OPTIONS",
             {"Name=" + std::string(name) + ", Family=" + (v6 ? "inet6" : "inet") +
              ", Addr=" + (host == "localhost" ? "127.0.0.1" : host) +
              ", Port=" + address.substr(colon + 1) + ", InputMailFilters=" + filters}));
    return {};
  }

  /// The other milters, as a DAEMON_OPTIONS names them.
  std::string others() const {
    Lines names;
    // sendmail.cf may be older than sendmail.mc, and have what that only includes.
    for (const Lines& some : {cf_ ? cf_->input_filters : Lines(), input_filters_in(mc_)})
      for (const std::string& name : some)
        if (name != kMilter && name != kSubmission &&
            std::find(names.begin(), names.end(), name) == names.end())
          names.push_back(name);
    std::string out;
    for (const std::string& name : names) out += (out.empty() ? "" : ";") + name;
    return out;
  }

  const std::string mc_;
  const std::optional<SendmailSettings>& cf_;
  const Config& config_;
  Lines lines_;
};

}  // namespace

Result<std::vector<std::string>> sendmail_lines(const SendmailSite& site, const Config& config) {
  return Planner(site, config).run();
}

std::string without_block(std::string_view mc) {
  // With a line end before it, the first line is as the others.
  std::string out = "\n" + std::string(mc);
  const std::string first = "\n" + std::string(kBegin);
  const std::string last = "\n" + std::string(kEnd);
  while (true) {
    // From an end back to the nearest beginning: whatever was cut, no line of the site's goes.
    const auto end = out.rfind(last);
    if (end == std::string::npos) break;
    const auto begin = out.rfind(first, end);
    if (begin == std::string::npos) break;
    const auto next = out.find('\n', end + 1);
    out.erase(begin, next == std::string::npos ? std::string::npos : next - begin);
  }
  // Nothing but our block, and no line end behind it, leaves not even that.
  return out.empty() ? out : out.substr(1);
}

std::string with_block(std::string_view mc, const std::vector<std::string>& lines) {
  std::string out = without_block(mc);
  if (!out.empty() && out.back() != '\n') out += '\n';
  out.append(kBegin).append(
      " (made by countersign setup sendmail; to change it, run that again)\n");
  for (const std::string& line : lines) out.append(line).append("\n");
  return out.append(kEnd).append("\n");
}

}  // namespace countersign::admin
