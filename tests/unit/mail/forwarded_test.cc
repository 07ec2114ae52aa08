// SPDX-License-Identifier: Apache-2.0
#include "mail/forwarded.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/support/table_suite.h"

namespace countersign {
namespace {

struct Row {
  const char* name;
  const char* reverse_path;
  std::vector<std::pair<std::string, std::string>> fields;
  const char* want;
};

const char* const kAlice = "<alice@example.com>";

const Row kRows[] = {
    {"straight from its author", kAlice, {{"Subject", " Fwd: chairs"}}, ""},
    {"a forwarder's reverse-path", "<SRS0=HHH=TT=example.com=alice@forwarder.example>", {}, "srs"},
    {"of a second forwarder",
     "<srs1=HHH=one.example==HHH=TT=example.com=alice@two.example>",
     {},
     "srs"},
    {"sent on by hand", kAlice, {{"Resent-From", " bob@example.net"}}, "resent"},
    {"whatever its case", kAlice, {{"RESENT-message-id", " <x@y>"}}, "resent"},
    {"a field that only begins alike", kAlice, {{"Resentment", " much"}}, ""},
    {"delivered elsewhere before",
     kAlice,
     {{"Delivered-To", " joe@gmail.example"}},
     "delivered-to"},
    {"delivered here before: a loop, not a forwarder",
     kAlice,
     {{"Delivered-To", " joe@example.org"}},
     ""},
    {"one of several",
     kAlice,
     {{"Delivered-To", " joe@example.org"}, {"Delivered-To", " <joe@gmail.example>"}},
     ""},
    {"one of several that is a mailbox",
     kAlice,
     {{"Delivered-To", " joe@example.org"}, {"Delivered-To", " joe@gmail.example"}},
     "delivered-to"},
    {"a user of some system", kAlice, {{"Delivered-To", " joe"}}, ""},
    {"sealed once, by whoever sent it",
     kAlice,
     {{"ARC-Seal", " i=1; a=rsa-sha256; d=big.example; s=x; cv=none; b=AAA"}},
     ""},
    {"sealed again by another",
     kAlice,
     {{"ARC-Seal", " i=1; d=big.example; b=A"},
      {"ARC-Seal", " i=2; a=rsa-sha256;\r\n\td=lists.example; cv=pass; b=A"}},
     "arc"},
    {"sealed again by the author's own",
     kAlice,
     {{"ARC-Seal", " i=2; d=mail.example.com; b=A"}},
     ""},
    {"sealed again by ourselves", kAlice, {{"ARC-Seal", " i=2; d=example.org; b=A"}}, ""},
    {"a seal without instance", kAlice, {{"ARC-Seal", " d=lists.example; b=A"}}, ""},
    {"a seal with two", kAlice, {{"ARC-Seal", " i=2; i=3; d=lists.example"}}, ""},
    {"a seal of nobody", kAlice, {{"ARC-Seal", " i=2; d=; b=A"}}, ""},
    {"an instance that cannot be", kAlice, {{"ARC-Seal", " i=51; d=lists.example"}}, ""},
    {"a bounce", "<>", {}, ""},
};

void check(const Row& row) {
  HeaderSection header;
  for (const auto& [name, value] : row.fields) header.add(name, value);
  const auto is_ours = [](const std::string& domain) { return domain == "example.org"; };
  CPPUNIT_ASSERT_EQUAL(std::string(row.want),
                       forward_mark(parse_reverse_path({row.reverse_path}), header,
                                    *Mailbox::parse("alice@example.com"), is_ours));
}

class ForwardedTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ForwardedTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(tags_are_read_as_written);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }

  void tags_are_read_as_written() {
    CPPUNIT_ASSERT_EQUAL(std::string("2"), *tag_value(" i = 2 ;d=x", "i"));
    CPPUNIT_ASSERT_EQUAL(std::string("x=y"), *tag_value("i=2;d=x=y", "d"));
    CPPUNIT_ASSERT_EQUAL(std::string(), *tag_value("d=", "d"));
    CPPUNIT_ASSERT(!tag_value("D=x", "d"));
    CPPUNIT_ASSERT(!tag_value("d", "d"));
    CPPUNIT_ASSERT(!tag_value("", "d"));
    CPPUNIT_ASSERT(!tag_value("d=x;d=x", "d"));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(ForwardedTest);

}  // namespace
}  // namespace countersign
