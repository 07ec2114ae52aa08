// SPDX-License-Identifier: Apache-2.0
#include "challenge/brand.h"

#include <cppunit/extensions/HelperMacros.h>

#include <fstream>

#include "tests/support/temp_folder.h"
#include "tests/support/web_fixture.h"

namespace countersign::challenge {
namespace {

using test::kToken;
using test::WebFixture;

HttpResponse get(WebFixture& f, const std::string& path, const std::string& host,
                 const std::string& accept_language = "") {
  auto admission = f.site->admit({"GET",
                                  path,
                                  "HTTP/1.1",
                                  {{"Host", host}, {"Accept-Language", accept_language}},
                                  "198.51.100.7",
                                  ""});
  if (auto* response = std::get_if<HttpResponse>(&admission)) return *response;
  auto& request = std::get<HttpRequest>(admission);
  request.deadline = test::soon();
  return f.site->handle(request);
}

bool has(const HttpResponse& response, std::string_view text) {
  return response.body.find(text) != std::string::npos;
}

class BrandTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(BrandTest);
  CPPUNIT_TEST(a_colour_is_made_lighter_for_dark_pages);
  CPPUNIT_TEST(without_a_brand_pages_are_ours);
  CPPUNIT_TEST(the_recipient_s_domain_gives_name_logo_colour_and_language);
  CPPUNIT_TEST(pages_of_no_message_are_those_of_the_host);
  CPPUNIT_TEST(names_are_text);
  CPPUNIT_TEST(a_logo_that_is_no_picture_is_refused);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_colour_is_made_lighter_for_dark_pages() {
    CPPUNIT_ASSERT(accent_css("#17594a").starts_with(":root { --accent: #17594a; "));
    CPPUNIT_ASSERT(accent_css("#17594a").find("--accent: #17594a; --on-accent: #0b") ==
                   std::string::npos);
    CPPUNIT_ASSERT(accent_css("#000000").find("#ffffff") == std::string::npos);
    // One that can be read on dark ground already stays.
    const std::string orange = accent_css("#c05621");
    CPPUNIT_ASSERT(orange.find("dark") != std::string::npos);
  }

  void without_a_brand_pages_are_ours() {
    WebFixture f;
    const HttpResponse page = get(f, "/c/" + kToken, "gate.example.org");
    CPPUNIT_ASSERT(!has(page, "<header>") && !has(page, "accent-"));
    CPPUNIT_ASSERT(has(page, "<title>Your message is waiting</title>"));
  }

  void the_recipient_s_domain_gives_name_logo_colour_and_language() {
    const test::TempFolder folder;
    std::ofstream(folder.path() + "/logo") << "<svg xmlns=\"http://www.w3.org/2000/svg\"/>";
    SiteSettings settings;
    settings.brand.name = "Site";
    settings.brands["example.org"] = {.language = "de",
                                      .base_url = "https://mail.example.org/gate",
                                      .name = "Example Ltd",
                                      .logo = folder.path() + "/logo",
                                      .accent = "#7a1fa2"};
    settings.brands["example.com"] = {.name = "Other"};
    WebFixture f(settings);
    const HttpResponse page = get(f, "/c/" + kToken, "gate.example.org");
    CPPUNIT_ASSERT(has(page, "<title>Ihre Nachricht wartet · Example Ltd</title>"));
    CPPUNIT_ASSERT(has(page, "<span>Example Ltd</span>"));
    CPPUNIT_ASSERT(has(page, "action=\"/gate/c/" + kToken + "\""));
    CPPUNIT_ASSERT(has(get(f, "/c/" + kToken, "gate.example.org", "fr"), "<html lang=\"fr\""));
    for (const std::string kind : {"accent", "logo"}) {
      const auto at = page.body.find("/gate/assets/" + kind + "-");
      CPPUNIT_ASSERT(at != std::string::npos);
      const std::string link = page.body.substr(at, page.body.find('"', at) - at);
      CPPUNIT_ASSERT_EQUAL(200, get(f, link.substr(5), "gate.example.org").status);
    }
  }

  void pages_of_no_message_are_those_of_the_host() {
    SiteSettings settings;
    settings.brand.name = "Site";
    settings.brands["example.com"] = {.base_url = "https://gate.example.com", .name = "Other"};
    WebFixture f(settings);
    CPPUNIT_ASSERT(has(get(f, "/why", "gate.example.com:443"), "<span>Other</span>"));
    CPPUNIT_ASSERT(has(get(f, "/why", "GATE.example.com"), "<bdi>gate.example.com</bdi>"));
    CPPUNIT_ASSERT(has(get(f, "/why", "elsewhere.example"), "<span>Site</span>"));
    CPPUNIT_ASSERT(has(get(f, "/c/0000", "gate.example.com"), "<span>Other</span>"));
    // Whatever host is asked, a message is its recipient's.
    CPPUNIT_ASSERT(has(get(f, "/c/" + kToken, "gate.example.com"), "<span>Site</span>"));
  }

  void names_are_text() {
    SiteSettings settings;
    settings.brand.name = "<b>\"&";
    WebFixture f(settings);
    const HttpResponse page = get(f, "/why", "gate.example.org");
    CPPUNIT_ASSERT(has(page, "&lt;b&gt;&quot;&amp;") && !has(page, "<b>"));
  }

  void a_logo_that_is_no_picture_is_refused() {
    const test::TempFolder folder;
    const std::string path = folder.path() + "/logo";
    CPPUNIT_ASSERT(load_logo(path).error().code == Errc::unavailable);
    std::ofstream(path) << "GIF89a";
    CPPUNIT_ASSERT(load_logo(path).error().code == Errc::invalid);
    std::ofstream(path) << "\x89PNG\r\n\x1a\n" << std::string(100'000, 'x');
    CPPUNIT_ASSERT(load_logo(path).error().code == Errc::invalid);
    std::ofstream(path) << "\x89PNG\r\n\x1a\n";
    CPPUNIT_ASSERT_EQUAL(std::string("logo.png"), load_logo(path)->file);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(BrandTest);

}  // namespace
}  // namespace countersign::challenge
