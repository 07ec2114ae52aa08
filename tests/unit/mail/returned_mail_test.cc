// SPDX-License-Identifier: Apache-2.0
#include "mail/returned_mail.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <utility>

#include "base/encoding.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

std::string crlf(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? "\r\n" : std::string(1, c);
  return out;
}

const std::string kReport =
    "Content-Type: multipart/report; report-type=delivery-status;\n"
    " boundary=\"b/1\"\n";
const std::string kText = "--b/1\nContent-Type: text/plain\n\nSorry.\nMessage-ID: <lie@x>\n\n";
const std::string kStatus =
    "--b/1\nContent-Type: message/delivery-status\n\n"
    "Reporting-MTA: dns; mx.example.com\n\n"
    "Original-Recipient: rfc822;Alice@Example.com\n"
    "Final-Recipient: rfc822; alice@inside.example.com\nAction: failed\nStatus: 5.1.1\n\n";
const std::string kCopy =
    "Received: from x\n\tby y\nFrom: joe@example.org\nMessage-Id: <1@example.org>\n"
    "To: alice@example.com\n\nMessage-ID: <of.the.body@x>\n";

struct Row {
  const char* name;
  std::string header;
  std::string body;
  std::string want;  ///< the ids, then the recipients, each with a blank before
};
const Row kRows[] = {
    {"a bounce as Postfix writes it", kReport,
     kText + kStatus + "--b/1\nContent-Type: message/rfc822\n\n" + kCopy + "\n--b/1--\n",
     " 1@example.org alice@example.com alice@inside.example.com"},
    {"a bounce with the header section only", kReport,
     kText + kStatus + "--b/1\nContent-Type: text/rfc822-headers\n\n" +
         "From: joe@example.org\nMessage-ID: <1@example.org>\n\n--b/1--\n",
     " 1@example.org alice@example.com alice@inside.example.com"},
    {"a copy without its final line", kReport,
     "--b/1\nContent-Type: text/rfc822-headers\n\nMessage-ID: <1@example.org>", " 1@example.org"},
    {"the copy before the status", kReport,
     "--b/1\nContent-Type: message/rfc822\n\n" + kCopy + "\n" + kStatus + "--b/1--\n",
     " 1@example.org"},
    {"internationalized parts", kReport,
     "--b/1\nContent-Type: message/global-delivery-status\n\n"
     "Final-Recipient: utf-8; \xc3\xa4@example.com\n\n"
     "--b/1\nContent-Type: message/global-headers\n\nMessage-ID: <1@example.org>\n\n--b/1--\n",
     " 1@example.org \xc3\xa4@example.com"},
    {"a copy in quoted-printable", kReport,
     "--b/1\nContent-Type: message/rfc822\nContent-Transfer-Encoding: Quoted-Printable\n\n"
     "From: joe@example.org\nMessage-ID: <1=40exam=\nple.org>\n\nbody\n--b/1--\n",
     " 1@example.org"},
    {"a copy in base64", kReport,
     "--b/1\nContent-Type: text/rfc822-headers\nContent-Transfer-Encoding: BASE64\n\n" +
         base64_encode("From: joe@example.org\r\nMessage-ID: <1@example.org>\r\n\r\n") +
         "\n--b/1--\n",
     " 1@example.org"},
    {"base64 that is none", kReport,
     "--b/1\nContent-Type: text/rfc822-headers\nContent-Transfer-Encoding: base64\n\n"
     "Message-ID: <1@example.org>\n--b/1--\n",
     ""},
    {"a receipt",
     "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n",
     "--b\n\nYour message was read.\n--b\nContent-Type: message/disposition-notification\n\n"
     "Reporting-UA: x\nFinal-Recipient: rfc822;alice@example.com\n"
     "Original-Message-ID: <1@example.org>\nDisposition: manual-action/MDN-sent-manually; "
     "displayed\n\n--b--\n",
     " 1@example.org alice@example.com"},
    {"a bounce inside another multipart", "Content-Type: multipart/mixed; boundary=outer\n",
     "preamble\n--outer\nContent-Type: multipart/report; boundary=outerinner\n\n"
     "--outerinner\nContent-Type: text/rfc822-headers\n\nMessage-ID: <1@example.org>\n"
     "--outerinner--\n--outer--\n",
     " 1@example.org"},
    {"parts in parts without end", "Content-Type: multipart/mixed; boundary=b\n",
     [] {
       std::string deep;
       for (int i = 0; i < 50; ++i)
         deep += (i == 0 ? "--b\n" : "--b" + std::to_string(i) + "\n") +
                 "Content-Type: multipart/mixed; boundary=b" + std::to_string(i + 1) + "\n\n";
       return deep + "--b50\nContent-Type: text/rfc822-headers\n\nMessage-ID: <1@example.org>\n";
     }(),
     ""},
    {"qmail", "From: MAILER-DAEMON@example.com\n",
     "Hi. This is the qmail-send program at example.com.\n\n<alice@example.com>:\n"
     "Sorry, no mailbox here by that name.\n\n--- Below this line is a copy of the message.\n\n"
     "Return-Path: <joe@example.org>\nMessage-ID: <1@example.org>\n\nbody\n",
     " 1@example.org alice@example.com"},
    {"Exim, as it was", "X-Failed-Recipients: alice@example.com,\n bob@example.com\n",
     "A message that you sent could not be delivered.\n\n"
     "------ This is a copy of the message, including all the headers. ------\n\n"
     "Return-path: <joe@example.org>\nMessage-ID: <1@example.org>\n\nbody\n",
     " 1@example.org alice@example.com bob@example.com"},
    {"an Auto-Reply that quotes a Message-ID", "Content-Type: text/plain\n",
     "I am away.\nMessage-ID: <1@example.org>\n", ""},
    {"a page", "Content-Type: text/html\n", "<p>Message-ID: &lt;1@example.org&gt;\n", ""},
    {"two Message-IDs in the copy", kReport,
     "--b/1\nContent-Type: text/rfc822-headers\n\nMessage-ID: <1@x>\nMessage-ID: <2@x>\n--b/1--\n",
     ""},
    {"a report without copy", kReport, kText + kStatus + "--b/1--\n",
     " alice@example.com alice@inside.example.com"},
    {"a status of several recipients, empty lines between", kReport,
     "--b/1\nContent-Type: message/delivery-status\n\n\n\nReporting-MTA: dns; x\n\n\n"
     "Final-Recipient: rfc822;a@x.example\n\n\n\nFinal-Recipient: rfc822;b@x.example\n"
     "--b/1--\n",
     " a@x.example b@x.example"},
    {"a recipient without type", kReport,
     "--b/1\nContent-Type: message/delivery-status\n\nFinal-Recipient: a@x.example\n--b/1--\n", ""},
    {"no boundary", "Content-Type: multipart/report\n",
     "--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <1@x>\n", ""},
    {"a boundary in comments and capitals",
     "CONTENT-TYPE: (x) Multipart / (y) Report ; BOUNDARY=b1 (z); x=y\n",
     "--b1\nContent-Type: (a) text/(b)rfc822-headers; charset=us-ascii\n\nMessage-ID: "
     "<1@x>\n--b1--",
     " 1@x"},
    {"blanks behind a boundary", "Content-Type: multipart/report; boundary=b\n",
     "--b  \t\nContent-Type: text/rfc822-headers\n\nMessage-ID: <1@x>\n--b-- \n", " 1@x"},
    {"a line that begins as a boundary does", "Content-Type: multipart/report; boundary=b\n",
     "--b\nContent-Type: message/delivery-status\n\n--bb\nFinal-Recipient: "
     "rfc822;a@x.example\n--b--",
     " a@x.example"},
    {"what stands behind the end", "Content-Type: multipart/report; boundary=b\n",
     "--b--\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <1@x>\n", ""},
};

