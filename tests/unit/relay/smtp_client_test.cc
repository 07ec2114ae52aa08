// SPDX-License-Identifier: Apache-2.0
#include "relay/smtp_client.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/scripted_peer.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

using test::kDrop;
using test::kStall;
using test::Script;
using test::ScriptedPeer;
using test::summary;

const std::string kContent = "Subject: x\r\n\r\nHello\r\n";

Delivery three_recipients() {
  Delivery d;
  d.reverse_path = "<alice@example.com>";
  d.recipients = {{"<a@example.org>", {}}, {"<b@example.org>", {}}, {"<c@example.org>", {}}};
  d.size_bytes = kContent.size();
  d.content = test::pieces(kContent);
  return d;
}

struct Dialogue {
  const char* name;
  void (*change)(Script&);
  const char* want;
  bool whole;  ///< the peer saw the final dot
};
const Dialogue kDialogues[] = {
    {"all is taken", [](Script&) {}, "taken 250, taken 250, taken 250", true},
    {"each recipient has its own fate",
     [](Script& s) {
       s.rcpt = {"250 Ok\r\n", "450 4.2.1 busy\r\n", "550 5.1.1 unknown\r\n"};
     },
     "taken 250, deferred 450, refused 550", true},
    {"the same without pipelining",
     [](Script& s) {
       s.ehlo = "250 mx\r\n";
       s.rcpt = {"550 5.1.1 unknown\r\n", "251 forwards\r\n", "450 busy\r\n"};
     },
     "refused 550, taken 250, deferred 450", true},
    {"every recipient refused: no DATA",
     [](Script& s) {
       s.rcpt = {"550 a\r\n", "551 b\r\n", "553 c\r\n"};
     },
     "refused 550, refused 551, refused 553", false},
    {"every recipient deferred: no DATA",
     [](Script& s) {
       s.rcpt = {"450 a\r\n", "451 b\r\n", "452 c\r\n"};
     },
     "deferred 450, deferred 451, deferred 452", false},
    {"552 after an accepted recipient may mean too many: deferred",
     [](Script& s) {
       s.rcpt = {"250 a\r\n", "552 too many\r\n", "552 too many\r\n"};
     },
     "taken 250, deferred 552, deferred 552", true},
    {"552 to the first recipient is its own: refused",
     [](Script& s) {
       s.rcpt = {"552 5.2.2 full\r\n", "250 b\r\n", "250 c\r\n"};
     },
     "refused 552, taken 250, taken 250", true},
    {"the greeting says 554: about the host, deferred",
     [](Script& s) { s.greeting = "554 no service\r\n"; },
     "deferred 554, deferred 554, deferred 554", false},
    {"the greeting says 421", [](Script& s) { s.greeting = "421 busy\r\n"; },
     "deferred 421, deferred 421, deferred 421", false},
    {"the connection ends before the greeting", [](Script& s) { s.greeting = kDrop; },
     "deferred 0, deferred 0, deferred 0", false},
    {"no greeting comes", [](Script& s) { s.greeting = kStall; },
     "deferred 0, deferred 0, deferred 0", false},
    {"the greeting is HTTP", [](Script& s) { s.greeting = "HTTP/1.1 400 Bad Request\r\n"; },
     "deferred 0, deferred 0, deferred 0", false},
    {"EHLO unknown: HELO", [](Script& s) { s.ehlo = "502 what?\r\n"; },
     "taken 250, taken 250, taken 250", true},
    {"EHLO and HELO unknown", [](Script& s) { s.ehlo = s.helo = "502 what?\r\n"; },
     "deferred 502, deferred 502, deferred 502", false},
    {"EHLO deferred", [](Script& s) { s.ehlo = "451 not now\r\n"; },
     "deferred 451, deferred 451, deferred 451", false},
    {"421 to EHLO", [](Script& s) { s.ehlo = "421 closing\r\n"; },
     "deferred 421, deferred 421, deferred 421", false},
    {"552 to MAIL: too large for good", [](Script& s) { s.mail = "552 5.3.4 too big\r\n"; },
     "refused 552, refused 552, refused 552", false},
    {"452 to MAIL", [](Script& s) { s.mail = "452 no space\r\n"; },
     "deferred 452, deferred 452, deferred 452", false},
    {"421 to MAIL", [](Script& s) { s.mail = "421 closing\r\n"; },
     "deferred 421, deferred 421, deferred 421", false},
    {"421 to the second RCPT leaves the first one's refusal",
     [](Script& s) {
       s.rcpt = {"550 unknown\r\n", "421 closing\r\n"};
     },
     "refused 550, deferred 421, deferred 421", false},
    {"the connection ends after the first RCPT",
     [](Script& s) {
       s.rcpt = {"250 Ok\r\n", kDrop};
     },
     "deferred 0, deferred 0, deferred 0", false},
    {"a stall at RCPT",
     [](Script& s) {
       s.rcpt = {"550 unknown\r\n", kStall};
     },
     "refused 550, deferred 0, deferred 0", false},
    {"354 to RCPT is out of turn", [](Script& s) { s.rcpt = {"354 go on\r\n"}; },
     "deferred 0, deferred 0, deferred 0", false},
    {"354 refused with 554", [](Script& s) { s.data = "554 5.5.1 no\r\n"; },
     "refused 554, refused 554, refused 554", false},
    {"354 refused with 451 leaves a refusal at RCPT",
     [](Script& s) {
       s.rcpt = {"250 Ok\r\n", "550 unknown\r\n"};
       s.data = "451 later\r\n";
     },
     "deferred 451, refused 550, deferred 451", false},
    {"421 to DATA", [](Script& s) { s.data = "421 closing\r\n"; },
     "deferred 421, deferred 421, deferred 421", false},
    {"2yz to DATA is believed in no way", [](Script& s) { s.data = "250 Ok\r\n"; },
     "deferred 0, deferred 0, deferred 0", false},
    {"a stall at DATA", [](Script& s) { s.data = kStall; }, "deferred 0, deferred 0, deferred 0",
     false},
    {"the connection ends while content goes", [](Script& s) { s.content_limit = 5; },
     "deferred 0, deferred 0, deferred 0", false},
    {"the connection ends after the final dot", [](Script& s) { s.final_dot = kDrop; },
     "deferred 0, deferred 0, deferred 0", true},
    {"a stall after the final dot", [](Script& s) { s.final_dot = kStall; },
     "deferred 0, deferred 0, deferred 0", true},
    {"nonsense after the final dot", [](Script& s) { s.final_dot = "yes\r\n"; },
     "deferred 0, deferred 0, deferred 0", true},
    {"554 to the final dot", [](Script& s) { s.final_dot = "554 5.6.0 spam\r\n"; },
     "refused 554, refused 554, refused 554", true},
    {"452 to the final dot", [](Script& s) { s.final_dot = "452 disk full\r\n"; },
     "deferred 452, deferred 452, deferred 452", true},
    {"421 to the final dot", [](Script& s) { s.final_dot = "421 closing\r\n"; },
     "deferred 421, deferred 421, deferred 421", true},
    {"354 to the final dot", [](Script& s) { s.final_dot = "354 more?\r\n"; },
     "deferred 0, deferred 0, deferred 0", true},
    {"an end without answer to QUIT changes nothing", [](Script& s) { s.quit = kDrop; },
     "taken 250, taken 250, taken 250", true},
    {"a stall at QUIT changes nothing", [](Script& s) { s.quit = kStall; },
     "taken 250, taken 250, taken 250", true},
    {"replies octet by octet", [](Script& s) { s.octets_a_read = 1; },
     "taken 250, taken 250, taken 250", true},
    {"a reply too many before DATA is out of turn",
     [](Script& s) {
       s.rcpt = {"250 a\r\n", "250 b\r\n", "250 c\r\n354 go\r\n"};
     },
     "deferred 0, deferred 0, deferred 0", false},
    {"a 250 behind the 354 is no answer to the final dot",
     [](Script& s) { s.data = "354 go\r\n250 queued\r\n"; }, "deferred 0, deferred 0, deferred 0",
     false},
    {"codes of one reply differ", [](Script& s) { s.final_dot = "250-a\r\n550 b\r\n"; },
     "deferred 0, deferred 0, deferred 0", true},
};
void check_dialogue(const Dialogue& row) {
  Script script;
  row.change(script);
  ScriptedPeer peer(script);
  const auto outcome = deliver(peer, three_recipients(), "gate.example.org", seconds(1));
  CPPUNIT_ASSERT_EQUAL(std::string(row.want), summary(outcome));
  CPPUNIT_ASSERT_EQUAL(row.whole, peer.whole);
  if (peer.whole) CPPUNIT_ASSERT_EQUAL(kContent, peer.content);
}

