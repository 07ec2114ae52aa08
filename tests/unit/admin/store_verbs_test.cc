// SPDX-License-Identifier: Apache-2.0
//
// contacts, policy: what they write and what they tell.
#include <cppunit/extensions/HelperMacros.h>
#include <sysexits.h>

#include "tests/support/admin_rig.h"
#include "tests/support/table_suite.h"

using namespace countersign;
using test::AdminRig;
using test::Ran;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A command that is wrong: the status, and what is complained of.
struct BadRow {
  const char* name;
  std::vector<std::string> words;
  int status;
  std::string want;
};

const BadRow kBadRows[] = {
    {"contacts of a foreign domain",
     {"contacts", "list", "example.com"},
     EX_DATAERR,
     "example.com is not protected; allowed: site, a domain of protect.domains"},
    {"a contact that is nobody",
     {"contacts", "allow", "site", "nobody"},
     EX_DATAERR,
     "\"nobody\" is no author; allowed: an address, @DOMAIN (just that domain), @.DOMAIN"},
    {"a list without a name",
     {"contacts", "allow", "site", "list:"},
     EX_DATAERR,
     "\"list:\" is no author; allowed: an address"},
    {"a final entry of a mailbox",
     {"contacts", "deny", "joe@example.org", "x.example", "--final"},
     EX_DATAERR,
     "only the site's entries can be final"},
    {"a fingerprint that is no domain",
     {"contacts", "allow", "site", "a@x.example", "--fingerprint", "a b"},
     EX_DATAERR,
     "--fingerprint: \"a b\" is no fingerprint; allowed: a domain, ptr:DOMAIN"},
    {"a fingerprint that nobody has",
     {"contacts", "allow", "site", "a@x.example", "--fingerprint", "com"},
     EX_DATAERR,
     "--fingerprint: \"com\" is a public suffix: name a domain below it"},
    {"a fingerprint of all below a public suffix",
     {"contacts", "allow", "site", "@.co.uk", "--fingerprint", "Co.UK."},
     EX_DATAERR,
     "--fingerprint: \"Co.UK.\" is a public suffix: name a domain below it"},
    {"a network of another length",
     {"contacts", "allow", "site", "a@x.example", "--fingerprint", "net:192.0.2.0/16"},
     EX_DATAERR,
     "--fingerprint: \"net:192.0.2.0/16\" is no fingerprint"},
    {"a host's domain below which many have names",
     {"contacts", "allow", "site", "a@x.example", "--fingerprint", "ptr:co.uk"},
     EX_DATAERR,
     "--fingerprint: \"ptr:co.uk\" is no fingerprint"},
    {"a network of a mailing list",
     {"contacts", "allow", "site", "list:l.example", "--fingerprint", "net:192.0.2.7"},
     EX_DATAERR,
     "a mailing list is known by its DKIM domain alone"},
    {"a network that is a domain",
     {"why", "a@x.example", "joe@example.org", "--network", "host.example"},
     EX_DATAERR,
     "--network: \"host.example\" is no network"},
    {"a note that is a letter",
     {"contacts", "allow", "site", "a@x.example", "--note", std::string(501, 'x')},
     EX_DATAERR,
     "at most 500 bytes"},
    {"an entry that is not there",
     {"contacts", "remove", "site", "x.example"},
     EX_NOINPUT,
     "@x.example is not in the list of site"},
    {"a policy without value",
     {"policy", "set", "site", "mode"},
     EX_DATAERR,
     "\"mode\" is no KEY=VALUE"},
    {"an unknown key of a policy",
     {"policy", "set", "site", "colour=red"},
     EX_DATAERR,
     "\"colour\" is no key of a policy; allowed: mode, machines, blocked, unauthentic, "
     "challenge_from"},
    {"an unknown word of a policy",
     {"policy", "set", "site", "mode=fast"},
     EX_DATAERR,
     "mode: \"fast\" is none of its words; allowed: observe, aside, hold, refuse, defer"},
    {"a score that is no number",
     {"policy", "set", "site", "challenge_from=much"},
     EX_DATAERR,
     "challenge_from: \"much\" is no number; allowed: a number such as 4.5"},
    {"a key of a policy twice",
     {"policy", "set", "site", "mode=hold", "mode=aside"},
     EX_DATAERR,
     "mode is given twice"},
    {"a good key beside a bad one",
     {"policy", "set", "site", "blocked=hold", "machines=x"},
     EX_DATAERR,
     "machines: \"x\""},
    {"a policy of nobody", {"policy", "show", "joe"}, EX_DATAERR, "joe is not protected"},
    {"a question without recipient",
     {"why", "alice@example.com", "joe"},
     EX_DATAERR,
     "RECIPIENT: \"joe\" is no address"},
    {"a question without sender",
     {"why", "alice", "joe@example.org"},
     EX_DATAERR,
     "SENDER: \"alice\" is no address; allowed: an address, or <>"},
    {"a signer that is no domain",
     {"why", "alice@example.com", "joe@example.org", "--dkim", "a b"},
     EX_DATAERR,
     "--dkim: \"a b\" is no domain"},
};

