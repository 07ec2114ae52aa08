// SPDX-License-Identifier: Apache-2.0
#include "holding/field_remover.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"

namespace countersign {
namespace {

struct Row {
  const char* name;
  std::string in;
  std::string want;
};
const Row kRows[] = {
    {"nothing", "", ""},
    {"a message without the field", "From: a\r\nTo: b\r\n\r\nbody\r\n",
     "From: a\r\nTo: b\r\n\r\nbody\r\n"},
    {"the first field", "Countersign: pass\r\nTo: b\r\n\r\nx", "To: b\r\n\r\nx"},
    {"a field in the middle, in another case", "A: 1\r\ncOuNtErSiGn:pass\r\nB: 2\r\n\r\nx",
     "A: 1\r\nB: 2\r\n\r\nx"},
    {"the last field", "A: 1\r\nCountersign: pass\r\n\r\nx", "A: 1\r\n\r\nx"},
    {"all of several", "Countersign: a\r\nA: 1\r\nCountersign: b\r\nCountersign: c\r\n\r\n",
     "A: 1\r\n\r\n"},
    {"a field with its folds", "Countersign: a;\r\n b\r\n\tc\r\n \r\nA: 1\r\n\r\n", "A: 1\r\n\r\n"},
    {"the folds of others stay", "A: 1\r\n 2\r\nCountersign: a\r\n b\r\nB: 1\r\n\t2\r\n\r\n",
     "A: 1\r\n 2\r\nB: 1\r\n\t2\r\n\r\n"},
    {"a fold that reads like the field is none", "A: 1\r\n Countersign: a\r\n\r\n",
     "A: 1\r\n Countersign: a\r\n\r\n"},
    {"blanks before the colon", "Countersign \t : a\r\nA: 1\r\n\r\n", "A: 1\r\n\r\n"},
    {"an empty value", "Countersign:\r\nA: 1\r\n\r\n", "A: 1\r\n\r\n"},
    {"a longer name stays", "Countersigned: a\r\n\r\n", "Countersigned: a\r\n\r\n"},
    {"a shorter name stays", "Counter: a\r\n\r\n", "Counter: a\r\n\r\n"},
    {"the name without a colon stays", "Countersign\r\nA: 1\r\n\r\n",
     "Countersign\r\nA: 1\r\n\r\n"},
    {"blanks inside the name stay", "Counter sign: a\r\n\r\n", "Counter sign: a\r\n\r\n"},
    {"the body stays", "A: 1\r\n\r\nCountersign: a\r\n\r\nCountersign: b\r\n",
     "A: 1\r\n\r\nCountersign: a\r\n\r\nCountersign: b\r\n"},
    {"a message that starts with the empty line", "\r\nCountersign: a\r\n",
     "\r\nCountersign: a\r\n"},
    {"no body and no empty line", "A: 1\r\nCountersign: a\r\n", "A: 1\r\n"},
    {"an end within the name", "A: 1\r\nCounter", "A: 1\r\nCounter"},
    {"an end after a CR", "A: 1\r\n\r", "A: 1\r\n\r"},
    {"a line that is no field does not end the section", "x y\r\nCountersign: a\r\n\r\nz",
     "x y\r\n\r\nz"},
    {"octets of all kinds stay", std::string("A: \0\xff\r\rB\r\n\r\n\0\n\n.", 16),
     std::string("A: \0\xff\r\rB\r\n\r\n\0\n\n.", 16)},
    {"a first line that starts with a blank stays", " a\r\nCountersign: a\r\n\r\n", " a\r\n\r\n"},
};
void check(const Row& row) {
  for (std::size_t size = 1; size <= row.in.size() + 1; ++size) {
    FieldRemover remover("countersign");
    std::string out;
    for (std::size_t at = 0; at < row.in.size(); at += size)
      remover.add(std::string_view(row.in).substr(at, size), out);
    remover.finish(out);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("pieces of " + std::to_string(size), row.want, out);
  }
}

}  // namespace

class FieldRemoverTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(FieldRemoverTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }
};
CPPUNIT_TEST_SUITE_REGISTRATION(FieldRemoverTest);

}  // namespace countersign
