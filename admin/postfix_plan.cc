// SPDX-License-Identifier: Apache-2.0
#include "admin/postfix_plan.h"

#include <algorithm>

#include "admin/header_table.h"
#include "admin/loopback.h"
#include "admin/milter_list.h"
#include "admin/postfix_chroot.h"
#include "admin/postfix_ports.h"
#include "admin/setup_steps.h"

namespace countersign::admin {
namespace {

using Kind = PostfixEdit::Kind;

std::string joined(const std::vector<MilterEntry>& list) {
  std::string out;
  for (const MilterEntry& entry : list) out += (out.empty() ? "" : ", ") + entry.text;
  return out;
}

/// As postconf(1) wants the value of a -o option.
std::string without_blanks(std::string_view list) {
  // A blank in braces may be part of a pattern.
  if (list.find('{') != std::string_view::npos) return std::string(list);
  std::string out;
  for (const char c : list)
    if (c != ' ') out += c;
  return out;
}

class Planner {
 public:
  explicit Planner(const PostfixTask& task)
      : task_(task),
        settings_(task.settings),
        config_(task.config),
        endpoints_(
            postfix_endpoints(config_.milter.socket, task.expanded.value("queue_directory"))) {}

  Status sees_socket() const {
    const std::string names = chrooted();
    if (names.empty() || is_seen_in_chroot(endpoints_.front())) return {};
    const std::string queue = task_.expanded.value("queue_directory");
    return Error{Errc::already_exists,
                 "milter.socket is " + config_.milter.socket +
                     ", and services of Postfix that are to ask our milter run in a chroot, " +
                     queue + " (master.cf): " + names +
                     "; they would not find it, and take no mail (451), or screen none; " +
                     way_into_chroot(queue, names)};
  }

  Result<std::vector<PostfixEdit>> run() {
    any_chrooted_ = !chrooted().empty();
    if (settings_.value("in_flow_delay") != "0")
      edits_.push_back({Kind::parameter, "in_flow_delay", "0", settings_.value("in_flow_delay")});
    // A milter gets a field with a NUL in it cut there: such mail must not reach us.
    if (const auto reject = settings_.value("message_reject_characters"); !rejects_nul(reject))
      parameter("message_reject_characters", reject + "\\0");
    if (task_.header_checks && config_.authentication.source == "header") header_checks();
    // Watching is harmless: while it only observes, a fault of ours delays nothing (law 7).
    const std::string on_mx = task_.observing ? "accept" : "tempfail";
    const std::string milters =
        base(settings_.value("smtpd_milters"), task_.expanded.value("smtpd_milters"));
    local_mail();
    parameter("smtpd_milters", with_ours(milters, on_mx));
    for (const PostfixService& service : settings_.services) entrance(service, on_mx);
    if (config_.release.smtp == config_.notices.smtp)
      return Error{Errc::invalid,
                   "release.smtp and notices.smtp are both " + config_.release.smtp +
                       ": released mail passes no milter, notices pass the signer, so they need "
                       "two ports"};
    CS_TRY(port("release.smtp", config_.release.smtp, ""));
    CS_TRY(port("notices.smtp", config_.notices.smtp, without_ours(milters)));
    return std::move(edits_);
  }

 private:
  bool is_port(const PostfixService& service) const {
    const auto stands_at = [&](const std::string& address) {
      const PostfixService* found = find_inet(task_.expanded, address);
      return found != nullptr && found->full_name() == service.full_name();
    };
    return stands_at(config_.release.smtp) || stands_at(config_.notices.smtp);
  }

  /// Whether the service asks our milter when all is done. `service` with $name replaced.
  bool will_ask(const PostfixService& service) const {
    const std::string overrides = task_.expanded.value(service, "receive_override_options");
    if (service.command != "smtpd" || is_port(service) ||
        overrides.find("no_milters") != std::string::npos)
      return false;
    const auto own = service.options.find("smtpd_milters");
    if (own == service.options.end() || is_mx(service)) return true;
    return (is_submission(service) && !own->second.empty()) ||
           find_milter(parse_milters(own->second), endpoints_) >= 0;
  }