void check_bad(const BadRow& row) {
  AdminRig rig;
  const Ran ran = rig.run(row.words);
  CPPUNIT_ASSERT_EQUAL_MESSAGE(ran.err, row.status, ran.status);
  CPPUNIT_ASSERT_MESSAGE(ran.err, has(ran.err, row.want));
  CPPUNIT_ASSERT_EQUAL(std::string(), ran.out);
  // Nothing half done.
  CPPUNIT_ASSERT(rig.store.policies().get({Level::site, ""}, Deadline::max())->empty());
  CPPUNIT_ASSERT(rig.store.contacts().list({Level::site, ""}, Deadline::max())->empty());
}

void write_config_without_authentication(const AdminRig& rig) {
  std::ofstream(rig.config_path())
      << "[protect]\ndomains = [\"example.org\"]\n[authentication]\nsource = \"none\"\n"
         "[challenge]\nbase_url = \"https://g.example\"\n";
}

class StoreVerbsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StoreVerbsTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(bad_rows);
  CPPUNIT_TEST(a_contact_is_written_listed_and_removed);
  CPPUNIT_TEST(a_contact_in_a_public_suffix_is_known_by_it);
  CPPUNIT_TEST(a_contact_is_written_for_the_owner);
  CPPUNIT_TEST(what_waits_of_a_new_contact_is_told);
  CPPUNIT_TEST(what_a_new_contacts_mailbox_has_already_does_not_wait);
  CPPUNIT_TEST(a_policy_is_joined_from_all_levels);
  CPPUNIT_TEST(an_empty_value_removes_a_key);
  CPPUNIT_TEST(mode_hold_needs_authentication);
  CPPUNIT_TEST(mode_hold_that_lost_its_authentication_is_told);
  CPPUNIT_TEST(a_store_that_is_down_is_told);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void bad_rows(TestSuiteBuilderContextType& context) {
    test::add_rows(context, kBadRows, check_bad);
  }

  void a_contact_is_written_listed_and_removed() {
    AdminRig rig;
    const Ran added = rig.run({"contacts", "allow", "joe@example.org", "Alice@Example.com",
                               "--fingerprint", "mail.example.com", "--note", "the plumber"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(added.err, EX_OK, added.status);
    const Ran listed = rig.run({"contacts", "list", "joe@example.org", "--json"});
    CPPUNIT_ASSERT_EQUAL(
        std::string(
            "{\"whom\":\"joe@example.org\",\"subject\":\"alice@example.com\","
            "\"standing\":\"allow\",\"source\":\"admin\",\"fingerprints\":[\"example.com\"],"
            "\"final\":false,\"created\":\"2027-01-15T08:00:00Z\",\"seen\":null,"
            "\"note\":\"the plumber\"}\n"),
        listed.out);
    CPPUNIT_ASSERT_EQUAL(EX_OK,
                         rig.run({"contacts", "deny", "site", "x.example", "--final"}).status);
    CPPUNIT_ASSERT_EQUAL(std::string("deny  @x.example (admin, final, since 2027-01-15)\n"),
                         rig.run({"contacts", "list", "site"}).out);
    const Ran removed = rig.run({"contacts", "remove", "joe@example.org", "alice@example.com"});
    CPPUNIT_ASSERT_EQUAL(std::string("joe@example.org: removed alice@example.com\n"), removed.out);
    CPPUNIT_ASSERT_EQUAL(std::string(), rig.run({"contacts", "list", "joe@example.org"}).out);
  }

  void a_contact_in_a_public_suffix_is_known_by_it() {
    AdminRig rig;
    const Ran added =
        rig.run({"contacts", "allow", "site", "clerk@gov.uk", "--fingerprint", "gov.uk"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(added.err, EX_OK, added.status);
  }

  void a_contact_is_written_for_the_owner() {
    AdminRig rig;
    CPPUNIT_ASSERT_EQUAL(
        EX_OK, rig.run({"contacts", "allow", "Joe+shop@example.org", "a@x.example"}).status);
    CPPUNIT_ASSERT_EQUAL(
        std::size_t{1},
        rig.store.contacts().list({Level::mailbox, "joe@example.org"}, Deadline::max())->size());
  }

  void what_waits_of_a_new_contact_is_told() {
    AdminRig rig;
    const auto put = [&](char digit, const std::string& author, HeldState state, Copy copy) {
      HeldView view{.id = test::held_id("7q", digit), .node = "n", .owners = {"joe@example.org"}};
      view.author = author;
      view.expires = rig.clock.wall() + std::chrono::hours(1);
      view.state = state;
      view.copy = copy;
      CPPUNIT_ASSERT(rig.store.held().put(view, "", Deadline::max()));
    };
    put('1', "al@al.example", HeldState::held, Copy::kept);
    put('2', "al@al.example", HeldState::answered, Copy::kept);
    put('3', "al@al.example", HeldState::held, Copy::refused);
    put('4', "bo@al.example", HeldState::held, Copy::kept);
    put('5', "cy@sub.al.example", HeldState::held, Copy::kept);
    const std::string al = test::held_id("7q", '1').text(), bo = test::held_id("7q", '4').text(),
                      cy = test::held_id("7q", '5').text();
    const std::string release = "; let in by: countersign held release --for joe@example.org ";
    const struct {
      std::string whom, subject, waiting, said;
    } rows[] = {
        {"joe@example.org", "al@al.example", "1", "1 message of this author waits" + release + al},
        {"joe@example.org", "@al.example", "2",
         "2 messages of this author wait" + release + al + " " + bo},
        {"joe@example.org", "@.al.example", "3",
         "3 messages of this author wait" + release + al + " " + bo + " " + cy},
        {"joe@example.org", "@l.example", "0", ""},
        {"ann@example.org", "al@al.example", "0", ""},
        {"example.org", "al@al.example", "null", ""},
        {"joe@example.org", "list:l.al.example", "null", ""},
    };
    for (const auto& row : rows) {
      const Ran json = rig.run({"contacts", "allow", row.whom, row.subject, "--json"});
      CPPUNIT_ASSERT_MESSAGE(json.out, has(json.out, "\"waiting\":" + row.waiting + "}"));
      CPPUNIT_ASSERT_EQUAL(row.said.empty() ? "" : row.said + "\n", json.err);
    }
    const Ran denied = rig.run({"contacts", "deny", "joe@example.org", "al@al.example", "--json"});
    CPPUNIT_ASSERT_MESSAGE(denied.out, !has(denied.out, "waiting"));
    CPPUNIT_ASSERT_EQUAL(std::string(), denied.err);
  }

  void what_a_new_contacts_mailbox_has_already_does_not_wait() {
    AdminRig rig;
    HeldView view{.id = test::held_id("7q", '1'), .node = "n"};
    view.recipients = {"joe+x@example.org", "ann@example.org", "joe@example.org"};
    view.owners = {"ann@example.org", "joe@example.org"};
    view.author = "al@al.example";
    view.expires = rig.clock.wall() + std::chrono::hours(1);
    const auto told = [&](const std::string& whom, std::vector<RecipientState> outcomes) {
      view.outcomes = std::move(outcomes);
      CPPUNIT_ASSERT(rig.store.held().put(view, "", Deadline::max()));
      return rig.run({"contacts", "allow", whom, "al@al.example"}).err;
    };
    using enum RecipientState;
    const std::string said =
        "1 message of this author waits; let in by: countersign held release --for ";
    const std::string id = view.id.text() + "\n";
    CPPUNIT_ASSERT_EQUAL(said + "joe@example.org " + id, told("joe@example.org", {}));
    CPPUNIT_ASSERT_EQUAL(said + "joe@example.org " + id,
                         told("joe@example.org", {taken, taken, refused}));
    CPPUNIT_ASSERT_EQUAL(std::string(), told("joe@example.org", {taken, waiting, declined}));
    CPPUNIT_ASSERT_EQUAL(said + "ann@example.org " + id,
                         told("ann@example.org", {taken, waiting, declined}));
  }

  void a_policy_is_joined_from_all_levels() {
    AdminRig rig;
    CPPUNIT_ASSERT_EQUAL(EX_OK, rig.run({"policy", "set", "site", "mode=aside"}).status);
    CPPUNIT_ASSERT_EQUAL(
        EX_OK, rig.run({"policy", "set", "example.org", "mode=hold", "blocked=hold"}).status);
    CPPUNIT_ASSERT_EQUAL(EX_OK,
                         rig.run({"policy", "set", "joe@example.org", "machines=aside"}).status);
    CPPUNIT_ASSERT_EQUAL(std::string("mode=hold (domain)\nmachines=aside (mailbox)\n"
                                     "blocked=hold (domain)\nunauthentic=hold (configuration)\n"),
                         rig.run({"policy", "show", "joe@example.org"}).out);
    CPPUNIT_ASSERT_EQUAL(std::string("mode=aside (site)\nmachines=hold (configuration)\n"
                                     "blocked=refuse (configuration)\n"
                                     "unauthentic=hold (configuration)\n"),
                         rig.run({"policy", "show", "example.net"}).out);
    const std::string json = rig.run({"policy", "show", "joe@example.org", "--json"}).out;
    CPPUNIT_ASSERT_MESSAGE(json, json.starts_with("{\"whom\":\"joe@example.org\",\"key\":\"mode\","
                                                  "\"value\":\"hold\",\"from\":\"domain\"}\n"));
    // What is set nowhere is there too.
    const std::string unset =
        "\"key\":\"challenge_from\",\"value\":null,\"from\":\"configuration\"}\n";
    CPPUNIT_ASSERT_MESSAGE(json, has(json, unset));
    CPPUNIT_ASSERT_EQUAL(EX_OK,
                         rig.run({"policy", "set", "example.org", "challenge_from=4.5"}).status);
    CPPUNIT_ASSERT(has(rig.run({"policy", "show", "joe@example.org", "--json"}).out,
                       "\"key\":\"challenge_from\",\"value\":\"4.5\",\"from\":\"domain\"}\n"));
  }

  void an_empty_value_removes_a_key() {
    AdminRig rig;
    CPPUNIT_ASSERT_EQUAL(EX_OK, rig.run({"policy", "set", "site", "mode=aside"}).status);
    CPPUNIT_ASSERT_EQUAL(std::string("site: mode removed\n"),
                         rig.run({"policy", "set", "site", "mode="}).out);
    CPPUNIT_ASSERT(has(rig.run({"policy", "show", "site"}).out, "mode=observe (configuration)"));
  }

  void mode_hold_needs_authentication() {
    AdminRig rig;
    write_config_without_authentication(rig);
    const Ran ran = rig.run({"policy", "set", "site", "mode=hold"});
    CPPUNIT_ASSERT_EQUAL(EX_DATAERR, ran.status);
    CPPUNIT_ASSERT_MESSAGE(ran.err, has(ran.err, "allowed: observe, aside"));
  }

  void mode_hold_that_lost_its_authentication_is_told() {
    AdminRig rig;
    CPPUNIT_ASSERT_EQUAL(EX_OK, rig.run({"policy", "set", "example.org", "mode=hold"}).status);
    CPPUNIT_ASSERT_EQUAL(std::string(), rig.run({"policy", "show", "joe@example.org"}).err);
    write_config_without_authentication(rig);
    const std::string remark = "mode hold acts as aside, as authentication.source is \"none\"";
    const Ran shown = rig.run({"policy", "show", "joe@example.org"});
    CPPUNIT_ASSERT_MESSAGE(shown.out, shown.out.starts_with("mode=hold (domain)\n"));
    CPPUNIT_ASSERT_EQUAL("joe@example.org: " + remark + "\n", shown.err);
    const std::string why = rig.run({"why", "eve@example.com", "joe@example.org"}).out;
    CPPUNIT_ASSERT_MESSAGE(why, why.starts_with("aside (first-contact)\n"));
    CPPUNIT_ASSERT_MESSAGE(why, has(why, remark));
    const std::string doctor = rig.run({"doctor"}).out;
    CPPUNIT_ASSERT_MESSAGE(doctor, has(doctor, "WARN config: authentication.source is \"none\""));
    CPPUNIT_ASSERT_MESSAGE(doctor, has(doctor, "countersign policy set example.org mode=aside"));
    CPPUNIT_ASSERT_EQUAL(EX_OK, rig.run({"policy", "set", "example.org", "mode=aside"}).status);
    CPPUNIT_ASSERT_EQUAL(std::string(), rig.run({"policy", "show", "joe@example.org"}).err);
    CPPUNIT_ASSERT(!has(rig.run({"doctor"}).out, "WARN config"));
  }

  void a_store_that_is_down_is_told() {
    AdminRig rig;
    rig.store.set_down(true);
    for (const auto& words :
         std::vector<std::vector<std::string>>{{"contacts", "list", "site"},
                                               {"contacts", "allow", "site", "x.example"},
                                               {"contacts", "remove", "site", "x.example"},
                                               {"policy", "show", "site"},
                                               {"policy", "set", "site", "mode=hold"}}) {
      const Ran ran = rig.run(words);
      CPPUNIT_ASSERT_EQUAL(EX_TEMPFAIL, ran.status);
      CPPUNIT_ASSERT(!ran.err.empty());
      CPPUNIT_ASSERT_EQUAL(std::string(), ran.out);
    }
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(StoreVerbsTest);

}  // namespace
