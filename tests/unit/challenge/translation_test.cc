// SPDX-License-Identifier: Apache-2.0
#include "challenge/translation.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <cctype>

#include "challenge/embedded.h"

namespace countersign::challenge {
namespace {

using std::string_literals::operator""s;

std::string in(std::string_view tag, const std::string& page) {
  const auto out = translated(page, "page.html", *language::find_catalogue(tag));
  CPPUNIT_ASSERT_MESSAGE(out ? "" : out.error().detail, out);
  return *out;
}

std::string error_of(const std::string& page) {
  const auto out = translated(page, "page.html", language::english());
  CPPUNIT_ASSERT(!out);
  return out.error().detail;
}

std::string own_page() {
  for (const EmbeddedFile& file : embedded_files())
    if (file.name == "page.html") return std::string(file.text);
  return "";
}

/// `text` without what stands from each `open` to the next `close`.
std::string without(std::string text, std::string_view open, std::string_view close) {
  for (auto at = text.find(open); at != std::string::npos; at = text.find(open))
    text.erase(at, text.find(close, at) + close.size() - at);
  return text;
}

bool has_letter(std::string_view text) {
  return std::ranges::any_of(text,
                             [](char c) { return std::isalpha(static_cast<unsigned char>(c)); });
}

class TranslationTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TranslationTest);
  CPPUNIT_TEST(marked_texts_are_translated);
  CPPUNIT_TEST(holes_become_pieces_of_the_page);
  CPPUNIT_TEST(texts_cannot_be_markup);
  CPPUNIT_TEST(all_else_stays);
  CPPUNIT_TEST(mistakes_are_told_by_line);
  CPPUNIT_TEST(every_text_of_our_page_is_marked);
  CPPUNIT_TEST(every_text_of_our_page_is_in_the_catalogues);
  CPPUNIT_TEST_SUITE_END();

 public:
  void marked_texts_are_translated() {
    const std::string page = "<h1>{{#_}}Thank you{{/_}}</h1> {{#_}}Language{{/_}}";
    CPPUNIT_ASSERT_EQUAL("<h1>Thank you</h1> Language"s, in("en", page));
    CPPUNIT_ASSERT_EQUAL("<h1>Vielen Dank</h1> Sprache"s, in("de", page));
  }

  void holes_become_pieces_of_the_page() {
    const std::string page = "{{#_}}It looks like this: {hint}{{/_}}";
    CPPUNIT_ASSERT_EQUAL("It looks like this: <bdi>{{hint}}</bdi>"s, in("en", page));
    CPPUNIT_ASSERT_EQUAL("Sie sieht so aus: <bdi>{{hint}}</bdi>"s, in("de", page));
  }

  void texts_cannot_be_markup() {
    CPPUNIT_ASSERT_EQUAL("a &lt;b&gt; &amp; &quot;c&quot;"s, in("en", "{{#_}}a <b> & \"c\"{{/_}}"));
  }

  void all_else_stays() {
    const std::string page = "<p>{{#to}}{{address}}{{/to}} {x} {{! {{#_ }}\n";
    CPPUNIT_ASSERT_EQUAL(page, in("de", page));
    CPPUNIT_ASSERT_EQUAL(""s, in("de", ""));
  }

  void mistakes_are_told_by_line() {
    CPPUNIT_ASSERT_EQUAL("page.html:2: '{{#_}}' is not closed in its line"s,
                         error_of("<p>\n{{#_}}Thank\nyou{{/_}}"));
    CPPUNIT_ASSERT_EQUAL("page.html:1: '{{#_}}' is not closed in its line"s, error_of("{{#_}}x"));
    CPPUNIT_ASSERT_EQUAL("page.html:3: a tag inside of a text that is to be translated"s,
                         error_of("\n\n{{#_}}to {{to}}{{/_}}"));
    CPPUNIT_ASSERT_EQUAL(
        "page.html:1: unknown hole in a text that is to be translated: '{token} is'"s,
        error_of("{{#_}}{token} is{{/_}}"));
    CPPUNIT_ASSERT_EQUAL("page.html:1: unknown hole in a text that is to be translated: '{to'"s,
                         error_of("{{#_}}{to{{/_}}"));
  }

  void every_text_of_our_page_is_marked() {
    std::string page = without(own_page(), "{{!", "}}");
    page = without(without(page, "{{#_}}", "{{/_}}"), "{{", "}}");
    // What people are told in attributes.
    for (const std::string name : {"alt", "aria-label", "title", "placeholder", "data-begin",
                                   "data-soon", "data-send", "data-again", "data-digits"})
      for (auto at = page.find(" " + name + "=\""); at != std::string::npos;
           at = page.find(" " + name + "=\"", at + 1)) {
        const auto from = at + name.size() + 3;
        const std::string value = page.substr(from, page.find('"', from) - from);
        CPPUNIT_ASSERT_MESSAGE(name + ": " + value, !has_letter(value));
      }
    const std::string rest = without(page, "<", ">");
    const auto letter = std::ranges::find_if(
        rest, [](char c) { return std::isalpha(static_cast<unsigned char>(c)); });
    CPPUNIT_ASSERT_MESSAGE(std::string(letter, rest.end()).substr(0, 80), letter == rest.end());
  }

  void every_text_of_our_page_is_in_the_catalogues() {
    const std::string page = own_page();
    const auto messages = language::tables().front().messages;
    int found = 0;
    for (auto at = page.find("{{#_}}"); at != std::string::npos; at = page.find("{{#_}}", at + 1)) {
      const std::string text = page.substr(at + 6, page.find("{{/_}}", at) - at - 6);
      CPPUNIT_ASSERT_MESSAGE(text, std::ranges::any_of(messages, [&](const language::Message& m) {
                               return m.id == text;
                             }));
      ++found;
    }
    CPPUNIT_ASSERT(found > 80);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(TranslationTest);

}  // namespace
}  // namespace countersign::challenge
