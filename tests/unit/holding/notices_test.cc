// SPDX-License-Identifier: Apache-2.0
#include "holding/notices.h"

#include <cppunit/extensions/HelperMacros.h>

#include <functional>
#include <thread>

#include "mail/header_section.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

using namespace std::string_literals;
using Event = HeldEvent::Kind;
using Kind = DeliveryOutcome::Kind;

const WallTime kArrived{seconds(1'809'352'920)};  // Monday 3 May 2027, 14:02:00
const WallTime kNow{kArrived + std::chrono::minutes(1)};
const std::string kUrl = "https://gate.example.org/c/7Q2MXF4PK9TD3HWA7Q2MXF4PK9";
const NoticeSettings kSettings{.from = "countersign@{domain}",
                               .base_url = "https://gate.example.org"};

HeldMessage held() {
  HeldMessage m{.envelope = {.id = *HeldId::parse("7q2mxf4pk9td3hwa7q2mxf4pk9")},
                .content_bytes = 0,
                .events = {}};
  HeldEnvelope& e = m.envelope;
  e.arrived = kArrived;
  e.expires = kArrived + std::chrono::hours(24 * 30);
  e.envelope.reverse_path = parse_reverse_path({"<alice@example.com>"});
  e.envelope.recipients = {parse_forward_path({"<joe@example.org>"}, "joe@example.org")};
  e.owners = {"joe@example.org"};
  e.author = "alice@example.com";
  e.fingerprint = "example.com";
  e.reason = "first-contact";
  e.message_id = "<1.2@example.com>";
  e.subject = "Offer for 40 chairs";
  return m;
}

std::string decode_qp(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      out += text[i];
    } else if (text.compare(i + 1, 2, "\r\n") == 0) {
      i += 2;
    } else {
      out += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    }
  }
  return out;
}

/// A mail taken apart by code of our own. `parts` are decoded.
struct Parsed {
  HeaderSection header;
  std::vector<HeaderSection> heads;
  std::vector<std::string> parts;

  std::string field(const char* name) const {
    const auto* found = header.first(name);
    return found == nullptr ? "(none)" : unfold(found->value);
  }
  std::string part_type(std::size_t i) const {
    return unfold(heads.at(i).first("Content-Type")->value);
  }
};

void add_part(Parsed& out, HeaderSection head, std::string text) {
  const auto* encoding = head.first("Content-Transfer-Encoding");
  const bool qp = encoding != nullptr && unfold(encoding->value) == "quoted-printable";
  out.parts.push_back(qp ? decode_qp(text) : text);
  out.heads.push_back(std::move(head));
}

Parsed parse(const std::string& bytes) {
  for (std::size_t i = 0, line = 0; i < bytes.size(); ++i) {
    line = bytes[i] == '\n' ? 0 : line + 1;
    CPPUNIT_ASSERT_MESSAGE("a bare LF", bytes[i] != '\n' || (i > 0 && bytes[i - 1] == '\r'));
    CPPUNIT_ASSERT_MESSAGE("a bare CR", bytes[i] != '\r' || bytes[i + 1] == '\n');
    CPPUNIT_ASSERT_MESSAGE("a long line", line <= 999);
    const auto c = static_cast<unsigned char>(bytes[i]);
    CPPUNIT_ASSERT_MESSAGE("no plain octet",
                           c == '\r' || c == '\n' || c == '\t' || (c >= ' ' && c < 127));
  }
  Parsed out;
  const std::size_t end = bytes.find("\r\n\r\n");
  out.header = HeaderSection::parse(bytes.substr(0, end + 2));
  const std::string type = out.field("Content-Type");
  const std::size_t at = type.find("boundary=\"");
  if (at == std::string::npos) {
    add_part(out, out.header, bytes.substr(end + 4));
    return out;
  }
  const std::string line = "\r\n--" + type.substr(at + 10, type.find('"', at + 10) - at - 10);
  std::size_t start = bytes.find(line, end) + line.size();
  while (bytes.compare(start, 2, "--") != 0) {
    const std::size_t stop = bytes.find(line, start);
    CPPUNIT_ASSERT(stop != std::string::npos);
    const std::string part = bytes.substr(start + 2, stop - start - 2);
    const std::size_t head_end = part.find("\r\n\r\n");
    add_part(out, HeaderSection::parse(part.substr(0, head_end + 2)), part.substr(head_end + 4));
    start = stop + line.size();
  }
  return out;
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++n;
  return n;
}

/// One line for words: how text was broken into lines is not what is asked.
std::string flowing(std::string text) {
  std::string out;
  for (const char c : text)
    if (c != '\r') out += c == '\n' ? ' ' : c;
  return out;
}

Parsed challenge(const HeldMessage& message) {
  return parse(challenge_notice(message, kUrl, kSettings, kNow).bytes);
}

// --- challenge

