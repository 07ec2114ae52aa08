// SPDX-License-Identifier: Apache-2.0
//
// Turns each row of a table into a CppUnit test of its own, so that one bad row
// neither hides the rows after it nor needs a debugger to name.
#pragma once
#include <cppunit/TestCase.h>

#include <string>

namespace countersign::test {

/// `Row` has a member `name`; `check` throws a CppUnit assertion on failure.
template <class Row>
class RowTest : public CppUnit::TestCase {
 public:
  RowTest(const std::string& name, const Row& row, void (*check)(const Row&))
      : TestCase(name), row_(row), check_(check) {}
  void runTest() override { check_(row_); }

 private:
  const Row& row_;
  void (*check_)(const Row&);
};

/// For CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS; `rows` must outlive the run.
template <class Context, class Row, std::size_t N>
void add_rows(Context& context, const Row (&rows)[N], void (*check)(const Row&)) {
  for (const Row& row : rows)
    context.addTest(new RowTest<Row>(context.getTestNameFor(row.name), row, check));
}

}  // namespace countersign::test
