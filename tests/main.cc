// SPDX-License-Identifier: Apache-2.0
//
// Runs every registered suite; the last line is "N passed, N failed".
#include <cppunit/BriefTestProgressListener.h>
#include <cppunit/CompilerOutputter.h>
#include <cppunit/TestResult.h>
#include <cppunit/TestResultCollector.h>
#include <cppunit/TestRunner.h>
#include <cppunit/extensions/TestFactoryRegistry.h>

#include <cstdio>
#include <iostream>

int main() {
  CppUnit::TestResult events;
  CppUnit::TestResultCollector results;
  CppUnit::BriefTestProgressListener progress;
  events.addListener(&results);
  events.addListener(&progress);
  CppUnit::TestRunner runner;
  runner.addTest(CppUnit::TestFactoryRegistry::getRegistry().makeTest());
  runner.run(events);
  CppUnit::CompilerOutputter(&results, std::cout).write();
  std::cout.flush();
  std::printf("%d passed, %d failed\n", results.runTests() - results.testFailuresTotal(),
              results.testFailuresTotal());
  return results.wasSuccessful() ? 0 : 1;
}
