// SPDX-License-Identifier: Apache-2.0
#include "screening/verdicts.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/support/table_suite.h"

namespace countersign {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

/// As the defaults of the configuration have it, with all fields trusted.
VerdictSettings settings() {
  VerdictSettings out;
  out.trusted = {"x-spam",         "x-spam-flag", "x-spam-status",  "x-spam-score",
                 "x-spamd-result", "x-virus",     "x-virus-status", "x-amavis-alert"};
  for (const char* text :
       {"X-Virus-Status: Infected*", "X-Virus: !Clean*", "X-Amavis-Alert: INFECTED*"})
    out.malware.push_back(*HeaderTest::parse(text));
  for (const char* text : {"X-Spam-Flag: YES", "X-Spam: Yes*", "X-Spam-Status: Yes*"})
    out.spam.push_back(*HeaderTest::parse(text));
  out.scores = {"x-spam-score", "x-spam-status", "x-spamd-result"};
  return out;
}

struct Row {
  const char* name;
  Fields fields;
  bool infected;
  bool spam;
  std::optional<double> score{};
};

const Row kRows[] = {
    {"nothing said", {{"Subject", " YES"}}, false, false},
    {"SpamAssassin: spam",
     {{"X-Spam-Flag", " YES"},
      {"X-Spam-Status", " Yes, score=7.5 required=5.0 tests=BAYES_99\r\n\tautolearn=no"}},
     false,
     true,
     7.5},
    {"SpamAssassin: no spam",
     {{"X-Spam-Status", " No, score=-0.1 required=5.0 tests=DKIM_VALID"}},
     false,
     false,
     -0.1},
    {"amavis: spam", {{"X-Spam-Flag", " YES"}, {"X-Spam-Score", " 12.345"}}, false, true, 12.345},
    {"amavis: malware",
     {{"X-Amavis-Alert", " INFECTED, message contains virus:\r\n\tEicar-Test-Signature"}},
     true,
     false},
    {"amavis: that it looked is no verdict",
     {{"X-Virus-Scanned", " Debian amavisd-new at mx.example.org"}},
     false,
     false},
    {"ClamAV-milter: malware",
     {{"X-Virus-Status", " Infected (Eicar-Test-Signature)"}},
     true,
     false},
    {"ClamAV-milter: clean", {{"X-Virus-Status", " Clean"}}, false, false},
    {"rspamd: spam",
     {{"X-Spam", " Yes"}, {"X-Spam-Status", " Yes, score=15.20"}},
     false,
     true,
     15.2},
    {"rspamd: the extended result",
     {{"X-Spamd-Result", " default: False [4.90 / 15.00];\r\n\tR_SPF_ALLOW(-0.20)[+ip4:x]"}},
     false,
     false,
     4.9},
    {"rspamd: the name of what it found", {{"X-Virus", " Eicar-Test-Signature"}}, true, false},
    {"rspamd: nothing found", {{"X-Virus", " Clean"}}, false, false},
    {"case does not matter", {{"x-SPAM-flag", " yes"}}, false, true},
    {"nor does white space before the colon", {{"X-Spam-Flag ", " YES"}}, false, true},
    {"a word at the front is not the value", {{"X-Spam-Flag", " YESTERDAY"}}, false, false},
    {"of several the worst counts",
     {{"X-Spam-Status", " No, score=1.0"}, {"X-Spam-Status", " Yes, score=9.0"}},
     false,
     true,
     9.0},
    {"of several scores the highest",
     {{"X-Spam-Score", " 9"}, {"X-Spam-Score", " 1"}},
     false,
     false,
     9.0},
};

HeaderSection header_of(const Fields& fields) {
  HeaderSection header;
  for (const auto& [name, value] : fields) header.add(name, value);
  return header;
}

void check(const Row& row) {
  const Verdicts got = read_verdicts(settings(), header_of(row.fields));
  CPPUNIT_ASSERT_EQUAL(row.infected, got.infected);
  CPPUNIT_ASSERT_EQUAL(row.spam, got.spam);
  CPPUNIT_ASSERT(row.score == got.score);
}

class VerdictsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(VerdictsTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(what_is_not_trusted_is_not_looked_at);
  CPPUNIT_TEST(a_score_may_be_spam);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }

  void what_is_not_trusted_is_not_looked_at() {
    VerdictSettings some = settings();
    some.trusted = {"x-spam-flag"};
    const Verdicts got = read_verdicts(some, header_of({{"X-Spam-Status", " Yes, score=99"},
                                                        {"X-Virus", " Eicar"},
                                                        {"X-Spam-Score", " 99"}}));
    CPPUNIT_ASSERT(!got.spam && !got.infected && !got.score);
    some.trusted.clear();
    CPPUNIT_ASSERT(!read_verdicts(some, header_of({{"X-Spam-Flag", " YES"}})).spam);
  }
  void a_score_may_be_spam() {
    VerdictSettings some = settings();
    some.spam = {*HeaderTest::parse("X-Spam-Score >= 8")};
    CPPUNIT_ASSERT(read_verdicts(some, header_of({{"X-Spam-Score", " 8.0"}})).spam);
    CPPUNIT_ASSERT(!read_verdicts(some, header_of({{"X-Spam-Score", " 7.9"}})).spam);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(VerdictsTest);

}  // namespace
}  // namespace countersign