struct Said {
  const char* name;
  const char* ehlo;
  void (*change)(Delivery&);
  std::vector<std::string> want;  ///< commands, but QUIT
};
const char kAll[] =
    "250-mx\r\n250-pipelining\r\n250-size\r\n250-8bitmime\r\n250-smtputf8\r\n250 Dsn\r\n";
void with_parameters(Delivery& d) {
  d.mail_parameters = {"SIZE=1", "BODY=8BITMIME", "RET=HDRS", "ENVID=x+3D1", "AUTH=<>", "X=1"};
  d.recipients = {{"<a@example.org>", {"NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;a@b", "X=1"}}};
}
const Said kSaid[] = {
    {"what the peer offers is passed, SIZE is ours",
     kAll,
     with_parameters,
     {"EHLO gate", "MAIL FROM:<alice@example.com> SIZE=21 BODY=8BITMIME RET=HDRS ENVID=x+3D1",
      "RCPT TO:<a@example.org> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;a@b", "DATA"}},
    {"nobody is to be reported to",
     kAll,
     [](Delivery& d) {
       with_parameters(d);
       d.recipients.push_back({"<b@example.org>", {}});
       d.unreported = true;
     },
     {"EHLO gate", "MAIL FROM:<alice@example.com> SIZE=21 BODY=8BITMIME RET=HDRS ENVID=x+3D1",
      "RCPT TO:<a@example.org> ORCPT=rfc822;a@b NOTIFY=NEVER",
      "RCPT TO:<b@example.org> NOTIFY=NEVER", "DATA"}},
    {"nobody is to be reported to, and the peer cannot be told",
     "250 mx\r\n",
     [](Delivery& d) {
       with_parameters(d);
       d.unreported = true;
     },
     {"EHLO gate", "MAIL FROM:<>", "RCPT TO:<a@example.org>", "DATA"}},
    {"what it does not offer is left out, 8BITMIME content goes all the same",
     "250 mx\r\n",
     with_parameters,
     {"EHLO gate", "MAIL FROM:<alice@example.com>", "RCPT TO:<a@example.org>", "DATA"}},
    {"the peer's name is no keyword",
     "250-DSN\r\n250 SIZE 1000\r\n",
     with_parameters,
     {"EHLO gate", "MAIL FROM:<alice@example.com> SIZE=21", "RCPT TO:<a@example.org>", "DATA"}},
    {"lower-case parameters are known",
     kAll,
     [](Delivery& d) {
       d.mail_parameters = {"body=8bitmime", "smtputf8"};
       d.recipients = {{"<a@example.org>", {"notify=never"}}};
     },
     {"EHLO gate", "MAIL FROM:<alice@example.com> SIZE=21 body=8bitmime smtputf8",
      "RCPT TO:<a@example.org> notify=never", "DATA"}},
    {"a path outside ASCII asks for SMTPUTF8",
     kAll,
     [](Delivery& d) {
       d.recipients = {{"<d\xc3\xb6rte@example.org>", {}}};
     },
     {"EHLO gate", "MAIL FROM:<alice@example.com> SIZE=21 SMTPUTF8",
      "RCPT TO:<d\xc3\xb6rte@example.org>", "DATA"}},
    {"a path outside ASCII that came with SMTPUTF8 is not sent to a peer without it",
     "250 mx\r\n",
     [](Delivery& d) {
       d.mail_parameters = {"smtputf8"};
       d.recipients = {{"<d\xc3\xb6rte@example.org>", {}}};
     },
     {"EHLO gate"}},
    {"a path outside ASCII that came without goes back as it came",
     "250 mx\r\n",
     [](Delivery& d) {
       d.recipients = {{"<d\xc3\xb6rte@example.org>", {}}};
     },
     {"EHLO gate", "MAIL FROM:<alice@example.com>", "RCPT TO:<d\xc3\xb6rte@example.org>", "DATA"}},
    {"SMTPUTF8 for the content only is no obstacle",
     "250 mx\r\n",
     [](Delivery& d) {
       d.mail_parameters = {"SMTPUTF8"};
       d.recipients = {{"<a@example.org>", {}}};
     },
     {"EHLO gate", "MAIL FROM:<alice@example.com>", "RCPT TO:<a@example.org>", "DATA"}},
    {"the null reverse-path",
     "250 mx\r\n",
     [](Delivery& d) {
       d.reverse_path = "<>";
       d.recipients = {{"<\"b c\"@example.org>", {}}};
     },
     {"EHLO gate", "MAIL FROM:<>", "RCPT TO:<\"b c\"@example.org>", "DATA"}},
    {"a recipient that would be two commands is left out",
     "250 mx\r\n",
     [](Delivery& d) {
       d.recipients = {{"<a@example.org>\r\nRCPT TO:<b@example.org>", {}}, {"<c@d>", {}}};
     },
     {"EHLO gate", "MAIL FROM:<alice@example.com>", "RCPT TO:<c@d>", "DATA"}},
};
void check_said(const Said& row) {
  Script script;
  script.ehlo = row.ehlo;
  ScriptedPeer peer(script);
  Delivery delivery = three_recipients();
  row.change(delivery);
  deliver(peer, delivery, "gate", seconds(1));
  CPPUNIT_ASSERT(!peer.commands.empty() && peer.commands.back() == "QUIT");
  peer.commands.pop_back();
  CPPUNIT_ASSERT(row.want == peer.commands);
}

