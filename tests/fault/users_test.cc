// SPDX-License-Identifier: Apache-2.0
//
// The web host is not trusted (design section 1, law 8): what its Redis user can do, what it
// cannot, and that doctor sees a difference.
#include "tests/fault/store_rig.h"
#include "tests/support/table_suite.h"
#include "tokenstore/acl.h"

namespace countersign::test {
namespace {

constexpr const char* kPassword = "web-secret";
const RedisLogin kWeb{"countersign-web", kPassword};

RedisServer::Options with_web_line(const std::string& line) {
  return {.users = {"user default on nopass ~* &* +@all", line}};
}

std::unique_ptr<RedisStore> as_web(const StoreRig& rig) {
  StoreSettings settings;
  settings.url = rig.server.url();
  settings.login = kWeb;
  return open_store(settings);
}

struct Forbidden {
  const char* name;
  std::function<Result<int>(Store&)> act;
};
template <class Outcome>
Result<int> outcome(const Outcome& done) {
  return done ? Result<int>(0) : Result<int>(done.error());
}
const HeldView kView = held_view();
const Forbidden kForbidden[] = {
    {"asking who is known",
     [](Store& s) {
       return outcome(s.directory().look_up({{joe()}, alice()}, soon()));
     }},
    {"putting a contact",
     [](Store& s) { return outcome(s.contacts().put(of_joe(), "a:eve@x", allow(), soon())); }},
    {"putting a contact of the site",
     [](Store& s) { return outcome(s.contacts().put(kSite, "a:eve@x", allow(), soon())); }},
    {"learning a contact",
     [](Store& s) { return outcome(s.contacts().learn(of_joe(), "a:eve@x", allow(), soon())); }},
    {"removing a contact",
     [](Store& s) { return outcome(s.contacts().remove(of_joe(), "a:known@x", soon())); }},
    {"reading a contact list",
     [](Store& s) { return outcome(s.contacts().list(of_joe(), soon())); }},
    {"reading the site's contact list",
     [](Store& s) { return outcome(s.contacts().list(kSite, soon())); }},
    {"reading a policy", [](Store& s) { return outcome(s.policies().get(of_joe(), soon())); }},
    {"setting a policy",
     [](Store& s) {
       return outcome(s.policies().set(of_joe(), {{"mode", "observe"}}, soon()));
     }},
    {"setting the site's policy",
     [](Store& s) {
       return outcome(s.policies().set(kSite, {{"mode", "observe"}}, soon()));
     }},
    {"making a held message or a token",
     [](Store& s) { return outcome(s.held().put(held_view(), kRetry, soon())); }},
    {"changing a held message",
     [](Store& s) {
       return outcome(s.held().set_state(kView, HeldState::released, kLater, soon()));
     }},
    {"listing what is held for somebody",
     [](Store& s) { return outcome(s.held().held_for("joe@example.org", soon())); }},
    {"finding a retry", [](Store& s) { return outcome(s.held().find_retry(kRetry, soon())); }},
    {"binding a retry",
     [](Store& s) {
       return outcome(s.held().bind_retry(kRetry, HeldId::random(), kLater, soon()));
     }},
    {"reading requests",
     [](Store& s) { return outcome(s.requests().read(kNode, after(seconds(2)))); }},
    {"removing requests",
     [](Store& s) { return outcome(s.requests().done(kNode, "1-1", soon())); }},
    {"taking a challenge out of the budgets",
     [](Store& s) {
       return outcome(s.budgets().take_challenge("joe@example.org", "a@x", "x", "1", {}, soon()));
     }},
    {"giving a domain its challenges back",
     [](Store& s) { return outcome(s.budgets().challenge_answered("x", soon())); }},
    {"claiming a notice",
     [](Store& s) { return outcome(s.outbox().claim("n", seconds(60), soon())); }},
    {"giving back a notice", [](Store& s) { return outcome(s.outbox().give_back("n", soon())); }},
};

StoreRig& shared_rig() {
  static StoreRig rig(with_web_line(acl_line(StoreRole::web, "cs:", kPassword)));
  return rig;
}
/// All that the server holds, as one text.
std::string contents(const RedisServer& server) {
  const RedisReply keys = server.command({"KEYS", "*"});
  std::string out;
  std::vector<std::string> names;
  for (const RedisReply& key : keys.elements) names.push_back(key.text);
  std::sort(names.begin(), names.end());
  for (const std::string& name : names)
    out += name + "=" + server.command({"DUMP", name}).text + "\n";
  return out;
}
void check_forbidden(const Forbidden& row) {
  StoreRig& rig = shared_rig();
  CPPUNIT_ASSERT(rig.store->contacts().put(of_joe(), "a:known@x", allow(), soon()));
  CPPUNIT_ASSERT(rig.store->held().put(kView, kDigest, soon()));
  CPPUNIT_ASSERT(rig.store->outbox().claim("n", seconds(3600), soon()));
  const std::string before = contents(rig.server);
  auto web = as_web(rig);
  expect_unavailable(row.act(*web), "NOPERM");
  CPPUNIT_ASSERT_EQUAL(before, contents(rig.server));
}

struct Line {
  const char* name;
  std::string line;
  const char* want;  ///< part of a finding; null: there must be none
};
const std::string kGood = acl_line(StoreRole::web, "cs:", kPassword);
std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const auto at = text.find(what);
  return at == std::string::npos ? "" : text.replace(at, what.size(), by);
}
const Line kLines[] = {
    {"the line that we print", kGood, nullptr},
    {"a user who may do all", "user countersign-web on >web-secret ~* &* +@all", "write cs:site"},
    {"a user who may write views", replaced(kGood, "%R~cs:held:*", "~cs:held:*"),
     "may write cs:held:doctor"},
    {"a user who may read contacts", replaced(kGood, "%R~cs:site ", "%R~cs:* "),
     "may read cs:{doctor@probe.invalid}:contacts"},
    {"a user who may make tokens", replaced(kGood, "%R~cs:answer:*", "~cs:answer:*"),
     "may write cs:answer:doctor"},
    {"a user who may run scripts", kGood + " +eval", "may run scripts"},
    {"a user who may not append", replaced(kGood, "%W~cs:requests:*", "%R~cs:requests:*"),
     "may not append to cs:requests:*"},
    {"a user who may do more to requests than append",
     replaced(replaced(kGood, "(%W~cs:requests:* +xadd)", "+xadd"), "~cs:web:*",
              "%W~cs:requests:* ~cs:web:*"),
     "may write cs:requests:doctor"},
    {"a user who may append to its own keys", replaced(kGood, "+select", "+select +xadd"),
     "may append to cs:web:doctor"},
    {"a user who may not keep its own keys", replaced(kGood, "~cs:web:*", ""),
     "may not write cs:web:*"},
    {"a user of another prefix", acl_line(StoreRole::web, "other:", kPassword),
     "may not read cs:site"},
    {"a user with another password", acl_line(StoreRole::web, "cs:", "x"), "does not take"},
};
void check_line(const Line& row) {
  RedisServer server(with_web_line(row.line));
  RedisAddress address;
  address.path = server.socket_path();
  const auto findings = check_web_user(address, "cs:", kWeb, soon());
  CPPUNIT_ASSERT_MESSAGE(findings ? "" : findings.error().detail, bool(findings));
  std::string all;
  for (const StoreFinding& finding : *findings) all += finding.text + "\n";
  if (row.want == nullptr)
    CPPUNIT_ASSERT_EQUAL(std::string(), all);
  else
    CPPUNIT_ASSERT_MESSAGE(all, all.find(row.want) != std::string::npos);
  CPPUNIT_ASSERT_EQUAL(0LL, server.command({"DBSIZE"}).integer);
}

}  // namespace

class UsersTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(UsersTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(forbidden);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(lines);
  CPPUNIT_TEST(the_web_user_can_do_its_work);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void forbidden(TestSuiteBuilderContextType& c) {
    add_rows(c, kForbidden, check_forbidden);
  }
  static void lines(TestSuiteBuilderContextType& c) { add_rows(c, kLines, check_line); }

  void the_web_user_can_do_its_work() {
    StoreRig& rig = shared_rig();
    const HeldView view = held_view();
    CPPUNIT_ASSERT(rig.store->held().put(view, kDigest, soon()));
    auto web = as_web(rig);
    CPPUNIT_ASSERT_EQUAL(describe(view),
                         describe(web->held().look_up({kDigest, 1, view.id}, soon())->held));
    CPPUNIT_ASSERT(web->requests().append(view.node, request(1), soon()));
    CPPUNIT_ASSERT(web->web().heartbeat(soon()));
    CPPUNIT_ASSERT(*web->web().spend("n", seconds(60), soon()));
    CPPUNIT_ASSERT_EQUAL(1, *web->web().count_failure("w", seconds(60), soon()));
    CPPUNIT_ASSERT_EQUAL(1, *web->web().failures("w", soon()));
    CPPUNIT_ASSERT(web->web().until_forgotten("w", soon())->count() > 50);
    CPPUNIT_ASSERT(web->web().mark_answered("w", "answer", seconds(60), soon()));
    CPPUNIT_ASSERT(!web->web().how_answered("w", soon())->empty());
    CPPUNIT_ASSERT(web->healthy());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.store->requests().read(view.node, soon())->size());
    CPPUNIT_ASSERT(rig.store->directory().look_up({{joe()}, alice()}, soon())->page_age);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(UsersTest);

}  // namespace countersign::test
