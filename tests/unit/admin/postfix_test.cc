// SPDX-License-Identifier: Apache-2.0
//
// What Postfix needs: the judge, and the plan that leaves it nothing to complain of.
#include <cppunit/extensions/HelperMacros.h>

#include "admin/doctor_postfix.h"
#include "admin/postfix_plan.h"
#include "admin/setup_steps.h"
#include "tests/support/table_suite.h"

using namespace countersign;
using namespace countersign::admin;

namespace {

using Kind = PostfixEdit::Kind;

const std::string kMain =
    "queue_directory = /q\nenable_original_recipient = yes\nalways_bcc =\nin_flow_delay = 1s\n"
    "message_reject_characters = \\0\nsmtpd_milters = unix:sign.sock\nnon_smtpd_milters =\n"
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
  return config;
}

/// The settings after the edits, as postconf would tell them.
PostfixSettings applied(PostfixSettings settings, const std::vector<PostfixEdit>& edits) {
  for (const PostfixEdit& edit : edits) {
    if (edit.kind == Kind::parameter) settings.main[edit.name] = edit.value;
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

std::vector<PostfixEdit> plan(const PostfixSettings& settings, const Config& config) {
  const auto edits = plan_postfix(settings, "/q", config);
  CPPUNIT_ASSERT_MESSAGE(edits ? "" : edits.error().detail, edits);
  return *edits;
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
    {"NULs are let in", [](auto& s) { s.main["message_reject_characters"] = ""; }, "warn",
     "message_reject_characters lacks \\0"},
    {"our milter is asked for local mail",
     [](auto& s) { s.main["non_smtpd_milters"] = "unix:countersign/milter.sock"; }, "warn",
     "non_smtpd_milters has our milter"},
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
     "warn", "lacks -o smtpd_tls_security_level=none"},
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
  for (const Finding& finding : judge_postfix(settings, config())) {
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
  CPPUNIT_TEST(a_plan_that_was_done_leaves_nothing_to_do);
  CPPUNIT_TEST(our_milter_comes_last_and_once);
  CPPUNIT_TEST(watching_is_harmless);
  CPPUNIT_TEST(a_change_of_mode_changes_the_default_action);
  CPPUNIT_TEST(services_with_milters_of_their_own_get_ours);
  CPPUNIT_TEST(notices_pass_the_signer_only);
  CPPUNIT_TEST(an_existing_port_is_completed);
  CPPUNIT_TEST(ports_elsewhere_are_refused);
  CPPUNIT_TEST(bare_ports_are_found);
  CPPUNIT_TEST(edits_are_printed_for_a_shell);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }

  void a_site_that_was_set_up_is_in_order() {
    for (const auto* mode : {"observe", "aside", "hold"}) {
      const auto findings = judge_postfix(good(mode), config(mode));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(findings.front().what, std::size_t{1}, findings.size());
      CPPUNIT_ASSERT(findings.front().severity == Finding::Severity::ok);
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

  void ports_elsewhere_are_refused() {
    for (const auto* address : {"192.0.2.1:10026", "unix:/run/smtp", "mta.example.org:25"}) {
      Config other = config();
      other.release.smtp = address;
      const auto edits = plan_postfix(parse_postfix(kMain, kMaster, ""), "/q", other);
      CPPUNIT_ASSERT(!edits && edits.error().code == Errc::invalid);
      CPPUNIT_ASSERT(edits.error().detail.find(address) != std::string::npos);
    }
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
