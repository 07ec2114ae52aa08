// SPDX-License-Identifier: Apache-2.0
#include "admin/postfix_ports.h"

#include <algorithm>
#include <array>

namespace countersign::admin {
namespace {

constexpr const char* kThisHost = "127.0.0.0/8,[::1]/128";

/// Whether `list` has the word, in any case; blanks, commas or other marks between.
bool names(const std::string& list, std::string_view word) {
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; };
  return std::search(list.begin(), list.end(), word.begin(), word.end(), same) != list.end();
}

bool is_set(const std::string& value) { return !value.empty(); }
bool is_yes(const std::string& value) { return value == "yes"; }

/// A setting of main.cf that a port must not inherit.
struct Inherited {
  const char* name;
  bool (*hurts)(const std::string& value);
  bool fails;
  const char* effect;
};
constexpr std::array<Inherited, 7> kInherited = {
    {{"smtpd_upstream_proxy_protocol", is_set, true,
      "Postfix waits there for a proxy's header, and ends each connection with 421"},
     {"smtpd_tls_wrappermode", is_yes, true,
      "Postfix speaks TLS there from the start, and we none"},
     {"smtpd_tls_security_level", [](const std::string& value) { return value == "encrypt"; }, true,
      "Postfix takes nothing there without TLS (530)"},
     {"smtpd_reject_unlisted_sender", is_yes, false,
      "mail of senders in domains of this host that it does not know is refused"},
     {"smtpd_discard_ehlo_keywords",
      [](const std::string& value) { return names(value, "smtputf8"); }, false,
      "mail to and from addresses outside ASCII cannot be sent there"},
     {"smtpd_command_filter", is_set, false, "what we say there is changed, and may be refused"},
     {"smtpd_milter_maps", is_set, false,
      "the milters that are set there for 127.0.0.1 are asked, whatever smtpd_milters says"}}};

}  // namespace

std::vector<PortOption> port_options(const std::string& milters) {
  return {{"smtpd_milters", milters},
          {"local_header_rewrite_clients", ""},
          {"smtpd_proxy_filter", ""},
          {"smtpd_client_restrictions", ""},
          {"smtpd_helo_restrictions", ""},
          {"smtpd_sender_restrictions", ""},
          {"smtpd_data_restrictions", ""},
          {"smtpd_end_of_data_restrictions", ""},
          {"smtpd_relay_restrictions", ""},
          {"smtpd_recipient_restrictions", "permit_mynetworks,reject"},
          {"receive_override_options", "no_header_body_checks,no_unknown_recipient_checks"},
          {"mynetworks", kThisHost},
          {"smtpd_tls_security_level", "none"},
          {"smtpd_tls_wrappermode", "no"},
          {"smtpd_upstream_proxy_protocol", ""},
          {"smtpd_milter_maps", ""},
          {"smtpd_command_filter", ""},
          {"smtpd_discard_ehlo_keywords", ""},
          {"smtpd_discard_ehlo_keyword_address_maps", ""},
          {"smtpd_reject_unlisted_sender", "no"},
          // Where its service is out of order, every connection would end with 421.
          {"smtpd_sasl_auth_enable", "no"},
          // Limits of connections, messages and recipients a client.
          {"smtpd_client_event_limit_exceptions", kThisHost},
          {"smtpd_hard_error_limit", "1000"},
          {"smtpd_error_sleep_time", "0"}};
}

std::vector<PortFault> port_faults(const PostfixSettings& settings, const PostfixService& service) {
  const auto options = port_options("");
  std::vector<PortFault> faults;
  for (const Inherited& one : kInherited) {
    if (!one.hurts(settings.value(service, one.name))) continue;
    const auto needed = std::ranges::find(options, one.name, &PortOption::name);
    faults.push_back({one.fails, *needed, one.effect});
  }
  return faults;
}

std::string port_mark(std::string_view key) {
  return "postfix/countersign-" + std::string(key.substr(0, key.find('.')));
}

bool is_our_port(const PostfixService& service, std::string_view key) {
  if (service.command != "smtpd") return false;
  const auto mark = service.options.find("syslog_name");
  if (mark != service.options.end() && mark->second == port_mark(key)) return true;
  return service.options.contains("smtpd_milters") &&
         service.options.contains("local_header_rewrite_clients") &&
         service.options.contains("smtpd_proxy_filter");
}

}  // namespace countersign::admin
