// SPDX-License-Identifier: Apache-2.0
#include "language/catalogue.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <set>

namespace countersign::language {
namespace {

using std::string_literals::operator""s;

/// The names in braces; that of a month stands for its number, too.
std::multiset<std::string> holes(std::string_view text) {
  std::multiset<std::string> out;
  for (auto open = text.find('{'); open != std::string_view::npos;
       open = text.find('{', open + 1)) {
    const std::string name(text.substr(open + 1, text.find('}', open) - open - 1));
    out.insert(name == "number" ? "month" : name);
  }
  return out;
}

std::string_view text_of(std::string_view id) {
  const auto context = id.find('\4');
  return context == std::string_view::npos ? id : id.substr(context + 1);
}

const Catalogue& german() { return *find_catalogue("de"); }

class CatalogueTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CatalogueTest);
  CPPUNIT_TEST(texts_are_said_in_their_language);
  CPPUNIT_TEST(what_is_not_translated_is_said_in_english);
  CPPUNIT_TEST(numbers_choose_their_form);
  CPPUNIT_TEST(holes_are_filled_by_name);
  CPPUNIT_TEST(what_is_put_in_is_not_filled_again);
  CPPUNIT_TEST(no_catalogue_misses_a_text);
  CPPUNIT_TEST(translations_have_the_holes_of_the_original);
  CPPUNIT_TEST(every_form_is_there_for_every_number);
  CPPUNIT_TEST(smtp_replies_are_ascii);
  CPPUNIT_TEST(tags_and_names_are_told);
  CPPUNIT_TEST_SUITE_END();

 public:
  void texts_are_said_in_their_language() {
    CPPUNIT_ASSERT_EQUAL("Thank you"s, std::string(english().say("Thank you")));
    CPPUNIT_ASSERT_EQUAL("Vielen Dank"s, std::string(german().say("Thank you")));
    CPPUNIT_ASSERT_EQUAL(" und "s,
                         std::string(german().say_in("before the last address", " and ")));
  }

  void what_is_not_translated_is_said_in_english() {
    CPPUNIT_ASSERT_EQUAL("Nobody says this"s, std::string(german().say("Nobody says this")));
    CPPUNIT_ASSERT_EQUAL("Thank you"s, std::string(german().say_in("elsewhere", "Thank you")));
    CPPUNIT_ASSERT_EQUAL("2 chairs"s, german().count("{n} chair", "{n} chairs", 2));
  }

  void numbers_choose_their_form() {
    const auto others = [](const Catalogue& in, unsigned long n) {
      return in.count("{n} other", "{n} others", n);
    };
    CPPUNIT_ASSERT_EQUAL("1 other"s, others(english(), 1));
    CPPUNIT_ASSERT_EQUAL("7 others"s, others(english(), 7));
    CPPUNIT_ASSERT_EQUAL("7 andere"s, others(german(), 7));
  }

  void holes_are_filled_by_name() {
    CPPUNIT_ASSERT_EQUAL("a b {c} {"s, filled("{x} {y} {c} {", {{"y", "b"}, {"x", "a"}}));
    CPPUNIT_ASSERT_EQUAL(""s, filled("", {}));
    CPPUNIT_ASSERT_EQUAL("{}"s, filled("{}", {{"x", "a"}}));
    CPPUNIT_ASSERT_EQUAL(
        "Ihre Nachricht an joe@example.org wartet"s,
        german().say("Your message to {to} is waiting", {{"to", "joe@example.org"}}));
  }

  void what_is_put_in_is_not_filled_again() {
    CPPUNIT_ASSERT_EQUAL("{y} b"s, filled("{x} {y}", {{"x", "{y}"}, {"y", "b"}}));
  }

  void no_catalogue_misses_a_text() {
    const auto all = tables();
    CPPUNIT_ASSERT(!all.empty());
    for (const Table& table : all) {
      CPPUNIT_ASSERT_EQUAL(all.front().messages.size(), table.messages.size());
      for (std::size_t i = 0; i < table.messages.size(); ++i) {
        CPPUNIT_ASSERT_EQUAL(all.front().messages[i].id, table.messages[i].id);
        CPPUNIT_ASSERT_MESSAGE(std::string(table.messages[i].id),
                               !table.messages[i].forms[0].empty());
      }
    }
  }

  void translations_have_the_holes_of_the_original() {
    for (const Table& table : tables())
      for (const Message& message : table.messages) {
        const auto want = holes(text_of(message.id));
        for (const std::string_view form : message.forms) {
          if (form.empty()) continue;
          auto have = holes(form);
          // "one message", without its number, is a good form for 1 and 2.
          if (!message.forms[1].empty() && !have.contains("n") && want.contains("n"))
            have.insert("n");
          CPPUNIT_ASSERT_MESSAGE(std::string(table.tag) + ": " + std::string(form), have == want);
          CPPUNIT_ASSERT_MESSAGE(std::string(form), form.find("{{") == std::string_view::npos);
        }
      }
  }

  void every_form_is_there_for_every_number() {
    for (const Table& table : tables())
      for (const Message& message : table.messages) {
        if (text_of(message.id).find("{n}") == std::string_view::npos) continue;
        for (unsigned long n = 0; n <= 200; ++n)
          CPPUNIT_ASSERT_MESSAGE(std::string(table.tag) + ": " + std::string(message.id),
                                 !message.forms.at(table.form_of(n)).empty());
      }
  }

  void smtp_replies_are_ascii() {
    int found = 0;
    for (const Table& table : tables())
      for (const Message& message : table.messages) {
        if (!message.id.starts_with("SMTP reply")) continue;
        ++found;
        const std::string_view text = message.forms[0];
        const auto bad = [](char c) { return c < ' ' || c > '~' || c == '%'; };
        CPPUNIT_ASSERT_MESSAGE(std::string(text), std::ranges::none_of(text, bad));
        CPPUNIT_ASSERT_MESSAGE(std::string(text), text.size() <= 100);
        // Whatever splits replies at blanks finds the URL whole.
        if (text.find("{url}") != std::string_view::npos) CPPUNIT_ASSERT(text.ends_with(" {url}"));
      }
    CPPUNIT_ASSERT_EQUAL(7 * tables().size(), static_cast<std::size_t>(found));
  }

  void tags_and_names_are_told() {
    CPPUNIT_ASSERT_EQUAL("en"s, std::string(catalogues().front().tag()));
    CPPUNIT_ASSERT_EQUAL("Deutsch"s, std::string(german().name()));
    CPPUNIT_ASSERT(!find_catalogue("xx") && !find_catalogue("DE") && !find_catalogue(""));
    std::set<std::string_view> names;
    for (const Catalogue& in : catalogues()) {
      CPPUNIT_ASSERT(names.insert(in.name()).second);
      CPPUNIT_ASSERT(in.direction() == (in.tag() == "ar" ? "rtl" : "ltr"));
    }
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(CatalogueTest);

}  // namespace
}  // namespace countersign::language
