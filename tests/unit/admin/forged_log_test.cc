// SPDX-License-Identifier: Apache-2.0
//
// Who reads a log believes strangers, unless he knows which parts of it they write: the table has a
// row for each such part of each MTA's lines.
#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "admin/arrival_line.h"
#include "admin/syslog_line.h"
#include "tests/support/log_matches.h"
#include "tests/support/table_suite.h"

using namespace countersign;
using namespace countersign::admin;

namespace {

/// What a forger wants of these: that client.example (203.0.113.9), who is nobody, is taken for
/// Joe.
const std::string kPostfix = "May  3 14:02:00 mx postfix/";
const std::string kFrom = kPostfix + "qmgr[11]: 4ABCDE: from=<joe@example.org>, size=9, nrcpt=1\n";
const std::string kTo = kPostfix + "smtp[12]: 4ABCDE: to=<mal@evil.example>, relay=x, ";
const std::string kSent = "dsn=2.0.0, status=sent (250 ok)\n";
const std::string kClient = kPostfix + "smtpd[10]: 4ABCDE: client=client.example[203.0.113.9]";
const std::string kLogin = "postfix/smtpd[10]: 4ABCDE: client=x[203.0.113.9], sasl_username=joe";
const std::string kExim = "2027-05-03 14:02:00 1oAbCd-000123-Xy ";
const std::string kEximFrom = kExim + "<= joe@example.org ";
const std::string kEximTo = "2027-05-03 14:02:01 1oAbCd-000123-Xy => mal@evil.example R=x\n";

struct Row {
  const char* name;
  std::string log;
};

/// The lines of Postfix about Joe's mail, the first of them as a stranger may have it.
std::string postfix(const std::string& first) { return first + "\n" + kFrom + kTo + kSent; }
/// What Exim logs of mail from outside, with `host` in the place of name, HELO and address.
std::string exim(const std::string& fields) { return kEximFrom + fields + "\n" + kEximTo; }

const Row kRows[] = {
    // Who wrote the line.
    {"Dovecot: a Message-ID",
     postfix("May  3 14:02:00 mx dovecot: lmtp(jane@example.org)<9><a>: msgid=<1 " + kLogin +
             " @evil.example>: saved mail to INBOX")},
    {"Dovecot: a Message-ID, with an RFC 3339 time",
     postfix("2027-05-03T14:02:00.1+02:00 mx dovecot[1]: lmtp: msgid=<1 " + kLogin + " >")},
    {"a program without process id, and a log without hosts",
     postfix("May  3 14:02:00 dovecot: " + kLogin)},
    {"spamd: a Message-ID at the start of the text",
     postfix("May  3 14:02:00 mx spamd[1]: " + kLogin)},
    {"a second line of an entry, as journalctl indents it",
     postfix("                       May  3 14:02:00 mx " + kLogin)},
    {"a line without time", postfix("mx " + kLogin)},
    {"a program that is called nearly so",
     postfix(
         "May  3 14:02:00 mx postfixadmin/smtpd[1]: 4ABCDE: client=x[1.2.3.4], sasl_username=j")},
    {"another program's line with one of Exim in it",
     "May  3 14:02:00 mx dovecot: " + kEximFrom + "H=x [203.0.113.9] P=esmtpsa A=plain:joe S=1\n" +
         kEximTo},
    {"another program's line, where Exim's id could stand",
     "2027-05-03T14:02:00+02:00 mx spamd: 1oAbCd-000123-Xy <= joe@example.org H=x [203.0.113.9] "
     "P=esmtpsa A=plain:joe S=1\n" +
         kEximTo},
    // Postfix, which daemon and which field.
    {"Postfix: AUTH= of MAIL, which Postfix logs from anybody",
     postfix(kClient + ", sasl_sender=x, sasl_username=joe")},
    {"Postfix: AUTH= of MAIL, with the method too",
     postfix(kClient + ", sasl_sender=\"x, sasl_method=PLAIN, sasl_username=joe\"")},
    {"Postfix: a proxy's word for another client",
     postfix(kClient + ", orig_queue_id=1, orig_client=x[192.0.2.5], sasl_username=joe")},
    {"Postfix: a host name with an address in it",
     postfix(kPostfix + "smtpd[10]: 4ABCDE: client=a,[192.0.2.5]")},
    {"Postfix: a login that failed",
     postfix(kPostfix + "smtpd[10]: warning: client.example[203.0.113.9]: SASL LOGIN "
                        "authentication failed: client=x[203.0.113.9], sasl_username=joe")},
    {"Postfix: HELO in a refusal",
     postfix(kPostfix + "smtpd[10]: NOQUEUE: reject: RCPT from x[203.0.113.9]: 450 4.7.1 <a>: x; "
                        "from=<a@b> to=<c@d> proto=ESMTP helo=<4ABCDE: client=x[203.0.113.9], "
                        "sasl_username=joe>")},
    {"Postfix: a command that is none",
     postfix(kPostfix + "smtpd[10]: warning: non-SMTP command from x[203.0.113.9]: " + kLogin)},
    {"Postfix: a Message-ID",
     postfix(kPostfix + "cleanup[1]: 4ABCDE: message-id=<client=x[192.0.2.5], sasl_username=joe>")},
    {"Postfix: a Subject that header_checks warns of",
     postfix(kPostfix + "cleanup[1]: 4ABCDE: warning: header Subject: client=x[192.0.2.5], "
                        "sasl_username=joe from x[203.0.113.9]; from=<a@b> to=<c@d>")},
    {"Postfix: a header section in cleanup's line, without any word before it",
     postfix(kPostfix + "cleanup[1]: 4ABCDE: client=x[192.0.2.5], sasl_username=joe")},
    {"Postfix: a reverse-path with all of it",
     kClient + "\n" + kPostfix +
         "qmgr[1]: 4ABCDE: from=<\"joe@example.org>, client=x[192.0.2.5], sasl_username=j\"@x>, "
         "size=1\n" +
         kTo + kSent},
    // What Joe's mail came to.
    {"Postfix: a reply that says sent, of mail that was not taken",
     kPostfix + "smtpd[10]: 4ABCDE: client=x[192.0.2.5]\n" + kFrom + kTo +
         "dsn=4.0.0, status=deferred (host x said: 450 x, status=sent (250 ok))\n"},
    {"Postfix: a reply that names another recipient",
     kPostfix + "smtpd[10]: 4ABCDE: client=x[192.0.2.5]\n" + kFrom + kPostfix +
         "smtp[12]: 4ABCDE: host x said: 450 to=<mal@evil.example>, status=sent\n"},
    {"Postfix: what smtpd says of a recipient",
     kPostfix + "smtpd[10]: 4ABCDE: client=x[192.0.2.5]\n" + kFrom + kPostfix +
         "smtpd[12]: 4ABCDE: to=<mal@evil.example>, relay=x, status=sent (x)\n"},
    {"Postfix: mail with a queue id that was Joe's",
     kPostfix + "smtpd[10]: 4ABCDE: client=x[192.0.2.5]\n" + kFrom + postfix(kClient)},
    {"Postfix: local mail with a queue id that was Joe's",
     kPostfix + "smtpd[10]: 4ABCDE: client=x[192.0.2.5]\n" + kFrom +
         postfix(kPostfix + "pickup[1]: 4ABCDE: uid=33 from=<joe@example.org>")},
    // Exim.
    {"Exim: a Subject", exim("H=evil [203.0.113.9] P=esmtp S=10 T=\"x A=plain:joe\"")},
    {"Exim: a Subject with quotation marks",
     exim("H=evil [203.0.113.9] P=esmtp S=10 T=\"x\\\" P=esmtpsa A=plain:joe S=1\"")},
    {"Exim: a Subject of one who came by TLS",
     exim("H=evil [203.0.113.9] P=esmtps X=TLS1.3 CV=no S=10 T=\"x\\\\\\\" A=plain:joe\" for a@b")},
    {"Exim: a Message-ID", exim("H=evil [203.0.113.9] P=esmtp S=10 id=\"a A=plain:joe b\"@x")},
    {"Exim: a certificate", exim("H=x [203.0.113.9] P=esmtps X=T DN=\"CN=a A=plain:joe\" S=10")},
    {"Exim: a certificate with quotation marks",
     exim("H=x [203.0.113.9] P=esmtps X=T DN=\"CN=a\" A=plain:joe b=\"\" S=10")},
    {"Exim: the name of the server that the client asked for",
     exim("H=x [203.0.113.9] P=esmtps X=T SNI=\"a\" A=plain:joe b=\"\" S=10")},
    {"Exim: what the client's host says of its user",
     exim("H=x [203.0.113.9] U=a P=esmtpsa A=plain:joe S=1 T=\" P=esmtp S=10 T=\"x\"")},
    {"Exim: what the client's host says of its user, of one protocol only",
     exim("H=x [203.0.113.9] U=a A=plain:joe P=esmtp S=10")},
    {"Exim: HELO", exim("H=(A=plain:joe) [203.0.113.9] P=esmtp S=10")},
    {"Exim: HELO that is an address", exim("H=([192.0.2.5]) [203.0.113.9] P=esmtp S=10")},
    {"Exim: HELO of anything, with an address",
     exim("H=(a) [192.0.2.5] b) [203.0.113.9] P=esmtp S=10")},
    {"Exim: HELO of anything, with an address and a user",
     exim("H=(a) [192.0.2.5] U=b) [203.0.113.9] P=esmtp S=10")},
    {"Exim: HELO of anything, with an address and a protocol",
     exim("H=(a) [192.0.2.5] P=x b) [203.0.113.9] P=esmtp S=10")},
    {"Exim: HELO of anything, with a whole line",
     exim("H=(a) [192.0.2.5] P=esmtpsa A=plain:joe S=1 T=\") [203.0.113.9] P=esmtp S=10 T=\"x\"")},
    {"Exim: a reverse-path", exim("A=plain:joe\"@evil.example H=x [203.0.113.9] P=esmtp S=10")
                                 .insert(kExim.size() + 3, "\"x\\\" ")},
    {"Exim: a refusal", kExim + "H=evil [203.0.113.9] F=<joe@example.org> rejected after DATA: " +
                            "<= joe@example.org H=x [192.0.2.5] P=esmtpsa A=plain:joe S=1\n" +
                            kEximTo},
    {"Exim: a command that is none",
     "2027-05-03 14:02:00 unrecognized 1oAbCd-000123-Xy <= joe@example.org H=x [192.0.2.5] "
     "P=esmtpsa A=plain:joe S=1\n" +
         kEximTo},
};

std::string outcome(LogFormat format, const std::string& log) {
  MailLogReader reader(format, [](std::string_view ip) { return ip == "192.0.2.5"; });
  return test::matches_in(reader, log);
}

void check(const Row& row) {
  for (const LogFormat format : {LogFormat::any, LogFormat::postfix, LogFormat::exim})
    CPPUNIT_ASSERT_EQUAL(std::string(), outcome(format, row.log));
}

struct LineRow {
  const char* name;
  const char* line;
  const char* want;  ///< "program|text"; "": none
};
const LineRow kLines[] = {
    {"RFC 3164", "May  3 14:02:00 mx postfix/smtpd[1]: a b", "postfix/smtpd|a b"},
    {"RFC 3164 with a day of two digits", "Nov 22 14:02:00 mx dovecot: a", "dovecot|a"},
    {"RFC 3339", "2027-05-03T14:02:00.123456+02:00 mx a[12]: b", "a|b"},
    {"RFC 3339 in Universal Time", "2027-05-03T14:02:00Z mx a[12]: b", "a|b"},
    {"journalctl's short-iso", "2027-05-03T14:02:00+0200 mx a[12]: b", "a|b"},
    {"journalctl's short-precise", "May 03 14:02:00.123456 mx a[12]: b", "a|b"},
    {"a host that is an address", "May  3 14:02:00 2001:db8::1 a[12]: b", "a|b"},
    {"a program's own file", "2027-05-03T14:02:00.123+00:00 a[12]: info: b", "a|info: b"},
    {"no host and no process id", "May  3 14:02:00 a: b[1]: c", ""},
    {"a tag of two words", "May  3 14:02:00 mx my a[1]: b", ""},
    {"a process id in words", "May  3 14:02:00 mx a[b]: c", ""},
    {"brackets that do not close", "May  3 14:02:00 mx a[1: c", ""},
    {"no text", "May  3 14:02:00 mx a[1]:", ""},
    {"no time", "mx a[1]: b", ""},
    {"half a time", "May  3 14:02 mx a[1]: b", ""},
    {"an indented line", " May  3 14:02:00 mx a[1]: b", ""},
    {"a date alone", "2027-05-03", ""},
    {"nothing", "", ""},
};
void check_line(const LineRow& row) {
  const auto line = parse_syslog_line(row.line);
  CPPUNIT_ASSERT_EQUAL(
      std::string(row.want),
      line ? std::string(line->program) + "|" + std::string(line->text) : std::string());
}

class ForgedLogTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ForgedLogTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(add);
  CPPUNIT_TEST(the_same_lines_count_where_they_are_true);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void add(TestSuiteBuilderContextType& context) {
    test::add_rows(context, kRows, check);
    test::add_rows(context, kLines, check_line);
  }

  void the_same_lines_count_where_they_are_true() {
    const std::string want = "joe@example.org>mal@evil.example ";
    CPPUNIT_ASSERT_EQUAL(want, outcome(LogFormat::any, postfix("May  3 14:02:00 mx " + kLogin)));
    CPPUNIT_ASSERT_EQUAL(want, outcome(LogFormat::any, postfix(kClient + ", sasl_username=joe")));
    for (const char* fields :
         {"H=x [203.0.113.9] P=esmtpsa A=plain:joe S=1", "H=[203.0.113.9] P=esmtpa A=plain:joe S=1",
          "H=(x) [192.0.2.5] U=joe P=esmtp S=1", "H=x (y) [192.0.2.5]:25 P=esmtps S=1"})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(fields, want, outcome(LogFormat::any, exim(fields)));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(ForgedLogTest);

}  // namespace
