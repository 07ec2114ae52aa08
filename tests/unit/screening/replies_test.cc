// SPDX-License-Identifier: Apache-2.0
//
// The texts are public: users read them, scripts match them.
#include "screening/replies.h"

#include <cppunit/extensions/HelperMacros.h>

#include <vector>

namespace countersign {
namespace {

class RepliesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RepliesTest);
  CPPUNIT_TEST(a_kept_message_names_the_url_in_its_first_line);
  CPPUNIT_TEST(mail_that_is_not_kept_is_told_so);
  CPPUNIT_TEST(every_other_reply_is_one_line);
  CPPUNIT_TEST(the_field_says_what_the_design_says);
  CPPUNIT_TEST(no_odd_byte_comes_into_the_field);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_kept_message_names_the_url_in_its_first_line() {
    // 2 Jun 2027, 00:00:00 UTC
    const SmtpReply reply = kept_reply("https://gate.example.org/c/7Q2MXF4PK9TD3HWA7Q2MXF4PK9",
                                       WallTime(seconds(1'811'894'400)));
    const SmtpReply want("554", "5.7.1",
                         {"Not delivered yet, but kept for you. To deliver it open "
                          "https://gate.example.org/c/7Q2MXF4PK9TD3HWA7Q2MXF4PK9",
                          "and type your address. Kept until 2 Jun 2027. No need to send it "
                          "again."});
    CPPUNIT_ASSERT(reply == want);
  }

  void mail_that_is_not_kept_is_told_so() {
    const std::string url = "https://gate.example.org/c/7Q2MXF4PK9TD3HWA7Q2MXF4PK9";
    CPPUNIT_ASSERT(refused_reply(url) ==
                   SmtpReply("554", "5.7.1",
                             {"Not delivered. To be let in open " + url,
                              "and type your address. Then please send your message once more."}));
    CPPUNIT_ASSERT(deferred_reply(url) ==
                   SmtpReply("450", "4.7.1",
                             {"First message to this address; waiting for the recipient. To speed "
                              "up open " +
                              url}));
  }

  void every_other_reply_is_one_line() {
    CPPUNIT_ASSERT(blocked_reply() ==
                   SmtpReply("554", "5.7.1", {"This recipient does not accept mail from you"}));
    CPPUNIT_ASSERT(try_later_reply() ==
                   SmtpReply("451", "4.3.0", {"Temporary problem, please try again later"}));
    for (const auto& [reply, code, status] :
         std::vector<std::tuple<SmtpReply, std::string, std::string>>{
             {no_room_reply(), "450", "4.3.1"},
             {too_large_reply(), "552", "5.3.4"},
             {field_too_large_reply(), "552", "5.3.4"},
             {bad_bytes_reply(), "554", "5.6.0"}}) {
      CPPUNIT_ASSERT_EQUAL(code, reply.code());
      CPPUNIT_ASSERT_EQUAL(status, reply.status());
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, reply.lines().size());
    }
  }

  void the_field_says_what_the_design_says() {
    Decision decision;
    decision.disposition = Disposition::pass;
    decision.reason = Reason::contact;
    CPPUNIT_ASSERT_EQUAL(std::string("pass; reason=contact; author=example.com"),
                         field_value(decision, "example.com"));
    CPPUNIT_ASSERT_EQUAL(std::string("pass; reason=contact"), field_value(decision, ""));
    decision.reason = Reason::answered;
    CPPUNIT_ASSERT_EQUAL(std::string("pass; reason=answered; author=unverified"),
                         field_value(decision, ""));
    CPPUNIT_ASSERT_EQUAL(std::string("pass; reason=answered; author=example.com"),
                         field_value(decision, "example.com"));
    decision.reason = Reason::first_contact;
    decision.would = Disposition::hold;
    CPPUNIT_ASSERT_EQUAL(std::string("observed; would=hold; reason=first-contact"),
                         field_value(decision, "example.com"));
    decision.would.reset();
    decision.disposition = Disposition::aside;
    CPPUNIT_ASSERT_EQUAL(std::string("aside; reason=first-contact; author=example.com"),
                         field_value(decision, "example.com"));
    decision.disposition = Disposition::pass;
    decision.reason = Reason::paused;
    CPPUNIT_ASSERT_EQUAL(std::string("pass; reason=paused"), field_value(decision, ""));
    CPPUNIT_ASSERT_EQUAL(std::string("pass"), field_value_for_several(Disposition::pass));
  }

  void no_odd_byte_comes_into_the_field() {
    Decision decision;
    decision.disposition = Disposition::pass;
    decision.reason = Reason::contact;
    for (const std::string odd : {"a b", "a\r\nX: y", "a;b", "A.example", "\xc3\xa9.example"})
      CPPUNIT_ASSERT_EQUAL(std::string("pass; reason=contact"), field_value(decision, odd));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(RepliesTest);

}  // namespace
}  // namespace countersign
