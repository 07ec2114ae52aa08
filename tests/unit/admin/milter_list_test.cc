// SPDX-License-Identifier: Apache-2.0
#include "admin/milter_list.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"

using namespace countersign::admin;

namespace {

/// A list, its elements as "endpoint(option=value ...)" with blanks between, and its compact form.
struct Row {
  const char* name;
  std::string list;
  std::string want;
  std::string compact;
};

const Row kRows[] = {
    {"an empty list", "", "", ""},
    {"blanks only", " , ", "", ""},
    {"one milter", "unix:a/b.sock", "unix:a/b.sock()", "unix:a/b.sock"},
    {"commas and blanks separate", "inet:127.0.0.1:1, unix:b\tunix:c,unix:d",
     "inet:127.0.0.1:1() unix:b() unix:c() unix:d()", "inet:127.0.0.1:1,unix:b,unix:c,unix:d"},
    {"braces hold options", "{ unix:a, default_action=accept, connect_timeout=3s }",
     "unix:a(connect_timeout=3s default_action=accept)",
     "{unix:a,default_action=accept,connect_timeout=3s}"},
    {"braces without blanks", "unix:b,{unix:a,default_action=accept}",
     "unix:b() unix:a(default_action=accept)", "unix:b,{unix:a,default_action=accept}"},
    {"options in braces of their own", "{ unix:a, { command_timeout = 3s } }",
     "unix:a(command_timeout=3s)", "{unix:a,{command_timeout=3s}}"},
    {"braces beside each other", "{ unix:a } { unix:b }", "unix:a() unix:b()", "{unix:a},{unix:b}"},
    {"a name to be replaced", "$signer, unix:a", "$signer() unix:a()", "$signer,unix:a"},
    {"a brace that is not closed", "{ unix:a, x=y", "unix:a(x=y)", "{unix:a,x=y"},
};

void check(const Row& row) {
  std::string got;
  for (const auto& entry : parse_milters(row.list)) {
    std::string options;
    for (const auto& [name, value] : entry.options)
      options += (options.empty() ? "" : " ") + name + "=" + value;
    got += (got.empty() ? "" : " ") + entry.endpoint + "(" + options + ")";
  }
  CPPUNIT_ASSERT_EQUAL(row.want, got);
  CPPUNIT_ASSERT_EQUAL(row.compact, compact_milters(row.list));
  CPPUNIT_ASSERT_EQUAL(row.compact, compact_milters(row.compact));
}

class MilterListTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MilterListTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(a_socket_in_the_queue_folder_is_named_from_there);
  CPPUNIT_TEST(a_port_is_named_as_postfix_does);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) {
    countersign::test::add_rows(context, kRows, check);
  }

  void a_socket_in_the_queue_folder_is_named_from_there() {
    const auto inside = postfix_endpoints("unix:/q/countersign/m.sock", "/q");
    CPPUNIT_ASSERT_EQUAL(std::string("unix:countersign/m.sock"), inside.front());
    const auto outside = postfix_endpoints("unix:/run/m.sock", "/q");
    CPPUNIT_ASSERT_EQUAL(std::string("unix:/run/m.sock"), outside.front());
    // A folder whose name only begins alike is another one.
    CPPUNIT_ASSERT_EQUAL(std::string("unix:/qq/m.sock"),
                         postfix_endpoints("unix:/qq/m.sock", "/q").front());
    const auto list = parse_milters("unix:a, { unix:/q/countersign/m.sock, x=y }");
    CPPUNIT_ASSERT_EQUAL(1, find_milter(list, inside));
    CPPUNIT_ASSERT_EQUAL(-1, find_milter(list, outside));
  }

  void a_port_is_named_as_postfix_does() {
    CPPUNIT_ASSERT_EQUAL(std::string("inet:127.0.0.1:8894"),
                         postfix_endpoints("inet:8894@127.0.0.1", "/q").front());
    CPPUNIT_ASSERT_EQUAL(std::string("inet:[::1]:8894"),
                         postfix_endpoints("inet6:8894@::1", "/q").front());
    const auto endpoints = postfix_endpoints("inet:8894@127.0.0.1", "/q");
    CPPUNIT_ASSERT_EQUAL(0, find_milter(parse_milters("inet:localhost:8894"), endpoints));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(MilterListTest);

}  // namespace
