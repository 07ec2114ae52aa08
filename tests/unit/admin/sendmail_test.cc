// SPDX-License-Identifier: Apache-2.0
//
// What Sendmail needs: its configuration read, judged, and planned so that nothing is left to
// complain of. That m4 makes of the lines what is assumed here is told by tests/integration.
#include <cppunit/extensions/HelperMacros.h>

#include "admin/doctor_sendmail.h"
#include "admin/sendmail_plan.h"
#include "tests/support/table_suite.h"

using namespace countersign;
using namespace countersign::admin;

namespace {

const std::string kCf =
    "# By hand.\n#O DaemonPortOptions=Name=none\nO DeliveryMode=background\n"
    "O DaemonPortOptions=Name=MTA, Family=inet\n"
    "O DaemonPortOptions=Port=587, Name=MSA, M=E, InputMailFilters=sign;countersign-submission\n"
    "O DaemonPortOptions=Name=countersign-reentry, Family=inet, Addr=127.0.0.1, Port=10026, "
    "InputMailFilters=\n"
    "O DaemonPortOptions=Name=countersign-notices, Family=inet, Addr=127.0.0.1, Port=10027, "
    "InputMailFilters=sign\n"
    "O InputMailFilters=sign, countersign\n"
    "Xsign, S=inet:8891@localhost, T=S:4m;R:4m\n"
    "Xcountersign, S=local:/run/countersign/milter.sock,\n"
    "\tF=T, T=C:30s;S:30s;R:30s;E:5m\n"
    "Xcountersign-submission, S=local:/run/countersign/milter.sock, T=C:30s;S:30s;R:30s;E:5m\n"
    "Mlocal, P=/bin/false\n";

Config config(const std::string& mode = "hold") {
  Config config;
  config.milter.socket = "unix:/run/countersign/milter.sock";
  config.milter.submit_networks = {"127.0.0.1", "::1"};
  config.first_contact.mode = mode;
  return config;
}

std::string with(std::string text, const std::string& what, const std::string& instead) {
  const auto at = text.find(what);
  CPPUNIT_ASSERT_MESSAGE(what, at != std::string::npos);
  return text.replace(at, what.size(), instead);
}

/// What is done to a good site, and the one finding that must follow.
struct Row {
  const char* name;
  const char* what;  ///< of kCf
  const char* instead;
  std::string severity;
  std::string want;  ///< a part of what is found
};

const Row kRows[] = {
    {"mail passes unseen while we are down", "F=T, ", "", "fail",
     "the port smtp (MTA): the milter countersign lacks F=T"},
    {"a fault of ours would refuse mail for good", "F=T", "F=R", "fail", "countersign has F=R"},
    {"a reply of ours is not waited for", "F=T, T=C:30s;S:30s;R:30s", "F=T, T=C:30s;S:30s;R:5s",
     "fail", "the milter countersign has T=R:5s"},
    {"no time to take what is sent", "F=T, T=C:30s;S:30s", "F=T, T=C:30s;S:1s", "fail",
     "countersign has T=S:1s"},
    {"no time for a whole message", "R:30s;E:5m\nXc", "R:30s;E:9s\nXc", "fail",
     "countersign has T=E:9s"},
    {"a milter stands after ours", "Filters=sign, countersign", "Filters=countersign, sign", "warn",
     "milters stand after ours"},
    {"the MX does not ask us", "Name=MTA,", "Name=MTA, InputMailFilters=sign,", "fail",
     "the port smtp (MTA) does not ask our milter"},
    {"nobody asks us", "sign, countersign\n", "sign\n", "fail",
     "the port smtp (MTA) does not ask our milter"},
    {"another socket is not ours", "Xcountersign, S=local:/run/countersign/milter.sock",
     "Xcountersign, S=local:/run/other.sock", "fail", "does not ask our milter"},
    {"users of the house wait for us", "sign;countersign-submission", "sign;countersign", "warn",
     "the port 587 (MSA): the milter countersign has F=T"},
    {"the re-entry port is missing", "Port=10026", "Port=10028", "fail",
     "no port listens at release.smtp (127.0.0.1:10026)"},
    {"the re-entry port asks us", "Port=10026, InputMailFilters=", "Port=10026", "fail",
     "asks our milter: released mail would be screened again"},
    {"the re-entry port asks another", "Port=10026, InputMailFilters=",
     "Port=10026, InputMailFilters=sign", "warn", "asks the milter sign"},
    {"the re-entry port is open to all", "Addr=127.0.0.1, Port=10026", "Port=10026", "fail",
     "the port 10026 (countersign-reentry) listens on all addresses"},
    {"the re-entry port wants a login", "Port=10026,", "Port=10026, Modify=Ea,", "fail",
     "the re-entry port 10026 (countersign-reentry) takes mail only after a login (M=a)"},
    {"the notice port speaks TLS", "Port=10027,", "Port=10027, M=s,", "fail",
     "the notice port 10027 (countersign-notices) speaks TLS from the start (M=s)"},
    {"the notice port is missing", "Port=10027", "Port=10028", "fail",
     "no port listens at notices.smtp"},
    {"the notice port asks us", "Port=10027, InputMailFilters=sign", "Port=10027", "fail",
     "the notice port 10027 (countersign-notices) asks our milter"},
};

void check(const Row& row) {
  std::string all;
  bool found = false;
  for (const Finding& finding :
       judge_sendmail(parse_sendmail(with(kCf, row.what, row.instead)), config())) {
    all += std::string(severity_word(finding.severity)) + ": " + finding.what + "\n";
    CPPUNIT_ASSERT_EQUAL(std::string("sendmail"), finding.area);
    CPPUNIT_ASSERT_MESSAGE(finding.what, !finding.todo.empty());
    found |= severity_word(finding.severity) == row.severity &&
             finding.what.find(row.want) != std::string::npos;
  }
  CPPUNIT_ASSERT_MESSAGE(all, found);
}

std::vector<std::string> lines(const SendmailSite& site, const Config& config) {
  const auto lines = sendmail_lines(site, config);
  CPPUNIT_ASSERT_MESSAGE(lines ? "" : lines.error().detail, lines);
  return *lines;
}

bool has(const std::vector<std::string>& lines, const std::string& line) {
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

class SendmailTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SendmailTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(a_site_that_was_set_up_is_in_order);
  CPPUNIT_TEST(where_nothing_is_said_it_is_as_sendmail_has_it);
  CPPUNIT_TEST(intervals_of_every_unit_are_read);
  CPPUNIT_TEST(watching_is_harmless);
  CPPUNIT_TEST(mail_of_the_hosts_own_programs_is_thought_of);
  CPPUNIT_TEST(daemons_are_found_by_address_and_port);
  CPPUNIT_TEST(sockets_are_known_in_every_spelling);
  CPPUNIT_TEST(the_lines_name_milter_and_ports);
  CPPUNIT_TEST(the_lines_stay_the_same_once_they_are_in_force);
  CPPUNIT_TEST(a_milter_that_signs_is_asked_at_the_notice_port);
  CPPUNIT_TEST(a_milter_that_stands_in_the_mc_alone_is_asked_too);
  CPPUNIT_TEST(the_default_ports_do_not_get_lost);
  CPPUNIT_TEST(a_port_of_the_sites_own_is_left_alone);
  CPPUNIT_TEST(what_cannot_be_written_is_refused);
  CPPUNIT_TEST(the_block_stands_last_and_once);
  CPPUNIT_TEST(a_block_that_was_cut_costs_no_line_of_the_site);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }

