// SPDX-License-Identifier: Apache-2.0
//
// Tables of Postfix by postmap(1), with a postmap of our own that counts its calls.
#include "config/postmap_table.h"

#include <cppunit/extensions/HelperMacros.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "config/maps.h"
#include "tests/support/temp_folder.h"

namespace countersign {
namespace {

class PostmapTableTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PostmapTableTest);
  CPPUNIT_TEST(a_table_is_told_from_a_path);
  CPPUNIT_TEST(a_table_is_listed);
  CPPUNIT_TEST(the_environment_tells_which_postfix_is_meant);
  CPPUNIT_TEST(a_table_that_cannot_be_listed_is_told);
  CPPUNIT_TEST(a_listing_is_read_as_far_as_it_names_mailboxes);
  CPPUNIT_TEST(keys_are_asked_for_at_once_and_remembered);
  CPPUNIT_TEST(what_is_remembered_is_forgotten_in_time);
  CPPUNIT_TEST(what_is_remembered_is_bounded);
  CPPUNIT_TEST(a_table_that_fails_is_an_error_and_is_asked_again);
  CPPUNIT_TEST(without_time_nothing_is_asked);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    const char* path = std::getenv("PATH");
    path_before_ = path == nullptr ? "" : path;
    ::setenv("PATH", (folder_.path() + ":" + path_before_).c_str(), 1);
    postmap(
        "if [ \"$1\" = -s ]; then printf 'a@x.example\\tb@x.example\\n'; exit 0; fi\n"
        "while read key; do case $key in a@*) printf '%s\\tjoe@x.example\\n' $key; found=1;; "
        "esac; done\n[ \"$found\" ]");
  }
  void tearDown() override { ::setenv("PATH", path_before_.c_str(), 1); }

  void a_table_is_told_from_a_path() {
    CPPUNIT_ASSERT(is_postfix_table("hash:/etc/postfix/virtual"));
    CPPUNIT_ASSERT(is_postfix_table("proxy:mysql:/etc/postfix/x.cf"));
    CPPUNIT_ASSERT(!is_postfix_table("/etc/a:b"));
    CPPUNIT_ASSERT(!is_postfix_table("hash:"));
    CPPUNIT_ASSERT(!is_postfix_table(":/x"));
    CPPUNIT_ASSERT(!is_postfix_table(""));
  }
  void a_table_is_listed() {
    CPPUNIT_ASSERT_EQUAL(std::string("a@x.example\tb@x.example\n"),
                         *list_postfix_table("hash:/x", soon()));
    CPPUNIT_ASSERT_EQUAL(std::string("-s hash:/x|"), calls());
  }
  void the_environment_tells_which_postfix_is_meant() {
    postmap("printf 'a@x.example\\t%s\\n' \"$MAIL_CONFIG\"");
    ::setenv("MAIL_CONFIG", "/etc/postfix-in", 1);
    const auto listed = list_postfix_table("hash:/x", soon());
    const auto asked = PostmapTable("ldap:/x", clock_).find({"a@x.example"}, soon());
    ::unsetenv("MAIL_CONFIG");
    CPPUNIT_ASSERT_EQUAL(std::string("a@x.example\t/etc/postfix-in\n"), *listed);
    CPPUNIT_ASSERT_EQUAL(std::string("/etc/postfix-in"), asked->at("a@x.example"));
  }
  void a_table_that_cannot_be_listed_is_told() {
    postmap(
        "echo 'postmap: fatal: table ldap:/x: sequence operation is not supported' >&2; exit 1");
    CPPUNIT_ASSERT(list_postfix_table("ldap:/x", soon()).error().code == Errc::not_found);
    postmap("echo 'postmap: fatal: unsupported dictionary type: mysql' >&2; exit 1");
    CPPUNIT_ASSERT(list_postfix_table("mysql:/x", soon()).error().code == Errc::invalid);
    postmap("echo 'postmap: fatal: open database /x.db: No such file or directory' >&2; exit 1");
    const auto broken = list_postfix_table("hash:/x", soon());
    CPPUNIT_ASSERT(broken.error().code == Errc::invalid);
    CPPUNIT_ASSERT(broken.error().detail.find("No such file") != std::string::npos);
  }
  void a_listing_is_read_as_far_as_it_names_mailboxes() {
    const auto owners = parse_table_listing(
        "Sales@x.example\tJoe@x.example,  ANN@x.example\nx.example\tanything\n"
        "root\tjoe\n@y.example\t@x.example\njoe@x.example\tx.example/joe/\nno tab\n");
    CPPUNIT_ASSERT(
        (std::map<std::string, std::string>{{"sales@x.example", "joe@x.example, ann@x.example"},
                                            {"@y.example", "@x.example"}}) == owners);
  }
  void keys_are_asked_for_at_once_and_remembered() {
    PostmapTable table("mysql:/x", clock_);
    const auto found = table.find({"a@x.example", "b@x.example"}, soon());
    CPPUNIT_ASSERT((Found{{"a@x.example", "joe@x.example"}}) == *found);
    CPPUNIT_ASSERT(*found == *table.find({"a@x.example", "b@x.example"}, soon()));
    CPPUNIT_ASSERT(table.find({"b@x.example"}, soon())->empty());
    CPPUNIT_ASSERT_EQUAL(std::string("-q - mysql:/x|"), calls());
    CPPUNIT_ASSERT(table.find({"c@x.example"}, soon())->empty());
    CPPUNIT_ASSERT_EQUAL(std::string("-q - mysql:/x|-q - mysql:/x|"), calls());
  }
  void what_is_remembered_is_forgotten_in_time() {
    PostmapTable table("t:x", clock_, seconds(10));
    (void)table.find({"a@x.example"}, soon());
    clock_.advance(seconds(9));
    (void)table.find({"a@x.example"}, soon());
    CPPUNIT_ASSERT_EQUAL(std::string("-q - t:x|"), calls());
    clock_.advance(seconds(1));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, table.find({"a@x.example"}, soon())->size());
    CPPUNIT_ASSERT_EQUAL(std::string("-q - t:x|-q - t:x|"), calls());
  }
  void what_is_remembered_is_bounded() {
    PostmapTable table("t:x", clock_, seconds(10), 2);
    (void)table.find({"a@1.example", "a@2.example", "a@3.example"}, soon());
    (void)table.find({"a@2.example", "a@3.example"}, soon());
    CPPUNIT_ASSERT_EQUAL(std::string("-q - t:x|"), calls());
    (void)table.find({"a@1.example"}, soon());
    CPPUNIT_ASSERT_EQUAL(std::string("-q - t:x|-q - t:x|"), calls());
  }
  void a_table_that_fails_is_an_error_and_is_asked_again() {
    postmap("echo 'postmap: fatal: cannot connect' >&2; exit 1");
    PostmapTable table("t:x", clock_);
    const auto failed = table.find({"a@x.example"}, soon());
    CPPUNIT_ASSERT(!failed && failed.error().code == Errc::unavailable);
    CPPUNIT_ASSERT(failed.error().detail.find("cannot connect") != std::string::npos);
    (void)table.find({"a@x.example"}, soon());
    CPPUNIT_ASSERT_EQUAL(std::string("-q - t:x|-q - t:x|"), calls());
  }
  void without_time_nothing_is_asked() {
    PostmapTable table("t:x", clock_);
    (void)table.find({"a@x.example"}, soon());
    CPPUNIT_ASSERT(table.find({"a@x.example"}, std::chrono::steady_clock::now()));
    CPPUNIT_ASSERT(!table.find({"b@x.example"}, std::chrono::steady_clock::now()));
    CPPUNIT_ASSERT_EQUAL(std::string("-q - t:x|"), calls());
  }

 private:
  using Found = std::map<std::string, std::string>;
  static Deadline soon() { return std::chrono::steady_clock::now() + seconds(30); }
  void postmap(const std::string& body) {
    const std::string program = folder_.path() + "/postmap";
    std::ofstream(program) << "#!/bin/sh\necho \"$*\" >>" << folder_.path() << "/calls\n"
                           << body << "\n";
    ::chmod(program.c_str(), 0755);
  }
  std::string calls() const {
    std::ifstream in(folder_.path() + "/calls");
    std::string out;
    for (std::string line; std::getline(in, line);) out += line + "|";
    return out;
  }

  test::TempFolder folder_;
  std::string path_before_;
  ManualClock clock_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(PostmapTableTest);

}  // namespace
}  // namespace countersign