struct Subject {
  const char* name;
  std::string subject;
  const char* want;    ///< the Subject field, as it reads
  const char* spoken;  ///< in the text
};
const Subject kSubjects[] = {
    {"a subject", "Offer for 40 chairs", "Re: Offer for 40 chairs",
     "(\"Offer for 40 chairs\", Monday 3 May, 14:02 UTC)"},
    {"no subject", "", "Your message to joe@example.org is waiting", "(Monday 3 May, 14:02 UTC)"},
    {"a reply has one Re only", "RE: chairs", "RE: chairs",
     "(\"RE: chairs\", Monday 3 May, 14:02 UTC)"},
    {"line ends start no field", "x\r\nBcc: victim@example.net\r\n\r\nbody",
     "Re: x\xef\xbf\xbd\xef\xbf\xbd"
     "Bcc: victim@example.net\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
     "body",
     "Bcc: victim"},
    {"a direction override is replaced", "\xe2\x80\xaegnp.exe", "Re: \xef\xbf\xbdgnp.exe",
     "(\"\xef\xbf\xbdgnp.exe\""},
    {"an isolate and a C1 control are replaced",
     "a\xe2\x81\xa6"
     "b\xc2\x9bz",
     "Re: a\xef\xbf\xbd"
     "b\xef\xbf\xbdz",
     "(\"a\xef\xbf\xbd"
     "b\xef\xbf\xbdz\""},
    {"UTF-8 stays", "\xc3\x84pfel", "Re: \xc3\x84pfel", "(\"\xc3\x84pfel\""},
    {"ill-formed UTF-8 is replaced", "a\xff", "Re: a\xef\xbf\xbd", "(\"a\xef\xbf\xbd\""},
};
void check_subject(const Subject& row) {
  HeldMessage message = held();
  message.envelope.subject = row.subject;
  const Parsed mail = challenge(message);
  CPPUNIT_ASSERT_EQUAL(std::string(row.want), readable(mail.header.first("Subject")->value));
  CPPUNIT_ASSERT(mail.header.all("Bcc").empty());
  CPPUNIT_ASSERT(flowing(mail.parts.at(0)).find(row.spoken) != std::string::npos);
}

struct Thread {
  const char* name;
  std::string message_id;
  bool kept;
};
const Thread kThreads[] = {
    {"a message id", "<1.2@example.com>", true},
    {"a literal", "<x@[192.0.2.1]>", true},
    {"none", "", false},
    {"no brackets", "1@example.com", false},
    {"no at sign", "<1example.com>", false},
    {"nothing left of the at sign", "<@example.com>", false},
    {"nothing right of it", "<1@>", false},
    {"a blank", "<1 2@example.com>", false},
    {"a line end", "<1@example.com\r\nBcc: victim@example.net>", false},
    {"two", "<1@example.com><2@example.com>", false},
    {"8-bit", "<\xc3\xa4@example.com>", false},
    {"251 octets", "<" + std::string(247, 'a') + "@b>", false},
    {"250 octets", "<" + std::string(246, 'a') + "@b>", true},
};
void check_thread(const Thread& row) {
  HeldMessage message = held();
  message.envelope.message_id = row.message_id;
  const Parsed mail = challenge(message);
  const std::string want = row.kept ? row.message_id : "(none)";
  CPPUNIT_ASSERT_EQUAL(want, mail.field("In-Reply-To"));
  CPPUNIT_ASSERT_EQUAL(want, mail.field("References"));
  CPPUNIT_ASSERT(mail.header.all("Bcc").empty());
}

struct To {
  const char* name;
  const char* reverse_path;
  const char* author;
  const char* want;
};
const To kTos[] = {
    {"the reverse-path that is the author", "<alice@example.com>", "alice@example.com",
     "alice@example.com"},
    {"its local part as written", "<Alice@Example.COM>", "alice@example.com", "Alice@Example.COM"},
    {"without a source route", "<@relay.example:alice@example.com>", "alice@example.com",
     "alice@example.com"},
    {"nobody: the null reverse-path", "<>", "alice@example.com", ""},
    {"nobody: a reverse-path that is not the author", "<victim@example.net>", "alice@example.com",
     ""},
    {"nobody: a reverse-path that is no mailbox", "<a b>", "alice@example.com", ""},
    {"nobody: no author", "<alice@example.com>", "", ""},
};
void check_to(const To& row) {
  HeldMessage message = held();
  message.envelope.envelope.reverse_path = parse_reverse_path({row.reverse_path});
  message.envelope.author = row.author;
  const Notice notice = challenge_notice(message, kUrl, kSettings, kNow);
  CPPUNIT_ASSERT_EQUAL(std::string(row.want), notice.to);
  CPPUNIT_ASSERT_EQUAL(notice.to.empty(), notice.bytes.empty());
  if (!notice.to.empty()) CPPUNIT_ASSERT_EQUAL(notice.to, parse(notice.bytes).field("To"));
}

