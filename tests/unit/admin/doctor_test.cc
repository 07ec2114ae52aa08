// SPDX-License-Identifier: Apache-2.0
//
// doctor: what it finds on a site, and how it judges a probe.
#include <cppunit/extensions/HelperMacros.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include "admin/doctor_probe.h"
#include "admin/doctor_room.h"
#include "admin/doctor_site.h"
#include "admin/forged_fields.h"
#include "mail/author.h"
#include "screening/authentication.h"
#include "tests/support/admin_rig.h"

using namespace countersign;
using namespace countersign::admin;
using test::AdminRig;
using test::Ran;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string told(const Findings& findings) {
  std::string out;
  for (const Finding& f : findings)
    out += std::string(severity_word(f.severity)) + " " + f.area + ": " + f.what + "\n";
  return out;
}

class DoctorTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DoctorTest);
  CPPUNIT_TEST(a_site_that_is_made_but_does_not_run);
  CPPUNIT_TEST(a_bad_finding_is_a_bad_status);
  CPPUNIT_TEST(findings_have_stable_fields);
  CPPUNIT_TEST(secrets_that_everybody_reads);
  CPPUNIT_TEST(secrets_that_a_role_must_not_have);
  CPPUNIT_TEST(a_key_that_the_milter_does_not_know);
  CPPUNIT_TEST(secrets_that_cannot_be_read_are_no_fault_of_redis);
  CPPUNIT_TEST(an_answer_key_that_is_gone_while_mail_waits_for_answers);
  CPPUNIT_TEST(a_store_that_is_down_or_bad);
  CPPUNIT_TEST(a_spool_with_damage_and_an_open_door);
  CPPUNIT_TEST(a_daemon_that_has_the_spool);
  CPPUNIT_TEST(a_pause);
  CPPUNIT_TEST(clients_that_all_look_alike);
  CPPUNIT_TEST(a_page_that_beats_and_answers);
  CPPUNIT_TEST(a_domains_page_of_its_own_is_looked_at);
  CPPUNIT_TEST(proofs_that_some_people_cannot_give);
  CPPUNIT_TEST(another_server_at_its_address);
  CPPUNIT_TEST(a_page_that_is_needed);
  CPPUNIT_TEST(a_page_that_runs_without_a_store_is_not_to_be_started);
  CPPUNIT_TEST(a_milter_that_has_lost_its_store);
  CPPUNIT_TEST(requests_that_cannot_be_read);
  CPPUNIT_TEST(a_spool_without_room);
  CPPUNIT_TEST(a_mailbox_at_its_cap);
  CPPUNIT_TEST(a_table_of_mailboxes_that_does_not_answer);
  CPPUNIT_TEST(a_socket_that_nobody_listens_at);
  CPPUNIT_TEST(the_client_stands_in_our_received_field);
  CPPUNIT_TEST(options_of_the_probe_need_the_probe);
  CPPUNIT_TEST(a_probe_needs_a_stranger_and_a_mailbox_in_mode_hold);
  CPPUNIT_TEST(a_probe_claims_to_be_authentic);
  CPPUNIT_TEST(every_spelling_alone_would_be_believed);
  CPPUNIT_TEST(a_probe_that_was_cleaned_is_well);
  CPPUNIT_TEST(a_probe_whose_fields_are_left_is_not);
  CPPUNIT_TEST(a_probe_that_we_left_unclean_ourselves_is_ours);
  CPPUNIT_TEST(a_probe_that_was_believed_is_not);
  CPPUNIT_TEST(fields_of_the_true_milter_are_none_of_the_probe);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_table_of_mailboxes_that_does_not_answer() {
    Findings findings;
    check_mailboxes(config_, findings);
    CPPUNIT_ASSERT_EQUAL(std::string(), told(findings));  // a file, or none: read at start
    config_.protect.mailboxes_asked = true;
    config_.protect.mailboxes = "texthash:/nonexistent/owners";
    check_mailboxes(config_, findings);
    CPPUNIT_ASSERT_MESSAGE(told(findings), has(told(findings),
                                               "fail config: protect.mailboxes, "
                                               "texthash:/nonexistent/owners, does not answer: "));
  }
  void setUp() override {
    rig_ = std::make_unique<AdminRig>();
    CPPUNIT_ASSERT_EQUAL(EX_OK, rig_->run({"config", "init"}).status);
    config_ = *load_config(rig_->config_path());
    config_.milter.socket = "unix:" + rig_->folder.path() + "/milter.sock";
  }

  std::string secrets() {
    Findings found;
    check_secrets(config_, rig_->tools, found);
    return told(found);
  }
  std::string store() {
    Findings found;
    check_store(config_, rig_->tools, found);
    return told(found);
  }
  std::string spool() {
    Findings found;
    check_spool(config_, rig_->tools, found);
    return told(found);
  }
  std::string page(bool needed = false) {
    Findings found;
    check_page(config_, rig_->tools, needed, found);
    return told(found);
  }

  void a_site_that_is_made_but_does_not_run() {
    const Ran ran = rig_->run({"doctor"});
    CPPUNIT_ASSERT_EQUAL(EX_UNAVAILABLE, ran.status);
    CPPUNIT_ASSERT_MESSAGE(ran.out, has(ran.out, "OK   config: " + rig_->config_path()));
    CPPUNIT_ASSERT_MESSAGE(ran.out,
                           has(ran.out, "FAIL spool: no countersign-milter has the spool"));
    CPPUNIT_ASSERT_MESSAGE(ran.out, has(ran.out, "     -> start countersign-milter\n"));
    CPPUNIT_ASSERT_MESSAGE(ran.out, has(ran.out, "WARN postfix: there is no postconf"));
    CPPUNIT_ASSERT(!has(rig_->run({"doctor", "--no-postfix"}).out, "postfix:"));
  }

  void a_bad_finding_is_a_bad_status() {
    rig_->run_program = [](const std::vector<std::string>&) -> Result<std::string> {
      return Error{Errc::invalid, "postconf: fatal: open main.cf"};
    };
    const Ran ran = rig_->run({"doctor"});
    CPPUNIT_ASSERT_EQUAL(EX_UNAVAILABLE, ran.status);
    CPPUNIT_ASSERT_MESSAGE(ran.out, has(ran.out, "FAIL postfix: postconf: fatal: open main.cf"));
  }

  void findings_have_stable_fields() {
    const Ran ran = rig_->run({"doctor", "--json"});
    CPPUNIT_ASSERT_MESSAGE(
        ran.out, ran.out.starts_with("{\"severity\":\"ok\",\"area\":\"config\",\"what\":\"" +
                                     rig_->config_path() + " is in order\",\"todo\":\"\"}\n"));
  }

  void secrets_that_everybody_reads() {
    CPPUNIT_ASSERT(!has(secrets(), "fail"));
    ::chmod((rig_->folder.path() + "/milter.secrets").c_str(), 0644);
    ::chmod((rig_->folder.path() + "/challenge.secrets").c_str(), 0660);
    const std::string found = secrets();
    CPPUNIT_ASSERT_MESSAGE(found, has(found, "milter.secrets can be read or written by everybody"));
    CPPUNIT_ASSERT_MESSAGE(found, has(found, "warn secrets: " + rig_->folder.path() +
                                                 "/challenge.secrets can be written by its group"));
  }

  void secrets_that_a_role_must_not_have() {
    std::ofstream(rig_->folder.path() + "/challenge.secrets", std::ios::app)
        << "answer k1 " << std::string(64, 'a') << "\n";
    const std::string found = secrets();
    CPPUNIT_ASSERT_MESSAGE(found, has(found, "has keys that its role must not have: answer"));
  }

  void a_key_that_the_milter_does_not_know() {
    std::ofstream(rig_->folder.path() + "/challenge.secrets", std::ios::app)
        << "web k9 " << std::string(64, 'a') << "\n";
    const std::string found = secrets();
    CPPUNIT_ASSERT_MESSAGE(
        found, has(found, "fail secrets: the milter does not know the web host's key k9"));
    ::unlink((rig_->folder.path() + "/challenge.secrets").c_str());
    CPPUNIT_ASSERT(has(secrets(), "challenge.secrets is not on this host"));
    ::unlink((rig_->folder.path() + "/milter.secrets").c_str());
    CPPUNIT_ASSERT(has(secrets(), "milter.secrets: No such file or directory"));
  }

  void secrets_that_cannot_be_read_are_no_fault_of_redis() {
    const std::string milter = rig_->folder.path() + "/milter.secrets";
    const std::string challenge = rig_->folder.path() + "/challenge.secrets";
    std::ofstream(challenge, std::ios::app) << "web short 12\n";
    CPPUNIT_ASSERT_MESSAGE(
        store(), has(store(), "fail store: the web host's login could not be looked at: " +
                                  challenge + ":"));
    std::ofstream(milter, std::ios::app) << "answer short 12\n";
    const Ran ran = rig_->run({"doctor"});
    CPPUNIT_ASSERT_MESSAGE(ran.out, has(ran.out, " could not be looked at: " + milter + ":"));
    CPPUNIT_ASSERT_MESSAGE(ran.out, has(ran.out, "-> mend the file\n"));
    CPPUNIT_ASSERT_MESSAGE(ran.out, !has(ran.out, "start Redis"));
    ::unlink(milter.c_str());
    CPPUNIT_ASSERT_MESSAGE(store(), has(store(), milter + ": cannot be read"));
  }

  void an_answer_key_that_is_gone_while_mail_waits_for_answers() {
    const auto daemon = rig_->open_spool();
    const auto urls = [&] {
      Findings found;
      check_urls(config_, rig_->tools, found);
      return told(found);
    };
    HeldEnvelope envelope = test::sample_envelope(*HeldId::parse("7q2mxf4pk9td3hwa7q2mxf4pk0"));
    envelope.answer_key = "k1";
    CPPUNIT_ASSERT(test::hold(*daemon, envelope, "From: a@b.example\r\n\r\nx"));
    const std::string path = rig_->folder.path() + "/milter.secrets";
    CPPUNIT_ASSERT_EQUAL(
        "warn secrets: 1 held message was given its URL by an answer key that is "
        "gone from " +
            path +
            " (k1): nobody can answer there: "
            "7q2mxf4pk9td3hwa7q2mxf4pk0\n",
        urls());
    const Ran ran = rig_->run({"doctor"});
    CPPUNIT_ASSERT_MESSAGE(ran.out, has(ran.out, "WARN secrets: 1 held message"));
    CPPUNIT_ASSERT_MESSAGE(ran.out, has(ran.out, "     -> put that line back, below the one"));
    for (const char digit : {'1', '2', '3', '4'}) {
      envelope.id = *HeldId::parse("7q2mxf4pk9td3hwa7q2mxf4pk" + std::string(1, digit));
      CPPUNIT_ASSERT(test::hold(*daemon, envelope, "From: a@b.example\r\n\r\nx"));
    }
    CPPUNIT_ASSERT_MESSAGE(urls(), has(urls(), "5 held messages were given their URLs"));
    CPPUNIT_ASSERT_MESSAGE(urls(), has(urls(),
                                       "pk0, 7q2mxf4pk9td3hwa7q2mxf4pk1, "
                                       "7q2mxf4pk9td3hwa7q2mxf4pk2 and 2 more\n"));
    std::ofstream(path, std::ios::app) << "answer k1 " << std::string(64, 'a') << "\n";
    CPPUNIT_ASSERT_EQUAL(std::string(), urls());
  }

  void a_store_that_is_down_or_bad() {
    CPPUNIT_ASSERT_EQUAL(std::string("ok store: redis://127.0.0.1:6379/0 answers\n"
                                     "ok store: the web host's user can do what it must, and "
                                     "nothing else\n"),
                         store());
    rig_->store_findings = std::vector<StoreFinding>{{StoreFinding::Severity::warning, "forgets"}};
    rig_->web_findings = std::vector<StoreFinding>{{StoreFinding::Severity::failure, "may write"}};
    CPPUNIT_ASSERT_EQUAL(std::string("ok store: redis://127.0.0.1:6379/0 answers\n"
                                     "warn store: forgets\nfail store: may write\n"),
                         store());
    rig_->store_findings = Error{Errc::unavailable, "connection refused"};
    CPPUNIT_ASSERT_EQUAL(std::string("fail store: redis://127.0.0.1:6379/0: connection refused\n"),
                         store());
  }

  void a_spool_with_damage_and_an_open_door() {
    rig_->open_spool();
    const std::string folder = rig_->folder.path() + "/spool";
    ::chmod(folder.c_str(), 0755);
    ::mkdir((folder + "/damaged").c_str(), 0700);
    std::ofstream(folder + "/damaged/x") << "x";
    const std::string found = spool();
    CPPUNIT_ASSERT_MESSAGE(found, has(found, "is open to others than its owner"));
    CPPUNIT_ASSERT_MESSAGE(found, has(found, "warn spool: 1 damaged files in " + folder));
    config_.spool.directory = "/nonexistent";
    CPPUNIT_ASSERT(has(spool(), "fail spool: /nonexistent: "));
  }

  void a_daemon_that_has_the_spool() {
    const auto daemon = rig_->open_spool();
    const std::string found = spool();
    CPPUNIT_ASSERT_MESSAGE(found, has(found, "ok spool: countersign-milter has the spool"));
    CPPUNIT_ASSERT_MESSAGE(found, !has(found, "fail"));
  }

  void a_pause() {
    const auto daemon = rig_->open_spool();
    rig_->run({"pause"});
    CPPUNIT_ASSERT(has(spool(), "warn spool: paused: all mail passes without screening"));
  }

  void clients_that_all_look_alike() {
    auto daemon = rig_->open_spool();
    const auto hold = [&](char digit, const std::string& client) {
      HeldEnvelope envelope = test::sample_envelope(test::held_id("7q", digit));
      envelope.received = "Received: from x (y [" + client + "])\r\n\tby z; now\r\n";
      CPPUNIT_ASSERT(test::hold(*daemon, envelope, "From: a@b.example\r\n\r\n"));
    };
    for (const char digit : std::string("0123456789abcdefghjk")) hold(digit, "10.0.0.1");
    const std::string found = spool();
    CPPUNIT_ASSERT_MESSAGE(found, has(found, "all 20 held messages come from 10.0.0.1"));
    hold('m', "192.0.2.1");
    CPPUNIT_ASSERT(!has(spool(), "held messages come from"));
  }

  void a_page_that_beats_and_answers() {
    CPPUNIT_ASSERT(rig_->store.web().heartbeat(Deadline::max()));
    CPPUNIT_ASSERT_EQUAL(std::string("ok page: countersign-challenge runs\n"
                                     "ok page: https://gate.example.org/healthz answers\n"),
                         page());
    rig_->clock.advance(seconds(90));
    rig_->page = HttpAnswer{503, ""};
    CPPUNIT_ASSERT_EQUAL(
        std::string("warn page: countersign-challenge was last heard of 90 s ago: no URL is named, "
                    "strangers are refused for now; after 4 hours of that, held silently\n"
                    "warn page: https://gate.example.org/healthz: status 503\n"),
        page());
  }

  void a_domains_page_of_its_own_is_looked_at() {
    config_.sites["example.net"].base_url = "https://gate.example.net";
    config_.sites["example.com"].name = "Has none of its own";
    CPPUNIT_ASSERT(has(page(), "ok page: https://gate.example.net/healthz answers\n"));
    CPPUNIT_ASSERT(!has(page(), "example.com"));
    rig_->page = HttpAnswer{502, ""};
    const std::string found = page();
    CPPUNIT_ASSERT_MESSAGE(found, has(found,
                                      "warn page: https://gate.example.net/healthz, which is named "
                                      "to who writes to example.net: status 502\n"));
  }

  void proofs_that_some_people_cannot_give() {
    const std::string all = page();
    config_.challenge.proofs = {"pow"};
    CPPUNIT_ASSERT_EQUAL(all +
                             "warn page: challenge.proofs: people without JavaScript can answer "
                             "nothing; \"code\" is for everybody\n",
                         page());
  }

  void another_server_at_its_address() {
    CPPUNIT_ASSERT(rig_->store.web().heartbeat(Deadline::max()));
    rig_->page = HttpAnswer{200, "<h1>It works!</h1>"};
    const std::string found = page();
    CPPUNIT_ASSERT_MESSAGE(found, has(found, "healthz: another server answers"));
  }

  void a_page_that_is_needed() {
    rig_->page = Error{Errc::unavailable, "Couldn't connect"};
    const std::string found = page(true);
    CPPUNIT_ASSERT_MESSAGE(found, has(found, "fail page: countersign-challenge is not heard of"));
    CPPUNIT_ASSERT_MESSAGE(found,
                           has(found, "fail page: https://gate.example.org/healthz: Couldn"));
    rig_->store.set_down(true);
    const std::string unread = page(true);
    CPPUNIT_ASSERT_MESSAGE(unread, has(unread, "warn page: the page's heartbeat cannot be read"));
    CPPUNIT_ASSERT_MESSAGE(unread, !has(unread, "countersign-challenge"));
  }

  void a_page_that_runs_without_a_store_is_not_to_be_started() {
    rig_->page = HttpAnswer{503, "{\"status\":\"the store is out of service\"}\n"};
    Findings found;
    check_page(config_, rig_->tools, true, found);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(told(found), std::size_t{1}, found.size());
    CPPUNIT_ASSERT_MESSAGE(told(found),
                           has(found.front().what, "countersign-challenge runs, but has no store"));
    CPPUNIT_ASSERT(has(found.front().todo, "restart countersign-milter and countersign-challenge"));
    // One that answers, but elsewhere, is not to be started either.
    rig_->page = HttpAnswer{200, "ok"};
    found.clear();
    check_page(config_, rig_->tools, true, found);
    CPPUNIT_ASSERT(has(found.front().todo, "restart it"));
  }

  void a_milter_that_has_lost_its_store() {
    const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    config_.milter.socket.copy(address.sun_path, sizeof address.sun_path - 1, 5);
    CPPUNIT_ASSERT(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    CPPUNIT_ASSERT(::listen(listener, 9) == 0);
    const auto milter = [&](const std::string& metrics) {
      rig_->page = HttpAnswer{200, metrics};
      Findings found;
      check_milter(config_, rig_->tools, found);
      return told(found);
    };
    CPPUNIT_ASSERT(!has(milter("countersign_store_up 1\n"), "no store"));
    CPPUNIT_ASSERT(!has(milter("other 0\n"), "no store"));
    CPPUNIT_ASSERT(has(milter("x 1\ncountersign_store_up 0\n"),
                       "fail milter: countersign-milter has no store"));
    ::close(listener);
  }

  void requests_that_cannot_be_read() {
    const auto daemon = rig_->open_spool();
    CPPUNIT_ASSERT(!has(store(), "requests"));
    rig_->store.set_down(true);
    CPPUNIT_ASSERT_MESSAGE(store(), has(store(), "fail store: requests of pages cannot be read"));
  }

  /// A message of `bytes` for joe, in this share.
  void hold(Spool& spool, const std::string& id, const std::string& share, std::size_t bytes) {
    HeldEnvelope envelope = test::sample_envelope(test::held_id("7q", '0'));
    envelope.id = *HeldId::parse(id);
    envelope.share = share;
    CPPUNIT_ASSERT(
        test::hold(spool, envelope, "From: a@b.example\r\n\r\n" + std::string(bytes, 'x')));
  }

  void a_spool_without_room() {
    const auto daemon = rig_->open_spool();
    config_.spool.limit = 1'000'000;
    CPPUNIT_ASSERT_MESSAGE(spool(), !has(spool(), "room for"));
    // Machines have a fifth.
    hold(*daemon, "7q2mxf4pk9td3hwa7q2mxf4pk0", "machine", 130'000);
    CPPUNIT_ASSERT_MESSAGE(spool(), !has(spool(), "of machines"));
    hold(*daemon, "7q2mxf4pk9td3hwa7q2mxf4pk1", "machine", 20'000);
    CPPUNIT_ASSERT_MESSAGE(spool(), has(spool(), "fail spool: mail of machines is turned away"));
    // Who is not authenticated has what half leaves.
    hold(*daemon, "7q2mxf4pk9td3hwa7q2mxf4pk2", "unauthenticated", 260'000);
    CPPUNIT_ASSERT_MESSAGE(
        spool(), !has(spool(), "mail of authors who are not authenticated is turned away"));
    hold(*daemon, "7q2mxf4pk9td3hwa7q2mxf4pk3", "authenticated", 490'000);
    CPPUNIT_ASSERT_MESSAGE(
        spool(), has(spool(), "warn spool: the room for mail of authenticated authors is nearly"));
  }

  void a_mailbox_at_its_cap() {
    const auto daemon = rig_->open_spool();
    const auto fs = PosixFs::open_folder(rig_->folder.path() + "/spool");
    const auto capped = [&](std::uint64_t most) {
      SpoolLimits limits;
      limits.per_recipient = most;
      Findings found;
      Finder finder("spool", found);
      check_shares(limits, **fs, finder);
      return told(found);
    };
    hold(*daemon, "7q2mxf4pk9td3hwa7q2mxf4pk0", "machine", 1);
    hold(*daemon, "7q2mxf4pk9td3hwa7q2mxf4pk1", "authenticated", 1);
    // They are counted apart.
    CPPUNIT_ASSERT_EQUAL(std::string(), capped(2));
    hold(*daemon, "7q2mxf4pk9td3hwa7q2mxf4pk2", "unauthenticated", 1);
    CPPUNIT_ASSERT_MESSAGE(capped(2), has(capped(2), "held for or from joe@example.org: more are"));
    CPPUNIT_ASSERT_EQUAL(std::string(), capped(3));
  }

  void a_socket_that_nobody_listens_at() {
    Findings found;
    check_milter(config_, rig_->tools, found);
    CPPUNIT_ASSERT_MESSAGE(told(found), has(told(found), "fail milter: nothing listens at unix:"));
    config_.milter.socket = "inet:1@127.0.0.1";
    check_milter(config_, rig_->tools, found);
    CPPUNIT_ASSERT_MESSAGE(told(found), has(told(found), "nothing listens at inet:1@127.0.0.1"));
  }

  void the_client_stands_in_our_received_field() {
    CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.1"),
                         client_of("Received: from h (n [192.0.2.1])\r\n\tby x"));
    CPPUNIT_ASSERT_EQUAL(std::string("2001:db8::1"),
                         client_of("Received: from h (n [IPv6:2001:db8::1]) by x"));
    CPPUNIT_ASSERT_EQUAL(std::string(), client_of("Received: from h by x"));
    CPPUNIT_ASSERT_EQUAL(std::string(), client_of("]["));
  }

  void options_of_the_probe_need_the_probe() {
    CPPUNIT_ASSERT_EQUAL(EX_USAGE, rig_->run({"doctor", "--probe"}).status);
    CPPUNIT_ASSERT_EQUAL(EX_USAGE, rig_->run({"doctor", "--to", "joe@example.org"}).status);
    CPPUNIT_ASSERT_EQUAL(
        EX_USAGE,
        rig_->run({"doctor", "--probe", "--to", "joe@example.org", "--smtp", "x"}).status);
  }

  void a_probe_needs_a_stranger_and_a_mailbox_in_mode_hold() {
    const auto why_not = [&](const std::string& to, const std::string& from) {
      Findings found;
      const Status done = run_probe(config_, {"127.0.0.1:1", from, to}, rig_->tools, found);
      CPPUNIT_ASSERT(!done && done.error().code == Errc::invalid && found.empty());
      return done.error().detail;
    };
    CPPUNIT_ASSERT(has(why_not("joe", "a@x.example"), "--to: \"joe\" is no address"));
    CPPUNIT_ASSERT(has(why_not("joe@example.com", "a@x.example"), "is not protected"));
    CPPUNIT_ASSERT(has(why_not("joe@example.org", "a"), "--from: \"a\" is no address"));
    CPPUNIT_ASSERT(has(why_not("joe@example.org", "a@example.org"), "the probe needs a stranger"));
    CPPUNIT_ASSERT(has(why_not("joe@example.org", "a@x.example"), "is in mode observe"));
    config_.authentication.source = "none";
    CPPUNIT_ASSERT(has(why_not("joe@example.org", "a@x.example"), "source is \"none\""));
    CPPUNIT_ASSERT(rig_->released.empty());
  }

  void a_probe_claims_to_be_authentic() {
    const ProbeOrder order{"x", "a@x.example", "joe@example.org"};
    const Delivery mail = probe_mail(order, "mx.example.org", "nonce1", rig_->clock.wall());
    std::string content;
    CPPUNIT_ASSERT(mail.content([&](std::string_view piece) -> Status {
      content.append(piece);
      return {};
    }));
    const HeaderSection header = HeaderSection::parse(content);
    const auto author = parse_author(header);
    CPPUNIT_ASSERT(author.mailbox);
    // If nobody removed the fields, and none contradicted them, they would be believed.
    const Authentication claimed =
        authenticate({AuthenticationSource::header, "mx.example.org", {}}, header, author.mailbox,
                     author.mailbox);
    CPPUNIT_ASSERT_EQUAL(std::string("x.example"), claimed.fingerprint);
    const auto forged = forged_fields(order.from, "mx.example.org", "nonce1");
    CPPUNIT_ASSERT_EQUAL(forged.size(), header.all("authentication-results").size());
    CPPUNIT_ASSERT_EQUAL(std::string("<countersign-probe.nonce1@x.example>"),
                         unfold(header.first("Message-ID")->value));
    CPPUNIT_ASSERT_EQUAL(static_cast<std::uint64_t>(content.size()), mail.size_bytes);
  }

  Findings judge(const std::string& fingerprint, const std::string& fields,
                 const std::string& source = "header") {
    Config::Authentication settings;
    settings.source = source;
    settings.authserv_id = "mx.example.org";
    HeldEnvelope held = test::sample_envelope(test::held_id("7q", '1'));
    held.fingerprint = fingerprint;
    Findings found;
    judge_probe(held, fields + "From: a@x.example\r\n\r\nAuthentication-Results: (nonce1.1)\r\n",
                {"", "a@x.example", "joe@example.org"}, settings, "nonce1", found);
    return found;
  }

  void every_spelling_alone_would_be_believed() {
    const auto author = Mailbox::parse("a@x.example");
    for (const ForgedField& forged : forged_fields("a@x.example", "mx.example.org", "nonce1")) {
      const std::string name(forged.name);
      const HeaderSection header = HeaderSection::parse(forged.text + "From: a@x.example\r\n\r\n");
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, std::size_t{2}, header.fields().size());
      CPPUNIT_ASSERT_MESSAGE(name, has(header.fields().front().value, forged.mark));
      if (name == "DMARC alone" || name == "other case") continue;
      const Authentication claimed = authenticate(
          {AuthenticationSource::header, "mx.example.org", {}}, header, *author, *author);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, std::string("x.example"), claimed.fingerprint);
    }
  }

  void a_probe_that_was_cleaned_is_well() {
    const auto found = judge("", "");
    CPPUNIT_ASSERT(found.front().severity == Finding::Severity::ok);
  }

  void a_probe_whose_fields_are_left_is_not() {
    const auto found =
        judge("",
              "authentication-results: mx.example.org; dkim=pass (nonce1.3) header.d=x\r\n"
              "Authentication-Results: (nonce1.17) mx.example.org; none\r\n"
              "Authentication-Results: (nonce1.100) mx.example.org; none\r\n");
    CPPUNIT_ASSERT_MESSAGE(told(found), has(told(found),
                                            "2 of 17 spellings reached our milter (SPF alone, a "
                                            "blank before the colon)"));
    CPPUNIT_ASSERT(found.front().severity == Finding::Severity::fail);
    CPPUNIT_ASSERT(has(found.front().todo, "setup postfix --apply"));
  }

  void a_probe_that_we_left_unclean_ourselves_is_ours() {
    const auto found =
        judge("", "Authentication-Results: mx.example.org; (nonce1.3) none\r\n", "builtin");
    CPPUNIT_ASSERT_MESSAGE(told(found), has(told(found), "1 of 17 spellings reached"));
    CPPUNIT_ASSERT(has(found.front().todo, "report this"));
    CPPUNIT_ASSERT(judge("", "", "builtin").front().severity == Finding::Severity::ok);
  }

  void a_probe_that_was_believed_is_not() {
    const auto found = judge("x.example", "");
    CPPUNIT_ASSERT_MESSAGE(told(found), has(told(found), "was believed"));
  }

  void fields_of_the_true_milter_are_none_of_the_probe() {
    const auto found = judge("", "Authentication-Results: mx.example.org; dkim=none\r\n");
    CPPUNIT_ASSERT(found.front().severity == Finding::Severity::ok);
  }

 private:
  std::unique_ptr<AdminRig> rig_;
  Config config_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(DoctorTest);

}  // namespace
