// SPDX-License-Identifier: Apache-2.0
//
// Which folder or socket keeps an MTA's user from our milter.
#include "admin/socket_access.h"

#include <cppunit/extensions/HelperMacros.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "tests/support/table_suite.h"
#include "tests/support/temp_folder.h"

using namespace countersign;
using namespace countersign::admin;

namespace {

/// Modes of outer/, outer/inner/ and outer/inner/milter.sock, which are of this user and group; who
/// connects; and what stops him.
struct Row {
  const char* name;
  mode_t outer, inner, socket;
  enum class Who { owner, group, stranger } who;
  const char* want;  ///< the end of the path; "" for nothing
};
using Who = Row::Who;

const Row kRows[] = {
    {"all is open to all", 0755, 0755, 0666, Who::stranger, ""},
    {"the socket is for its group, who connects is in it", 0755, 0755, 0660, Who::group, ""},
    {"the socket is for its group, who connects is not", 0755, 0755, 0660, Who::stranger, ".sock"},
    {"the socket is for its owner, a member of its group connects", 0755, 0755, 0600, Who::group,
     ".sock"},
    {"the socket is for its owner, who connects", 0700, 0700, 0600, Who::owner, ""},
    {"to read is not enough", 0755, 0755, 0644, Who::stranger, ".sock"},
    {"the inner folder is for its group, who connects is in it", 0755, 02750, 0660, Who::group, ""},
    {"the inner folder is for its group, who connects is not", 0755, 02750, 0666, Who::stranger,
     "/inner"},
    {"a folder that can be listed, but not entered", 0755, 0754, 0666, Who::stranger, "/inner"},
    {"the outer folder comes first", 0700, 0700, 0600, Who::group, "/outer"},
    {"a group may be shut out where all others are not", 0705, 0755, 0666, Who::group, "/outer"},
    {"an owner may be shut out where all others are not", 0755, 0755, 0066, Who::owner, ".sock"},
};

/// Who owns the files of a row: no superuser, who may do all.
uid_t owner() { return ::getuid() == 0 ? 65533 : ::getuid(); }
gid_t group() { return ::getuid() == 0 ? 65533 : ::getgid(); }

Account account(Who who) {
  Account out{"someone", "somegroup", owner() + 1, {group() + 1}};
  if (who == Who::group) out.groups.push_back(group());
  if (who == Who::owner) out.user = owner();
  return out;
}

void check(const Row& row) {
  test::TempFolder folder;
  const std::string outer = folder.path() + "/outer", inner = outer + "/inner";
  const std::string socket = inner + "/milter.sock";
  ::mkdir(outer.c_str(), 0755);
  ::mkdir(inner.c_str(), 0755);
  std::ofstream(socket) << "";
  for (const std::string& path : {outer, inner, socket})
    CPPUNIT_ASSERT_EQUAL(0, ::chown(path.c_str(), owner(), group()));
  ::chmod(socket.c_str(), row.socket);
  ::chmod(inner.c_str(), row.inner);
  ::chmod(outer.c_str(), row.outer);
  const auto found = find_obstacle(outer, socket, account(row.who));
  const std::string path = found ? found->path : "";
  CPPUNIT_ASSERT_MESSAGE(path, path.ends_with(row.want) && path.empty() == !*row.want);
  ::chmod(outer.c_str(), 0755);
  ::chmod(inner.c_str(), 0755);
}

class SocketAccessTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SocketAccessTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(all_that_is_known_of_an_obstacle_is_told);
  CPPUNIT_TEST(all_folders_from_the_root_are_looked_at);
  CPPUNIT_TEST(a_user_has_his_groups);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }

  void all_that_is_known_of_an_obstacle_is_told() {
    test::TempFolder folder;
    CPPUNIT_ASSERT_EQUAL(0, ::chown(folder.path().c_str(), owner(), group()));
    ::chmod(folder.path().c_str(), 0710);
    const auto found =
        find_obstacle(folder.path(), folder.path() + "/milter.sock", account(Who::stranger));
    CPPUNIT_ASSERT(found && !found->is_socket);
    CPPUNIT_ASSERT_EQUAL(folder.path(), found->path);
    CPPUNIT_ASSERT_EQUAL(mode_t{0710}, found->mode);
    CPPUNIT_ASSERT_EQUAL(owner(), found->owner);
    CPPUNIT_ASSERT_EQUAL(group(), found->group);
    // A socket that is not there is no obstacle of rights.
    CPPUNIT_ASSERT(
        !find_obstacle(folder.path(), folder.path() + "/milter.sock", account(Who::group)));
  }

  void all_folders_from_the_root_are_looked_at() {
    test::TempFolder folder;
    const std::string inner = folder.path() + "/inner";
    ::mkdir(inner.c_str(), 0755);
    ::chmod(folder.path().c_str(), 0700);
    const auto found = find_obstacle("/", inner + "/milter.sock", account(Who::stranger));
    CPPUNIT_ASSERT(found);
    CPPUNIT_ASSERT_MESSAGE(found->path, inner.starts_with(found->path) && found->path != inner);
  }

  void a_user_has_his_groups() {
    const auto root = account_by_name("root");
    CPPUNIT_ASSERT(root && root->user == 0 && root->group == "root");
    CPPUNIT_ASSERT(root->groups.front() == 0);
    const auto nobody = account_by_name("no-such-user-here");
    CPPUNIT_ASSERT(!nobody && nobody.error().code == Errc::not_found);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SocketAccessTest);

}  // namespace
