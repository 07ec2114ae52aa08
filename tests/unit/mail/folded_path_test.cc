// SPDX-License-Identifier: Apache-2.0
#include "mail/folded_path.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "tests/support/table_suite.h"

namespace countersign {
namespace {

struct Row {
  const char* name;
  const char* path;
  const char* want;  ///< folded
};
const Row kRows[] = {
    {"a person", "joe@example.org", "joe@example.org"},
    {"a person with a detail", "joe+shop@example.org", "joe+shop@example.org"},
    {"a person with a year", "joe-1985@example.org", "joe-1985@example.org"},
    {"a person with an equals sign", "joe=x@example.org", "joe=x@example.org"},
    {"BATV", "prvs=1234abcdef=joe@example.org", "joe@example.org"},
    {"BATV in capitals", "PRVS=1234ABCDEF=Joe@example.org", "joe@example.org"},
    {"BATV as Barracuda writes it", "btv1==123abc==joe@example.org", "joe@example.org"},
    {"BATV as SparkPost writes it", "msprvs1=19200Xabcdef=joe@example.org", "joe@example.org"},
    {"BATV around a detail", "prvs=1234abcdef=joe+shop@example.org", "joe+shop@example.org"},
    {"BATV around a word in quotes", "\"prvs=1234abcdef=j o\"@example.org", "\"j o\"@example.org"},
    {"BATV with nothing in it", "prvs=1234abcdef=@example.org", "prvs=1234abcdef=@example.org"},
    {"BATV without a tag value", "prvs==joe@example.org", "prvs==joe@example.org"},
    {"BATV with odd characters", "prvs=12_4=joe@example.org", "prvs=12_4=joe@example.org"},
    {"a person named prvs", "prvs@example.org", "prvs@example.org"},
    {"SRS0", "SRS0=HHHH=TT=example.com=alice@fwd.example", "srs0=example.com=alice@fwd.example"},
    {"SRS0 with other stamps", "SRS0=abcd=ZZ=example.com=alice@fwd.example",
     "srs0=example.com=alice@fwd.example"},
    {"SRS0 with '+'", "SRS0+HHHH=TT=example.com=alice@fwd.example",
     "srs0=example.com=alice@fwd.example"},
    {"SRS0 with '-'", "SRS0-HHHH=TT=example.com=alice@fwd.example",
     "srs0=example.com=alice@fwd.example"},
    {"SRS0 of an address with '='", "SRS0=HHHH=TT=example.com=a=b@fwd.example",
     "srs0=example.com=a=b@fwd.example"},
    {"SRS1", "SRS1=HHHH=fwd.example==JJJJ=TT=example.com=alice@two.example",
     "srs1=fwd.example=example.com=alice@two.example"},
    {"SRS1 with '+' inside", "SRS1=HHHH=fwd.example=+JJJJ=TT=example.com=alice@two.example",
     "srs1=fwd.example=example.com=alice@two.example"},
    {"SRS0 cut short", "SRS0=HHHH=TT@fwd.example", "srs0=hhhh=tt@fwd.example"},
    {"SRS0 without a local part", "SRS0=HHHH=TT=example.com=@fwd.example",
     "srs0=hhhh=tt=example.com=@fwd.example"},
    {"a person named srs0", "srs0@example.org", "srs0@example.org"},
    {"VERP", "list-bounces+joe=example.org@lists.example", "list-bounces@lists.example"},
    {"VERP of a recipient with hyphens", "list-bounces+joe-x=example.org@lists.example",
     "list-bounces@lists.example"},
    {"VERP behind a hyphen", "chairs-owner-joe=example.org@lists.example",
     "chairs-owner@lists.example"},
    {"ezmlm", "chairs-return-123-joe=example.org@lists.example", "chairs-return-#@lists.example"},
    {"SendGrid", "bounces+1234567-ab12-joe=example.org@em123.shop.example",
     "bounces@em123.shop.example"},
    {"Mailgun", "bounce+a1b2c3.d4e5f6-joe=example.org@mg.shop.example", "bounce@mg.shop.example"},
    {"Mailchimp", "bounce-mc.us1_123.456-a1b2c3d4e5@mail1.shop.example",
     "bounce-mc.us1_#.#-#@mail1.shop.example"},
    {"SES", "0102018f2a3b4c5d-8f2a3b4c-0000-0000-0000-123456789012-000000@eu-west-1.amazonses.com",
     "#-#-#-#-#-#-#@eu-west-1.amazonses.com"},
    {"Google Groups", "chairs+bncbd7k2m4@googlegroups.example", "chairs@googlegroups.example"},
    {"a bounce address of a subdomain", "s-2x9k3q7w1z@bounce.social.example",
     "s-#@bounce.social.example"},
    {"a bounce address without an id", "bounces@example.com", "bounces@example.com"},
    {"BATV around SRS", "prvs=1234abcdef=SRS0=HHHH=TT=example.com=alice@fwd.example",
     "srs0=example.com=alice@fwd.example"},
    {"an address with an equals sign and no domain behind", "a-b=c@example.com",
     "a-b=c@example.com"},
};

void check(const Row& row) {
  const Mailbox folded = folded_reverse_path(*Mailbox::parse(row.path));
  CPPUNIT_ASSERT_EQUAL(std::string(row.want), folded.address());
  CPPUNIT_ASSERT_EQUAL(folded.address(), folded_reverse_path(folded).address());
}

class FoldedPathTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(FoldedPathTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(add);
  CPPUNIT_TEST(only_batv_is_taken_off_where_a_person_is_meant);
  CPPUNIT_TEST(a_forwarder_is_seen);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void add(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }

  void only_batv_is_taken_off_where_a_person_is_meant() {
    const auto bare = [](const char* path) {
      return without_batv(*Mailbox::parse(path)).address();
    };
    CPPUNIT_ASSERT_EQUAL(std::string("joe@example.org"), bare("prvs=1234abcdef=joe@example.org"));
    CPPUNIT_ASSERT_EQUAL(std::string("bounces+joe=example.org@example.com"),
                         bare("bounces+joe=example.org@example.com"));
  }
  void a_forwarder_is_seen() {
    const auto srs = [](const char* path) { return is_srs(*Mailbox::parse(path)); };
    CPPUNIT_ASSERT(srs("SRS0=HHHH=TT=example.com=alice@fwd.example"));
    CPPUNIT_ASSERT(srs("SRS1=HHHH=fwd.example==JJJJ=TT=example.com=alice@two.example"));
    CPPUNIT_ASSERT(!srs("srs0@example.org"));
    CPPUNIT_ASSERT(!srs("alice@example.com"));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(FoldedPathTest);

}  // namespace
}  // namespace countersign