  void a_site_that_was_set_up_is_in_order() {
    for (const auto* mode : {"aside", "hold"}) {
      const auto findings = judge_sendmail(parse_sendmail(kCf), config(mode));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(findings.front().what, std::size_t{1}, findings.size());
      CPPUNIT_ASSERT(findings.front().severity == Finding::Severity::ok);
    }
  }

  void where_nothing_is_said_it_is_as_sendmail_has_it() {
    const auto settings = parse_sendmail("Xa, S=local:/a\nO InputMailFilters=a\n");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, settings.daemons.size());
    CPPUNIT_ASSERT(is_mx(settings.daemons.front()));
    const SendmailFilter& filter = settings.filters.at("a");
    CPPUNIT_ASSERT(filter.flag.empty());
    CPPUNIT_ASSERT(filter.times.at('C') == seconds(300) && filter.times.at('S') == seconds(10));
    CPPUNIT_ASSERT(filter.times.at('R') == seconds(10) && filter.times.at('E') == seconds(300));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, settings.filters_of(settings.daemons.front()).size());
  }

  void intervals_of_every_unit_are_read() {
    const auto settings = parse_sendmail("Xa, S=local:/a, T=C:1h30m;S:1d;R: 15 ;E:2m5s\n");
    const auto& times = settings.filters.at("a").times;
    CPPUNIT_ASSERT(times.at('C') == seconds(5400) && times.at('S') == seconds(86400));
    CPPUNIT_ASSERT(times.at('R') == seconds(15) && times.at('E') == seconds(125));
  }

  void watching_is_harmless() {
    const auto findings = judge_sendmail(parse_sendmail(kCf), config("observe"));
    CPPUNIT_ASSERT(findings.front().severity == Finding::Severity::warn);
    CPPUNIT_ASSERT(findings.front().what.find("mail waits, although the mode is observe") !=
                   std::string::npos);
    CPPUNIT_ASSERT(judge_sendmail(parse_sendmail(with(kCf, "F=T, ", "")), config("observe"))
                       .front()
                       .severity == Finding::Severity::ok);
    const auto written = lines({}, config("observe"));
    CPPUNIT_ASSERT(has(written,
                       "INPUT_MAIL_FILTER(`countersign', `S=local:/run/countersign/milter.sock, "
                       "T=C:30s;S:30s;R:30s;E:5m')dnl"));
  }

  void mail_of_the_hosts_own_programs_is_thought_of() {
    Config other = config();
    other.milter.submit_networks = {"192.0.2.0/24"};
    const auto findings = judge_sendmail(parse_sendmail(kCf), other);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, findings.size());
    CPPUNIT_ASSERT(findings.front().severity == Finding::Severity::warn);
    CPPUNIT_ASSERT(findings.front().what.starts_with("milter.submit_networks has no 127.0.0.1"));
  }

  void daemons_are_found_by_address_and_port() {
    const auto settings = parse_sendmail(
        "O DaemonPortOptions=Name=all, Port=submission\n"
        "O DaemonPortOptions=Name=six, Addr=IPv6:::1, Port=10026\n"
        "O DaemonPortOptions=Name=local, Addr=localhost, Port=10027\n");
    const auto name = [&](const char* address) {
      const SendmailDaemon* found = find_daemon(settings, address);
      return found == nullptr ? std::string("none") : found->name;
    };
    CPPUNIT_ASSERT_EQUAL(std::string("all"), name("127.0.0.1:587"));
    CPPUNIT_ASSERT_EQUAL(std::string("six"), name("[::1]:10026"));
    CPPUNIT_ASSERT_EQUAL(std::string("none"), name("127.0.0.1:10026"));
    CPPUNIT_ASSERT_EQUAL(std::string("local"), name("127.0.0.1:10027"));
    CPPUNIT_ASSERT_EQUAL(std::string("none"), name("unix:/run/10027"));
    CPPUNIT_ASSERT(is_submission(settings.daemons.front()));
  }

  void sockets_are_known_in_every_spelling() {
    for (const auto* spelling :
         {"local:/run/countersign/milter.sock", "unix:/run/countersign/milter.sock"}) {
      const auto cf = with(kCf, "local:/run/countersign/milter.sock", spelling);
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, judge_sendmail(parse_sendmail(cf), config()).size());
    }
    Config other = config();
    other.milter.socket = "inet:8894@127.0.0.1";
    auto cf = kCf;
    for (int i = 0; i < 2; ++i)
      cf = with(cf, "local:/run/countersign/milter.sock", "inet:8894@localhost");
    CPPUNIT_ASSERT(judge_sendmail(parse_sendmail(cf), other).front().severity ==
                   Finding::Severity::ok);
  }

  void the_lines_name_milter_and_ports() {
    const auto written = lines({}, config());
    for (const auto* line :
         {"INPUT_MAIL_FILTER(`countersign', `S=local:/run/countersign/milter.sock, F=T, "
          "T=C:30s;S:30s;R:30s;E:5m')dnl",
          "MAIL_FILTER(`countersign-submission', `S=local:/run/countersign/milter.sock, "
          "T=C:30s;S:30s;R:30s;E:5m')dnl",
          "DAEMON_OPTIONS(`Name=MTA')dnl",
          "DAEMON_OPTIONS(`Name=countersign-reentry, Family=inet, Addr=127.0.0.1, Port=10026, "
          "InputMailFilters=')dnl",
          "DAEMON_OPTIONS(`Name=countersign-notices, Family=inet, Addr=127.0.0.1, Port=10027, "
          "InputMailFilters=')dnl"})
      CPPUNIT_ASSERT_MESSAGE(line, has(written, line));
    for (const std::string& line : written)
      CPPUNIT_ASSERT_MESSAGE(line, line.starts_with("dnl ") || line.ends_with(")dnl"));
    Config six = config();
    six.release.smtp = "[::1]:10026";
    CPPUNIT_ASSERT(has(lines({}, six),
                       "DAEMON_OPTIONS(`Name=countersign-reentry, Family=inet6, Addr=::1, "
                       "Port=10026, InputMailFilters=')dnl"));
  }

  void the_lines_stay_the_same_once_they_are_in_force() {
    const std::string mc =
        "OSTYPE(`debian')dnl\nDAEMON_OPTIONS(`Name=MTA')dnl\nMAILER(`smtp')dnl\n";
    const auto before =
        lines({mc, parse_sendmail("O DaemonPortOptions=Name=MTA\nO InputMailFilters=sign\n"
                                  "Xsign, S=inet:8891@localhost\n")},
              config());
    CPPUNIT_ASSERT(before == lines({with_block(mc, before), parse_sendmail(kCf)}, config()));
  }

  void a_milter_that_signs_is_asked_at_the_notice_port() {
    const SendmailSite site{"", parse_sendmail("O InputMailFilters=verify, sign, countersign\n")};
    CPPUNIT_ASSERT(has(lines(site, config()),
                       "DAEMON_OPTIONS(`Name=countersign-notices, Family=inet, Addr=127.0.0.1, "
                       "Port=10027, InputMailFilters=verify;sign')dnl"));
  }

  void a_milter_that_stands_in_the_mc_alone_is_asked_too() {
    const std::string mc =
        "dnl INPUT_MAIL_FILTER(`old', `S=inet:8890@127.0.0.1')dnl\n"
        "INPUT_MAIL_FILTER(`sign', `S=inet:8891@127.0.0.1')dnl\n"
        "  INPUT_MAIL_FILTER(`late', `S=inet:8892@127.0.0.1')dnl\n";
    const auto asks = [&](const std::optional<SendmailSettings>& cf, const std::string& milters) {
      return has(lines({mc, cf}, config()),
                 "DAEMON_OPTIONS(`Name=countersign-notices, Family=inet, Addr=127.0.0.1, "
                 "Port=10027, InputMailFilters=" +
                     milters + "')dnl");
    };
    CPPUNIT_ASSERT(asks(std::nullopt, "sign;late"));
    CPPUNIT_ASSERT(asks(parse_sendmail(""), "sign;late"));
    CPPUNIT_ASSERT(
        asks(parse_sendmail("O InputMailFilters=verify, sign, countersign\n"), "verify;sign;late"));
  }

  void the_default_ports_do_not_get_lost() {
    const SendmailSite both{"dnl DAEMON_OPTIONS(`Name=old')dnl\n",
                            parse_sendmail("O DaemonPortOptions=Name=MTA-v4, Family=inet\n"
                                           "O DaemonPortOptions=Name=MTA-v6, Family=inet6\n")};
    CPPUNIT_ASSERT(has(lines(both, config()), "DAEMON_OPTIONS(`Name=MTA-v6, Family=inet6')dnl"));
    const SendmailSite own{"DAEMON_OPTIONS(`Name=MTA, Addr=192.0.2.1')dnl\n", std::nullopt};
    for (const std::string& line : lines(own, config()))
      CPPUNIT_ASSERT_MESSAGE(line, !line.starts_with("DAEMON_OPTIONS(`Name=MTA"));
  }

  void a_port_of_the_sites_own_is_left_alone() {
    const SendmailSite site{
        "DAEMON_OPTIONS(`Name=back, Addr=127.0.0.1, Port=10026')dnl\n",
        parse_sendmail("O DaemonPortOptions=Name=back, Addr=127.0.0.1, Port=10026\n")};
    const auto written = lines(site, config());
    CPPUNIT_ASSERT(has(written, "dnl Port 10026 is there already: back."));
    for (const std::string& line : written)
      CPPUNIT_ASSERT_MESSAGE(line, line.find("countersign-reentry") == std::string::npos);
  }

  void what_cannot_be_written_is_refused() {
    const auto refused = [](const std::string& mc, const Config& config, const std::string& why) {
      const auto written = sendmail_lines({mc, std::nullopt}, config);
      CPPUNIT_ASSERT(!written && written.error().code == Errc::invalid);
      CPPUNIT_ASSERT_MESSAGE(written.error().detail,
                             written.error().detail.find(why) != std::string::npos);
    };
    Config other = config();
    other.release.smtp = "192.0.2.1:10026";
    refused("", other, "release.smtp is 192.0.2.1:10026");
    other = config();
    other.notices.smtp = "unix:/run/smtp";
    refused("", other, "notices.smtp is unix:/run/smtp");
    other = config();
    other.milter.socket = "unix:/run/a,b/milter.sock";
    refused("", other, "milter.socket is unix:/run/a,b/milter.sock");
    refused("INPUT_MAIL_FILTER(`countersign', `S=local:/x')dnl\n", config(),
            "a milter countersign that this did not write");
  }

  void the_block_stands_last_and_once() {
    const std::string site = "OSTYPE(`debian')dnl\nMAILER(`smtp')dnl";
    const std::string once = with_block(site, {"one"});
    CPPUNIT_ASSERT(once.starts_with(site + "\ndnl countersign: begin "));
    CPPUNIT_ASSERT(once.ends_with("\none\ndnl countersign: end\n"));
    CPPUNIT_ASSERT_EQUAL(once, with_block(once, {"one"}));
    CPPUNIT_ASSERT_EQUAL(site + "\n", without_block(once));
    const std::string moved = with_block(once + "late\n", {"two"});
    CPPUNIT_ASSERT(moved.starts_with(site + "\nlate\ndnl countersign: begin "));
    CPPUNIT_ASSERT(moved.find("one") == std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::string(), without_block(with_block("", {"one"})));
    // An editor took its last line end.
    std::string alone = with_block("", {"one"});
    alone.pop_back();
    CPPUNIT_ASSERT_EQUAL(std::string(), without_block(alone));
  }

  void a_block_that_was_cut_costs_no_line_of_the_site() {
    const std::string cut = "dnl countersign: begin\nsite\n";
    CPPUNIT_ASSERT_EQUAL(cut, without_block(cut));
    CPPUNIT_ASSERT_EQUAL(cut, without_block(with_block(cut, {"one"})));
    const std::string end = "site\ndnl countersign: end\nmore\n";
    CPPUNIT_ASSERT_EQUAL(end, without_block(end));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(SendmailTest);

}  // namespace
