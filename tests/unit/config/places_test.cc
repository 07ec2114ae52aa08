// SPDX-License-Identifier: Apache-2.0
#include "config/places.h"

#include <cppunit/extensions/HelperMacros.h>

#include <set>

#include "tests/support/table_suite.h"

using namespace countersign;

namespace {

const std::string kText =
    "[protect]\ndomains = [\"example.org\"]\n"
    "[authentication]\nauthserv_id = \"mx.example.org\"\n"
    "[milter]\nsocket = \"unix:/run/cs/milter.sock\"\nsocket_group = \"postfix\"\n"
    "[spool]\ndirectory = \"/spool\"\n"
    "[secrets]\nmilter = \"/etc/cs/m\"\nchallenge = \"/etc/cs/c\"\n"
    "[challenge]\nbase_url = \"https://gate.example.org\"\ntemplates = \"/pages\"\n"
    "[site]\nlogo = \"/logo.svg\"\n"
    "[site.\"example.org\"]\nlogo = \"/other.png\"\n";

using Paths = std::set<std::string>;

struct Row {
  const char* name;
  Paths lost = {};   ///< what of the good host is not there
  Paths files = {};  ///< what is a file there and no folder
  std::string problems = {};
  std::string missing = {};
  std::string group = "postfix";
};

const Row kRows[] = {
    {"a host that has all", {}, {}, "", ""},
    {"a group that is none",
     {},
     {},
     "c.toml:7: milter.socket_group: there is no group \"postfix\"; allowed: a group of this host, "
     "or \"\" for that of the daemon\n",
     "",
     "staff"},
    {"pages that are not there",
     {"/pages"},
     {},
     "c.toml:15: challenge.templates: /pages: there is no such folder; allowed: a folder, or \"\" "
     "for our own pages\n",
     ""},
    {"pages in a file",
     {},
     {"/pages"},
     "c.toml:15: challenge.templates: /pages: is no folder; allowed: a folder, or \"\" for our own "
     "pages\n",
     ""},
    {"logos that are not there",
     {"/logo.svg", "/other.png"},
     {},
     "c.toml:17: site.logo: /logo.svg: there is no such file; allowed: an SVG or PNG file, or \"\" "
     "for none\n"
     "c.toml:19: site.\"example.org\".logo: /other.png: there is no such file; allowed: an SVG or "
     "PNG file, or \"\" for none\n",
     ""},
    {"folders that are still to be made",
     {"/run/cs", "/spool", "/etc/cs", "/etc/cs/m", "/etc/cs/c"},
     {},
     "",
     "c.toml:6: milter.socket: /run/cs: there is no such folder; allowed: a folder that the MTA "
     "can "
     "enter (countersign setup makes it)\n"
     "c.toml:9: spool.directory: /spool: there is no such folder; allowed: a folder (countersign "
     "config init makes it)\n"
     "c.toml:11: secrets.milter: /etc/cs: there is no such folder; allowed: the path of a file in "
     "a "
     "folder\n"
     "c.toml:12: secrets.challenge: /etc/cs: there is no such folder; allowed: the path of a file "
     "in "
     "a folder\n"},
    {"a spool that is a file",
     {},
     {"/spool"},
     "c.toml:9: spool.directory: /spool: is no folder; allowed: a folder (countersign config init "
     "makes it)\n",
     ""},
    {"a web host needs nothing of the milter",
     {"/etc/cs/m", "/run/cs", "/spool"},
     {},
     "",
     "",
     "staff"},
    {"a node needs nothing of the page",
     {"/etc/cs/c", "/pages", "/logo.svg", "/other.png"},
     {},
     "",
     ""},
};

std::string lines(const std::vector<Problem>& problems) {
  std::string out;
  for (const Problem& problem : problems) out += problem.text() + "\n";
  return out;
}

void check(const Row& row) {
  const Paths folders = {"/run/cs", "/spool", "/etc/cs", "/pages"};
  const Paths files = {"/etc/cs/m", "/etc/cs/c", "/logo.svg", "/other.png"};
  const HostLook host = {[&](const std::string& path) {
                           if (row.lost.contains(path)) return HostLook::Found::nothing;
                           if (row.files.contains(path) || files.contains(path))
                             return HostLook::Found::file;
                           return folders.contains(path) ? HostLook::Found::folder
                                                         : HostLook::Found::nothing;
                         },
                         [&](const std::string& name) { return name == row.group; }};
  const CheckedConfig checked = check_config(kText, "c.toml", read_whole_file);
  CPPUNIT_ASSERT_EQUAL(std::string(), lines(checked.problems));
  const Places places = check_places(checked, "c.toml", host);
  CPPUNIT_ASSERT_EQUAL(row.problems, lines(places.problems));
  CPPUNIT_ASSERT_EQUAL(row.missing, lines(places.missing));
}

class PlacesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PlacesTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(what_permissions_hide_is_no_problem);
  CPPUNIT_TEST(this_host_has_a_root);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }

  void what_permissions_hide_is_no_problem() {
    const HostLook host = {[](const std::string&) { return HostLook::Found::unknown; },
                           [](const std::string&) { return true; }};
    const Places places =
        check_places(check_config(kText, "c.toml", read_whole_file), "c.toml", host);
    CPPUNIT_ASSERT_EQUAL(std::string(), lines(places.problems) + lines(places.missing));
  }

  void this_host_has_a_root() {
    const HostLook host = this_host();
    CPPUNIT_ASSERT(host.find("/") == HostLook::Found::folder);
    CPPUNIT_ASSERT(host.find("/dev/null") == HostLook::Found::file);
    CPPUNIT_ASSERT(host.find("/dev/null/x") == HostLook::Found::nothing);
    CPPUNIT_ASSERT(host.has_group("root"));
    CPPUNIT_ASSERT(!host.has_group("no such group"));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(PlacesTest);

}  // namespace