  /// The services in a chroot that are to ask our milter, with blanks between.
  std::string chrooted() const {
    std::string names;
    for (const PostfixService& service : task_.expanded.services)
      if (is_chrooted(task_.expanded, service) && will_ask(service))
        names += (names.empty() ? "" : " ") + service.full_name();
    return names;
  }

  std::string ours(const std::string& action) const {
    return "{ " + endpoints_.front() + ", default_action=" + action + " }";
  }

  std::string without_ours(std::string_view list) const {
    auto milters = parse_milters(list);
    for (int at; (at = find_milter(milters, endpoints_)) >= 0;) milters.erase(milters.begin() + at);
    return joined(milters);
  }

  /// The list with ours last, once, and with this default action. A list that comes to the same is
  /// returned as it is.
  std::string with_ours(std::string_view list, const std::string& action) const {
    const auto milters = parse_milters(list);
    const int at = find_milter(milters, endpoints_);
    const auto last = static_cast<int>(milters.size()) - 1;
    if (at >= 0 && at == last &&
        (!any_chrooted_ || is_seen_in_chroot(milters[static_cast<std::size_t>(at)].endpoint))) {
      const auto& options = milters[static_cast<std::size_t>(at)].options;
      const auto found = options.find("default_action");
      if (found != options.end() && found->second == action) return std::string(list);
    }
    const std::string others = without_ours(list);
    return others.empty() ? ours(action) : others + ", " + ours(action);
  }

  void parameter(const std::string& name, const std::string& value) {
    const std::string was = settings_.value(name);
    if (was != value) edits_.push_back({Kind::parameter, name, value, was});
  }

  void option(const PostfixService& service, const std::string& name, const std::string& value) {
    const auto own = service.options.find(name);
    const bool list = name == "smtpd_milters";
    const std::string wanted = list ? compact_milters(value) : value;
    if (own != service.options.end() &&
        (list ? compact_milters(own->second) : own->second) == wanted)
      return;
    edits_.push_back({Kind::option, service.full_name() + "/" + name, wanted,
                      own == service.options.end() ? "" : own->second});
  }

  /// The list to work on: as it stands in the file, but its meaning where smtpd_milters, or what
  /// has our milter already, hides behind a name.
  std::string base(const std::string& text, const std::string& expanded) const {
    const bool hidden = find_milter(parse_milters(expanded), endpoints_) >= 0 &&
                        find_milter(parse_milters(text), endpoints_) < 0;
    return hidden || refers_to(settings_, text, "smtpd_milters") ? expanded : text;
  }
  std::string base(const PostfixService& service, const std::string& name) const {
    const PostfixService* expanded = task_.expanded.find(service.name, service.type);
    const std::string& text = service.options.find(name)->second;
    if (expanded == nullptr) return text;
    const auto meaning = expanded->options.find(name);
    return meaning == expanded->options.end() ? text : base(text, meaning->second);
  }

  /// Mail of this host's programs, and bounces: we would refuse it after its sender has gone, and
  /// Postfix would mail whoever it names as such (law 2).
  void local_mail() {
    const std::string name = "non_smtpd_milters";
    const std::string text = settings_.value(name);
    const std::string meaning = base(text, task_.expanded.value(name));
    if (meaning != text || find_milter(parse_milters(text), endpoints_) >= 0)
      parameter(name, without_ours(meaning));
    for (const PostfixService& service : settings_.services) {
      if (service.command != "cleanup" || !service.options.contains(name)) continue;
      const std::string own = base(service, name);
      if (own != service.options.find(name)->second ||
          find_milter(parse_milters(own), endpoints_) >= 0)
        option(service, name, without_ours(own));
    }
  }

  void header_checks() {
    const std::string text = header_table(config_.authentication.authserv_id);
    if (task_.table_text != text)
      edits_.push_back({Kind::file, task_.table, text, task_.table_text});
    const std::string entry = "regexp:" + task_.table;
    const std::string checks = settings_.value("header_checks");
    // By default they are $header_checks: fields inside of attached mail are none of ours.
    for (const std::string name : {"mime_header_checks", "nested_header_checks"})
      if (refers_to(settings_, settings_.value(name), "header_checks"))
        parameter(name, without_table(checks, entry));
    parameter("header_checks", with_table(checks, entry));
    for (const PostfixService& service : settings_.services) {
      if (service.command != "cleanup" || !service.options.contains("header_checks")) continue;
      const std::string own = service.options.find("header_checks")->second;
      for (const std::string name : {"mime_header_checks", "nested_header_checks"})
        if (refers_to(settings_, settings_.value(service, name), "header_checks"))
          option(service, name, without_blanks(without_table(own, entry)));
      option(service, "header_checks", without_blanks(with_table(own, entry)));
    }
  }

