// SPDX-License-Identifier: Apache-2.0
//
// In which language notices are written.
#include <cppunit/extensions/HelperMacros.h>

#include "holding/notice_text.h"
#include "holding/notices.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

const WallTime kArrived{seconds(1'809'352'920)};

/// A site that speaks French, but for example.net, which speaks Dutch.
NoticeSettings site() {
  NoticeSettings out;
  out.in = language::find_catalogue("fr");
  out.domain_languages = {{"example.net", language::find_catalogue("nl")}};
  return out;
}

struct Row {
  const char* name;
  std::string header;
  std::string want;  ///< of what is written about a mailbox of example.net
};

const Row kRows[] = {
    {"a message that does not say is answered in its domain's", "Subject: x\r\n", "nl"},
    {"one that does, in its own", "Content-Language: de\r\n", "de"},
    {"whatever its case and region", "CONTENT-LANGUAGE:  pt-BR\r\n", "pt"},
    {"the first of several that we speak", "Content-Language: tlh, sv ,pl, de\r\n", "pl"},
    {"also over folds", "Content-Language: tlh,\r\n\tar\r\n", "ar"},
    {"English too, where the site speaks another", "Content-Language: en\r\n", "en"},
    {"one that we do not speak counts for nothing", "Content-Language: tlh\r\n", "nl"},
    {"nor does nothing", "Content-Language:\r\n", "nl"},
    {"nor what is no list", "Content-Language: ,;,de;q=1,\r\n", "nl"},
    {"nor what is no language", "Content-Language: ../de\r\n", "nl"},
    {"nor two fields", "Content-Language: de\r\nContent-Language: ja\r\n", "nl"},
    {"nor a part's", "Subject: x\r\n\r\nContent-Language: de\r\n", "nl"},
    {"no header at all", "", "nl"},
};

void check(const Row& row) {
  const NoticeSettings settings = in_language_of(row.header, site());
  CPPUNIT_ASSERT_EQUAL(row.want, std::string(language_for(settings, "example.net").tag()));
  const std::string elsewhere = row.want == "nl" ? "fr" : row.want;
  CPPUNIT_ASSERT_EQUAL(elsewhere, std::string(language_for(settings, "example.org").tag()));
}

HeldMessage refused(const std::string& recipient) {
  HeldMessage m{.envelope = {.id = *HeldId::parse("7q2mxf4pk9td3hwa7q2mxf4pk9")},
                .content_bytes = 0,
                .events = {{.kind = HeldEvent::Kind::answered,
                            .when = kArrived,
                            .recipient = 0,
                            .text = "address+pow"},
                           {.kind = HeldEvent::Kind::refused,
                            .when = kArrived,
                            .recipient = 0,
                            .text = "550 5.1.1 No such user"}}};
  HeldEnvelope& e = m.envelope;
  e.arrived = kArrived;
  e.expires = kArrived + std::chrono::hours(24 * 30);
  e.envelope.reverse_path = parse_reverse_path({"<alice@example.com>"});
  e.envelope.recipients = {parse_forward_path({'<' + recipient + '>'}, recipient)};
  e.owners = {recipient};
  e.author = "alice@example.com";
  e.fingerprint = "example.com";
  e.reason = "first-contact";
  e.subject = "Offer";
  return m;
}

bool has(const Notice& notice, const std::string& text) {
  return notice.bytes.find(text) != std::string::npos;
}

class NoticeLanguageTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(NoticeLanguageTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(a_report_is_in_the_language_of_its_domain);
  CPPUNIT_TEST(a_digest_is_in_the_language_of_its_domain);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }

  void a_report_is_in_the_language_of_its_domain() {
    const HeldMessage message = refused("joe@example.net");
    const std::string head = "Subject: Offer\r\nContent-Language: pl\r\n";
    const auto report = [&](const NoticeSettings& settings) {
      return failure_notice(message, head, settings, "mx.example.net", kArrived);
    };
    const Notice dutch = report(site());
    CPPUNIT_ASSERT_MESSAGE(dutch.bytes, has(dutch, "\r\nSubject: Niet bezorgd: Offer\r\n"));
    CPPUNIT_ASSERT_MESSAGE(dutch.bytes,
                           has(dutch, "uw bericht aan joe@example.net (=E2=80=9COffer=E2=80=9D, "));
    // What programs read of it is never translated.
    CPPUNIT_ASSERT(has(dutch, "\r\nAction: failed\r\nStatus: 5.1.1\r\n"));
    CPPUNIT_ASSERT(has(report(in_language_of(head, site())), "stwa wiadomo"));
  }

  void a_digest_is_in_the_language_of_its_domain() {
    std::vector<HeldMessage> held = {refused("joe@example.net"), refused("joe@example.net")};
    held[1].envelope.author.clear();
    held[1].envelope.fingerprint.clear();
    held[1].envelope.subject.clear();
    held[1].envelope.reason = "spam";
    const Notice notice = digest_notice("joe@example.net", held, site(), kArrived);
    for (const char* text :
         {"\r\nSubject: 2 berichten vastgehouden voor joe@example.net\r\n",
          "2 berichten aan joe@example.net worden vastgehouden.", "1.  Onderwerp: Offer\r\n",
          "    Van:      alice@example.com\r\n",
          "    Reden:    het eerste bericht van deze afzender",
          "    Stand:    binnengelaten, maar de mailserver weigerde het: 550 5.1.1 No such user",
          "2.  Onderwerp: (geen)\r\n", "(geen afzender genoemd) (niet gecontroleerd)",
          "    Reden:    lijkt op spam\r\n", "    Bewaard:  tot 2 juni\r\n"})
      CPPUNIT_ASSERT_MESSAGE(std::string(text) + "\nnot in\n" + notice.bytes, has(notice, text));
    held.pop_back();
    CPPUNIT_ASSERT(has(digest_notice("joe@example.net", held, site(), kArrived),
                       "\r\nSubject: 1 bericht vastgehouden voor joe@example.net\r\n"));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(NoticeLanguageTest);

}  // namespace
}  // namespace countersign