std::string outcome(const std::string& header, const std::string& body, std::size_t piece) {
  ReturnedMailReader reader(HeaderSection::parse(crlf(header)));
  const std::string bytes = crlf(body);
  for (std::size_t at = 0; at < bytes.size() && reader.wants_more(); at += piece)
    reader.take(std::string_view(bytes).substr(at, piece));
  reader.finish();
  std::string out;
  for (const auto& id : reader.found().message_ids) out += " " + id;
  for (const auto& recipient : reader.found().recipients) out += " " + recipient.mailbox.address();
  return out;
}

void check(const Row& row) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{1} << 20U})
    CPPUNIT_ASSERT_EQUAL(row.want, outcome(row.header, row.body, piece));
}

class ReturnedMailTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReturnedMailTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(add);
  CPPUNIT_TEST(it_stops_once_it_knows);
  CPPUNIT_TEST(what_returns_nothing_is_not_read);
  CPPUNIT_TEST(a_line_without_end_takes_no_memory);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void add(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }

  void it_stops_once_it_knows() {
    ReturnedMailReader reader(HeaderSection::parse(crlf(kReport)));
    CPPUNIT_ASSERT(reader.take(crlf(kText + kStatus + "--b/1\nContent-Type: message/rfc822\n\n")));
    CPPUNIT_ASSERT(reader.take("From: joe@example.org\r\nMessage-ID: <1@example.org>\r\n"));
    CPPUNIT_ASSERT(!reader.take("\r\nthe body, of any size"));
    CPPUNIT_ASSERT(!reader.wants_more());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, reader.found().message_ids.size());
  }
  void what_returns_nothing_is_not_read() {
    ReturnedMailReader page(HeaderSection::parse("Content-Type: text/html\r\n"));
    CPPUNIT_ASSERT(!page.wants_more());
    ReturnedMailReader picture(HeaderSection::parse("Content-Type: image/png\r\n"));
    CPPUNIT_ASSERT(!picture.wants_more());
  }
  void a_line_without_end_takes_no_memory() {
    ReturnedMailReader reader(HeaderSection::parse(crlf(kReport)));
    const std::string mega(1 << 20U, 'x');
    for (int i = 0; i < 4; ++i) CPPUNIT_ASSERT(reader.take(mega));
    CPPUNIT_ASSERT(reader.take(crlf("\n" + kStatus)));
    reader.finish();
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, reader.found().recipients.size());
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(ReturnedMailTest);

}  // namespace
}  // namespace countersign
