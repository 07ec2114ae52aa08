// SPDX-License-Identifier: Apache-2.0
#include "admin/doctor_postfix.h"

#include <algorithm>
#include <charconv>

#include "admin/header_table.h"
#include "admin/loopback.h"
#include "admin/milter_list.h"
#include "admin/postfix_chroot.h"
#include "admin/postfix_ports.h"
#include "config/values.h"

namespace countersign::admin {
namespace {

constexpr const char* kSetUp = "countersign setup postfix --apply";

/// Whether a list of words, with blanks or commas between, has the word.
bool has_word(const std::string& list, std::string_view word) {
  constexpr const char* kBetween = ", \t\r\n";
  for (auto at = list.find_first_not_of(kBetween); at != std::string::npos;) {
    const auto end = std::min(list.find_first_of(kBetween, at), list.size());
    if (std::string_view(list).substr(at, end - at) == word) return true;
    at = list.find_first_not_of(kBetween, end);
  }
  return false;
}

/// Judges one configuration; the checks are the private functions.
class Judge {
 public:
  Judge(const PostfixSettings& settings, const Config& config, const PostfixSurroundings& around)
      : settings_(settings),
        config_(config),
        around_(around),
        endpoints_(postfix_endpoints(config.milter.socket, settings.value("queue_directory"))),
        finder_("postfix", findings_) {}

  Findings run() {
    parameters();
    local_mail();
    reply_addresses();
    if (!around_.table_text && names_table()) missing_table();
    if (config_.authentication.source == "header") header_checks();
    entrances();
    reentry();
    notices();
    if (std::none_of(findings_.begin(), findings_.end(),
                     [](const Finding& f) { return f.severity != Finding::Severity::ok; }))
      finder_.ok("the settings of Postfix are as they must be");
    return std::move(findings_);
  }

 private:
  std::string set(const std::string& assignment) { return "postconf -e '" + assignment + "'"; }

  void parameters() {
    if (settings_.value("enable_original_recipient") == "no")
      finder_.fail(
          "enable_original_recipient is no: deleting one recipient also deletes another that an "
          "alias leads to the same mailbox",
          set("enable_original_recipient = yes"));
    if (const auto bcc = settings_.value("always_bcc"); !bcc.empty())
      finder_.warn("always_bcc is " + bcc + ": it gets no copy of held mail until that is released",
                   "nothing, if that is known");
    if (settings_.value("in_flow_delay") != "0" && settings_.value("in_flow_delay") != "0s")
      finder_.warn("in_flow_delay is " + settings_.value("in_flow_delay") +
                       ": after 100 held messages each further one waits for it",
                   set("in_flow_delay = 0"));
    if (settings_.value("soft_bounce") == "yes")
      finder_.warn(
          "soft_bounce is yes: Postfix makes 454 of each 554, so that senders try again for days "
          "before anybody shows them the URL",
          set("soft_bounce = no"));
    if (!rejects_nul(settings_.value("message_reject_characters")))
      finder_.fail(
          "message_reject_characters lacks \\0: Postfix hands a field to milters cut at a NUL, so "
          "that what we hold and judge would not be what came",
          kSetUp);
    sizes();
  }

  /// What Postfix takes, and we do not.
  void sizes() {
    const std::string text = settings_.value("message_size_limit");
    std::uint64_t theirs = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), theirs);
    if (error != std::errc() || end != text.data() + text.size()) return;
    const std::uint64_t ours = config_.milter.max_message;
    if (theirs != 0 && theirs <= ours) return;
    finder_.warn(
        "message_size_limit is " + (theirs == 0 ? "0, no limit" : text) +
            ": strangers' mail above milter.max_message, " + show_size(ours) +
            ", is refused for good (552), although Postfix takes it of others",
        "raise milter.max_message, or " + set("message_size_limit = " + std::to_string(ours)));
  }

  void local_mail() {
    const std::string name = "non_smtpd_milters";
    const auto judge = [&](const std::string& where, const std::string& list) {
      if (find_milter(parse_milters(list), endpoints_) >= 0)
        finder_.fail(where + name +
                         " has our milter: what it refuses of this host's programs Postfix returns "
                         "to whoever is named as sender",
                     kSetUp);
    };
    judge("", settings_.value(name));
    for (const PostfixService& service : settings_.services)
      if (service.command == "cleanup" && service.options.contains(name))
        judge("the service " + service.full_name() + ": its ", service.options.find(name)->second);
  }

