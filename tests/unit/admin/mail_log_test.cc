// SPDX-License-Identifier: Apache-2.0
//
// What lines of mail logs tell of whom users wrote to.
#include "admin/mail_log.h"

#include <cppunit/extensions/HelperMacros.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "admin/log_follower.h"
#include "tests/support/log_matches.h"
#include "tests/support/table_suite.h"
#include "tests/support/temp_folder.h"

using namespace countersign;
using namespace countersign::admin;

namespace {

const std::string kSasl =
    "May  3 14:02:00 mx postfix/submission/smtpd[10]: 4ABCDE: client=pc.example[203.0.113.9], "
    "sasl_method=PLAIN, sasl_username=joe@example.org\n";
const std::string kFrom =
    "May  3 14:02:00 mx postfix/qmgr[11]: 4ABCDE: from=<joe@example.org>, size=900, nrcpt=1 (queue "
    "active)\n";
const std::string kSent = "status=sent (250 2.0.0 ok)\n";
const std::string kTo = "May  3 14:02:01 mx postfix/smtp[12]: 4ABCDE: to=<Alice@example.com>, ";
const std::string kRelay = "relay=mx.example.com[192.0.2.9]:25, delay=1, dsn=2.0.0, ";
const std::string kEximIn =
    "2027-05-03 14:02:00 1oAbCd-000123-Xy <= joe@example.org H=pc (helo) [203.0.113.9] P=esmtpsa "
    "X=TLS1.3 A=plain:joe S=900 id=1@example.org\n";

struct Row {
  const char* name;
  std::string log;
  std::string want;  ///< "sender>recipient " for each
};

const Row kRows[] = {
    {"Postfix: a submission", kSasl + kFrom + kTo + kRelay + kSent,
     "joe@example.org>alice@example.com "},
    {"Postfix: with an RFC 3339 time and a long queue id",
     "2027-05-03T14:02:00.123+02:00 mx postfix/smtpd[1]: 4ZkQ2s3Xz9zB1: client=x[203.0.113.9], "
     "sasl_username=joe\n"
     "2027-05-03T14:02:00+02:00 mx postfix/qmgr[1]: 4ZkQ2s3Xz9zB1: from=<joe@example.org>, size=1\n"
     "2027-05-03T14:02:00+02:00 mx postfix/smtp[1]: 4ZkQ2s3Xz9zB1: to=<a@x.example>, " +
         kSent,
     "joe@example.org>a@x.example "},
    {"Postfix: a client of the submit networks",
     "May  3 14:02:00 mx postfix/smtpd[1]: 4ABCDE: client=app[192.0.2.5]\n" + kFrom + kTo + kSent,
     "joe@example.org>alice@example.com "},
    {"Postfix: a client from outside",
     "May  3 14:02:00 mx postfix/smtpd[1]: 4ABCDE: client=app[203.0.113.5]\n" + kFrom + kTo + kSent,
     ""},
    {"Postfix: mail that this host made",
     "May  3 14:02:00 mx postfix/pickup[1]: 4ABCDE: uid=0 from=<joe>\n" + kFrom + kTo + kSent, ""},
    {"Postfix: mail that was not taken",
     kSasl + kFrom + kTo + "dsn=4.4.1, status=deferred (timeout)\n", ""},
    {"Postfix: it was taken in the end",
     kSasl + kFrom + kTo + "status=deferred (timeout)\n" + kTo + kSent,
     "joe@example.org>alice@example.com "},
    {"Postfix: a bounce",
     kSasl + "May  3 14:02:00 mx postfix/qmgr[1]: 4ABCDE: from=<>, size=900\n" + kTo + kSent, ""},
    {"Postfix: a queue id that is used again",
     kSasl + kFrom + "May  3 14:02:00 mx postfix/qmgr[1]: 4ABCDE: removed\n" + kTo + kSent, ""},
    {"Postfix: what the user wrote, not what an alias made of it",
     kSasl + kFrom +
         "May  3 14:02:00 mx postfix/smtp[1]: 4ABCDE: to=<a@x.example>, "
         "orig_to=<all@example.org>, " +
         kSent,
     "joe@example.org>all@example.org "},
    {"Postfix: BATV",
     kSasl +
         "May  3 14:02:00 mx postfix/qmgr[1]: 4ABCDE: from=<prvs=1234abcdef=joe@example.org>, "
         "size=1\n" +
         kTo + kSent,
     "joe@example.org>alice@example.com "},
    {"Postfix: other lines",
     "May  3 14:02:00 mx postfix/smtpd[1]: connect from x[192.0.2.5]\nMay  3 14:02:00 mx "
     "postfix/smtpd[1]: NOQUEUE: reject: RCPT\n"
     "May  3 14:02:00 mx postfix/smtpd[1]: warning: 4ABCDE: odd\n",
     ""},
    {"Postfix: journalctl in another language, and precise",
     "Mär 03 14:02:00 mx postfix/smtpd[1]: 4ABCDE: client=x[2001:db8::9]:2525, sasl_method=LOGIN, "
     "sasl_username=joe\nDez  3 14:02:00.123456 mx postfix/qmgr[1]: 4ABCDE: "
     "from=<joe@example.org>, "
     "size=1\n2027-05-03T14:02:00+0200 mx postfix/relay/smtp[1]: 4ABCDE: to=<a@x.example>, " +
         kRelay + kSent,
     "joe@example.org>a@x.example "},
    {"Postfix: an instance of another name",
     "May  3 14:02:00 mx postfix-out/smtpd[1]: 4ABCDE: client=x[192.0.2.5]\n"
     "May  3 14:02:00 mx postfix-out/qmgr[1]: 4ABCDE: from=<joe@example.org>, size=1\n"
     "May  3 14:02:00 mx postfix-out/lmtp[1]: 4ABCDE: to=<a@x.example>, " +
         kSent,
     "joe@example.org>a@x.example "},
    {"Postfix: addresses with quoted local parts",
     kSasl + kFrom +
         "May  3 14:02:00 mx postfix/smtp[1]: 4ABCDE: to=<\"a>, b\"@x.example>, orig_to=<\"c, "
         "status=x\"@x.example>, relay=x, " +
         kSent,
     "joe@example.org>\"c, status=x\"@x.example "},
    {"Postfix: a queue id that is used again, where the end is in no log",
     kSasl + kFrom + "May  4 14:02:00 mx postfix/cleanup[1]: 4ABCDE: message-id=<2@x.example>\n" +
         kFrom + kTo + kSent,
     ""},
    {"Exim: a submission",
     kEximIn + "2027-05-03 14:02:01 1oAbCd-000123-Xy => alice@example.com R=dnslookup T=smtp\n"
               "2027-05-03 14:02:01 1oAbCd-000123-Xy -> bob@example.com R=dnslookup T=smtp\n"
               "2027-05-03 14:02:01 1oAbCd-000123-Xy Completed\n"
               "2027-05-03 14:02:02 1oAbCd-000123-Xy => late@example.com R=x\n",
     "joe@example.org>alice@example.com joe@example.org>bob@example.com "},
    {"Exim: with time zone, process id and the long id of 4.97",
     "2027-05-03 14:02:00.001 +0200 [12345] 1oAbCd-00000001Xyz-0AbC <= joe@example.org H=x "
     "[192.0.2.5] P=esmtp\n"
     "2027-05-03 14:02:00.001 +0200 [12345] 1oAbCd-00000001Xyz-0AbC => a@x.example R=x\n",
     "joe@example.org>a@x.example "},
    {"Exim: what the user wrote",
     kEximIn + "2027-05-03 14:02:01 1oAbCd-000123-Xy => joe <ann@example.org> R=local\n",
     "joe@example.org>ann@example.org "},
    {"Exim: a client from outside",
     "2027-05-03 14:02:00 1oAbCd-000123-Xy <= joe@example.org H=pc [203.0.113.9] P=esmtps\n"
     "2027-05-03 14:02:01 1oAbCd-000123-Xy => alice@example.com R=dnslookup\n",
     ""},
    {"Exim: a bounce",
     "2027-05-03 14:02:00 1oAbCd-000123-Xy <= <> R=x U=exim P=local\n"
     "2027-05-03 14:02:01 1oAbCd-000123-Xy => alice@example.com R=dnslookup\n",
     ""},
    {"Exim: by syslog",
     "May  3 14:02:00 mx exim[12]: " + kEximIn +
         "May  3 14:02:00 mx exim[12]: 1oAbCd-000123-Xy => a@x.example R=x\n",
     "joe@example.org>a@x.example "},
    {"Exim: all that it can log of a submission",
     "2027-05-03 14:02:00 1oAbCd-000123-Xy <= joe@example.org DS H=pc.example (pc) "
     "[203.0.113.9]:40000 I=[192.0.2.1]:465 TFO* P=utf8esmtpsa L. X=TLS1.3:x:256 CV=no DN=\"CN=x "
     "y\" "
     "SNI=mx.example.org A=plain:joe PRDR K S=900 M8S=8 id=1@example.org T=\"x \\\" A=y P=NP\" "
     "from "
     "<joe@example.org> for a@x.example\n2027-05-03 14:02:01 1oAbCd-000123-Xy => a@x.example R=x\n",
     "joe@example.org>a@x.example "},
    {"Exim: mail that waits", kEximIn + "2027-05-03 14:02:01 1oAbCd-000123-Xy == a@x.example R=x\n",
     ""},
    {"something else",
     "May  3 14:02:01 mx sshd[1]: Accepted\n\nx\nx postfix/smtpd[1]: 4ABCDE: client=x[192.0.2.5]\n",
     ""},
};

MailLogReader reader_for(LogFormat format) {
  return MailLogReader(format, [](std::string_view ip) { return ip == "192.0.2.5"; });
}

void check(const Row& row) {
  MailLogReader any = reader_for(LogFormat::any);
  CPPUNIT_ASSERT_EQUAL(row.want, test::matches_in(any, row.log));
  const bool is_exim = std::string_view(row.name).starts_with("Exim");
  MailLogReader one = reader_for(is_exim ? LogFormat::exim : LogFormat::postfix);
  CPPUNIT_ASSERT_EQUAL(row.want, test::matches_in(one, row.log));
  MailLogReader other = reader_for(is_exim ? LogFormat::postfix : LogFormat::exim);
  CPPUNIT_ASSERT_EQUAL(std::string(), test::matches_in(other, row.log));
}

class MailLogTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MailLogTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(add);
  CPPUNIT_TEST(messages_without_end_take_no_memory);
  CPPUNIT_TEST(a_growing_file_is_read_once);
  CPPUNIT_TEST(a_rotated_file_is_read_to_its_end);
  CPPUNIT_TEST(a_file_that_is_cut_is_read_anew);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void add(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }

