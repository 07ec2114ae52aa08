// SPDX-License-Identifier: Apache-2.0
#include "admin/postfix_plan.h"

#include <algorithm>

#include "admin/doctor_postfix.h"
#include "admin/loopback.h"
#include "admin/milter_list.h"

namespace countersign::admin {
namespace {

using Kind = PostfixEdit::Kind;

std::string joined(const std::vector<MilterEntry>& list) {
  std::string out;
  for (const MilterEntry& entry : list) out += (out.empty() ? "" : ", ") + entry.text;
  return out;
}

class Planner {
 public:
  Planner(const PostfixSettings& settings, const std::string& queue_directory, const Config& config)
      : settings_(settings),
        config_(config),
        endpoints_(postfix_endpoints(config.milter.socket, queue_directory)) {}

  Result<std::vector<PostfixEdit>> run() {
    if (settings_.value("in_flow_delay") != "0")
      edits_.push_back({Kind::parameter, "in_flow_delay", "0", settings_.value("in_flow_delay")});
    // Watching is harmless: while it only observes, a fault of ours delays nothing (law 7).
    const std::string on_mx = config_.first_contact.mode == "observe" ? "accept" : "tempfail";
    const std::string others = without_ours(settings_.value("smtpd_milters"));
    parameter("smtpd_milters", with_ours(settings_.value("smtpd_milters"), on_mx));
    for (const PostfixService& service : settings_.services) entrance(service, on_mx);
    CS_TRY(port("release.smtp", config_.release.smtp, ""));
    CS_TRY(port("notices.smtp", config_.notices.smtp, others));
    return std::move(edits_);
  }

 private:
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
    if (at >= 0 && at == last) {
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

  void entrance(const PostfixService& service, const std::string& on_mx) {
    const auto own = service.options.find("smtpd_milters");
    const bool has_own = own != service.options.end();
    if (is_mx(service) && has_own) option(service, "smtpd_milters", with_ours(own->second, on_mx));
    if (!is_submission(service)) return;
    // No milter at all on submission is a site's word; mail of its users passes anyway.
    if (has_own && own->second.empty()) return;
    if (!has_own && on_mx == "accept") return;
    option(service, "smtpd_milters",
           with_ours(has_own ? own->second : without_ours(settings_.value("smtpd_milters")),
                     "accept"));
  }

  Status port(const std::string& key, const std::string& address, const std::string& milters) {
    const auto name = service_name(address);
    if (!name || !is_on_loopback(address))
      return Error{Errc::invalid, key + " is " + address +
                                      ": this makes ports on the loopback address of this host "
                                      "only; make that one by hand, see countersign(8)"};
    PostfixService service{*name, "inet", "smtpd", {}};
    if (const PostfixService* found = find_smtpd(settings_, address))
      service = *found;
    else
      edits_.push_back({Kind::service, service.full_name(), *name + " inet n - n - - smtpd", ""});
    for (const PortOption& wanted : port_options(milters))
      option(service, wanted.name, wanted.value);
    return {};
  }

  const PostfixSettings& settings_;
  const Config& config_;
  const std::vector<std::string> endpoints_;
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
  }
  return {};
}

Result<std::vector<PostfixEdit>> plan_postfix(const PostfixSettings& settings,
                                              const std::string& queue_directory,
                                              const Config& config) {
  return Planner(settings, queue_directory, config).run();
}

}  // namespace countersign::admin