  /// Whether Postfix takes mail to the addresses that challenges by mail name for replies: it asks
  /// for the mailbox before any milter.
  void reply_addresses() {
    const auto has = [](const std::vector<std::string>& words, const char* word) {
      return std::find(words.begin(), words.end(), word) != words.end();
    };
    const std::string& ours = config_.protect.recipient_delimiter;
    if (ours.empty() || !has(config_.challenge.channels, "mail") ||
        !has(config_.challenge.answers, "reply"))
      return;
    const std::string theirs = settings_.value("recipient_delimiter");
    if (theirs.find(ours.front()) == std::string::npos)
      finder_.fail("recipient_delimiter is " + (theirs.empty() ? "empty" : "'" + theirs + "'") +
                       ": replies to challenges by mail go to addresses with a detail behind '" +
                       ours.front() + "' (challenge.answers), which Postfix then does not know",
                   set("recipient_delimiter = " + theirs + ours.front()));
  }

  /// Whether any header checks name the table.
  bool names_table() const {
    const std::string entry = "regexp:" + around_.table;
    return has_word(settings_.value("header_checks"), entry) ||
           std::ranges::any_of(settings_.services, [&](const PostfixService& service) {
             return service.command == "cleanup" &&
                    has_word(settings_.value(service, "header_checks"), entry);
           });
  }

  void missing_table() {
    finder_.fail(around_.table +
                     " is not there, though header_checks names it: Postfix answers all mail, of "
                     "users too, with 451 (queue file write error)",
                 std::string(kSetUp));
  }

  /// Whether all mail passes the table before the milters.
  void header_checks() {
    const std::string entry = "regexp:" + around_.table;
    const std::string& id = config_.authentication.authserv_id;
    bool everywhere = has_table(settings_.value("header_checks"), entry);
    for (const PostfixService& service : settings_.services) {
      if (service.command == "cleanup" && service.options.contains("header_checks"))
        everywhere = everywhere && has_table(service.options.find("header_checks")->second, entry);
      if (is_mx(service) &&
          has_word(settings_.value(service, "receive_override_options"), "no_header_body_checks"))
        finder_.warn(
            "the service " + service.full_name() +
                " does no header checks: it lets forged Authentication-Results fields of " + id +
                " in",
            "take no_header_body_checks out of its receive_override_options");
    }
    if (!everywhere)
      finder_.warn(
          "no header checks remove forged Authentication-Results fields of " + id +
              ": whoever writes one in a spelling that the milter before ours leaves is believed",
          std::string(kSetUp) + "; or prove by --probe that none is left");
    else if (around_.table_text && *around_.table_text != header_table(id))
      finder_.warn(around_.table + " is not what removes forged fields of " + id, kSetUp);
  }

  bool is_port_of(const PostfixService& service, const std::string& address) const {
    const PostfixService* found = find_smtpd(settings_, address);
    return found != nullptr && found->full_name() == service.full_name();
  }

  void entrances() {
    bool anywhere = false;
    for (const PostfixService& service : settings_.services) {
      if (service.command != "smtpd" || is_port_of(service, config_.release.smtp) ||
          is_port_of(service, config_.notices.smtp))
        continue;
      const bool ours = entrance(service);
      anywhere = anywhere || ours;
      if (!ours && is_mx(service)) not_asked(service);
    }
    if (!anywhere)
      finder_.fail("no service asks our milter (" + endpoints_.front() + ")",
                   "countersign setup postfix --apply");
  }

  /// Whether the service asks no milter at all, whatever smtpd_milters says.
  bool asks_none(const PostfixService& service) const {
    return has_word(settings_.value(service, "receive_override_options"), "no_milters");
  }

  void not_asked(const PostfixService& service) {
    const std::string what =
        "the service " + service.full_name() + " does not ask our milter: its mail is not screened";
    if (asks_none(service))
      finder_.fail(what + ", by no_milters in receive_override_options",
                   "take no_milters out of receive_override_options");
    else
      finder_.fail(what, kSetUp);
  }

  /// Whether the service asks our milter; judges how.
  bool entrance(const PostfixService& service) {
    if (asks_none(service)) return false;
    const auto milters = parse_milters(settings_.value(service, "smtpd_milters"));
    const int at = find_milter(milters, endpoints_);
    if (at < 0) return false;
    const std::string where = "the service " + service.full_name();
    if (!settings_.value(service, "smtpd_proxy_filter").empty())
      finder_.fail(where + " has a smtpd_proxy_filter: what we refuse is delivered all the same",
                   "use content_filter instead of smtpd_proxy_filter");
    if (static_cast<std::size_t>(at) + 1 != milters.size())
      finder_.warn(where + ": milters stand after ours, which do not see what we hold or discard",
                   "put our milter last in smtpd_milters");
    if (is_on_loopback(service.name) && !is_mx(service))
      finder_.warn(where +
                       " listens on this host only, and asks our milter: if it is the way back "
                       "from a content filter, all of that mail seems to come from this host",
                   "give the service -o smtpd_milters=");
    if (const auto maps = settings_.value(service, "smtpd_milter_maps"); !maps.empty())
      finder_.warn(where + " has smtpd_milter_maps (" + maps +
                       "): mail of the clients in it is screened only where their milters are ours",
                   "see that it has no client from elsewhere, or one with our milter last");
    const MilterEntry& ours = milters[static_cast<std::size_t>(at)];
    default_action(service, ours);
    chroot(service, ours);
    return true;
  }

