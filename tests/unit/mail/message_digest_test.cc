// SPDX-License-Identifier: Apache-2.0
#include "mail/message_digest.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"

namespace countersign {
namespace {

const std::string kMail =
    "From: Shop <shop@shop.example>\r\nTo: joe+shop@example.org\r\nSubject: Your order\r\n"
    "Message-ID: <1@shop.example>\r\nContent-Type: text/plain\r\n";

std::string digest(const std::string& header) {
  return header_digest(HeaderSection::parse(header));
}

struct Row {
  const char* name;
  std::string header;
  bool same;
};

std::string changed(const std::string& what, const std::string& by) {
  std::string out = kMail;
  return out.replace(out.find(what), what.size(), by);
}

const Row kRows[] = {
    {"the same section", kMail, true},
    {"another way here", "Received: from mx2 by us; now\r\n" + kMail, true},
    {"a signature of another minute", "DKIM-Signature: v=1; t=99\r\n" + kMail, true},
    {"another filter's mark", kMail + "X-Spam-Status: No\r\n", true},
    {"another verdict", "Authentication-Results: mx; spf=temperror\r\n" + kMail, true},
    {"another fold", changed("Subject: Your order", "Subject: Your\r\n order"), true},
    {"names in capitals", changed("Subject:", "SUBJECT:"), true},
    {"another subject", changed("Your order", "Your orders"), false},
    {"another Message-ID", changed("<1@", "<2@"), false},
    {"another author", changed("shop@shop", "shop@bad"), false},
    {"a second author", kMail + "From: other@bad.example\r\n", false},
    {"another type of content", changed("plain", "html"), false},
    {"a field less", changed("Subject: Your order\r\n", ""), false},
    {"values that moved to another field",
     changed("To: joe+shop@example.org\r\nSubject: Your order",
             "To: Your order\r\nSubject: joe+shop@example.org"),
     false},
    {"nothing", "", false},
};

void check(const Row& row) {
  CPPUNIT_ASSERT_EQUAL(row.same, digest(row.header) == digest(kMail));
  CPPUNIT_ASSERT_EQUAL(std::size_t{32}, digest(row.header).size());
}

}  // namespace

class MessageDigestTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MessageDigestTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& c) { test::add_rows(c, kRows, check); }
};
CPPUNIT_TEST_SUITE_REGISTRATION(MessageDigestTest);

}  // namespace countersign
