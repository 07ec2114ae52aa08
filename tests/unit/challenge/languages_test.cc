// SPDX-License-Identifier: Apache-2.0
//
// Which language the site's answers are in, and that a choice stays.
#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/web_fixture.h"

namespace countersign::challenge {
namespace {

using test::kToken;
using test::WebFixture;

const std::string kPath = "/c/" + kToken;

HttpResponse ask(WebFixture& f, const std::string& method, const std::string& path,
                 const std::string& accept_language, const std::string& query = "",
                 const std::string& body = "") {
  std::vector<HeaderField> fields = {{"Host", "gate.example.org"},
                                     {"Accept-Language", accept_language}};
  if (method == "POST") {
    fields.push_back({"Content-Type", "application/x-www-form-urlencoded"});
    fields.push_back({"Content-Length", std::to_string(body.size())});
  }
  auto admission = f.site->admit({method, path, "HTTP/1.1", fields, "198.51.100.7", query});
  if (auto* response = std::get_if<HttpResponse>(&admission)) return *response;
  auto& request = std::get<HttpRequest>(admission);
  request.body = body;
  request.deadline = test::soon();
  return f.site->handle(request);
}

bool has(const HttpResponse& response, std::string_view text) {
  return response.body.find(text) != std::string::npos;
}

std::string location_of(const HttpResponse& response) {
  for (const HeaderField& field : response.fields)
    if (field.name == "Location") return field.value;
  return "";
}

class LanguagesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LanguagesTest);
  CPPUNIT_TEST(the_browser_s_language_is_spoken);
  CPPUNIT_TEST(a_choice_comes_before_it_and_stays);
  CPPUNIT_TEST(a_choice_that_we_do_not_have_is_none);
  CPPUNIT_TEST(digits_are_said_in_the_reader_s_language);
  CPPUNIT_TEST(every_answer_is_in_the_language);
  CPPUNIT_TEST(every_language_is_offered_in_its_own_script);
  CPPUNIT_TEST(caches_are_told);
  CPPUNIT_TEST_SUITE_END();

 public:
  void the_browser_s_language_is_spoken() {
    WebFixture f;
    const HttpResponse german = ask(f, "GET", kPath, "de-CH, en;q=0.5");
    CPPUNIT_ASSERT(has(german, "<html lang=\"de\" dir=\"ltr\">"));
    CPPUNIT_ASSERT(has(german, "Die Adresse, von der aus Sie geschrieben haben"));
    CPPUNIT_ASSERT(!has(german, "action=\"" + kPath + "?"));
    CPPUNIT_ASSERT(has(ask(f, "GET", kPath, "xx"), "<html lang=\"en\" dir=\"ltr\">"));
  }

  void a_choice_comes_before_it_and_stays() {
    WebFixture f;
    const HttpResponse page = ask(f, "GET", kPath, "en", "lang=de");
    CPPUNIT_ASSERT(has(page, "<html lang=\"de\""));
    CPPUNIT_ASSERT(has(page, "code.wav?id=") && has(page, "&amp;lang=de"));
    for (const char* link : {"action=\"", "formaction=\""})
      CPPUNIT_ASSERT_MESSAGE(link, has(page, link + kPath));
    CPPUNIT_ASSERT(has(page, "action=\"" + kPath + "?lang=de\""));
    CPPUNIT_ASSERT(has(page, "formaction=\"" + kPath + "/withdraw?lang=de\""));
    CPPUNIT_ASSERT(has(page, "href=\"/why?lang=de\""));
    const std::string body = "address=" + test::form_encoded("alice@example.com") +
                             "&altcha=" + test::form_encoded(f.solved());
    const HttpResponse taken = ask(f, "POST", kPath, "en", "lang=de", body);
    CPPUNIT_ASSERT_EQUAL(303, taken.status);
    CPPUNIT_ASSERT_EQUAL(kPath + "?lang=de", location_of(taken));
    CPPUNIT_ASSERT_EQUAL(kPath, location_of(ask(f, "POST", kPath, "de", "", body)));
    CPPUNIT_ASSERT(has(ask(f, "GET", kPath, "en", "lang=de"), "data-poll=\"" + kPath + "?lang=de"));
  }

