// SPDX-License-Identifier: Apache-2.0
#include "admin/doctor_ports.h"

namespace countersign::admin {
namespace {

class PortsCheck {
 public:
  PortsCheck(const Tools& tools, const PortKeeper& keeper, bool needed, Findings& into)
      : tools_(tools), keeper_(keeper), needed_(needed), finder_("ports", into) {}

  /// `effect`: what does not work while the port does not.
  void port(const std::string& key, const std::string& address, const std::string& effect) {
    where_ = key + " (" + address + ")";
    effect_ = ": " + effect;
    const auto welcome = tools_.ask_welcome(address);
    if (!welcome)
      nobody(welcome.error().detail, address);
    else if (welcome->greeting.code == 0)
      bad("at " + where_ + " somebody listens, but sends no greeting (" +
              first_line(welcome->greeting) + ")",
          "see the log of " + keeper_.name +
              "; a port that speaks TLS from the start, or waits "
              "for a proxy's header, is of no use here; " +
              who_has(address));
    else if (!welcome->greeting.positive())
      bad("at " + where_ + " connections are turned away: " + told(welcome->greeting),
          "see the log of " + keeper_.name + ", and whether a milter that it asks there is down");
    else if (!is_the_keeper(address, welcome->greeting))
      bad("at " + where_ + " another program answers than " + keeper_.name + ": it says '" +
              first_line(welcome->greeting) + "'",
          who_has(address) + "; choose another port for " + key +
              ", and run countersign setup again; if it is " + keeper_.name +
              ", by settings of before: " + keeper_.reload);
    else if (!welcome->hello.positive())
      bad("at " + where_ + " EHLO is refused: " + told(welcome->hello),
          "see the log of " + keeper_.name);
    else
      finder_.ok(where_ + " answers");
  }

 private:
  void bad(const std::string& what, const std::string& todo) {
    needed_ ? finder_.fail(what + effect_, todo) : finder_.warn(what + effect_, todo);
  }

  void nobody(const std::string& why, const std::string& address) {
    const std::optional<bool> runs = keeper_.runs();
    if (runs && !*runs)
      bad("nothing listens at " + where_ + ", as " + keeper_.name + " does not run",
          keeper_.start +
              "; if it ends at once, see its log: a port of its own that another "
              "program has ends it (" +
              who_has(address) + ")");
    else if (runs)
      bad("nothing listens at " + where_ + ", though " + keeper_.name + " runs (" + why + ")",
          keeper_.reload +
              ", if its settings were changed since it was started; else run "
              "countersign setup");
    else
      bad("nothing listens at " + where_ + " (" + why + ")",
          keeper_.start + "; after countersign setup: " + keeper_.reload);
  }

  bool is_the_keeper(const std::string& address, const PeerReply& greeting) const {
    const std::string expected = keeper_.greeting ? keeper_.greeting(address) : "";
    return expected.empty() || greeting.text == expected;
  }

  static std::string first_line(const PeerReply& reply) {
    return reply.text.substr(0, reply.text.find('\n'));
  }
  static std::string told(const PeerReply& reply) {
    return reply.code == 0 ? first_line(reply)
                           : std::to_string(reply.code) + " " + first_line(reply);
  }
  static std::string who_has(const std::string& address) {
    return "ss -ltnp 'sport = " + address.substr(address.rfind(':')) + "' tells who has the port";
  }

  const Tools& tools_;
  const PortKeeper& keeper_;
  const bool needed_;
  Finder finder_;
  std::string where_, effect_;
};

}  // namespace

void check_ports(const Config& config, const Tools& tools, const PortKeeper& keeper, bool needed,
                 Findings& into) {
  PortsCheck check(tools, keeper, needed, into);
  check.port("release.smtp", config.release.smtp,
             "nothing that is answered or let in can be delivered");
  if (config.notices.smtp != config.release.smtp)
    check.port("notices.smtp", config.notices.smtp,
               "no digest and no notice can go out, so nothing that is held can expire");
}

}  // namespace countersign::admin
