// SPDX-License-Identifier: Apache-2.0
//
// [site] and the tables of domains in it.
#include <cppunit/extensions/HelperMacros.h>

#include "config/config.h"
#include "config/print.h"
#include "config/values.h"
#include "language/catalogue.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

const std::string kGood =
    "[protect]\ndomains = [\"example.org\", \"example.com\", "
    "\"b\u00fccher.example\"]\n[authentication]\nauthserv_id = \"mx.example.org\"\n"
    "[challenge]\nbase_url = \"https://gate.example.org\"\n";

Config parsed(const std::string& text) {
  auto config = parse_config(kGood + text, "c.toml");
  CPPUNIT_ASSERT_MESSAGE(config ? "" : config.error().detail, config);
  return *std::move(config);
}

struct Row {
  const char* name;
  std::string text;
  const char* says;  ///< "": it is fine
};

const std::string kKept = "[site]\nreply_kept = ";

const Row kRows[] = {
    {"a reply of two lines", kKept + "[\"Kept: open {url}\", \"until {date}\"]\n", ""},
    {"a reply of one line", kKept + "[\"Kept: open {url}\"]\n", ""},
    {"our own reply", kKept + "[]\n", ""},
    {"a per cent sign", kKept + "[\"100% kept {url}\"]\n", "has a '%'"},
    {"a letter outside ASCII", kKept + "[\"gr\u00fc\u00dfe {url}\"]\n", "is not all ASCII"},
    {"a line end", kKept + "[\"a\\nb {url}\"]\n", "is not all ASCII"},
    {"no URL", kKept + "[\"Kept\"]\n", "{url} stands not just in the first line"},
    {"the URL in the second line", kKept + "[\"Kept\", \"open {url}\"]\n", "{url} stands not"},
    {"the URL in both lines", kKept + "[\"open {url}\", \"open {url}\"]\n", "{url} stands not"},
    {"the URL in the middle", kKept + "[\"open {url} now\"]\n", "elsewhere than once"},
    {"the URL without a blank before it", kKept + "[\"open<{url}\"]\n", "elsewhere than once"},
    {"the URL with a dot behind it", kKept + "[\"open {url}.\"]\n", "elsewhere than once"},
    {"a line that is too long", kKept + "[\"" + std::string(155, 'x') + " {url}\"]\n", "over 160"},
    {"three lines", kKept + "[\"a {url}\", \"b\", \"c\"]\n", "more than two lines"},
    {"an unknown hole", kKept + "[\"{name} {url}\"]\n", "a hole other than"},
    {"a date where nothing is kept", "[site]\nreply_refused = [\"a {url}\", \"until {date}\"]\n",
     "nothing is kept"},
    {"a language that we do not speak", "[site]\nlanguage = \"xx\"\n", "no language"},
    {"a colour that cannot be read on white", "[site]\naccent = \"#ffee00\"\n", "too light"},
    {"a colour by name", "[site]\naccent = \"green\"\n", "no colour"},
    {"a colour of three digits", "[site]\naccent = \"#123\"\n", "no colour"},
    {"a colour in capitals", "[site]\naccent = \"#17594A\"\n", ""},
    {"what is no domain", "[site.\"a b\"]\nname = \"x\"\n", "is no domain"},
    {"a domain that is not protected", "[site.\"exampel.org\"]\nname = \"x\"\n",
     "c.toml:7: [site.\"exampel.org\"]: is not protected; allowed: a domain of protect.domains"},
    {"below a protected domain", "[site.\"a.example.org\"]\nname = \"x\"\n", "is not protected"},
    {"a protected domain in capitals", "[site.\"EXAMPLE.org\"]\nname = \"x\"\n", ""},
    {"a table in the table of a domain", "[site.\"example.org\".more]\nname = \"x\"\n",
     "no such key"},
    {"a part of another table", "[log.\"example.org\"]\nlevel = \"info\"\n", "no such key"},
};

void check(const Row& row) {
  const auto config = parse_config(kGood + row.text, "c.toml");
  const std::string said = config ? "" : config.error().detail;
  CPPUNIT_ASSERT_MESSAGE(said, *row.says ? said.find(row.says) != std::string::npos : said.empty());
}

class SiteTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SiteTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(a_domain_has_what_it_does_not_set_from_the_site);
  CPPUNIT_TEST(what_is_shown_is_read_again);
  CPPUNIT_TEST(every_language_that_we_speak_is_allowed);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }

  void a_domain_has_what_it_does_not_set_from_the_site() {
    const Config config = parsed(
        "[site.\"b\u00fccher.example\"]\nname = \"B\u00fccher\"\nlanguage = \"de\"\n"
        "[site]\nname = \"Example\"\naccent = \"#17594a\"\n");
    CPPUNIT_ASSERT_EQUAL(std::string("Example"), config.site.name);
    const Config::Site& own = config.sites.at("xn--bcher-kva.example");
    CPPUNIT_ASSERT_EQUAL(std::string("B\u00fccher"), own.name);
    CPPUNIT_ASSERT_EQUAL(std::string("de"), own.language);
    CPPUNIT_ASSERT_EQUAL(std::string("#17594a"), own.accent);
    CPPUNIT_ASSERT_EQUAL(std::string("en"), config.site.language);
  }

  void what_is_shown_is_read_again() {
    const Config config = parsed("[site]\nname = \"A\"\n[site.\"example.com\"]\nname = \"B\"\n");
    const std::string shown = show_config(config);
    CPPUNIT_ASSERT(shown.find("[site.\"example.com\"]\nname = \"B\"\n") != std::string::npos);
    const auto again = parse_config(shown, "c.toml");
    CPPUNIT_ASSERT(again && again->sites.at("example.com").name == "B");
  }

  void every_language_that_we_speak_is_allowed() {
    for (const language::Catalogue& in : language::catalogues()) {
      const std::string tag(in.tag());
      CPPUNIT_ASSERT(parse_language(tag));
      CPPUNIT_ASSERT_EQUAL(tag, parsed("[site]\nlanguage = \"" + tag + "\"\n").site.language);
    }
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(SiteTest);

}  // namespace
}  // namespace countersign