  void a_choice_that_we_do_not_have_is_none() {
    WebFixture f;
    for (const char* query : {"lang=xx", "lang=", "lang=%22%3E", "lang=de&lang=en", "lang"}) {
      const HttpResponse page = ask(f, "GET", kPath, "en", query);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(query, 200, page.status);
      CPPUNIT_ASSERT(has(page, "<html lang=\"en\""));
      CPPUNIT_ASSERT(has(page, "action=\"" + kPath + "\""));
    }
  }

  void digits_are_said_in_the_reader_s_language() {
    WebFixture f;
    const auto sound = [&](const char* accept, const char* query) {
      return ask(f, "GET", kPath + "/code.wav", accept, query).body;
    };
    const std::string english = sound("en", "");
    CPPUNIT_ASSERT(english.starts_with("RIFF"));
    CPPUNIT_ASSERT(sound("de", "") != english);
    CPPUNIT_ASSERT(sound("de", "") == sound("en", "lang=de"));
    CPPUNIT_ASSERT(sound("xx", "lang=xx") == english);
  }

  void every_answer_is_in_the_language() {
    WebFixture f;
    CPPUNIT_ASSERT(has(ask(f, "GET", "/c/0000", "de"), "Unter diesem Link wartet nichts."));
    CPPUNIT_ASSERT(has(ask(f, "GET", "/nowhere", "de"), "Unter diesem Link wartet nichts."));
    CPPUNIT_ASSERT(has(ask(f, "PUT", kPath, "de"), "Das hat nicht geklappt"));
    CPPUNIT_ASSERT(has(ask(f, "GET", "/why", "de"), "Warum Sie gefragt werden"));
    CPPUNIT_ASSERT(has(ask(f, "GET", "/why", "de"), "höchstens 30 Tage"));
    CPPUNIT_ASSERT(has(ask(f, "GET", kPath + "/withdraw", "de"), "Nachricht zurücknehmen?"));
    CPPUNIT_ASSERT(has(ask(f, "POST", kPath, "de", "", "address="), "Bitte geben Sie die Adresse"));
    CPPUNIT_ASSERT(has(ask(f, "POST", kPath, "de", "", "%"), "Das hat nicht geklappt"));
    for (int i = 0; i < 5; ++i) ask(f, "POST", kPath, "de", "", "address=m%40example.com");
    CPPUNIT_ASSERT(has(ask(f, "POST", kPath, "de", "", "address=m%40example.com"),
                       "Es gab zu viele falsche Antworten."));
    f.store.set_down(true);
    CPPUNIT_ASSERT(has(ask(f, "GET", kPath, "de"), "Bitte versuchen Sie es in einer Minute"));
  }

  void every_language_is_offered_in_its_own_script() {
    WebFixture f;
    const HttpResponse page = ask(f, "GET", kPath, "en");
    for (const language::Catalogue& in : language::catalogues()) {
      const std::string tag(in.tag());
      CPPUNIT_ASSERT(has(page, "<a href=\"?lang=" + tag + "\" lang=\"" + tag + "\" hreflang=\"" +
                                   tag + "\">" + std::string(in.name()) + "</a>"));
    }
  }

  void caches_are_told() {
    WebFixture f;
    for (const char* path : {"/why", "/c/0000"}) {
      const HttpResponse response = ask(f, "GET", path, "de");
      CPPUNIT_ASSERT_EQUAL(std::string("Vary"), response.fields.at(0).name);
      CPPUNIT_ASSERT_EQUAL(std::string("Accept, Accept-Language"), response.fields.at(0).value);
    }
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(LanguagesTest);

}  // namespace
}  // namespace countersign::challenge
