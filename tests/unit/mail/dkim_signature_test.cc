// SPDX-License-Identifier: Apache-2.0
#include "mail/dkim_signature.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"

namespace countersign {
namespace {

struct Row {
  const char* name;
  std::string value;
  std::string domain;
  bool signs_from = false;
  bool cuts_body = false;
};

const Row kRows[] = {
    {"a usual signature", " v=1; a=rsa-sha256; d=example.com; s=s1; h=from:to:subject; b=abc",
     "example.com", true},
    {"folded inside h", " v=1; d=example.com; h=Subject:Date:\n\tFrom\n\t:To; b=a", "example.com",
     true},
    {"a capital domain", "d=Example.COM;h=FROM", "example.com", true},
    {"one that leaves From out", "d=example.com; h=to:subject:from-x", "example.com"},
    {"one with a length", "d=example.com; h=from; l=32; b=a", "example.com", true, true},
    {"a length of no number is a length", "d=example.com; h=from; l =\t x", "example.com", true,
     true},
    {"an l inside another tag is none", "d=example.com; h=from; bh=l; b=l=32", "example.com", true},
    {"without a domain", "h=from", "", true},
    {"what is no domain", "d=exa mple..com; h=from", "", true},
    {"nothing", "", ""},
};

void check(const Row& row) {
  HeaderSection header;
  header.add("DKIM-Signature", row.value);
  const auto got = read_dkim_signatures(header);
  CPPUNIT_ASSERT_EQUAL(std::size_t{1}, got.size());
  CPPUNIT_ASSERT_EQUAL(row.domain, got[0].domain);
  CPPUNIT_ASSERT_EQUAL(row.signs_from, got[0].signs_from);
  CPPUNIT_ASSERT_EQUAL(row.cuts_body, got[0].cuts_body);
}

}  // namespace

class DkimSignatureTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DkimSignatureTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(each_field_is_one_signature);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& c) { test::add_rows(c, kRows, check); }

  void each_field_is_one_signature() {
    const auto got = read_dkim_signatures(HeaderSection::parse(
        "DKIM-Signature: d=a.example; h=from\r\nFrom: a@b\r\ndkim-signature: d=b.example\r\n"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, got.size());
    CPPUNIT_ASSERT_EQUAL(std::string("b.example"), got[1].domain);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(DkimSignatureTest);

}  // namespace countersign
