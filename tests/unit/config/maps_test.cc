// SPDX-License-Identifier: Apache-2.0
#include "config/maps.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"

using namespace countersign;

namespace {

struct Row {
  const char* name;
  bool map;  ///< of mailboxes; else a list of domains
  std::string text;
  std::string want;  ///< entries, each with a blank behind it
  std::string bad;   ///< bad lines, "LINE:what" joined by " | "
};

const Row kRows[] = {
    {"domains, a line each, sorted and in A-labels", false,
     "example.org\nB\xc3\xbc"
     "CHER.example\n",
     "example.org xn--bcher-kva.example ", ""},
    {"comments, empty lines and blanks are skipped", false,
     "# ours\n\n  example.org  # the first\r\n", "example.org ", ""},
    {"a domain that stands twice is one", false, "example.org\nEXAMPLE.org.\n", "example.org ", ""},
    {"a last line without line end counts", false, "example.org", "example.org ", ""},
    {"each bad domain is told with its line", false, "example.org\na..b\nx y\n", "example.org ",
     "2:\"a..b\" is no domain | 3:\"x y\" is no domain"},
    {"a public suffix is no domain to protect", false, "example.org\nco.uk\n", "example.org ",
     "2:\"co.uk\" is a public suffix, no domain of a site"},
    {"an address literal is no domain to protect", false, "[192.0.2.1]\n", "",
     "1:\"[192.0.2.1]\" is no domain"},
    {"an empty list of domains", false, "", "", ""},

    {"addresses and owners", true, "sales@example.org joe@example.org\n",
     "sales@example.org=joe@example.org ", ""},
    {"tabs and many blanks separate", true, "sales@example.org \t  joe@example.org \r\n",
     "sales@example.org=joe@example.org ", ""},
    {"both sides are normalised", true, "Sales@EXAMPLE.org Joe@Example.ORG\n",
     "sales@example.org=joe@example.org ", ""},
    {"a line that begins with a blank continues", true,
     "sales@example.org\n  joe@example.org\n# x\nb@example.org c@example.org\n",
     "b@example.org=c@example.org sales@example.org=joe@example.org ", ""},
    {"comment lines and empty lines are skipped", true, "# a b\n\n   \n  # c d\n", "", ""},
    {"an address without owner is told", true, "sales@example.org\n", "",
     "1:\"\" is not the address of an owner"},
    {"several owners", true, "\nall@example.org A@example.org  b@example.org\n",
     "all@example.org=a@example.org, b@example.org ", ""},
    {"a catch-all, and a domain that is another's", true,
     "@Example.org joe@example.org\n@example.net @example.org\n",
     "@example.net=@example.org @example.org=joe@example.org ", ""},
    {"an owner without domain is told", true, "\nall@example.org joe\n", "",
     "2:\"joe\" is not the address of an owner"},
    {"an address with two lines is told", true,
     "s@example.org a@example.org\nS@example.org b@example.org\n", "s@example.org=a@example.org ",
     "2:\"S@example.org\" stands there twice"},
};

void check(const Row& row) {
  std::vector<BadLine> bad;
  std::string got;
  if (row.map) {
    for (const auto& [address, owner] : parse_mailbox_map(row.text, bad))
      got += address + "=" + owner + " ";
  } else {
    for (const auto& domain : parse_domain_list(row.text, bad)) got += domain + " ";
  }
  CPPUNIT_ASSERT_EQUAL(row.want, got);
  std::string told;
  for (const auto& line : bad)
    told += (told.empty() ? "" : " | ") + std::to_string(line.line) + ":" + line.what;
  CPPUNIT_ASSERT_EQUAL(row.bad, told);
}

class MapsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MapsTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }
};
CPPUNIT_TEST_SUITE_REGISTRATION(MapsTest);

}  // namespace