  void entrance(const PostfixService& service, const std::string& on_mx) {
    const bool has_own = service.options.contains("smtpd_milters");
    const std::string own = has_own ? base(service, "smtpd_milters") : "";
    if (is_mx(service) && has_own) option(service, "smtpd_milters", with_ours(own, on_mx));
    if (!is_submission(service)) return;
    // No milter at all on submission is a site's word; mail of its users passes anyway.
    if (has_own && own.empty()) return;
    if (!has_own && on_mx == "accept") return;
    const std::string milters =
        base(settings_.value("smtpd_milters"), task_.expanded.value("smtpd_milters"));
    option(service, "smtpd_milters", with_ours(has_own ? own : without_ours(milters), "accept"));
  }

  Status port(const std::string& key, const std::string& address, const std::string& milters) {
    const auto name = service_name(address);
    if (!name || !is_on_loopback(address))
      return Error{Errc::invalid, key + " is " + address +
                                      ": this makes ports on the loopback address of this host "
                                      "only; make that one by hand, see countersign(8)"};
    CS_TRY(family(key, address));
    PostfixService service{*name, "inet", "smtpd", {}};
    if (const PostfixService* found = find_inet(settings_, address)) {
      if (!is_our_port(*found, key)) return somebody_elses(key, address, *found);
      service = *found;
    } else {
      edits_.push_back({Kind::service, service.full_name(), *name + " inet n - n - - smtpd", ""});
      option(service, "syslog_name", port_mark(key));
    }
    for (const PortOption& wanted : port_options(milters))
      if (is_known(wanted.name)) option(service, wanted.name, wanted.value);
    return {};
  }

  /// Postfix would not even start.
  Status family(const std::string& key, const std::string& address) const {
    const bool v6 = address.starts_with('[');
    const std::string families = task_.expanded.value("inet_protocols");
    if (families.empty() || families.find("all") != std::string::npos ||
        families.find(v6 ? "ipv6" : "ipv4") != std::string::npos)
      return {};
    return Error{Errc::invalid, key + " is " + address + ", and Postfix's inet_protocols is " +
                                    families + ": with that port it would not start; set " + key +
                                    " to one of " + (v6 ? "127.0.0.1" : "[::1]")};
  }

  static Error somebody_elses(const std::string& key, const std::string& address,
                              const PostfixService& service) {
    std::string what = key + " is " + address + ", and master.cf has a service there that is not " +
                       "ours: " + service.full_name() + " (" + service.command;
    for (const auto& [name, value] : service.options) what += " -o " + name + "=" + value;
    what += "); choose another port for " + key + " in countersign.toml, and run this again";
    if (service.command == "smtpd")
      what += "; if it was made for us, say so: " +
              shell_line(postconf(
                  "", {"-P", "-e", service.full_name() + "/syslog_name=" + port_mark(key)}));
    return {Errc::already_exists, what};
  }

  /// Whether this Postfix has the parameter: older ones lack some.
  bool is_known(const std::string& name) const {
    return settings_.main.empty() || settings_.main.contains(name);
  }

  const PostfixTask& task_;
  const PostfixSettings& settings_;
  const Config& config_;
  const std::vector<std::string> endpoints_;
  bool any_chrooted_ = false;  ///< a service that asks our milter is
  std::vector<PostfixEdit> edits_;
};

}  // namespace

std::vector<std::string> PostfixEdit::arguments() const {
  switch (kind) {
    case Kind::parameter:
      return {"-e", name + " = " + value};
    case Kind::service:
      return {"-M", "-e", name + "=" + value};
    case Kind::option:
      return {"-P", "-e", name + "=" + value};
    case Kind::file:
      break;
  }
  return {};
}

Status sees_socket(const PostfixTask& task) { return Planner(task).sees_socket(); }

Result<std::vector<PostfixEdit>> plan_postfix(const PostfixTask& task) {
  return Planner(task).run();
}

}  // namespace countersign::admin