  void messages_without_end_take_no_memory() {
    MailLogReader reader = reader_for(LogFormat::postfix);
    test::matches_in(reader, kSasl + kFrom);
    for (int i = 0; i < 100'001; ++i)
      reader.take("May  3 14:02:00 mx postfix/qmgr[1]: " + std::to_string(100'000 + i) +
                  ": from=<a@b.example>");
    CPPUNIT_ASSERT_EQUAL(std::string(), test::matches_in(reader, kTo + kSent));
  }

  void a_growing_file_is_read_once() {
    write("one\ntwo");
    LogFollower log(path());
    CPPUNIT_ASSERT_EQUAL(std::string("one|"), read(log));
    CPPUNIT_ASSERT_EQUAL(std::string(), read(log));
    write("three\n\nfour\n");
    CPPUNIT_ASSERT_EQUAL(std::string("twothree||four|"), read(log));
    LogFollower none(folder_.path() + "/none");
    const Status missing = none.read([](std::string_view) {});
    CPPUNIT_ASSERT(!missing && missing.error().code == Errc::not_found);
  }
  void a_rotated_file_is_read_to_its_end() {
    write("one\n");
    LogFollower log(path());
    read(log);
    write("two\n");
    CPPUNIT_ASSERT_EQUAL(0, ::rename(path().c_str(), (path() + ".1").c_str()));
    CPPUNIT_ASSERT_EQUAL(std::string("two|"), read(log));
    write("three\n");
    CPPUNIT_ASSERT_EQUAL(std::string("three|"), read(log));
  }
  void a_file_that_is_cut_is_read_anew() {
    write("one\ntwo\n");
    LogFollower log(path());
    read(log);
    CPPUNIT_ASSERT_EQUAL(0, ::truncate(path().c_str(), 0));
    write("x\n");
    CPPUNIT_ASSERT_EQUAL(std::string("x|"), read(log));
  }

 private:
  std::string path() const { return folder_.path() + "/mail.log"; }
  void write(const std::string& text) {
    std::ofstream(path(), std::ios::app | std::ios::binary) << text;
  }
  static std::string read(LogFollower& log) {
    std::string out;
    const Status done = log.read([&](std::string_view line) { out += std::string(line) + "|"; });
    CPPUNIT_ASSERT_MESSAGE(done ? "" : done.error().detail, bool(done));
    return out;
  }

  test::TempFolder folder_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(MailLogTest);

}  // namespace
