// SPDX-License-Identifier: Apache-2.0
#include "mail/arc_chain.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <vector>

#include "tests/support/table_suite.h"

namespace countersign {
namespace {

struct Row {
  const char* name;
  std::vector<std::string> seals;
  std::vector<std::string> results;
  std::string want;  ///< "sealer:authserv-id" of each set, with blanks
};

const Row kRows[] = {
    {"no chain", {}, {}, ""},
    {"one set",
     {" i=1; a=rsa-sha256; cv=none; d=Lists.Example.NET; s=s1; t=1; b=aB="},
     {" i=1; mx.example.net; dmarc=pass header.from=example.com"},
     "lists.example.net:mx.example.net "},
    {"two sets, in the order of their instances",
     {" i=2; cv=pass; d=b.example; b=x", " i=1; cv=none; d=a.example; b=x"},
     {" i=2; mx.b.example; arc=pass", " i=1; mx.a.example; none"},
     "a.example:mx.a.example b.example:mx.b.example "},
    {"folds and blanks between tags",
     {"\r\n\ti = 1 ;\r\n\td = a.example ;\r\n\tb=x"},
     {"\r\n\ti=1 ;\r\n\tmx.a.example; none"},
     "a.example:mx.a.example "},
    {"results that nobody can read", {" i=1; d=a.example"}, {" i=1; ==;"}, "a.example:? "},
    {"an instance is missing", {" i=2; d=a.example"}, {" i=2; mx.a.example; none"}, ""},
    {"an instance is there twice",
     {" i=1; d=a.example", " i=1; d=b.example"},
     {" i=1; mx.a.example; none"},
     ""},
    {"a tag is there twice", {" i=1; d=a.example; d=b.example"}, {" i=1; a.example; none"}, ""},
    {"a seal without results", {" i=1; d=a.example"}, {}, ""},
    {"results without a seal", {}, {" i=1; mx.a.example; none"}, ""},
    {"results twice",
     {" i=1; d=a.example"},
     {" i=1; a.example; none", " i=1; a.example; none"},
     ""},
    {"no instance", {" d=a.example"}, {" i=1; a.example; none"}, ""},
    {"an instance that is no number", {" i=1x; d=a.example"}, {" i=1; a.example; none"}, ""},
    {"an instance past 50", {" i=51; d=a.example"}, {" i=51; a.example; none"}, ""},
    {"no domain", {" i=1; s=s1"}, {" i=1; a.example; none"}, ""},
};

void check(const Row& row) {
  HeaderSection header;
  for (const std::string& value : row.results) header.add("ARC-Authentication-Results", value);
  for (const std::string& value : row.seals) header.add("ARC-Seal", value);
  std::string got;
  for (const ArcSet& set : read_arc_chain(header))
    got += set.sealer + ":" + (set.found ? set.found->authserv_id : "?") + " ";
  CPPUNIT_ASSERT_EQUAL(row.want, got);
}

class ArcChainTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ArcChainTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }
};
CPPUNIT_TEST_SUITE_REGISTRATION(ArcChainTest);

}  // namespace
}  // namespace countersign
