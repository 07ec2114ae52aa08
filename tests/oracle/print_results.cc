// SPDX-License-Identifier: Apache-2.0
//
// Reads values of Authentication-Results on stdin, each ended by a NUL, and prints for each what
// parse_authentication_results() makes of it: "!" for none; else lines "id", then for each result
// "method TAB result TAB reason" and for each property "TAB ptype TAB property TAB value"; an empty
// line at its end. For tests/integration/test_authres.py.
#include <cstdio>
#include <iostream>
#include <string>

#include "mail/authentication_results.h"

int main() {
  using namespace countersign;
  for (std::string value; std::getline(std::cin, value, '\0');) {
    const auto parsed = parse_authentication_results(value);
    if (!parsed) {
      std::cout << "!\n\n";
      continue;
    }
    std::cout << parsed->authserv_id << "\n";
    for (const AuthResult& result : parsed->results) {
      std::cout << result.method << "\t" << result.result << "\t" << result.reason << "\n";
      for (const AuthProperty& p : result.properties)
        std::cout << "\t" << p.ptype << "\t" << p.property << "\t" << p.value << "\n";
    }
    std::cout << "\n";
  }
  return 0;
}
