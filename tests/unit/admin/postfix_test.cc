// SPDX-License-Identifier: Apache-2.0
//
// What Postfix needs: the judge, and the plan that leaves it nothing to complain of.
#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>

#include "admin/doctor_postfix.h"
#include "admin/header_table.h"
#include "admin/postfix_plan.h"
#include "admin/postfix_ports.h"
#include "admin/setup_steps.h"
#include "tests/support/table_suite.h"

using namespace countersign;
using namespace countersign::admin;

namespace {

using Kind = PostfixEdit::Kind;

/// Postfix knows all of these.
std::string known_options() {
  std::string out;
  for (const PortOption& option : port_options("")) out += option.name + " =\n";
  return out;
}

const std::string kMain =
    known_options() +
    "queue_directory = /q\nenable_original_recipient = yes\nalways_bcc =\nin_flow_delay = 1s\n"
    "message_reject_characters =\nsmtpd_milters = unix:sign.sock\nnon_smtpd_milters =\n"
    "header_checks = pcre:/e/checks\nmime_header_checks = $header_checks\n"
    "nested_header_checks = ${header_checks}\n"
    "milter_default_action = tempfail\nsmtpd_proxy_filter =\nsmtpd_tls_security_level = may\n"
    "local_header_rewrite_clients = permit_inet_interfaces\n";
const std::string kMaster =
    "smtp       inet  n       -       y       -       -       smtpd\n"
    "submission inet  n       -       y       -       -       smtpd\n"
    "pickup     unix  n       -       y       60      1       pickup\n";

Config config(const std::string& mode = "hold") {
  Config config;
  config.milter.socket = "unix:/q/countersign/milter.sock";
  config.first_contact.mode = mode;
  config.authentication.authserv_id = "mx.example.org";
  return config;
}

/// "$name" replaced once: enough for what these tests write.
PostfixSettings expanded(PostfixSettings settings) {
  const auto main = settings.main;
  const auto replace = [&](std::string& value) {
    for (const auto& [name, text] : main)
      for (const std::string& reference : {"${" + name + "}", "$" + name})
        for (std::size_t at = 0; (at = value.find(reference, at)) != std::string::npos;
             at += text.size())
          value.replace(at, reference.size(), text);
  };
  for (auto& [name, value] : settings.main) replace(value);
  for (PostfixService& service : settings.services)
    for (auto& [name, value] : service.options) replace(value);
  return settings;
}

/// The settings after the edits, as postconf would tell them.
PostfixSettings applied(PostfixSettings settings, const std::vector<PostfixEdit>& edits) {
  for (const PostfixEdit& edit : edits) {
    if (edit.kind == Kind::parameter) settings.main[edit.name] = edit.value;
    if (edit.kind == Kind::file) settings.main["the table"] = edit.value;
    if (edit.kind == Kind::service) {
      const auto slash = edit.name.rfind('/');
      settings.services.push_back(
          {edit.name.substr(0, slash), edit.name.substr(slash + 1), "smtpd", {}});
    }
    if (edit.kind == Kind::option)
      for (PostfixService& service : settings.services)
        if (edit.name.starts_with(service.full_name() + "/"))
          service.options[edit.name.substr(service.full_name().size() + 1)] = edit.value;
  }
  return settings;
}

const std::string kTable = "/e/countersign_header_checks";

PostfixTask task(const PostfixSettings& settings, const Config& config) {
  PostfixTask out;
  out.settings = settings;
  out.expanded = expanded(settings);
  out.config = config;
  out.observing = config.first_contact.mode == "observe";
  out.table = kTable;
  out.table_text = settings.value("the table");
  return out;
}

std::vector<PostfixEdit> plan(const PostfixTask& task) {
  const auto edits = plan_postfix(task);
  CPPUNIT_ASSERT_MESSAGE(edits ? "" : edits.error().detail, edits);
  return *edits;
}
std::vector<PostfixEdit> plan(const PostfixSettings& settings, const Config& config) {
  return plan(task(settings, config));
}

Findings judge(const PostfixSettings& settings, const Config& config) {
  PostfixSurroundings around;
  around.mode.observing = config.first_contact.mode == "observe";
  around.mode.any_holds = config.first_contact.mode == "hold";
  around.table = kTable;
  if (settings.main.contains("the table")) around.table_text = settings.value("the table");
  return judge_postfix(expanded(settings), config, around);
}

/// A site after `setup postfix --apply`.
PostfixSettings good(const std::string& mode = "hold") {
  const auto settings = parse_postfix(kMain, kMaster, "");
  return applied(settings, plan(settings, config(mode)));
}

/// What is done to a good site, and the one finding that must follow.
struct Row {
  const char* name;
  void (*spoil)(PostfixSettings&);
  std::string severity;
  std::string want;  ///< a part of what is found
};

PostfixService& service(PostfixSettings& s, const std::string& name) {
  for (PostfixService& one : s.services)
    if (one.name == name) return one;
  CPPUNIT_FAIL(name);
  throw 0;
}

const Row kRows[] = {
    {"original recipients are lost", [](auto& s) { s.main["enable_original_recipient"] = "no"; },
     "fail", "enable_original_recipient is no"},
    {"a proxy filter stands before us on the MX",
     [](auto& s) { service(s, "smtp").options["smtpd_proxy_filter"] = "127.0.0.1:10024"; }, "fail",
     "smtp/inet has a smtpd_proxy_filter"},
    {"a copy of all mail", [](auto& s) { s.main["always_bcc"] = "all@example.org"; }, "warn",
     "always_bcc is all@example.org"},
    {"holding waits", [](auto& s) { s.main["in_flow_delay"] = "1s"; }, "warn",
     "in_flow_delay is 1s"},
    {"NULs are let in", [](auto& s) { s.main["message_reject_characters"] = "\\01"; }, "fail",
     "message_reject_characters lacks \\0"},
    {"our milter is asked for local mail",
     [](auto& s) { s.main["non_smtpd_milters"] = "unix:countersign/milter.sock"; }, "fail",
     "non_smtpd_milters has our milter"},
    {"our milter is asked for local mail by another name",
     [](auto& s) { s.main["non_smtpd_milters"] = "$smtpd_milters"; }, "fail",
     "non_smtpd_milters has our milter"},
    {"a cleanup service asks our milter",
     [](auto& s) {
       s.services.push_back(
           {"clean2", "unix", "cleanup", {{"non_smtpd_milters", "unix:countersign/milter.sock"}}});
     },
     "fail", "clean2/unix: its non_smtpd_milters has our milter"},
    {"forged fields are not removed", [](auto& s) { s.main["header_checks"] = "pcre:/e/checks"; },
     "warn", "no header checks remove forged Authentication-Results fields of mx.example.org"},
    {"others look at the fields first",
     [](auto& s) { s.main["header_checks"] = "pcre:/e/checks, regexp:" + kTable; }, "warn",
     "no header checks remove forged"},
    {"a cleanup service has header checks of its own",
     [](auto& s) {
       s.services.push_back({"clean2", "unix", "cleanup", {{"header_checks", "pcre:/e/checks"}}});
     },
     "warn", "no header checks remove forged"},
    {"the table is of another authserv-id",
     [](auto& s) { s.main["the table"] = header_table("old.example.org"); }, "warn",
     "is not what removes forged fields of mx.example.org"},
    {"the table is gone", [](auto& s) { s.main.erase("the table"); }, "fail",
     kTable + " is not there, though header_checks names it: Postfix answers all mail"},
    {"the table is gone, behind others",
     [](auto& s) {
       s.main.erase("the table");
       s.main["header_checks"] = "pcre:/e/checks, regexp:" + kTable;
     },
     "fail", "is not there, though header_checks names it"},
    {"the table is gone, and a cleanup service names it",
     [](auto& s) {
       s.main.erase("the table");
       s.main["header_checks"] = "";
       s.services.push_back({"clean2", "unix", "cleanup", {{"header_checks", "regexp:" + kTable}}});
     },
     "fail", "is not there, though header_checks names it"},
    {"the table is empty", [](auto& s) { s.main["the table"] = ""; }, "warn",
     "is not what removes forged fields of mx.example.org"},
    {"the MX does no header checks",
     [](auto& s) {
       service(s, "smtp").options["receive_override_options"] = "no_header_body_checks";
     },
     "warn", "smtp/inet does no header checks"},
    {"a milter stands after ours", [](auto& s) { s.main["smtpd_milters"] += ", unix:late.sock"; },
     "warn", "milters stand after ours"},
    {"a fault of ours would refuse mail for good",
     [](auto& s) {
       s.main["smtpd_milters"] = "{ unix:countersign/milter.sock, default_action=reject }";
     },
     "fail", "default_action is reject"},
    {"a fault of ours would let strangers in",
     [](auto& s) {
       s.main["smtpd_milters"] = "{ unix:countersign/milter.sock, default_action=accept }";
     },
     "warn", "default_action is accept"},
    {"the MX does not ask us",
     [](auto& s) { service(s, "smtp").options["smtpd_milters"] = "unix:sign.sock"; }, "fail",
     "the service smtp/inet does not ask our milter"},
    {"no service asks any milter",
     [](auto& s) { s.main["receive_override_options"] = "no_address_mappings, no_milters"; },
     "fail", "the service smtp/inet does not ask our milter: its mail is not screened, by"},
    {"no service asks any milter, and none is found",
     [](auto& s) { s.main["receive_override_options"] = "no_milters"; }, "fail",
     "no service asks our milter"},
    {"the MX asks no milter",
     [](auto& s) { service(s, "smtp").options["receive_override_options"] = "no_milters"; }, "fail",
     "the service smtp/inet does not ask our milter: its mail is not screened, by no_milters"},
    {"milters are chosen by client", [](auto& s) { s.main["smtpd_milter_maps"] = "cidr:/e/maps"; },
     "warn", "the service smtp/inet has smtpd_milter_maps (cidr:/e/maps)"},
    {"milters are chosen by client on the MX",
     [](auto& s) { service(s, "smtp").options["smtpd_milter_maps"] = "cidr:/e/maps"; }, "warn",
     "the service smtp/inet has smtpd_milter_maps (cidr:/e/maps)"},
    {"Postfix takes larger mail than we do",
     [](auto& s) { s.main["message_size_limit"] = "102400000"; }, "warn",
     "message_size_limit is 102400000: strangers' mail above milter.max_message, 25 MB"},
    {"Postfix takes mail of any size", [](auto& s) { s.main["message_size_limit"] = "0"; }, "warn",
     "message_size_limit is 0, no limit"},
    {"a service in a chroot has the whole path of our socket",
     [](auto& s) {
       s.main["smtpd_milters"] = "{ unix:/q/countersign/milter.sock, default_action=tempfail }";
     },
     "fail", "smtp/inet runs in a chroot, /q, and does not find our milter there by unix:/q/"},
    {"a service in a chroot has it as local:",
     [](auto& s) { s.main["smtpd_milters"] = "local:/q/countersign/milter.sock"; }, "fail",
     "smtp/inet runs in a chroot"},
    {"a way back from a content filter asks us",
     [](auto& s) {
       s.services.push_back({"127.0.0.1:10025", "inet", "smtpd", {}});
     },
     "warn", "127.0.0.1:10025/inet listens on this host only"},
    {"the re-entry port is missing",
     [](auto& s) { service(s, "127.0.0.1:10026").name = "127.0.0.1:1"; }, "fail",
     "no smtpd listens at release.smtp"},
    {"the re-entry port asks us",
     [](auto& s) { service(s, "127.0.0.1:10026").options.erase("smtpd_milters"); }, "fail",
     "lacks -o smtpd_milters=: released mail would be screened again"},
    {"the re-entry port rewrites From",
     [](auto& s) { service(s, "127.0.0.1:10026").options.erase("local_header_rewrite_clients"); },
     "fail", "lacks -o local_header_rewrite_clients="},
    {"the re-entry port may refuse",
     [](auto& s) { service(s, "127.0.0.1:10026").options["smtpd_sender_restrictions"] = "reject"; },
     "warn", "lacks -o smtpd_sender_restrictions="},
    {"the re-entry port wants TLS",
     [](auto& s) {
       s.main["smtpd_tls_security_level"] = "encrypt";
       service(s, "127.0.0.1:10026").options.erase("smtpd_tls_security_level");
     },
     "fail", "re-entry port 127.0.0.1:10026/inet lacks -o smtpd_tls_security_level=none: Postfix"},
    {"the re-entry port waits for a proxy",
     [](auto& s) {
       s.main["smtpd_upstream_proxy_protocol"] = "haproxy";
       service(s, "127.0.0.1:10026").options.erase("smtpd_upstream_proxy_protocol");
     },
     "fail", "re-entry port 127.0.0.1:10026/inet lacks -o smtpd_upstream_proxy_protocol=: "},
    {"the notice port waits for a proxy",
     [](auto& s) {
       s.main["smtpd_upstream_proxy_protocol"] = "haproxy";
       service(s, "127.0.0.1:10027").options.erase("smtpd_upstream_proxy_protocol");
     },
     "fail", "notice port 127.0.0.1:10027/inet lacks -o smtpd_upstream_proxy_protocol=: "},
    {"refusals are softened", [](auto& s) { s.main["soft_bounce"] = "yes"; }, "warn",
     "soft_bounce is yes"},
    {"the notice port is missing",
     [](auto& s) { service(s, "127.0.0.1:10027").name = "127.0.0.1:1"; }, "fail",
     "no smtpd listens at notices.smtp"},
    {"the notice port asks us",
     [](auto& s) {
       service(s, "127.0.0.1:10027").options["smtpd_milters"] = "unix:/q/countersign/milter.sock";
     },
     "fail", "the notice port 127.0.0.1:10027/inet asks our milter"},
};

void check(const Row& row) {
  PostfixSettings settings = good();
  row.spoil(settings);
  std::string all;
  bool found = false;
  for (const Finding& finding : judge(settings, config())) {
    all += std::string(severity_word(finding.severity)) + ": " + finding.what + "\n";
    CPPUNIT_ASSERT_MESSAGE(finding.what, !finding.todo.empty());
    found |= severity_word(finding.severity) == row.severity &&
             finding.what.find(row.want) != std::string::npos;
  }
  CPPUNIT_ASSERT_MESSAGE(all, found);
}

class PostfixTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PostfixTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(a_site_that_was_set_up_is_in_order);
  CPPUNIT_TEST(what_asks_no_milter_is_not_told_to_ask_ours);
  CPPUNIT_TEST(a_smaller_limit_of_size_is_in_order);
  CPPUNIT_TEST(a_plan_that_was_done_leaves_nothing_to_do);
  CPPUNIT_TEST(our_milter_comes_last_and_once);
  CPPUNIT_TEST(watching_is_harmless);
  CPPUNIT_TEST(a_change_of_mode_changes_the_default_action);
  CPPUNIT_TEST(replies_need_the_delimiter);
  CPPUNIT_TEST(services_with_milters_of_their_own_get_ours);
  CPPUNIT_TEST(notices_pass_the_signer_only);
  CPPUNIT_TEST(an_existing_port_is_completed);
  CPPUNIT_TEST(a_service_that_is_not_ours_is_left_alone);
  CPPUNIT_TEST(a_parameter_that_this_postfix_lacks_is_not_written);
  CPPUNIT_TEST(a_family_that_postfix_does_not_speak_is_refused);
  CPPUNIT_TEST(ports_elsewhere_are_refused);
  CPPUNIT_TEST(a_socket_that_a_chroot_hides_is_refused);
  CPPUNIT_TEST(a_chroot_that_need_not_see_the_socket_is_none_of_ours);
  CPPUNIT_TEST(a_chroot_gets_the_path_that_it_sees);
  CPPUNIT_TEST(local_mail_is_never_ours);
  CPPUNIT_TEST(a_reference_to_smtpd_milters_does_not_bring_us_twice);
  CPPUNIT_TEST(the_table_comes_first_and_stays_out_of_attachments);
  CPPUNIT_TEST(the_table_is_made_only_where_it_is_wanted);
  CPPUNIT_TEST(other_characters_that_are_refused_stay);
  CPPUNIT_TEST(bare_ports_are_found);
  CPPUNIT_TEST(edits_are_printed_for_a_shell);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }

  void replies_need_the_delimiter() {
    const auto faults = [](const std::string& theirs, const Config& config) {
      PostfixSettings settings = good();
      settings.main["recipient_delimiter"] = theirs;
      std::string out;
      for (const Finding& finding : judge(settings, config))
        if (finding.severity == Finding::Severity::fail) out += finding.what + '|' + finding.todo;
      return out;
    };
    Config replies = config();
    replies.challenge.channels = {"reply", "mail"};
    replies.challenge.answers = {"page", "reply"};
    for (const char* good_one : {"+", "-+", "+-"})
      CPPUNIT_ASSERT_EQUAL(std::string(), faults(good_one, replies));
    for (const char* bad : {"", "-"}) {
      const std::string said = faults(bad, replies);
      CPPUNIT_ASSERT_MESSAGE(said, said.starts_with("recipient_delimiter is "));
      CPPUNIT_ASSERT_MESSAGE(said,
                             said.ends_with("'recipient_delimiter = " + std::string(bad) + "+'"));
    }
    // What stands first is what we write, whatever else we read.
    replies.protect.recipient_delimiter = "-+";
    CPPUNIT_ASSERT(faults("+", replies).find("behind '-'") != std::string::npos);
    // Nobody is told to reply: nothing is needed.
    Config other = replies;
    other.challenge.channels = {"reply"};
    CPPUNIT_ASSERT_EQUAL(std::string(), faults("", other));
    other = replies;
    other.challenge.answers = {"page"};
    CPPUNIT_ASSERT_EQUAL(std::string(), faults("", other));
    other = replies;
    other.protect.recipient_delimiter = "";
    CPPUNIT_ASSERT_EQUAL(std::string(), faults("", other));
  }

  /// Both services with this chroot column, and this compatibility_level.
  static PostfixSettings chrooted(const std::string& column, const std::string& level) {
    auto settings = parse_postfix(kMain, kMaster, "");
    for (const char* name : {"smtp", "submission"}) service(settings, name).chroot = column;
    if (!level.empty()) settings.main["compatibility_level"] = level;
    return settings;
  }

  static std::string faults_of_chroots(const PostfixSettings& settings, const Config& config) {
    std::string out;
    for (const Finding& finding : judge(settings, config))
      if (finding.severity == Finding::Severity::fail &&
          finding.what.find(" runs in a chroot, /q, ") != std::string::npos)
        out += finding.what + '|' + finding.todo + '\n';
    return out;
  }

  void a_socket_that_a_chroot_hides_is_refused() {
    struct Case {
      const char* column;
      const char* level;
      const char* socket;
      bool hidden;
    };
    for (const auto& [column, level, socket, hidden] :
         {Case{"y", "3.6", "unix:/run/cs/milter.sock", true},
          Case{"-", "0", "unix:/run/cs/milter.sock", true},
          Case{"-", "", "unix:/run/cs/milter.sock", true},
          Case{"-", "1", "unix:/run/cs/milter.sock", false},
          Case{"-", "3.6", "unix:/run/cs/milter.sock", false},
          Case{"n", "0", "unix:/run/cs/milter.sock", false},
          Case{"y", "0", "unix:/q2/milter.sock", true},
          Case{"y", "0", "unix:/q/milter.sock", false},
          Case{"y", "0", "inet:8893@127.0.0.1", false}}) {
      const std::string name = std::string(column) + ' ' + level + ' ' + socket;
      Config site = config();
      site.milter.socket = socket;
      const auto settings = chrooted(column, level);
      const auto edits = sees_socket(task(settings, site));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, hidden, !edits);
      // Who did it by hand hears of it by doctor.
      const auto open = chrooted("n", level);
      auto by_hand = applied(open, plan(open, site));
      for (const char* one : {"smtp", "submission"}) service(by_hand, one).chroot = column;
      const std::string found = faults_of_chroots(by_hand, site);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name + found, hidden, !found.empty());
      if (!hidden) continue;
      CPPUNIT_ASSERT(edits.error().code == Errc::already_exists);
      const std::string& said = edits.error().detail;
      const std::string todo =
          "in countersign.toml set milter.socket to \"unix:/q/countersign/milter.sock\" or "
          "\"inet:8893@127.0.0.1\", restart countersign-milter, then: countersign setup postfix "
          "--apply; or take the services out of the chroot: postconf -F -e smtp/inet/chroot=n";
      CPPUNIT_ASSERT_MESSAGE(
          said, said.starts_with("milter.socket is " + std::string(socket) +
                                 ", and services of Postfix that are to ask our milter run in a "
                                 "chroot, /q (master.cf): smtp/inet submission/inet; "));
      CPPUNIT_ASSERT_MESSAGE(said, said.ends_with(todo + " submission/inet/chroot=n"));
      CPPUNIT_ASSERT_MESSAGE(found, found.find('|' + todo + '\n') != std::string::npos);
    }
  }

  void a_chroot_that_need_not_see_the_socket_is_none_of_ours() {
    Config site = config();
    site.milter.socket = "unix:/run/cs/milter.sock";
    const auto with = [&](const PostfixService& more) {
      auto settings = chrooted("n", "");
      settings.services.push_back(more);
      return bool(sees_socket(task(settings, site)));
    };
    CPPUNIT_ASSERT(with({"cleanup", "unix", "cleanup", {}, "y"}));
    CPPUNIT_ASSERT(with({"127.0.0.1:10025", "inet", "smtpd", {{"smtpd_milters", ""}}, "y"}));
    CPPUNIT_ASSERT(with({"127.0.0.1:1", "inet", "smtpd", {{"smtpd_milters", "unix:a"}}, "y"}));
    CPPUNIT_ASSERT(with({"smtps", "inet", "smtpd", {{"smtpd_milters", ""}}, "y"}));
    CPPUNIT_ASSERT(
        with({"10025", "inet", "smtpd", {{"receive_override_options", "no_milters"}}, "y"}));
    CPPUNIT_ASSERT(with({"127.0.0.1:10026",
                         "inet",
                         "smtpd",
                         {{"syslog_name", "postfix/countersign-release"}},
                         "y"}));
    // These will ask us.
    CPPUNIT_ASSERT(!with({"10025", "inet", "smtpd", {}, "y"}));
    CPPUNIT_ASSERT(!with({"smtpd", "pass", "smtpd", {{"smtpd_milters", ""}}, "y"}));
    CPPUNIT_ASSERT(!with({"smtps", "inet", "smtpd", {{"smtpd_milters", "unix:sign.sock"}}, "-"}));
    CPPUNIT_ASSERT(
        !with({"10025", "inet", "smtpd", {{"smtpd_milters", "unix:/run/cs/milter.sock"}}, "y"}));
  }

  void a_chroot_gets_the_path_that_it_sees() {
    const std::string whole = "{ unix:/q/countersign/milter.sock, default_action=tempfail }";
    for (const std::string column : {"y", "n"}) {
      auto settings = chrooted(column, "3.6");
      settings.main["smtpd_milters"] = whole;
      const auto after = applied(settings, plan(settings, config()));
      CPPUNIT_ASSERT_EQUAL(
          column == "n" ? whole
                        : std::string("{ unix:countersign/milter.sock, default_action=tempfail }"),
          after.value("smtpd_milters"));
      CPPUNIT_ASSERT_EQUAL(std::string(), faults_of_chroots(after, config()));
    }
  }

  void a_site_that_was_set_up_is_in_order() {
    for (const auto* mode : {"observe", "aside", "hold"}) {
      const auto findings = judge(good(mode), config(mode));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(findings.front().what, std::size_t{1}, findings.size());
      CPPUNIT_ASSERT(findings.front().severity == Finding::Severity::ok);
    }
  }

  void what_asks_no_milter_is_not_told_to_ask_ours() {
    PostfixSettings settings = good();
    settings.services.push_back(
        {"127.0.0.1:10025",
         "inet",
         "smtpd",
         {{"receive_override_options", "no_milters,no_header_body_checks"}}});
    CPPUNIT_ASSERT_EQUAL(std::string("the settings of Postfix are as they must be"),
                         judge(settings, config()).front().what);
  }

  void a_smaller_limit_of_size_is_in_order() {
    for (const char* limit : {"10240000", "25000000"}) {
      PostfixSettings settings = good();
      settings.main["message_size_limit"] = limit;
      CPPUNIT_ASSERT(judge(settings, config()).front().severity == Finding::Severity::ok);
    }
  }

  void a_plan_that_was_done_leaves_nothing_to_do() {
    for (const auto* mode : {"observe", "aside", "hold"})
      CPPUNIT_ASSERT(plan(good(mode), config(mode)).empty());
  }

  void our_milter_comes_last_and_once() {
    auto settings = parse_postfix(kMain, kMaster, "");
    settings.main["smtpd_milters"] =
        "unix:a, unix:/q/countersign/milter.sock, { unix:countersign/milter.sock }, $more";
    CPPUNIT_ASSERT_EQUAL(
        std::string("unix:a, $more, { unix:countersign/milter.sock, default_action=tempfail }"),
        applied(settings, plan(settings, config())).main["smtpd_milters"]);
  }

  void watching_is_harmless() {
    const auto settings = good("observe");
    CPPUNIT_ASSERT(settings.value("smtpd_milters").ends_with("default_action=accept }"));
  }

  void a_change_of_mode_changes_the_default_action() {
    const auto edits = plan(good("observe"), config("hold"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, edits.size());  // and one on submission
    CPPUNIT_ASSERT(edits.front().kind == Kind::parameter);
    CPPUNIT_ASSERT(edits.front().value.ends_with("default_action=tempfail }"));
    CPPUNIT_ASSERT(edits.front().was.ends_with("default_action=accept }"));
  }

  void services_with_milters_of_their_own_get_ours() {
    auto settings = parse_postfix(
        kMain, kMaster,
        "smtp/inet/smtpd_milters = unix:mx.sock\nsubmission/inet/smtpd_milters = unix:sub.sock\n");
    auto after = applied(settings, plan(settings, config()));
    CPPUNIT_ASSERT_EQUAL(
        std::string("unix:mx.sock,{unix:countersign/milter.sock,default_action=tempfail}"),
        service(after, "smtp").options["smtpd_milters"]);
    // A user who submits is not kept waiting by a fault of ours.
    CPPUNIT_ASSERT_EQUAL(
        std::string("unix:sub.sock,{unix:countersign/milter.sock,default_action=accept}"),
        service(after, "submission").options["smtpd_milters"]);
    // No milter at all on submission is a site's word.
    service(settings, "submission").options["smtpd_milters"] = "";
    after = applied(settings, plan(settings, config()));
    CPPUNIT_ASSERT_EQUAL(std::string(), service(after, "submission").options["smtpd_milters"]);
  }

  void notices_pass_the_signer_only() {
    auto settings = good();
    CPPUNIT_ASSERT_EQUAL(std::string("unix:sign.sock"),
                         service(settings, "127.0.0.1:10027").options["smtpd_milters"]);
    CPPUNIT_ASSERT_EQUAL(std::string(),
                         service(settings, "127.0.0.1:10026").options["smtpd_milters"]);
  }

  void an_existing_port_is_completed() {
    auto settings = parse_postfix(kMain, kMaster + "127.0.0.1:10026 inet n - y - - smtpd\n",
                                  "127.0.0.1:10026/inet/smtpd_client_restrictions = reject\n"
                                  "127.0.0.1:10026/inet/smtpd_milters =\n"
                                  "127.0.0.1:10026/inet/smtpd_proxy_filter =\n"
                                  "127.0.0.1:10026/inet/local_header_rewrite_clients =\n"
                                  "127.0.0.1:10026/inet/syslog_name = postfix/reentry\n");
    const auto edits = plan(settings, config());
    for (const PostfixEdit& edit : edits)
      CPPUNIT_ASSERT(edit.kind != Kind::service || edit.name != "127.0.0.1:10026/inet");
    auto after = applied(settings, edits);
    CPPUNIT_ASSERT_EQUAL(std::string(),
                         service(after, "127.0.0.1:10026").options["smtpd_client_restrictions"]);
    CPPUNIT_ASSERT_EQUAL(std::string("postfix/reentry"),
                         service(after, "127.0.0.1:10026").options["syslog_name"]);
  }

  void a_service_that_is_not_ours_is_left_alone() {
    const struct {
      const char* master;
      const char* options;
      const char* want;
    } rows[] = {
        {"127.0.0.1:10026 inet n - y - - smtpd\n",
         "127.0.0.1:10026/inet/content_filter = smtp-amavis:[127.0.0.1]:10030\n"
         "127.0.0.1:10026/inet/smtpd_sasl_auth_enable = yes\n",
         "127.0.0.1:10026/inet (smtpd -o content_filter=smtp-amavis:[127.0.0.1]:10030 -o "
         "smtpd_sasl_auth_enable=yes); choose another port for release.smtp in countersign.toml, "
         "and run this again; if it was made for us, say so: postconf -P -e "
         "127.0.0.1:10026/inet/syslog_name=postfix/countersign-release"},
        // As amavis' own documentation has the way back.
        {"10026 inet n - y - - smtpd\n", "10026/inet/local_header_rewrite_clients =\n",
         "10026/inet (smtpd -o local_header_rewrite_clients=); choose"},
        {"localhost:10026 inet n - y - - smtpd\n", "", "localhost:10026/inet (smtpd); choose"},
        {"0.0.0.0:10026 inet n n n - - spawn\n", "", "0.0.0.0:10026/inet (spawn); choose"},
        {"127.0.0.1:10026 inet n n n - - spawn\n10026 unix - - n - - smtpd\n", "",
         "127.0.0.1:10026/inet (spawn); choose"}};
    for (const auto& row : rows) {
      const auto settings = parse_postfix(kMain, std::string(kMaster) + row.master, row.options);
      const auto edits = plan_postfix(task(settings, config()));
      CPPUNIT_ASSERT_MESSAGE(row.want, !edits && edits.error().code == Errc::already_exists);
      CPPUNIT_ASSERT_MESSAGE(
          edits.error().detail,
          edits.error().detail.starts_with("release.smtp is 127.0.0.1:10026, and master.cf has a "
                                           "service there that is not ours: " +
                                           std::string(row.want)));
    }
    // Other addresses, ports and kinds of services are in nobody's way.
    const auto settings =
        parse_postfix(kMain,
                      kMaster +
                          "192.0.2.1:10026 inet n - n - - smtpd\n"
                          "10026 unix - - n - - smtpd\n10025 inet n - n - - smtpd\n",
                      "");
    CPPUNIT_ASSERT(plan_postfix(task(settings, config())));
    Config mx = config();
    mx.notices.smtp = "127.0.0.1:25";
    auto refused = plan_postfix(task(parse_postfix(kMain, kMaster, ""), mx));
    CPPUNIT_ASSERT(!refused &&
                   refused.error().detail.find("smtp/inet (smtpd)") != std::string::npos);
    mx.notices.smtp = mx.release.smtp;
    refused = plan_postfix(task(parse_postfix(kMain, kMaster, ""), mx));
    CPPUNIT_ASSERT(!refused && refused.error().code == Errc::invalid);
  }

  void a_parameter_that_this_postfix_lacks_is_not_written() {
    auto settings = parse_postfix(kMain, kMaster, "");
    settings.main.erase("smtpd_milter_maps");
    const auto edits = plan(settings, config());
    CPPUNIT_ASSERT(std::ranges::none_of(
        edits, [](const PostfixEdit& edit) { return edit.name.ends_with("/smtpd_milter_maps"); }));
    CPPUNIT_ASSERT(plan(applied(settings, edits), config()).empty());
  }

  void a_family_that_postfix_does_not_speak_is_refused() {
    for (const std::string families : {"ipv4", "ipv6", "all", "ipv4, ipv6"})
      for (const std::string host : {"127.0.0.1", "[::1]"}) {
        auto settings = parse_postfix(kMain, kMaster, "");
        settings.main["inet_protocols"] = families;
        Config one = config();
        one.release.smtp = host + ":10026";
        one.notices.smtp = host + ":10027";
        const auto edits = plan_postfix(task(settings, one));
        const bool speaks = (families == "ipv4") == (host == "127.0.0.1") || families.size() == 3 ||
                            families.size() > 4;
        CPPUNIT_ASSERT_EQUAL_MESSAGE(families + host, speaks, bool(edits));
        if (!speaks)
          CPPUNIT_ASSERT_MESSAGE(
              edits.error().detail,
              edits.error().detail.find("it would not start") != std::string::npos);
      }
  }

  void ports_elsewhere_are_refused() {
    for (const auto* address : {"192.0.2.1:10026", "unix:/run/smtp", "mta.example.org:25"}) {
      Config other = config();
      other.release.smtp = address;
      const auto edits = plan_postfix(task(parse_postfix(kMain, kMaster, ""), other));
      CPPUNIT_ASSERT(!edits && edits.error().code == Errc::invalid);
      CPPUNIT_ASSERT(edits.error().detail.find(address) != std::string::npos);
    }
  }

  void local_mail_is_never_ours() {
    auto settings =
        parse_postfix(kMain + "mine = $smtpd_milters\n",
                      kMaster + "clean2 unix n - y - 0 cleanup\n10025 inet n - y - - smtpd\n",
                      "clean2/unix/non_smtpd_milters = ${mine}\n");
    CPPUNIT_ASSERT_EQUAL(std::string(),
                         applied(settings, plan(settings, config())).main["non_smtpd_milters"]);
    settings.main["non_smtpd_milters"] = "$mine, unix:countersign/milter.sock";
    auto after = applied(settings, plan(settings, config()));
    CPPUNIT_ASSERT_EQUAL(std::string("unix:sign.sock"), after.main["non_smtpd_milters"]);
    CPPUNIT_ASSERT_EQUAL(std::string("unix:sign.sock"),
                         service(after, "clean2").options["non_smtpd_milters"]);
    CPPUNIT_ASSERT(plan(after, config()).empty());
  }

  void a_reference_to_smtpd_milters_does_not_bring_us_twice() {
    auto settings = parse_postfix(kMain, kMaster,
                                  "submission/inet/smtpd_milters = $smtpd_milters\n"
                                  "smtp/inet/smtpd_milters = ${smtpd_milters},unix:more.sock\n");
    auto after = applied(settings, plan(settings, config()));
    CPPUNIT_ASSERT_EQUAL(
        std::string("unix:sign.sock,{unix:countersign/milter.sock,default_action=accept}"),
        service(after, "submission").options["smtpd_milters"]);
    CPPUNIT_ASSERT_EQUAL(std::string("unix:sign.sock,unix:more.sock,{unix:countersign/milter.sock,"
                                     "default_action=tempfail}"),
                         service(after, "smtp").options["smtpd_milters"]);
    CPPUNIT_ASSERT(plan(after, config()).empty());
  }

  void the_table_comes_first_and_stays_out_of_attachments() {
    auto settings = parse_postfix(kMain, kMaster + "clean2 unix n - y - 0 cleanup\n",
                                  "clean2/unix/header_checks = regexp:/e/own, pcre:/e/more\n");
    auto after = applied(settings, plan(settings, config()));
    CPPUNIT_ASSERT_EQUAL("regexp:" + kTable + ", pcre:/e/checks", after.main["header_checks"]);
    CPPUNIT_ASSERT_EQUAL(std::string("pcre:/e/checks"), after.main["mime_header_checks"]);
    CPPUNIT_ASSERT_EQUAL(std::string("pcre:/e/checks"), after.main["nested_header_checks"]);
    auto& own = service(after, "clean2").options;
    CPPUNIT_ASSERT_EQUAL("regexp:" + kTable + ",regexp:/e/own,pcre:/e/more", own["header_checks"]);
    CPPUNIT_ASSERT_EQUAL(std::string("regexp:/e/own,pcre:/e/more"), own["nested_header_checks"]);
    CPPUNIT_ASSERT(plan(after, config()).empty());
    // An entry that is there, but behind others, is moved.
    after.main["header_checks"] = "pcre:/e/checks regexp:" + kTable + ", pcre:/e/last";
    after = applied(after, plan(after, config()));
    CPPUNIT_ASSERT_EQUAL("regexp:" + kTable + ", pcre:/e/checks pcre:/e/last",
                         after.main["header_checks"]);
  }

  void the_table_is_made_only_where_it_is_wanted() {
    const auto settings = parse_postfix(kMain, kMaster, "");
    const auto touches = [](const std::vector<PostfixEdit>& edits) {
      return std::any_of(edits.begin(), edits.end(), [](const PostfixEdit& edit) {
        return edit.kind == Kind::file || edit.name == "header_checks";
      });
    };
    CPPUNIT_ASSERT(touches(plan(settings, config())));
    PostfixTask without = task(settings, config());
    without.header_checks = false;
    CPPUNIT_ASSERT(!touches(plan(without)));
    Config builtin = config();
    builtin.authentication.source = "builtin";
    CPPUNIT_ASSERT(!touches(plan(settings, builtin)));
    for (const Finding& finding : judge(settings, builtin))
      CPPUNIT_ASSERT(finding.what.find("header checks") == std::string::npos);
    // A changed authserv-id changes the file alone.
    Config renamed = config();
    renamed.authentication.authserv_id = "other.example.org";
    const auto edits = plan(good(), renamed);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, edits.size());
    CPPUNIT_ASSERT(edits.front().kind == Kind::file && edits.front().name == kTable);
  }

  void other_characters_that_are_refused_stay() {
    auto settings = parse_postfix(kMain, kMaster, "");
    settings.main["message_reject_characters"] = "\\01\\x";
    CPPUNIT_ASSERT_EQUAL(
        std::string("\\01\\x\\0"),
        applied(settings, plan(settings, config())).main["message_reject_characters"]);
    for (const auto* good : {"\\0", "\\000", "a\\0b", "\\\\\\0"}) CPPUNIT_ASSERT(rejects_nul(good));
    for (const auto* bad : {"", "0", "\\01", "\\\\0", "\\"}) CPPUNIT_ASSERT(!rejects_nul(bad));
  }

  void bare_ports_are_found() {
    const auto settings = parse_postfix("", "10026 inet n - y - - smtpd\n", "");
    CPPUNIT_ASSERT(find_smtpd(settings, "127.0.0.1:10026") != nullptr);
    CPPUNIT_ASSERT(find_smtpd(settings, "127.0.0.1:10027") == nullptr);
    CPPUNIT_ASSERT(find_smtpd(settings, "unix:/run/10026") == nullptr);
  }

  void edits_are_printed_for_a_shell() {
    const PostfixEdit edit{Kind::parameter, "x", "{ a'b }", ""};
    CPPUNIT_ASSERT_EQUAL(std::string("postconf -c '/e f' -e 'x = { a'\\''b }'"),
                         shell_line(postconf("/e f", edit.arguments())));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(PostfixTest);

}  // namespace
