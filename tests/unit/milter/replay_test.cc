// SPDX-License-Identifier: Apache-2.0
//
// A signed mail that somebody sends again is not its author's word to whoever gets it (RFC 6376
// §8.6): it passes as nobody's, and what it is answered with makes no contact.
#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/milter_rig.h"
#include "tests/support/table_suite.h"

namespace countersign::test {
namespace {

const std::string kSigned = "mx.example.org; dkim=pass header.d=example.com";

struct Row {
  const char* name;
  const char* from;
  std::string results;
  const char* to;  ///< To of the message; "": none
  std::vector<std::pair<std::string, std::string>> more;
  bool known;  ///< passes as its author's
};

const Row kRows[] = {
    {"signed, and for somebody else",
     "<thief@evil.example>",
     kSigned,
     "ann@else.example",
     {},
     false},
    {"the same under the author's name, which SPF denies",
     "<alice@example.com>",
     kSigned + "; spf=fail smtp.mailfrom=alice@example.com",
     "ann@else.example",
     {},
     false},
    {"and softly",
     "<alice@example.com>",
     kSigned + "; spf=softfail smtp.mailfrom=alice@example.com",
     "ann@else.example",
     {},
     false},
    {"SPF passes for the thief",
     "<thief@evil.example>",
     kSigned + "; spf=pass smtp.mailfrom=thief@evil.example",
     "ann@else.example",
     {},
     false},
    {"signed, and for the recipient",
     "<bounce@sender.example>",
     kSigned,
     "Joe <JOE@example.org>",
     {},
     true},
    {"for the recipient among others",
     "<bounce@sender.example>",
     kSigned,
     "ann@else.example,\n\tjoe@example.org",
     {},
     true},
    {"for the recipient in Cc",
     "<bounce@sender.example>",
     kSigned,
     "ann@else.example",
     {{"Cc", "joe@example.org"}},
     true},
    {"for the recipient with a detail",
     "<bounce@sender.example>",
     kSigned,
     "joe+work@example.org",
     {},
     true},
    {"a thief writes a To of his own above that which is signed",
     "<thief@evil.example>",
     kSigned,
     "joe@example.org",
     {{"DKIM-Signature", "v=1; d=example.com; h=From:To:Subject; b=x"}, {"To", "ann@else.example"}},
     false},
    {"or where nobody sees what is signed",
     "<thief@evil.example>",
     kSigned,
     "joe@example.org",
     {{"To", "ann@else.example"}},
     false},
    {"or a Cc that is not signed",
     "<thief@evil.example>",
     kSigned,
     "ann@else.example",
     {{"DKIM-Signature", "v=1; d=example.com; h=from:to; b=x"}, {"Cc", "joe@example.org"}},
     false},
    {"or a To that is not",
     "<thief@evil.example>",
     kSigned,
     "joe@example.org",
     {{"DKIM-Signature", "v=1; d=example.com; h=from:subject; b=x"}},
     false},
    {"and a second signature that covers it, of which none verifies",
     "<thief@evil.example>",
     kSigned,
     "ann@else.example",
     {{"DKIM-Signature", "v=1; d=example.com; h=from:to:cc; b=forged"},
      {"DKIM-Signature", "v=1; d=example.com; h=from:to; b=x"},
      {"Cc", "joe@example.org"}},
     false},
    {"a reply to a thief who bears the recipient's address as his name",
     "<thief@evil.example>",
     kSigned,
     "\"joe@example.org\" <thief@evil.example>",
     {},
     false},
    {"or as a name without quotes",
     "<thief@evil.example>",
     kSigned,
     "joe@example.org <thief@evil.example>",
     {},
     false},
    {"or as a comment",
     "<thief@evil.example>",
     kSigned,
     "thief@evil.example (joe@example.org)",
     {},
     false},
    {"or as part of his own, which is none",
     "<thief@evil.example>",
     kSigned,
     "<joe@example.org@evil.example>",
     {},
     false},
    {"or as part of his own, which is one",
     "<thief@evil.example>",
     kSigned,
     "\"joe@example.org\"@evil.example",
     {},
     false},
    {"signed for the recipient by a name that wants quotes",
     "<bounce@sender.example>",
     kSigned,
     "Joe [at work] <joe@example.org>",
     {},
     true},
    {"signed for the recipient in Cc",
     "<bounce@sender.example>",
     kSigned,
     "ann@else.example",
     {{"DKIM-Signature", "v=1; d=mail.example.com; h=from:to :\r\n\tCC:cc; b=x"},
      {"Cc", "joe@example.org"}},
     true},
    {"a blind copy by the author's own server",
     "<alice@example.com>",
     kSigned + "; spf=pass smtp.mailfrom=alice@example.com",
     "ann@else.example",
     {},
     true},
    {"a blind copy where nobody looks at SPF",
     "<alice@example.com>",
     kSigned,
     "ann@else.example",
     {},
     true},
    {"a blind copy from a host of his",
     "<bounce@mail.example.com>",
     kSigned,
     "ann@else.example",
     {},
     true},
    {"to nobody by name", "<bounce@sender.example>", kSigned, "", {}, true},
    {"to nobody at all", "<bounce@sender.example>", kSigned, "undisclosed-recipients:;", {}, true},
    {"to nobody, not by the grammar",
     "<bounce@sender.example>",
     kSigned,
     "Undisclosed recipients <>",
     {},
     true},
    {"by a list",
     "<bounce@lists.example>",
     kSigned,
     "list@lists.example",
     {{"List-Id", "<x.lists.example>"}},
     true},
    {"by a forwarder who says so",
     "<bounce@old.example>",
     kSigned,
     "joe@old.example",
     {{"Delivered-To", "joe@old.example"}},
     true},
};

Mail mail_of(const Row& row) {
  Mail mail;
  mail.from = row.from;
  mail.set("Authentication-Results", row.results);
  mail.drop("To");
  if (*row.to != '\0') mail.add("To", row.to);
  for (const auto& [name, value] : row.more) mail.add(name, value);
  return mail;
}

void check(const Row& row) {
  MilterRig rig;
  rig.know("joe@example.org", "alice@example.com", {"example.com"});
  const Outcome got = rig.play(mail_of(row));
  if (row.known) {
    CPPUNIT_ASSERT_EQUAL(std::string("Countersign: pass; reason=contact; author=example.com"),
                         got.field());
    return;
  }
  CPPUNIT_ASSERT(got.verdict.kind == Verdict::Kind::discard);
  CPPUNIT_ASSERT_EQUAL(std::string("forged-contact"), rig.desk.kept().at(0).envelope.reason);
}

}  // namespace

class ReplayTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReplayTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(an_answer_to_a_replay_makes_no_contact);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) { add_rows(context, kRows, check); }

  void an_answer_to_a_replay_makes_no_contact() {
    MilterRig rig;
    const Outcome got = rig.play(mail_of(kRows[0]));
    CPPUNIT_ASSERT_EQUAL(std::string("554"), got.verdict.reply->code());
    // Without a fingerprint an answer frees this message and no more.
    CPPUNIT_ASSERT_EQUAL(std::string(), rig.desk.kept().at(0).envelope.fingerprint);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(ReplayTest);

}  // namespace countersign::test
