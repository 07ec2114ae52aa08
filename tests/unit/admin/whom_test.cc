// SPDX-License-Identifier: Apache-2.0
#include "admin/whom.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"

using namespace countersign;
using namespace countersign::admin;

namespace {

Config config() {
  Config config;
  config.protect.domains = {"example.org", "xn--bcher-kva.example"};
  config.protect.owners = {{"sales@example.org", "joe@example.org"},
                           {"joe+lists@example.org", "lists@example.org"}};
  config.protect.exempt = {"open@example.org"};
  return config;
}

/// `want` "" means refused.
struct Row {
  const char* name;
  std::string (*read)(const std::string&);
  std::string text;
  std::string want;
};

std::string whom(const std::string& text) {
  const auto whom = parse_whom(text, config());
  if (!whom) {
    CPPUNIT_ASSERT(whom.error().code == Errc::invalid);
    return "";
  }
  constexpr const char* kLevels[] = {"mailbox", "domain", "site"};
  return std::string(kLevels[static_cast<int>(whom->scope.level)]) + " " + whom->scope.name + " " +
         whom->shown;
}
std::string subject(const std::string& text) {
  const auto subject = parse_subject(text);
  return subject ? *subject + " " + shown_subject(*subject) : "";
}
std::string exempt(const std::string& text) {
  return is_exempt(config(), *Mailbox::parse(text)) ? "yes" : "no";
}

const Row kRows[] = {
    {"the site", whom, "site", "site  site"},
    {"a protected domain in any spelling", whom,
     "B\xc3\xbc"
     "CHER.example",
     "domain xn--bcher-kva.example xn--bcher-kva.example"},
    {"a mailbox", whom, "Ann@Example.org", "mailbox ann@example.org ann@example.org"},
    {"a mailbox with detail is its owner", whom, "ann+shop@example.org",
     "mailbox ann@example.org ann@example.org"},
    {"an address of the map is its owner", whom, "sales@example.org",
     "mailbox joe@example.org joe@example.org"},
    {"an address of the map with another detail too", whom, "sales+x@example.org",
     "mailbox joe@example.org joe@example.org"},
    {"a detail that is a mailbox of its own is not stripped", whom, "joe+lists@example.org",
     "mailbox lists@example.org lists@example.org"},
    {"a key is encoded, the name that is shown is not", whom, "o'neil@example.org",
     "mailbox o%27neil@example.org o'neil@example.org"},
    {"a foreign domain is refused", whom, "example.com", ""},
    {"a foreign mailbox is refused", whom, "ann@example.com", ""},
    {"a subdomain is not protected", whom, "a.example.org", ""},
    {"nonsense is refused", whom, "@", ""},
    {"nothing is refused", whom, "", ""},

    {"an author", subject, "Alice@Example.com", "a:alice@example.com alice@example.com"},
    {"an author's domain", subject, "@Example.COM", "d:example.com @example.com"},
    {"an author's domain by its bare name", subject, "Example.COM", "d:example.com @example.com"},
    {"a domain with all below it", subject, "@.Example.COM", "d:.example.com @.example.com"},
    {"the same without the sign", subject, ".example.com", "d:.example.com @.example.com"},
    {"a whole top level with all below it", subject, "@.top", "d:.top @.top"},
    {"all below a public suffix", subject, "@.ac.uk", "d:.ac.uk @.ac.uk"},
    {"all of a domain, in the way of other programs", subject, "*@x.example", ""},
    {"all of a domain and below, in the way of other programs", subject, "*@*.x.example", ""},
    {"all below a domain, in the way of other programs", subject, "*.x.example", ""},
    {"the same with the sign", subject, "@*.x.example", ""},
    {"a star among others", subject, "a*b@x.example", "a:a*b@x.example a*b@x.example"},
    {"an author who is called so, in quotes", subject, "\"*\"@x.example",
     "a:*@x.example *@x.example"},
    {"no domain", subject, "@", ""},
    {"no domain below", subject, "@.", ""},
    {"two dots", subject, "@..example.com", ""},
    {"a quoted local part", subject, "\"a b\"@example.com",
     "a:\"a b\"@example.com \"a b\"@example.com"},
    {"a whole top level is no author", subject, "com", ""},
    {"an address literal is no author", subject, "[192.0.2.1]", ""},
    {"a mailing list", subject, "list:Chairs.example.com",
     "l:chairs.example.com list:chairs.example.com"},
    {"a mailing list in brackets", subject, "list:<chairs.example.com>",
     "l:chairs.example.com list:chairs.example.com"},
    {"a mailing list without a name", subject, "list:", ""},
    {"a mailing list with a blank", subject, "list:a b", ""},
    {"no author", subject, "", ""},
    {"half an address", subject, "alice@", ""},

    {"postmaster is exempt", exempt, "postmaster@example.org", "yes"},
    {"abuse with detail is exempt", exempt, "Abuse+x@example.org", "yes"},
    {"what is listed is exempt", exempt, "open@example.org", "yes"},
    {"our own notice address is exempt", exempt, "countersign@example.org", "yes"},
    {"nobody else is exempt", exempt, "joe@example.org", "no"},

};

void check(const Row& row) { CPPUNIT_ASSERT_EQUAL(row.want, row.read(row.text)); }

class WhomTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WhomTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(who_writes_a_star_is_told_how_all_authors_are_named);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }

  void who_writes_a_star_is_told_how_all_authors_are_named() {
    CPPUNIT_ASSERT_EQUAL(std::string("\"*@x.example\" would be just the author called *; allowed: "
                                     "@x.example (all authors in just that domain) or @.x.example "
                                     "(and all below it)"),
                         parse_subject("*@x.example").error().detail);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(WhomTest);

}  // namespace
