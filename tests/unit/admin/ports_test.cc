// SPDX-License-Identifier: Apache-2.0
//
// The re-entry and the notice port: what doctor says of what answers there, what a Postfix port
// must not inherit, and which ports are free.
#include <arpa/inet.h>
#include <cppunit/extensions/HelperMacros.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>

#include "admin/doctor_ports.h"
#include "admin/postfix_ports.h"
#include "admin/try_port.h"
#include "base/unique_fd.h"
#include "tests/support/admin_rig.h"
#include "tests/support/table_suite.h"

using namespace countersign;
using namespace countersign::admin;
using test::AdminRig;

namespace {

constexpr const char* kRelease = "127.0.0.1:10026";
constexpr const char* kNotices = "127.0.0.1:10027";

/// What a port says, and what doctor makes of it.
struct Row {
  const char* name;
  Result<Welcome> welcome;
  std::optional<bool> runs;
  std::string what;  ///< behind "at release.smtp (127.0.0.1:10026)" or the like
  std::string todo;  ///< a part of it
};

const Error kRefused{Errc::unavailable, "connect to 127.0.0.1:10026: Connection refused"};

const Row kRows[] = {
    {"the MTA answers", Welcome{{220, "mx ESMTP"}, {250, "mx\nSIZE 5"}}, {}, "", ""},
    {"nothing listens",
     kRefused,
     {},
     "nothing listens at release.smtp (127.0.0.1:10026) (connect to 127.0.0.1:10026: Connection "
     "refused)",
     "begin; after countersign setup: again"},
    {"nothing listens, as the MTA does not run", kRefused, false,
     "nothing listens at release.smtp (127.0.0.1:10026), as Mail does not run",
     "begin; if it ends at once, see its log"},
    {"nothing listens, as the MTA was not told yet", kRefused, true,
     "nothing listens at release.smtp (127.0.0.1:10026), though Mail runs", "again, if its"},
    {"a name that is none",
     Error{Errc::unavailable, "look up mta.example: no address"},
     {},
     "nothing listens at release.smtp (127.0.0.1:10026) (look up mta.example: no address)",
     "begin"},
    {"no greeting comes", Welcome{{0, "the peer took too long"}, {}}, true,
     "at release.smtp (127.0.0.1:10026) somebody listens, but sends no greeting (the peer took too "
     "long)",
     "ss -ltnp 'sport = :10026'"},
    {"a greeting that turns us away for now", Welcome{{421, "4.3.0 Server local error"}, {}}, true,
     "at release.smtp (127.0.0.1:10026) connections are turned away: 421 4.3.0 Server local error",
     "see the log of Mail"},
    {"a greeting that turns us away for good", Welcome{{554, "no service\nhere"}, {}}, true,
     "at release.smtp (127.0.0.1:10026) connections are turned away: 554 no service",
     "see the log of Mail"},
    {"another program answers", Welcome{{220, "[127.0.0.1] ESMTP amavisd-new"}, {250, "x"}}, true,
     "at release.smtp (127.0.0.1:10026) another program answers than Mail: it says '[127.0.0.1] "
     "ESMTP amavisd-new'",
     "choose another port for release.smtp, and run countersign setup again"},
    {"EHLO is refused", Welcome{{220, "mx ESMTP"}, {421, "4.3.2 closing"}}, true,
     "at release.smtp (127.0.0.1:10026) EHLO is refused: 421 4.3.2 closing", "see the log of Mail"},
    {"nothing comes to EHLO", Welcome{{220, "mx ESMTP"}, {0, "connection closed"}}, true,
     "at release.smtp (127.0.0.1:10026) EHLO is refused: connection closed", "see the log of Mail"},
};

Findings findings(const Row& row, bool needed) {
  AdminRig rig;
  rig.welcomes.emplace(kRelease, row.welcome);
  Config config;
  config.release.smtp = kRelease;
  config.notices.smtp = kNotices;
  PortKeeper keeper{"Mail", "begin", "again", [](const std::string&) { return "mx ESMTP"; },
                    [&] { return row.runs; }};
  Findings found;
  check_ports(config, rig.tools, keeper, needed, found);
  return found;
}

void check(const Row& row) {
  for (const bool needed : {true, false}) {
    const Findings found = findings(row, needed);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, found.size());
    CPPUNIT_ASSERT_EQUAL(std::string("ports"), found[0].area);
    if (row.what.empty()) {
      CPPUNIT_ASSERT_EQUAL(std::string("release.smtp (127.0.0.1:10026) answers"), found[0].what);
      CPPUNIT_ASSERT(found[0].severity == Finding::Severity::ok);
    } else {
      CPPUNIT_ASSERT(found[0].severity ==
                     (needed ? Finding::Severity::fail : Finding::Severity::warn));
      CPPUNIT_ASSERT_MESSAGE(found[0].what, found[0].what.starts_with(row.what));
      CPPUNIT_ASSERT_MESSAGE(
          found[0].what,
          found[0].what.ends_with(": nothing that is answered or let in can be delivered"));
      CPPUNIT_ASSERT_MESSAGE(found[0].todo, found[0].todo.find(row.todo) != std::string::npos);
    }
    CPPUNIT_ASSERT_EQUAL(std::string("notices.smtp (127.0.0.1:10027) answers"), found[1].what);
  }
}

