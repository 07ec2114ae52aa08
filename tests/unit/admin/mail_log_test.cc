// SPDX-License-Identifier: Apache-2.0
//
// What lines of mail logs tell of whom users wrote to.
#include "admin/mail_log.h"

#include <cppunit/extensions/HelperMacros.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "admin/log_follower.h"
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
     "x postfix/smtpd[1]: 4ABCDE: client=app[192.0.2.5]\n" + kFrom + kTo + kSent,
     "joe@example.org>alice@example.com "},
    {"Postfix: a client from outside",
     "x postfix/smtpd[1]: 4ABCDE: client=app[203.0.113.5]\n" + kFrom + kTo + kSent, ""},
    {"Postfix: mail that this host made",
     "x postfix/pickup[1]: 4ABCDE: uid=0 from=<joe>\n" + kFrom + kTo + kSent, ""},
    {"Postfix: mail that was not taken",
     kSasl + kFrom + kTo + "dsn=4.4.1, status=deferred (timeout)\n", ""},
    {"Postfix: it was taken in the end",
     kSasl + kFrom + kTo + "status=deferred (timeout)\n" + kTo + kSent,
     "joe@example.org>alice@example.com "},
    {"Postfix: a bounce", kSasl + "x postfix/qmgr[1]: 4ABCDE: from=<>, size=900\n" + kTo + kSent,
     ""},
    {"Postfix: a queue id that is used again",
     kSasl + kFrom + "x postfix/qmgr[1]: 4ABCDE: removed\n" + kTo + kSent, ""},
    {"Postfix: what the user wrote, not what an alias made of it",
     kSasl + kFrom + "x postfix/smtp[1]: 4ABCDE: to=<a@x.example>, orig_to=<all@example.org>, " +
         kSent,
     "joe@example.org>all@example.org "},
    {"Postfix: BATV",
     kSasl +
         "x postfix/qmgr[1]: 4ABCDE: from=<prvs=1234abcdef=joe@example.org>, "
         "size=1\n" +
         kTo + kSent,
     "joe@example.org>alice@example.com "},
    {"Postfix: other lines",
     "x postfix/smtpd[1]: connect from x[192.0.2.5]\nx postfix/smtpd[1]: NOQUEUE: reject: RCPT\n"
     "x postfix/smtpd[1]: warning: 4ABCDE: odd\n",
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
    {"Exim: mail that waits", kEximIn + "2027-05-03 14:02:01 1oAbCd-000123-Xy == a@x.example R=x\n",
     ""},
    {"something else", "May  3 14:02:01 mx sshd[1]: Accepted\n\nx\n", ""},
};

std::string outcome(MailLogReader& reader, const std::string& log) {
  std::string out;
  for (std::size_t at = 0; at < log.size();) {
    const auto end = std::min(log.find('\n', at), log.size());
    if (const auto match = reader.take(log.substr(at, end - at)))
      out += match->sender.address() + ">" + match->recipient.address() + " ";
    at = end + 1;
  }
  return out;
}

MailLogReader reader_for(LogFormat format) {
  return MailLogReader(format, [](std::string_view ip) { return ip == "192.0.2.5"; });
}

void check(const Row& row) {
  MailLogReader any = reader_for(LogFormat::any);
  CPPUNIT_ASSERT_EQUAL(row.want, outcome(any, row.log));
  const bool is_exim = std::string_view(row.name).starts_with("Exim");
  MailLogReader one = reader_for(is_exim ? LogFormat::exim : LogFormat::postfix);
  CPPUNIT_ASSERT_EQUAL(row.want, outcome(one, row.log));
  MailLogReader other = reader_for(is_exim ? LogFormat::postfix : LogFormat::exim);
  CPPUNIT_ASSERT_EQUAL(std::string(), outcome(other, row.log));
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
    outcome(reader, kSasl + kFrom);
    for (int i = 0; i < 100'001; ++i)
      reader.take("x postfix/qmgr[1]: " + std::to_string(100'000 + i) + ": from=<a@b.example>");
    CPPUNIT_ASSERT_EQUAL(std::string(), outcome(reader, kTo + kSent));
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