struct Refused {
  const char* name;
  void (*change)(Delivery&);
  const char* text;  ///< of the reply; nothing may be written
};
const Refused kRefused[] = {
    {"CR LF in the reverse-path", [](Delivery& d) { d.reverse_path = "<a\r\nRSET>"; },
     "not sent: a path with a control character"},
    {"a bare LF in the reverse-path", [](Delivery& d) { d.reverse_path = "<a\nRSET>"; },
     "not sent: a path with a control character"},
    {"NUL in the reverse-path", [](Delivery& d) { d.reverse_path = std::string("<a\0b>", 5); },
     "not sent: a path with a control character"},
    {"a reverse-path without brackets", [](Delivery& d) { d.reverse_path = "a@b SIZE=1"; },
     "not sent: a path that is not in angle brackets"},
    {"CR in a parameter of MAIL", [](Delivery& d) { d.mail_parameters = {"ENVID=a\r"}; },
     "not sent: an ESMTP parameter with a blank or control character"},
    {"a blank in a parameter of MAIL",
     [](Delivery& d) { d.mail_parameters = {"ENVID=a BODY=7BIT"}; },
     "not sent: an ESMTP parameter with a blank or control character"},
    {"LF in a parameter of RCPT",
     [](Delivery& d) {
       for (auto& r : d.recipients) r.parameters = {"NOTIFY=NEVER\nDATA"};
     },
     "not sent: an ESMTP parameter with a blank or control character"},
    {"NUL in every forward-path",
     [](Delivery& d) {
       for (auto& r : d.recipients) r.forward_path = std::string("<\0>", 3);
     },
     "not sent: a path with a control character"},
    {"a bare LF in the content", [](Delivery& d) { d.content = test::pieces("a\n.\r\nb\r\n"); },
     "not sent: the content has a bare LF at octet 1"},
    {"a bare CR in the content", [](Delivery& d) { d.content = test::pieces("a\r\n\r.\r\n"); },
     "not sent: the content has a bare CR at octet 3"},
    {"a bare CR at a piece's border", [](Delivery& d) { d.content = test::pieces("ab\rc\r\n", 3); },
     "not sent: the content has a bare CR at octet 2"},
    {"a CR as the last octet", [](Delivery& d) { d.content = test::pieces("ab\r\nc\r"); },
     "not sent: the content has a bare CR at octet 5"},
    {"content that cannot be read",
     [](Delivery& d) {
       d.content = [](const auto&) -> Status { return Error{Errc::unavailable, "disk"}; };
     },
     "not sent: disk"},
};
void check_refused(const Refused& row) {
  ScriptedPeer peer{Script{}};
  Delivery delivery = three_recipients();
  row.change(delivery);
  const auto outcome = deliver(peer, delivery, "gate", seconds(1));
  CPPUNIT_ASSERT_EQUAL(std::string("deferred 0, deferred 0, deferred 0"), summary(outcome));
  for (const auto& r : outcome.recipients)
    CPPUNIT_ASSERT_EQUAL(std::string(row.text), r.reply.text);
  CPPUNIT_ASSERT_EQUAL(std::size_t{0}, peer.writes);
}

