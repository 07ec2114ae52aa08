// SPDX-License-Identifier: Apache-2.0
#include "admin/doctor_sendmail.h"

#include <algorithm>
#include <set>

#include "admin/loopback.h"
#include "mail/network.h"

namespace countersign::admin {
namespace {

// A callback of ours may take 8 s (docs/flow.md); Sendmail's own default is this.
constexpr seconds kLeast{10};
constexpr const char* kSetup = "countersign setup sendmail --apply, then make sendmail.cf anew";

/// Judges one configuration; the checks are the private functions.
class Judge {
 public:
  Judge(const SendmailSettings& settings, const Config& config)
      : settings_(settings),
        config_(config),
        sockets_(sendmail_sockets(config.milter.socket)),
        observing_(config.first_contact.mode == "observe"),
        finder_("sendmail", findings_) {}

  Findings run() {
    reentry_ = find_daemon(settings_, config_.release.smtp);
    notices_ = find_daemon(settings_, config_.notices.smtp);
    entrances();
    reentry();
    notices();
    if (std::none_of(findings_.begin(), findings_.end(),
                     [](const Finding& f) { return f.severity != Finding::Severity::ok; }))
      finder_.ok("the settings of Sendmail are as they must be");
    return std::move(findings_);
  }

 private:
  bool is_ours(const SendmailFilter* filter) const {
    return std::find(sockets_.begin(), sockets_.end(), filter->socket) != sockets_.end();
  }
  static std::string port_of(const SendmailDaemon& daemon, const std::string& kind = "") {
    return "the " + kind + "port " + daemon.port +
           (daemon.name.empty() ? "" : " (" + daemon.name + ")");
  }

  void entrances() {
    bool anywhere = false;
    for (const SendmailDaemon& daemon : settings_.daemons) {
      if (&daemon == reentry_ || &daemon == notices_) continue;
      const bool ours = entrance(daemon);
      anywhere = anywhere || ours;
      if (!ours && is_mx(daemon))
        finder_.fail(port_of(daemon) + " does not ask our milter: its mail is not screened",
                     kSetup);
    }
    if (anywhere)
      local_mail();
    else
      finder_.fail("no port asks our milter (" + sockets_.front() + ")", kSetup);
  }

  /// Whether the port asks our milter; judges how.
  bool entrance(const SendmailDaemon& daemon) {
    const auto filters = settings_.filters_of(daemon);
    const auto ours = std::find_if(filters.begin(), filters.end(),
                                   [&](const SendmailFilter* f) { return is_ours(f); });
    if (ours == filters.end()) return false;
    if (ours + 1 != filters.end())
      finder_.warn(
          port_of(daemon) + ": milters stand after ours, which do not see what we hold or discard",
          "name our milter last in InputMailFilters");
    flag(daemon, **ours);
    if (timed_.insert((*ours)->name).second) times(**ours);
    return true;
  }

  void flag(const SendmailDaemon& daemon, const SendmailFilter& filter) {
    const std::string what = port_of(daemon) + ": the milter " + filter.name;
    if (filter.flag == "R") {
      finder_.fail(what + " has F=R: a fault of ours would refuse mail for good", kSetup);
    } else if (is_submission(daemon)) {
      if (!filter.flag.empty())
        finder_.warn(
            what + " has F=" + filter.flag + ": while we are down, users of the house cannot send",
            "give that port InputMailFilters=countersign-submission, see countersign(8)");
    } else if (filter.flag.empty()) {
      if (!observing_) finder_.fail(what + " lacks F=T: while we are down, strangers pass", kSetup);
    } else if (observing_) {
      finder_.warn(what + " has F=" + filter.flag +
                       ": while we are down, mail waits, although the mode is observe",
                   kSetup);
    }
  }

  void times(const SendmailFilter& filter) {
    for (const char letter : {'S', 'R', 'E'}) {
      const seconds time = filter.times.at(letter);
      if (time < kLeast)
        finder_.fail("the milter " + filter.name + " has T=" + letter + ":" +
                         std::to_string(time.count()) + "s: we may take 8 s, so mail would wait",
                     kSetup);
    }
  }

  /// Here all mail comes by SMTP, that of the host's own programs too.
  void local_mail() {
    const auto own = NetworkList::parse(config_.milter.submit_networks);
    if (own && own->contains("127.0.0.1")) return;
    finder_.warn(
        "milter.submit_networks has no 127.0.0.1: what programs of this host send comes in from "
        "there, and is screened as mail of strangers",
        "set milter.submit_networks = [\"127.0.0.1\", \"::1\"], unless mail from outside comes "
        "from there too (a content filter, a proxy)");
  }

  void reentry() {
    const std::string& address = config_.release.smtp;
    if (reentry_ == nullptr) {
      finder_.fail("no port listens at release.smtp (" + address + ")", kSetup);
      return;
    }
    const auto filters = settings_.filters_of(*reentry_);
    if (std::any_of(filters.begin(), filters.end(),
                    [&](const SendmailFilter* f) { return is_ours(f); }))
      finder_.fail(port_of(*reentry_, "re-entry ") +
                       " asks our milter: released mail would be screened again",
                   kSetup);
    else if (!filters.empty())
      finder_.warn(port_of(*reentry_, "re-entry ") + " asks the milter " + filters.front()->name +
                       ": released mail may be changed or refused",
                   "give it InputMailFilters= without a name");
    modifiers(*reentry_, "re-entry ");
    open_to_all(*reentry_, address);
  }

  void notices() {
    const std::string& address = config_.notices.smtp;
    if (notices_ == nullptr) {
      finder_.fail("no port listens at notices.smtp (" + address +
                       "): no digest can go out, so nothing that is held can expire",
                   kSetup);
      return;
    }
    const auto filters = settings_.filters_of(*notices_);
    if (std::any_of(filters.begin(), filters.end(),
                    [&](const SendmailFilter* f) { return is_ours(f); }))
      finder_.fail(port_of(*notices_, "notice ") + " asks our milter", kSetup);
    if (notices_ == reentry_) return;
    modifiers(*notices_, "notice ");
    open_to_all(*notices_, address);
  }

  /// What of M= we cannot do.
  void modifiers(const SendmailDaemon& daemon, const std::string& kind) {
    const auto has = [&](char letter) {
      return daemon.modifiers.find(letter) != std::string::npos;
    };
    if (has('a'))
      finder_.fail(port_of(daemon, kind) + " takes mail only after a login (M=a): ours has none",
                   "take the a out of its M=");
    if (has('s'))
      finder_.fail(port_of(daemon, kind) + " speaks TLS from the start (M=s): we speak none there",
                   "take the s out of its M=");
  }

  void open_to_all(const SendmailDaemon& daemon, const std::string& address) {
    if (is_on_loopback(address) && daemon.address.empty())
      finder_.fail(port_of(daemon) + " listens on all addresses: who reaches it is not screened",
                   "give it Addr=127.0.0.1");
  }

  const SendmailSettings& settings_;
  const Config& config_;
  const std::vector<std::string> sockets_;
  const bool observing_;
  const SendmailDaemon* reentry_ = nullptr;
  const SendmailDaemon* notices_ = nullptr;
  std::set<std::string> timed_;
  Findings findings_;
  Finder finder_;
};

}  // namespace

Findings judge_sendmail(const SendmailSettings& settings, const Config& config) {
  return Judge(settings, config).run();
}

}  // namespace countersign::admin