  void default_action(const PostfixService& service, const MilterEntry& ours) {
    const std::string where = "the service " + service.full_name();
    const auto own = ours.options.find("default_action");
    const std::string action =
        own == ours.options.end() ? settings_.value("milter_default_action") : own->second;
    if (action == "reject" || action == "quarantine")
      finder_.fail(where + ": default_action is " + action +
                       ": a fault of ours would lose or keep "
                       "mail",
                   "set default_action=tempfail for our milter");
    if (action == "accept" && !is_submission(service) && around_.mode.any_holds)
      finder_.warn(where + ": default_action is accept: while we are down, strangers pass",
                   "countersign setup postfix --apply");
    if (action == "tempfail" && around_.mode.observing)
      finder_.warn(where +
                       ": default_action is tempfail: while we are down, mail waits, although "
                       "everybody's mode is observe",
                   "countersign setup postfix --apply");
  }

  void chroot(const PostfixService& service, const MilterEntry& ours) {
    if (is_seen_in_chroot(ours.endpoint) || !is_chrooted(settings_, service)) return;
    const std::string queue = settings_.value("queue_directory");
    finder_.fail("the service " + service.full_name() + " runs in a chroot, " + queue +
                     ", and does not find our milter there by " + ours.endpoint +
                     ": it takes no mail (451), or asks nobody (default_action=accept)",
                 is_seen_in_chroot(endpoints_.front())
                     ? "name it " + endpoints_.front() + ": " + kSetUp
                     : way_into_chroot(queue, service.full_name()));
  }

  void reentry() {
    const std::string& address = config_.release.smtp;
    const PostfixService* service = find_smtpd(settings_, address);
    if (service == nullptr) {
      finder_.fail("no smtpd listens at release.smtp (" + address + ")",
                   "countersign setup postfix --apply");
      return;
    }
    for (const PortOption& option : port_options("")) {
      if (settings_.value(*service, option.name) == option.value) continue;
      const bool vital = option.name == "smtpd_milters" ||
                         option.name == "local_header_rewrite_clients" ||
                         option.name == "smtpd_proxy_filter";
      const std::string what = "the re-entry port " + service->full_name() + " lacks -o " +
                               option.name + "=" + option.value;
      if (vital)
        finder_.fail(
            what + (option.name == "smtpd_milters" ? ": released mail would be screened again"
                                                   : ": released mail would be changed or lost"),
            "countersign setup postfix --apply");
      else if (option.name.ends_with("_restrictions") || option.name == "receive_override_options")
        finder_.warn(what + ": released mail may be refused", "countersign setup postfix --apply");
    }
    inherited("the re-entry port", *service);
  }

  /// What a port has of main.cf that stops our mail there.
  void inherited(const std::string& port, const PostfixService& service) {
    for (const PortFault& fault : port_faults(settings_, service)) {
      const std::string what = port + " " + service.full_name() + " lacks -o " + fault.needed.name +
                               "=" + fault.needed.value + ": " + fault.effect;
      fault.fails ? finder_.fail(what, kSetUp) : finder_.warn(what, kSetUp);
    }
  }

  void notices() {
    const std::string& address = config_.notices.smtp;
    const PostfixService* service = find_smtpd(settings_, address);
    if (service == nullptr) {
      finder_.fail("no smtpd listens at notices.smtp (" + address +
                       "): no digest can go out, so "
                       "nothing that is held can expire",
                   "countersign setup postfix --apply");
      return;
    }
    if (find_milter(parse_milters(settings_.value(*service, "smtpd_milters")), endpoints_) >= 0)
      finder_.fail("the notice port " + service->full_name() + " asks our milter",
                   "countersign setup postfix --apply");
    if (config_.notices.smtp != config_.release.smtp) inherited("the notice port", *service);
  }

  const PostfixSettings& settings_;
  const Config& config_;
  const PostfixSurroundings& around_;
  const std::vector<std::string> endpoints_;
  Findings findings_;
  Finder finder_;
};

}  // namespace

Findings judge_postfix(const PostfixSettings& settings, const Config& config,
                       const PostfixSurroundings& around) {
  return Judge(settings, config, around).run();
}

}  // namespace countersign::admin
