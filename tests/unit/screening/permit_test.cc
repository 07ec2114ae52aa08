// SPDX-License-Identifier: Apache-2.0
#include "screening/permit.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"

namespace countersign {
namespace {

const WallTime kNow{seconds(1'800'000'000)};
constexpr milliseconds kMoment{1};

Permit anyone() {
  Permit out;
  out.binding = Binding::anyone;
  return out;
}
Permit first(const std::string& bound_to) {
  Permit out;
  out.bound_to = bound_to;
  return out;
}
Permit named() {
  Permit out = first("shop.example");
  out.binding = Binding::domain;
  return out;
}
Permit left(Permit permit, long long uses) {
  permit.uses_left = uses;
  return permit;
}
Permit until(Permit permit, WallTime expires) {
  permit.expires = expires;
  return permit;
}
Permit revoked(Permit permit) {
  permit.revoked = kNow - kMoment;
  return permit;
}

struct Row {
  const char* name;
  Permit permit;
  const char* fingerprint;
  bool spent_before;
  TokenUse want;
};

const Row kRows[] = {
    {"anyone may use one that is for anyone", anyone(), "", false, TokenUse::valid},
    {"anyone, authenticated", anyone(), "shop.example", false, TokenUse::valid},
    {"the first may be anybody", first(""), "shop.example", false, TokenUse::valid},
    {"the first may be unauthenticated", first(""), "", false, TokenUse::valid},
    {"the one whom it is bound to", first("shop.example"), "shop.example", false, TokenUse::valid},
    {"another than it is bound to", first("shop.example"), "bad.example", false,
     TokenUse::stranger},
    {"nobody, where it is bound", first("shop.example"), "", false, TokenUse::stranger},
    {"the domain that was named", named(), "shop.example", false, TokenUse::valid},
    {"another than was named", named(), "bad.example", false, TokenUse::stranger},
    {"nobody, where one was named", named(), "", false, TokenUse::stranger},
    {"a use is left", left(anyone(), 1), "", false, TokenUse::valid},
    {"no use is left", left(anyone(), 0), "", false, TokenUse::over},
    {"never less than none", left(anyone(), -1), "", false, TokenUse::over},
    {"before its end", until(anyone(), kNow + kMoment), "", false, TokenUse::valid},
    {"at its end", until(anyone(), kNow), "", false, TokenUse::over},
    {"after its end", until(anyone(), kNow - kMoment), "", false, TokenUse::over},
    {"uses are left, its time is over", until(left(anyone(), 9), kNow), "", false, TokenUse::over},
    {"time is left, its uses are not", until(left(anyone(), 0), kNow + kMoment), "", false,
     TokenUse::over},
    {"revoked", revoked(anyone()), "", false, TokenUse::over},
    {"over comes before stranger: nothing leaks any more", left(named(), 0), "bad.example", false,
     TokenUse::over},
    {"revoked comes before stranger", revoked(named()), "bad.example", false, TokenUse::over},
    {"a second try of what took the last use", left(anyone(), 0), "", true, TokenUse::valid},
    {"a second try after its end", until(left(anyone(), 3), kNow), "", true, TokenUse::valid},
    {"a second try whose authentication failed", left(first("shop.example"), 0), "", true,
     TokenUse::valid},
    {"a second try after it was revoked", revoked(left(anyone(), 0)), "", true, TokenUse::over},
};

void check(const Row& row) {
  CPPUNIT_ASSERT_EQUAL(word(row.want),
                       word(use_of(row.permit, row.fingerprint, kNow, row.spent_before)));
}

}  // namespace

class PermitTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PermitTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& c) { test::add_rows(c, kRows, check); }
};
CPPUNIT_TEST_SUITE_REGISTRATION(PermitTest);

}  // namespace countersign