struct Bytes {
  const char* name;
  std::string content;
};
const Bytes kBytes[] = {
    {"nothing", ""},
    {"one line", "a\r\n"},
    {"dots alone, at starts and within", ".\r\n..\r\n.a\r\n..b\r\na.\r\n\r\n.\r\n"},
    {"8-bit and NUL", std::string("\0\xff\xc3\xa4\x80\r\n\x7f\x01\r\n", 11)},
    {"a line of 100 000 octets that starts with a dot", "." + std::string(100'000, 'x') + "\r\n"},
    {"no final CRLF", "a\r\nb"},
    {"a last line that is a dot without CRLF", "a\r\n."},
    {"empty lines at the end", "a\r\n\r\n\r\n"},
    {"300 kB of dot lines",
     [] {
       std::string all;
       for (int i = 0; i < 60'000; ++i) all += i % 2 ? ".\r\n" : "..x\r\n";
       return all;
     }()},
};
void check_bytes(const Bytes& row) {
  const std::string want =
      row.content.empty() || row.content.ends_with("\r\n") ? row.content : row.content + "\r\n";
  for (const std::size_t size : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{4096},
                                 std::size_t{65536}, SIZE_MAX}) {
    ScriptedPeer peer{Script{}};
    Delivery delivery = three_recipients();
    delivery.content = test::pieces(row.content, size);
    const auto outcome = deliver(peer, delivery, "gate", seconds(1));
    CPPUNIT_ASSERT_EQUAL(std::string("taken 250, taken 250, taken 250"), summary(outcome));
    CPPUNIT_ASSERT_MESSAGE("pieces of " + std::to_string(size), want == peer.content);
  }
}

}  // namespace

class SmtpClientTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SmtpClientTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(a_thousand_recipients_go_in_groups);
  CPPUNIT_TEST(the_final_dot_has_five_minutes);
  CPPUNIT_TEST(content_that_fails_midway_gets_no_final_dot);
  CPPUNIT_TEST(content_that_changes_between_the_passes_gets_no_final_dot);
  CPPUNIT_TEST(no_recipients_no_words);
  CPPUNIT_TEST(a_reply_is_kept_as_printable_text);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) {
    test::add_rows(context, kDialogues, check_dialogue);
    test::add_rows(context, kSaid, check_said);
    test::add_rows(context, kRefused, check_refused);
    test::add_rows(context, kBytes, check_bytes);
  }

  void a_thousand_recipients_go_in_groups() {
    Delivery delivery = three_recipients();
    delivery.recipients.assign(1000, {"<a@example.org>", {}});
    Script script;
    script.rcpt.assign(1000, "250 Ok\r\n");
    script.rcpt[777] = "550 no\r\n";
    ScriptedPeer peer(script);
    const auto outcome = deliver(peer, delivery, "gate", seconds(1));
    for (std::size_t i = 0; i < 1000; ++i)
      CPPUNIT_ASSERT_EQUAL(i == 777 ? 550 : 250, outcome.recipients[i].reply.code);
    // EHLO; MAIL with the first of 20 groups; the other 19; DATA; content; QUIT.
    CPPUNIT_ASSERT_EQUAL(std::size_t{24}, peer.writes);
  }

  void the_final_dot_has_five_minutes() {
    Script script;
    script.final_dot = kStall;
    ScriptedPeer peer(script);
    const auto before = std::chrono::steady_clock::now();
    deliver(peer, three_recipients(), "gate", seconds(1));
    CPPUNIT_ASSERT(peer.last_deadline >= before + std::chrono::minutes(5));
  }

  // The peer may get a part of the content, but neither the final dot nor anything behind it.
  static void check_ends_within(
      const std::function<Status(const std::function<Status(std::string_view)>&, int)>& content) {
    Delivery delivery = three_recipients();
    int pass = 0;
    delivery.content = [&](const auto& sink) { return content(sink, ++pass); };
    ScriptedPeer peer{Script{}};
    const auto outcome = deliver(peer, delivery, "gate", seconds(1));
    CPPUNIT_ASSERT_EQUAL(std::string("deferred 0, deferred 0, deferred 0"), summary(outcome));
    CPPUNIT_ASSERT(!peer.whole);
    CPPUNIT_ASSERT_EQUAL(std::string("DATA"), peer.commands.back());
    CPPUNIT_ASSERT(!peer.content.empty());
    CPPUNIT_ASSERT_EQUAL(std::string::npos, peer.content.find_first_not_of("x\r\n"));
  }

  void content_that_fails_midway_gets_no_final_dot() {
    check_ends_within([](const auto& sink, int pass) -> Status {
      for (int i = 0; i < 1000; ++i) CS_TRY(sink(std::string(98, 'x') + "\r\n"));
      if (pass == 1) return {};
      return Error{Errc::unavailable, "read: Input/output error"};
    });
  }

  void content_that_changes_between_the_passes_gets_no_final_dot() {
    check_ends_within([](const auto& sink, int pass) -> Status {
      for (int i = 0; i < 1000; ++i) CS_TRY(sink(std::string(98, 'x') + "\r\n"));
      return pass == 1 ? Status() : sink("a\n.\r\nMAIL FROM:<>\r\n");
    });
  }

  void no_recipients_no_words() {
    Delivery delivery = three_recipients();
    delivery.recipients.clear();
    ScriptedPeer peer{Script{}};
    CPPUNIT_ASSERT(deliver(peer, delivery, "gate", seconds(1)).recipients.empty());
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, peer.writes);
  }

  void a_reply_is_kept_as_printable_text() {
    Script script;
    script.final_dot = "554-5.6.0 a\x1b[31m\xc3\xa4\r\n554 5.6.0 b\r\n";
    ScriptedPeer peer(script);
    const auto outcome = deliver(peer, three_recipients(), "gate", seconds(1));
    CPPUNIT_ASSERT_EQUAL(std::string("5.6.0 a?[31m??\n5.6.0 b"), outcome.recipients[0].reply.text);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(SmtpClientTest);

}  // namespace countersign
