// SPDX-License-Identifier: Apache-2.0
#include "milter/reply_language.h"

#include <cppunit/extensions/HelperMacros.h>

#include "milter/settings.h"

namespace countersign {
namespace {

class ReplyLanguageTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReplyLanguageTest);
  CPPUNIT_TEST(english_is_what_the_design_says);
  CPPUNIT_TEST(every_language_makes_good_replies);
  CPPUNIT_TEST(a_date_is_in_the_language_of_its_sentence);
  CPPUNIT_TEST(a_domain_has_its_own);
  CPPUNIT_TEST_SUITE_END();

 public:
  void english_is_what_the_design_says() {
    const ReplyTexts english = reply_texts(language::english());
    CPPUNIT_ASSERT(english.kept == ReplyTexts{}.kept);
    CPPUNIT_ASSERT(english.refused == ReplyTexts{}.refused);
    CPPUNIT_ASSERT(english.deferred == ReplyTexts{}.deferred);
    CPPUNIT_ASSERT_EQUAL(ReplyTexts{}.date, english.date);
    CPPUNIT_ASSERT(english.months == ReplyTexts{}.months);
  }

  void every_language_makes_good_replies() {
    const std::string url = "https://" + std::string(190, 'x') + "/c/" + std::string(26, '0');
    const WallTime until(std::chrono::hours(24 * 365 * 57));
    for (const language::Catalogue& in : language::catalogues()) {
      const ReplyTexts texts = reply_texts(in);
      CPPUNIT_ASSERT_EQUAL(std::size_t{12}, texts.months.size());
      for (const SmtpReply& reply :
           {kept_reply(url, until, texts), refused_reply(url, texts), deferred_reply(url, texts)}) {
        CPPUNIT_ASSERT(reply.lines().front().ends_with(" " + url));
        for (const std::string& line : reply.lines())
          CPPUNIT_ASSERT_MESSAGE(line, line.find('{') == std::string::npos);
      }
      CPPUNIT_ASSERT(kept_reply(url, until, texts).lines().back().find("2026") !=
                     std::string::npos);
    }
    CPPUNIT_ASSERT_EQUAL(
        std::string("und Ihre Adresse eingeben. Danach bitte die Nachricht noch einmal senden."),
        refused_reply(url, reply_texts(*language::find_catalogue("de"))).lines().back());
  }

  void a_date_is_in_the_language_of_its_sentence() {
    const WallTime until = std::chrono::sys_days(std::chrono::year(2027) / 3 / 2);
    const auto last = [&](const char* tag) {
      const ReplyTexts texts = reply_texts(*language::find_catalogue(tag));
      return kept_reply("https://g.example/c/0", until, texts).lines().back();
    };
    CPPUNIT_ASSERT_EQUAL(std::string("und Ihre Adresse eingeben. Aufbewahrt bis 2. Maerz 2027. "
                                     "Bitte nicht noch einmal senden."),
                         last("de"));
    CPPUNIT_ASSERT(last("es").find("hasta 2 de marzo de 2027.") != std::string::npos);
    CPPUNIT_ASSERT(last("pl").find("do 2 marca 2027.") != std::string::npos);
    CPPUNIT_ASSERT(last("tr").find("gun: 2 Mart 2027.") != std::string::npos);
    CPPUNIT_ASSERT(last("ja").find("until 2 Mar 2027.") != std::string::npos);
  }

  void a_domain_has_its_own() {
    MilterSettings settings;
    settings.domain_replies["example.com"] = reply_texts(*language::find_catalogue("de"));
    CPPUNIT_ASSERT(settings.replies_for("joe@example.org").kept == ReplyTexts{}.kept);
    CPPUNIT_ASSERT(settings.replies_for("joe@example.com").kept != ReplyTexts{}.kept);
    CPPUNIT_ASSERT(settings.replies_for("joe").kept == ReplyTexts{}.kept);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(ReplyLanguageTest);

}  // namespace
}  // namespace countersign