struct Recipients {
  const char* name;
  int count;
  const char* want;
};
const Recipients kRecipients[] = {
    {"one", 1, "your message to r1@example.org ("},
    {"two", 2, "your message to r1@example.org and r2@example.org ("},
    {"three", 3, "your message to r1@example.org, r2@example.org and r3@example.org ("},
    {"a thousand", 1000, "your message to r1@example.org, r2@example.org and 998 others ("},
};
void check_recipients(const Recipients& row) {
  HeldMessage message = held();
  message.envelope.envelope.recipients.clear();
  for (int i = 1; i <= row.count; ++i) {
    const std::string path = "<r" + std::to_string(i) + "@example.org>";
    message.envelope.envelope.recipients.push_back(parse_forward_path({path}, ""));
  }
  CPPUNIT_ASSERT(flowing(challenge(message).parts.at(0)).find(row.want) != std::string::npos);
}

// --- delivery status notification

HeldMessage refused(const std::string& reply = "550 5.1.1 No such user") {
  HeldMessage m = held();
  m.events = {{.kind = Event::answered, .when = kNow, .recipient = 0, .text = "address+pow"},
              {.kind = Event::refused, .when = kNow, .recipient = 0, .text = reply}};
  return m;
}
const std::string kHead = "From: alice@example.com\r\nSubject: Offer\r\n";
Notice failure(const HeldMessage& message, const std::string& head = kHead) {
  return failure_notice(message, head, kSettings, "mx.example.org", kNow);
}

struct Report {
  const char* name;
  std::function<void(HeldMessage&)> change;
  const char* want;  ///< must stand in the report
};
const Report kReports[] = {
    {"the bare report", [](HeldMessage&) {},
     "Reporting-MTA: dns; mx.example.org\r\n"
     "Arrival-Date: Mon, 03 May 2027 14:02:00 +0000\r\n\r\n"
     "Final-Recipient: rfc822; joe@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n"
     "Diagnostic-Code: smtp; 550 5.1.1 No such user\r\n"},
    {"ENVID is decoded",
     [](HeldMessage& m) { m.envelope.envelope.reverse_path.parameters = {"envid=QQ+2B1"}; },
     "Original-Envelope-Id: QQ+1\r\nReporting-MTA"},
    {"ENVID with a line end is left out",
     [](HeldMessage& m) { m.envelope.envelope.reverse_path.parameters = {"ENVID=a+0D+0Ab"}; },
     "Reporting-MTA: dns; mx.example.org\r\nArrival-Date"},
    {"ORCPT is decoded",
     [](HeldMessage& m) {
       m.envelope.envelope.recipients[0].parameters = {"NOTIFY=FAILURE",
                                                       "ORCPT=rfc822;Joe+2Bx@example.org"};
     },
     "\r\nOriginal-Recipient: rfc822;Joe+x@example.org\r\nFinal-Recipient"},
    {"ORCPT with a control is left out",
     [](HeldMessage& m) {
       m.envelope.envelope.recipients[0].parameters = {"ORCPT=rfc822;Joe+0Ax@example.org"};
     },
     "+0000\r\n\r\nFinal-Recipient"},
    {"a reply without status", [](HeldMessage& m) { m.events[1].text = "554 Go away"; },
     "Status: 5.0.0\r\nDiagnostic-Code: smtp; 554 Go away\r\n"},
    {"a reply with a status of another class",
     [](HeldMessage& m) { m.events[1].text = "554 4.1.1 Go away"; }, "Status: 5.0.0\r\n"},
    {"a reply with half a status", [](HeldMessage& m) { m.events[1].text = "554 5.1. Go"; },
     "Status: 5.0.0\r\n"},
    {"a reply of one code", [](HeldMessage& m) { m.events[1].text = "554"; },
     "Status: 5.0.0\r\nDiagnostic-Code: smtp; 554\r\n"},
    {"a reply that would be more lines",
     [](HeldMessage& m) { m.events[1].text = "554 5.6.0 a\r\nAction: delivered\xe2\x80\xae"; },
     "Status: 5.6.0\r\nDiagnostic-Code: smtp; 554 5.6.0 a??Action: delivered???\r\n"},
    {"the last refusal counts",
     [](HeldMessage& m) {
       m.events.push_back({.kind = Event::approved, .when = kNow, .recipient = 0, .text = "root"});
       m.events.push_back(
           {.kind = Event::refused, .when = kNow, .recipient = 0, .text = "550 5.7.1 again"});
     },
     "Status: 5.7.1\r\n"},
    {"an address outside ASCII",
     [](HeldMessage& m) {
       m.envelope.envelope.recipients[0] = parse_forward_path({"<d\xc3\xb6rte@example.org>"}, "");
     },
     "Final-Recipient: utf-8; d\\x{F6}rte@example.org\r\n"},
};
void check_report(const Report& row) {
  HeldMessage message = refused();
  row.change(message);
  const Parsed mail = parse(failure(message).bytes);
  CPPUNIT_ASSERT_EQUAL(std::size_t{3}, mail.parts.size());
  CPPUNIT_ASSERT_EQUAL(std::string("message/delivery-status"), mail.part_type(1));
  CPPUNIT_ASSERT_MESSAGE(mail.parts[1], mail.parts[1].find(row.want) != std::string::npos);
  CPPUNIT_ASSERT_EQUAL(std::size_t{1}, count(mail.parts[1], "\r\nAction: "));
}