/// A setting of main.cf that a port has inherited.
struct Inherited {
  const char* name;
  std::string parameter, value;
  std::string want;  ///< "fail: smtpd_tls_wrappermode=no"; "" for no fault
};
const Inherited kInherited[] = {
    {"a proxy's protocol", "smtpd_upstream_proxy_protocol", "haproxy",
     "fail: smtpd_upstream_proxy_protocol="},
    {"TLS from the start", "smtpd_tls_wrappermode", "yes", "fail: smtpd_tls_wrappermode=no"},
    {"TLS before mail", "smtpd_tls_security_level", "encrypt",
     "fail: smtpd_tls_security_level=none"},
    {"TLS for who wants it", "smtpd_tls_security_level", "may", ""},
    {"senders that must be known", "smtpd_reject_unlisted_sender", "yes",
     "warn: smtpd_reject_unlisted_sender=no"},
    {"no SMTPUTF8", "smtpd_discard_ehlo_keywords", "chunking, SmtpUTF8",
     "warn: smtpd_discard_ehlo_keywords="},
    {"no CHUNKING", "smtpd_discard_ehlo_keywords", "chunking", ""},
    {"changed commands", "smtpd_command_filter", "pcre:/e/commands", "warn: smtpd_command_filter="},
    {"milters by client", "smtpd_milter_maps", "cidr:/e/maps", "warn: smtpd_milter_maps="},
    {"a content filter", "content_filter", "smtp:[127.0.0.1]:10024", ""},
};

void check_inherited(const Inherited& row) {
  const PostfixService bare{"127.0.0.1:10026", "inet", "smtpd", {}};
  PostfixService whole = bare;
  for (const PortOption& option : port_options("")) whole.options[option.name] = option.value;
  PostfixSettings settings;
  settings.main[row.parameter] = row.value;
  std::string all;
  for (const PortFault& fault : port_faults(settings, bare))
    all += std::string(fault.fails ? "fail: " : "warn: ") + fault.needed.name + "=" +
           fault.needed.value;
  CPPUNIT_ASSERT_EQUAL(row.want, all);
  CPPUNIT_ASSERT(port_faults(settings, whole).empty());
}

class PortsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PortsTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(one_port_for_both_is_asked_once);
  CPPUNIT_TEST(an_unknown_greeting_is_anybodys);
  CPPUNIT_TEST(doctor_without_an_mta_here_warns_until_somebody_holds);
  CPPUNIT_TEST(ours_is_what_says_so_or_has_the_options);
  CPPUNIT_TEST(a_port_with_a_listener_is_not_free);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) {
    test::add_rows(context, kRows, check);
    test::add_rows(context, kInherited, check_inherited);
  }

  void one_port_for_both_is_asked_once() {
    AdminRig rig;
    Config config;
    config.release.smtp = config.notices.smtp = kRelease;
    Findings found;
    check_ports(config, rig.tools, {}, true, found);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, found.size());
  }

  void an_unknown_greeting_is_anybodys() {
    AdminRig rig;
    rig.welcomes.emplace(kRelease, Welcome{{220, "whoever"}, {250, "x"}});
    Config config;
    config.release.smtp = kRelease;
    Findings found;
    check_ports(config, rig.tools, {}, true, found);
    CPPUNIT_ASSERT(found.front().severity == Finding::Severity::ok);
  }

  void doctor_without_an_mta_here_warns_until_somebody_holds() {
    AdminRig rig;
    rig.run({"config", "init"});
    rig.welcomes.emplace(kRelease, kRefused);
    const std::string watching = rig.run({"doctor", "--no-postfix"}).out;
    CPPUNIT_ASSERT_MESSAGE(watching, watching.find("WARN ports: nothing listens at release.smtp") !=
                                         std::string::npos);
    CPPUNIT_ASSERT(rig.run({"doctor"}).out.find("FAIL ports: ") != std::string::npos);
    rig.run({"policy", "set", "joe@example.org", "mode=hold"});
    CPPUNIT_ASSERT(rig.run({"doctor", "--no-postfix"}).out.find("FAIL ports: nothing listens") !=
                   std::string::npos);
    const std::string json = rig.run({"--json", "doctor", "--no-postfix"}).out;
    CPPUNIT_ASSERT_MESSAGE(
        json, json.find("{\"severity\":\"ok\",\"area\":\"ports\",\"what\":"
                        "\"notices.smtp (127.0.0.1:10027) answers\",") != std::string::npos);
  }

  void ours_is_what_says_so_or_has_the_options() {
    PostfixService service{"127.0.0.1:10026", "inet", "smtpd", {}};
    CPPUNIT_ASSERT(!is_our_port(service, "release.smtp"));
    service.options["syslog_name"] = "postfix/countersign-release";
    CPPUNIT_ASSERT(is_our_port(service, "release.smtp"));
    CPPUNIT_ASSERT(!is_our_port(service, "notices.smtp"));
    service.command = "postscreen";
    CPPUNIT_ASSERT(!is_our_port(service, "release.smtp"));
    // What setup wrote before there was a mark, whatever their values by now.
    service = {"127.0.0.1:10026", "inet", "smtpd", {{"smtpd_milters", "unix:sign.sock"}}};
    for (const auto* name : {"local_header_rewrite_clients", "smtpd_proxy_filter"}) {
      CPPUNIT_ASSERT(!is_our_port(service, "release.smtp"));
      service.options[name] = "";
    }
    CPPUNIT_ASSERT(is_our_port(service, "release.smtp"));
  }

  void a_port_with_a_listener_is_not_free() {
    const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::string port;
    for (int number = 20000 + ::getpid() % 10000; number < 32768 && port.empty(); ++number) {
      at.sin_port = htons(static_cast<std::uint16_t>(number));
      if (::bind(listener.get(), reinterpret_cast<sockaddr*>(&at), sizeof at) == 0)
        port = ":" + std::to_string(number);
    }
    CPPUNIT_ASSERT_EQUAL(0, ::listen(listener.get(), 5));
    for (const std::string host : {"127.0.0.1", "localhost"}) {
      const Status taken = try_port(host + port);
      CPPUNIT_ASSERT(!taken && taken.error().code == Errc::already_exists);
      CPPUNIT_ASSERT_EQUAL(host + port + ": Address already in use", taken.error().detail);
    }
    CPPUNIT_ASSERT(try_port("127.0.0.2" + port));
    for (const std::string nowhere : {"192.0.2.1", "no such host"}) {
      const Status none = try_port(nowhere + port);
      CPPUNIT_ASSERT(!none && none.error().code == Errc::invalid);
    }
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(PortsTest);

}  // namespace