struct Untold {
  const char* name;
  std::function<void(HeldMessage&)> change;
};
const Untold kUntold[] = {
    {"an author who is not authenticated", [](HeldMessage& m) { m.envelope.fingerprint = ""; }},
    {"no author", [](HeldMessage& m) { m.envelope.author = ""; }},
    {"the null reverse-path",
     [](HeldMessage& m) { m.envelope.envelope.reverse_path = parse_reverse_path({"<>"}); }},
    {"NOTIFY=NEVER",
     [](HeldMessage& m) { m.envelope.envelope.recipients[0].parameters = {"notify=never"}; }},
    {"NOTIFY without FAILURE",
     [](HeldMessage& m) {
       m.envelope.envelope.recipients[0].parameters = {"NOTIFY=SUCCESS,DELAY"};
     }},
    {"nothing was refused", [](HeldMessage& m) { m.events.pop_back(); }},
    {"it may be tried again",
     [](HeldMessage& m) {
       m.events.push_back({.kind = Event::approved, .when = kNow, .recipient = 0, .text = "root"});
     }},
};
void check_untold(const Untold& row) {
  HeldMessage message = refused();
  row.change(message);
  CPPUNIT_ASSERT_EQUAL(std::string(), failure(message).to);
  CPPUNIT_ASSERT_EQUAL(std::string(), failure(message).bytes);
}

// --- sending

class OneReply final : public Relay {
 public:
  DeliveryOutcome::Recipient answer;
  std::vector<Delivery> sent;
  std::string bytes;
  DeliveryOutcome send(const Delivery& delivery) override {
    sent.push_back(delivery);
    (void)!delivery.content([&](std::string_view piece) -> Status {
      bytes += piece;
      return {};
    });
    return {{answer}};
  }
};

}  // namespace

class NoticesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(NoticesTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(the_challenge_has_the_designs_words);
  CPPUNIT_TEST(the_challenge_names_the_time_on_the_authors_clock);
  CPPUNIT_TEST(the_challenge_in_html_has_one_link_and_no_images);
  CPPUNIT_TEST(the_challenge_in_html_escapes_what_strangers_wrote);
  CPPUNIT_TEST(the_challenge_says_that_it_is_automatic);
  CPPUNIT_TEST(an_author_outside_ascii_is_written_to_as_he_is);
  CPPUNIT_TEST(the_failure_has_three_parts);
  CPPUNIT_TEST(the_failure_returns_the_header_section_whatever_its_octets);
  CPPUNIT_TEST(the_failure_names_all_who_may_be_told);
  CPPUNIT_TEST(the_digest_lists_what_is_held);
  CPPUNIT_TEST(the_digest_tells_nobody_of_other_recipients);
  CPPUNIT_TEST(the_digest_says_when_its_reader_need_not_do_anything);
  CPPUNIT_TEST(the_digest_tells_of_a_block_that_came_later);
  CPPUNIT_TEST(the_digest_tells_whom_no_answer_reaches_any_more);
  CPPUNIT_TEST(the_digest_leaves_what_was_taken_back_to_its_reader);
  CPPUNIT_TEST(the_digest_gives_strangers_one_line_each);
  CPPUNIT_TEST(the_digest_has_a_reason_in_words_for_all_that_hold);
  CPPUNIT_TEST(the_digest_leaves_none_of_a_thousand_out);
  CPPUNIT_TEST(a_notice_goes_from_the_null_reverse_path);
  CPPUNIT_TEST(what_the_mta_said_is_told);
  CPPUNIT_TEST(a_notice_to_nobody_is_not_sent);
  CPPUNIT_TEST(many_threads_write_at_once);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) {
    test::add_rows(context, kSubjects, check_subject);
    test::add_rows(context, kThreads, check_thread);
    test::add_rows(context, kTos, check_to);
    test::add_rows(context, kRecipients, check_recipients);
    test::add_rows(context, kReports, check_report);
    test::add_rows(context, kUntold, check_untold);
  }

  void the_challenge_names_the_time_on_the_authors_clock() {
    HeldMessage message = held();
    message.envelope.date = "Sun, 2 May 2027 09:30:00 -0700";
    const std::string text = challenge(message).parts.at(0);
    CPPUNIT_ASSERT_MESSAGE(
        text,
        text.find("(\"Offer for 40 chairs\", Sunday 2 May,\r\n09:30) has") != std::string::npos);
  }

  void the_challenge_has_the_designs_words() {
    const Parsed mail = challenge(held());
    CPPUNIT_ASSERT_EQUAL(std::string("text/plain; charset=utf-8"), mail.part_type(0));
    CPPUNIT_ASSERT_EQUAL(
        "Hello,\r\n\r\n"
        "your message to joe@example.org (\"Offer for 40 chairs\", Monday 3 May,\r\n"
        "14:02 UTC) has arrived and is waiting. It is your first to this address,\r\n"
        "so we ask once whether a person sent it. Please open\r\n\r\n"
        "    https://gate.example.org/c/7Q2MXF4PK9TD3HWA7Q2MXF4PK9\r\n\r\n"
        "and type your address. Then it is delivered and you are not asked again.\r\n"
        "No password, no account, no cost.\r\n\r\n"
        "You may also do nothing: the recipient sees that it waits and can let it\r\n"
        "in. We keep it until 2 June. Not your message? Open the page and say so;\r\n"
        "we will not write again.\r\n"s,
        mail.parts.at(0));
  }

  void the_challenge_in_html_has_one_link_and_no_images() {
    const Parsed mail = challenge(held());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, mail.parts.size());
    CPPUNIT_ASSERT_EQUAL(std::string("text/html; charset=utf-8"), mail.part_type(1));
    const std::string& html = mail.parts[1];
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, count(html, "<a href=\"" + kUrl + "\">" + kUrl + "</a>"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, count(html, "://"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, count(html, "href"));
    for (const char* none : {"<img", "<style", "<script", "src=", "url("})
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, count(html, none));
  }

  void the_challenge_in_html_escapes_what_strangers_wrote() {
    HeldMessage message = held();
    message.envelope.subject = "<img src=x onerror=alert(1)>\"&'";
    const Parsed mail = challenge(message);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, count(mail.parts[1], "<img"));
    CPPUNIT_ASSERT_EQUAL(
        std::size_t{1},
        count(flowing(mail.parts[1]), "&lt;img src=x onerror=alert(1)&gt;&quot;&amp;&#39;"));
  }

  void the_challenge_says_that_it_is_automatic() {
    const Notice notice = challenge_notice(held(), kUrl, kSettings, kNow);
    const Parsed mail = parse(notice.bytes);
    CPPUNIT_ASSERT_EQUAL("\"example.org mail desk\" <countersign@example.org>"s,
                         mail.field("From"));
    CPPUNIT_ASSERT_EQUAL("auto-replied"s, mail.field("Auto-Submitted"));
    CPPUNIT_ASSERT_EQUAL("All"s, mail.field("X-Auto-Response-Suppress"));
    CPPUNIT_ASSERT_EQUAL("Mon, 03 May 2027 14:03:00 +0000"s, mail.field("Date"));
    CPPUNIT_ASSERT_EQUAL("<challenge.7q2mxf4pk9td3hwa7q2mxf4pk9@example.org>"s,
                         mail.field("Message-Id"));
    CPPUNIT_ASSERT_EQUAL("1.0"s, mail.field("MIME-Version"));
    CPPUNIT_ASSERT(mail.field("Content-Type").starts_with("multipart/alternative;"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{11}, mail.header.fields().size());
  }

  void an_author_outside_ascii_is_written_to_as_he_is() {
    HeldMessage message = held();
    message.envelope.envelope.reverse_path = parse_reverse_path({"<d\xc3\xb6rte@example.com>"});
    message.envelope.author = "d\xc3\xb6rte@example.com";
    const Notice notice = challenge_notice(message, kUrl, kSettings, kNow);
    CPPUNIT_ASSERT_EQUAL("d\xc3\xb6rte@example.com"s, notice.to);
    CPPUNIT_ASSERT(notice.bytes.find("\r\nTo: d\xc3\xb6rte@example.com\r\n") != std::string::npos);
  }

  void the_failure_has_three_parts() {
    const Notice notice = failure(refused());
    CPPUNIT_ASSERT_EQUAL("alice@example.com"s, notice.to);
    const Parsed mail = parse(notice.bytes);
    CPPUNIT_ASSERT(mail.field("Content-Type").starts_with("multipart/report;"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1},
                         count(mail.field("Content-Type"), "report-type=delivery-status"));
    CPPUNIT_ASSERT_EQUAL("auto-replied"s, mail.field("Auto-Submitted"));
    CPPUNIT_ASSERT_EQUAL("Not delivered: Offer for 40 chairs"s, mail.field("Subject"));
    CPPUNIT_ASSERT_EQUAL("<1.2@example.com>"s, mail.field("In-Reply-To"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, mail.parts.size());
    CPPUNIT_ASSERT_EQUAL(
        "Hello,\r\n\r\n"
        "your message to joe@example.org (\"Offer for 40 chairs\", Monday 3 May,\r\n"
        "14:02 UTC) was accepted here, but could not be delivered. The mail\r\n"
        "server of the recipient said:\r\n\r\n"
        "    joe@example.org\r\n        550 5.1.1 No such user\r\n\r\n"
        "It was not delivered to these recipients. If it matters, please reach\r\n"
        "them in another way.\r\n"s,
        mail.parts[0]);
    CPPUNIT_ASSERT_EQUAL("text/rfc822-headers; charset=utf-8"s, mail.part_type(2));
    CPPUNIT_ASSERT_EQUAL(kHead, mail.parts[2]);
  }

  void the_failure_returns_the_header_section_whatever_its_octets() {
    const std::string head = "Subject: \xc3\xa4\x1b[31m\r\nX: " + std::string(5000, 'y') + "\r\n";
    CPPUNIT_ASSERT_EQUAL(head, parse(failure(refused(), head).bytes).parts.at(2));
  }

  void the_failure_names_all_who_may_be_told() {
    HeldMessage message = refused();
    auto& recipients = message.envelope.envelope.recipients;
    recipients.push_back(parse_forward_path({"<ann@example.org>", "NOTIFY=NEVER"}, ""));
    recipients.push_back(parse_forward_path({"<bob@example.org>", "NOTIFY=SUCCESS,FAILURE"}, ""));
    recipients.push_back(parse_forward_path({"<eve@example.org>"}, ""));
    for (const std::uint32_t i : {1U, 2U})
      message.events.push_back(
          {.kind = Event::refused, .when = kNow, .recipient = i, .text = "550 5.2.1 disabled"});
    message.events.push_back(
        {.kind = Event::released, .when = kNow, .recipient = 3, .text = "250 Ok"});
    const std::string bytes = failure(message).bytes;
    for (const char* named : {"joe@", "bob@"}) CPPUNIT_ASSERT(bytes.find(named) != bytes.npos);
    for (const char* unnamed : {"ann@", "eve@"}) CPPUNIT_ASSERT(bytes.find(unnamed) == bytes.npos);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, count(bytes, "\r\nAction: failed\r\n"));
  }

  void the_digest_lists_what_is_held() {
    HeldMessage second = held();
    second.envelope.author = "news@shop.example";
    second.envelope.fingerprint = "";
    second.envelope.subject = "";
    second.envelope.reason = "machine";
    second.events = refused().events;
    HeldMessage first = held();
    first.envelope.challenged = true;
    const Notice notice = digest_notice("joe@example.org", {first, second}, kSettings, kNow);
    CPPUNIT_ASSERT_EQUAL("joe@example.org"s, notice.to);
    const Parsed mail = parse(notice.bytes);
    CPPUNIT_ASSERT_EQUAL("2 messages held for joe@example.org"s, mail.field("Subject"));
    CPPUNIT_ASSERT_EQUAL("\"example.org mail desk\" <countersign@example.org>"s,
                         mail.field("From"));
    CPPUNIT_ASSERT_EQUAL("auto-generated"s, mail.field("Auto-Submitted"));
    CPPUNIT_ASSERT_EQUAL("(none)"s, mail.field("In-Reply-To"));
    CPPUNIT_ASSERT_EQUAL(
        "Hello,\r\n\r\n"
        "2 messages to joe@example.org are held. Some wait for you alone: their\r\n"
        "senders are not asked, or cannot answer. What nobody confirms or lets in\r\n"
        "is removed after the day given.\r\n\r\n"
        "1.  Subject:  Offer for 40 chairs\r\n"
        "    From:     alice@example.com\r\n"
        "    Came:     Monday 3 May, 14:02 UTC\r\n"
        "    Why held: the first message from this sender\r\n"
        "    Kept:     until 2 June\r\n"
        "    Id:       7q2mxf4pk9td3hwa7q2mxf4pk9\r\n\r\n"
        "2.  Subject:  (none)\r\n"
        "    From:     news@shop.example (not verified)\r\n"
        "    Came:     Monday 3 May, 14:02 UTC\r\n"
        "    Why held: sent by a program, which cannot confirm anything\r\n"
        "    State:    let in, but the mail server refused it: 550 5.1.1 No such user\r\n"
        "    Waits:    for you alone\r\n"
        "    Kept:     until 2 June\r\n"
        "    Id:       7q2mxf4pk9td3hwa7q2mxf4pk9\r\n\r\n"
        "To have a message let in or dropped, tell postmaster@example.org its id.\r\n"s,
        mail.parts.at(0));
  }

  void the_digest_tells_nobody_of_other_recipients() {
    HeldMessage message = held();
    message.envelope.envelope.recipients = {
        parse_forward_path({"<joe@example.org>"}, "joe@example.org"),
        parse_forward_path({"<ann@example.org>"}, "ann@example.org")};
    message.envelope.owners = {"joe@example.org", "ann@example.org"};
    message.envelope.reason = "blocked";
    message.envelope.reasons = {"first-contact", "blocked"};
    const auto text_for = [&](const std::string& owner) {
      const Notice notice = digest_notice(owner, {message}, kSettings, kNow);
      return notice.to.empty() ? "" : parse(notice.bytes).parts.at(0);
    };
    CPPUNIT_ASSERT_EQUAL(std::size_t{1},
                         count(text_for("joe@example.org"), "the first message from this sender"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1},
                         count(text_for("ann@example.org"), "its sender is blocked"));
    message.events = {{.kind = Event::approved, .when = kNow},
                      {.kind = Event::released, .when = kNow, .recipient = 0, .text = "250 Ok"},
                      {.kind = Event::refused, .when = kNow, .recipient = 1, .text = "550 <ann>"}};
    CPPUNIT_ASSERT_EQUAL(""s, text_for("joe@example.org"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1},
                         count(text_for("ann@example.org"), "refused it: 550 <ann>"));
  }

  void the_digest_says_when_its_reader_need_not_do_anything() {
    HeldMessage asked = held();
    asked.envelope.challenged = true;
    const auto text_of = [](const HeldMessage& message) {
      return parse(digest_notice("joe@example.org", {message}, kSettings, kNow).bytes).parts.at(0);
    };
    CPPUNIT_ASSERT_EQUAL(
        std::size_t{1},
        count(text_of(asked),
              "1 message to joe@example.org is held. A sender who confirms that a\r\n"
              "person wrote it has the message delivered; you need not do anything.\r\n"
              "What nobody confirms or lets in is removed after the day given.\r\n\r\n"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, count(text_of(asked), "for you alone"));
    HeldMessage unasked = held();
    unasked.envelope.reason = "forged-contact";
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, count(text_of(unasked), "need not do anything"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1},
                         count(text_of(unasked), "    Waits:    for you alone\r\n"));
  }

  void the_digest_tells_of_a_block_that_came_later() {
    HeldMessage declined = held();
    declined.envelope.challenged = true;
    declined.events = {{.kind = Event::answered, .when = kNow, .text = "address+pow"},
                       {.kind = Event::declined, .when = kNow, .recipient = 0}};
    const Notice notice = digest_notice("joe@example.org", {declined}, kSettings, kNow);
    const std::string text = parse(notice.bytes).parts.at(0);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, count(text, "    Why held: its sender is blocked\r\n"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, count(text, "    Waits:    for you alone\r\n"));
  }

  void the_digest_tells_whom_no_answer_reaches_any_more() {
    HeldMessage message = held();
    message.envelope.challenged = message.envelope.by_mail = true;
    const auto waits_alone = [&](std::vector<HeldEvent> events) {
      message.events = std::move(events);
      const Notice notice = digest_notice("joe@example.org", {message}, kSettings, kNow);
      return count(parse(notice.bytes).parts.at(0), "    Waits:    for you alone\r\n") == 1;
    };
    CPPUNIT_ASSERT(!waits_alone({}));
    CPPUNIT_ASSERT(!waits_alone({{.kind = Event::challenged, .when = kNow, .text = "sending"},
                                 {.kind = Event::challenged, .when = kNow, .text = "sent"}}));
    CPPUNIT_ASSERT(!waits_alone({{.kind = Event::challenged, .when = kNow, .text = "sending"},
                                 {.kind = Event::challenged, .when = kNow, .text = "again"}}));
    CPPUNIT_ASSERT(waits_alone({{.kind = Event::challenged, .when = kNow, .text = "sending"}}));
    CPPUNIT_ASSERT(waits_alone(
        {{.kind = Event::challenged, .when = kNow, .text = "sending"},
         {.kind = Event::challenged, .when = kNow, .text = "failed 550 5.1.1 no such user"}}));
    CPPUNIT_ASSERT(waits_alone(
        {{.kind = Event::unreached, .when = kNow, .recipient = 0, .text = "forged-contact"}}));
    const std::string text =
        parse(digest_notice("joe@example.org", {message}, kSettings, kNow).bytes).parts.at(0);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, count(text, "has the address of a sender you know"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, count(text, "need not do anything"));
  }

  void the_digest_leaves_what_was_taken_back_to_its_reader() {
    HeldMessage withdrawn = held();
    withdrawn.envelope.challenged = true;
    withdrawn.events = {{.kind = Event::withdrawn, .when = kNow, .text = "withdraw"}};
    HeldMessage waiting = held();
    waiting.envelope.challenged = true;
    HeldMessage unasked = held();
    const auto text_of = [](const std::vector<HeldMessage>& messages) {
      return parse(digest_notice("joe@example.org", messages, kSettings, kNow).bytes).parts.at(0);
    };
    const std::string alone = text_of({withdrawn});
    CPPUNIT_ASSERT_EQUAL(
        std::size_t{1},
        count(alone,
              "1 message to joe@example.org is held. What its sender took back only you\r\n"
              "can have let in. What you do not let in is removed after the day given.\r\n\r\n"
              "1.  State:    taken back by its sender\r\n"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, count(alone, "confirms"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1},
                         count(text_of({withdrawn, waiting}), " A sender who confirms that"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1},
                         count(text_of({withdrawn, unasked}), " Some wait for you alone: their"));
  }

  void the_digest_gives_strangers_one_line_each() {
    HeldMessage message = held();
    message.envelope.subject = "x\n    From:     boss@example.org\xe2\x80\xa8\xe2\x80\xae\x1b[2J";
    message.envelope.author = "a\r\nb@example.com";
    message.envelope.reason = "none\r\nof ours";
    const Parsed mail = parse(digest_notice("joe@example.org", {message}, kSettings, kNow).bytes);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, count(mail.parts.at(0), "\r\n    From:  "));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, count(mail.parts.at(0), "\r\n    Why held: held (none"));
    for (const char* raw : {"\xe2\x80\xa8", "\xe2\x80\xae", "\x1b"})
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, count(mail.parts.at(0), raw));
  }

  void the_digest_has_a_reason_in_words_for_all_that_hold() {
    for (const char* reason : {"blocked", "infected", "own-domain", "forged-contact", "unauthentic",
                               "malformed", "machine", "spam", "forwarded", "first-contact"}) {
      HeldMessage message = held();
      message.envelope.reason = reason;
      const Parsed mail = parse(digest_notice("joe@example.org", {message}, kSettings, kNow).bytes);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(reason, std::size_t{0}, count(mail.parts.at(0), "held ("));
    }
  }

  void the_digest_leaves_none_of_a_thousand_out() {
    std::vector<HeldMessage> all;
    for (int i = 0; i < 1000; ++i) {
      all.push_back(held());
      all.back().envelope.id = HeldId::random();
    }
    const Parsed mail = parse(digest_notice("joe@example.org", all, kSettings, kNow).bytes);
    for (const HeldMessage& message : all)
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, count(mail.parts.at(0), message.envelope.id.text()));
  }

  void a_notice_goes_from_the_null_reverse_path() {
    OneReply relay;
    relay.answer = {Kind::taken, {250, "Ok"}};
    CPPUNIT_ASSERT(send_notice(relay, {"alice@example.com", "Subject: x\r\n\r\n"}));
    const Delivery& d = relay.sent.at(0);
    CPPUNIT_ASSERT_EQUAL("<>"s, d.reverse_path);
    CPPUNIT_ASSERT_EQUAL("<alice@example.com>"s, d.recipients.at(0).forward_path);
    CPPUNIT_ASSERT(std::vector<std::string>{"NOTIFY=NEVER"} == d.recipients[0].parameters);
    CPPUNIT_ASSERT_EQUAL("Subject: x\r\n\r\n"s, relay.bytes);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{14}, d.size_bytes);
  }

  void what_the_mta_said_is_told() {
    OneReply relay;
    relay.answer = {Kind::deferred, {451, "4.3.0 later\nplease"}};
    Status sent = send_notice(relay, {"alice@example.com", "x\r\n"});
    CPPUNIT_ASSERT(!sent && sent.error().code == Errc::unavailable);
    CPPUNIT_ASSERT_EQUAL("451 4.3.0 later please"s, sent.error().detail);
    relay.answer = {Kind::refused, {550, "5.1.1 unknown"}};
    sent = send_notice(relay, {"alice@example.com", "x\r\n"});
    CPPUNIT_ASSERT(!sent && sent.error().code == Errc::invalid);
  }

  void a_notice_to_nobody_is_not_sent() {
    OneReply relay;
    CPPUNIT_ASSERT(send_notice(relay, {}));
    CPPUNIT_ASSERT(relay.sent.empty());
  }

  void many_threads_write_at_once() {
    HeldMessage message = held();
    message.envelope.subject = "\xc3\x84pfel \xe4\xb8\xad";
    const auto body = [](const std::string& bytes) { return parse(bytes).parts.at(0); };
    const std::string want = body(challenge_notice(message, kUrl, kSettings, kNow).bytes);
    std::atomic<int> same{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 50; ++i)
          if (body(challenge_notice(message, kUrl, kSettings, kNow).bytes) == want) ++same;
      });
    for (std::thread& thread : threads) thread.join();
    CPPUNIT_ASSERT_EQUAL(200, same.load());
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(NoticesTest);

}  // namespace countersign
