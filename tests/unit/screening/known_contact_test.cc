// SPDX-License-Identifier: Apache-2.0
//
// Contacts of every kind and how they are authenticated, judged by screen(), and what plan() makes
// known by it.
#include "screening/known_contact.h"

#include <cppunit/extensions/HelperMacros.h>

#include <functional>
#include <string>

#include "screening/plan.h"
#include "screening/screen.h"
#include "tests/support/screening_facts.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

using test::Scene;

ContactMatch entry(Level level, const std::string& subject, std::vector<std::string> fingerprints,
                   Standing standing = Standing::allow) {
  ContactMatch match{.level = level, .subject = subject, .entry = {}};
  match.entry.standing = standing;
  match.entry.source = "admin";
  match.entry.fingerprints = std::move(fingerprints);
  return match;
}
ContactMatch entry(const std::string& subject, std::vector<std::string> fingerprints,
                   Standing standing = Standing::allow) {
  return entry(Level::mailbox, subject, std::move(fingerprints), standing);
}
ContactMatch final(ContactMatch match) {
  match.level = Level::site;
  match.entry.final = true;
  return match;
}

const std::string kAlice = "a:alice@example.com";
const std::string kList = "l:chairs.lists.example";
constexpr Standing kDeny = Standing::deny;

/// What a row changes of test::stranger(), with these entries, most specific first.
struct Row {
  const char* name;
  std::vector<ContactMatch> matches;
  std::function<void(Scene&)> change;
  std::string want;  ///< reason, then what is learnt: subject and fingerprint
};

void as_is(Scene&) {}
void unauthenticated(Scene& s) { s.facts.authentication.fingerprint.clear(); }
void signed_by(Scene& s, const std::string& domain) {
  s.facts.authentication.dkim_domains = {"aaa.example", domain};
}
/// A mail of alice over a list, which broke her signature and put its own.
void over_the_list(Scene& s) {
  unauthenticated(s);
  s.facts.machine_mark = "list-id";
  s.facts.list_id = "chairs.lists.example";
  s.facts.list_post = test::mailbox("chairs@lists.example");
  signed_by(s, "lists.example");
}
void written_to(Scene& s) {
  over_the_list(s);
  s.recipient.knowledge.wrote_to_list = true;
}
void over_a_forged_list(Scene& s) {
  over_the_list(s);
  signed_by(s, "forger.example");
}

/// A mail of alice, whose domain publishes neither SPF nor DMARC, from her usual network.
const std::string kHost = "ptr:host.example";
const std::string kNetwork = "net:192.0.2.0/24";
void unpublished(Scene& s) {
  unauthenticated(s);
  s.facts.authentication.published = Published::nothing;
  s.facts.network = kHost;
}
void published(Scene& s) {
  unpublished(s);
  s.facts.authentication.published = Published::unknown;
}
void unsure_of_it(Scene& s) {
  unpublished(s);
  s.facts.authentication.published = Published::unsure;
}
void from_elsewhere(Scene& s) {
  unpublished(s);
  s.facts.network = "net:203.0.113.0/24";
}
void from_a_relay(Scene& s) {
  unpublished(s);
  s.facts.network.clear();
}

const Row kRows[] = {
    // Networks
    {"an address by the network that its recipient approved",
     {entry(kAlice, {kHost})},
     unpublished,
     "contact"},
    {"by one of several",
     {entry(kAlice, {kNetwork, "example.net", kHost})},
     unpublished,
     "contact"},
    {"from another network", {entry(kAlice, {kHost, kNetwork})}, from_elsewhere, "forged-contact"},
    {"through a relay", {entry(kAlice, {kHost})}, from_a_relay, "forged-contact"},
    {"once the domain publishes SPF or DMARC, or nobody says",
     {entry(kAlice, {kHost})},
     published,
     "forged-contact"},
    {"while nobody can find out what it publishes",
     {entry(kAlice, {kHost})},
     unsure_of_it,
     "contact deferred"},
    {"while nobody can find out, from another network",
     {entry(kAlice, {kNetwork})},
     unsure_of_it,
     "forged-contact"},
    {"where DMARC fails there is a record",
     {entry(kAlice, {kHost})},
     [](Scene& s) {
       published(s);
       s.facts.authentication.dmarc_failed = true;
     },
     "forged-contact"},
    {"a network that nobody approved makes no contact", {}, unpublished, "first-contact"},
    {"an address known by name takes no network",
     {entry(kAlice, {})},
     unpublished,
     "first-contact"},
    {"an address known by a domain takes no network",
     {entry(kAlice, {"example.com"})},
     unpublished,
     "forged-contact"},
    {"an address known by networks takes the domain that authenticates it at last",
     {entry(kAlice, {kHost, kNetwork})},
     as_is,
     "contact a:alice@example.com example.com"},
    {"and is not known by a stranger's signature for it",
     {entry(kAlice, {kHost})},
     [](Scene& s) {
       from_elsewhere(s);
       signed_by(s, "forger.example");
     },
     "forged-contact"},
    {"what authenticates its author counts, not where it comes from",
     {entry(kAlice, {kHost, "example.net"})},
     [](Scene& s) {
       unpublished(s);
       s.facts.authentication.fingerprint = "example.com";
     },
     "forged-contact"},
    {"a domain by a network",
     {entry("d:example.com", {kNetwork})},
     [](Scene& s) {
       unpublished(s);
       s.facts.network = kNetwork;
     },
     "contact"},
    {"a list is known by no network",
     {entry(kList, {kHost})},
     [](Scene& s) {
       over_the_list(s);
       s.facts.authentication.published = Published::nothing;
       s.facts.network = kHost;
     },
     "forged-contact"},
    {"a domain of our own by a network",
     {entry(kAlice, {kHost})},
     [](Scene& s) {
       unpublished(s);
       s.facts.author_domain_protected = true;
     },
     "own-domain"},
    {"where only watching is done, the network is no contact's either",
     {},
     [](Scene& s) {
       unpublished(s);
       s.recipient.policy.mode = Mode::observe;
     },
     "first-contact"},
    {"an answer makes no contact of it",
     {},
     [](Scene& s) {
       unpublished(s);
       s.recipient.answered = true;
     },
     "answered"},
    // Addresses
    {"an address by its fingerprint", {entry(kAlice, {"example.com"})}, as_is, "contact"},
    {"an address by any of its fingerprints",
     {entry(kAlice, {"example.net", "example.com"})},
     as_is,
     "contact"},
    {"an address by none of its fingerprints",
     {entry(kAlice, {"example.net"})},
     as_is,
     "forged-contact"},
    {"an address by a signer whom a person named",
     {entry(kAlice, {"esp.example"})},
     [](Scene& s) {
       unauthenticated(s);
       signed_by(s, "esp.example");
     },
     "contact"},
    {"an address known by name takes what authenticates it",
     {entry(kAlice, {})},
     as_is,
     "contact a:alice@example.com example.com"},
    {"an address known by name takes no other's signature",
     {entry(kAlice, {})},
     [](Scene& s) {
       unauthenticated(s);
       signed_by(s, "forger.example");
     },
     "first-contact"},
    // Domains
    {"a domain", {entry("d:example.com", {"example.com"})}, as_is, "contact"},
    {"all below a public suffix: each by what authenticates it, and none for the others",
     {entry("d:.com", {})},
     as_is,
     "contact"},
    {"all below a public suffix, unauthenticated",
     {entry("d:.com", {})},
     unauthenticated,
     "first-contact"},
    {"a domain with all below it, known by name",
     {entry("d:.example.com", {})},
     as_is,
     "contact d:.example.com example.com"},
    {"a domain, unauthenticated",
     {entry("d:example.com", {"example.com"})},
     unauthenticated,
     "forged-contact"},
    {"an address over its domain",
     {entry(kAlice, {}, kDeny), entry("d:example.com", {"example.com"})},
     as_is,
     "blocked"},
    {"an address that is allowed in a domain that is denied",
     {entry(kAlice, {"example.com"}), entry("d:example.com", {}, kDeny)},
     as_is,
     "contact"},
    {"a domain that is denied stands behind a forged address",
     {entry(kAlice, {"example.com"}), entry("d:example.com", {}, kDeny)},
     unauthenticated,
     "forged-contact"},
    // Levels
    {"the mailbox over its domain",
     {entry(Level::mailbox, kAlice, {"example.com"}), entry(Level::domain, kAlice, {}, kDeny)},
     as_is,
     "contact"},
    {"the mailbox's domain entry over an address of the site",
     {entry(Level::mailbox, "d:example.com", {}, kDeny),
      entry(Level::site, kAlice, {"example.com"})},
     as_is,
     "blocked"},
    {"a final entry of the site over all",
     {entry(kAlice, {"example.com"}), final(entry("d:example.com", {}, kDeny))},
     as_is,
     "blocked"},
    {"a final allow of the site over a deny",
     {entry(kAlice, {}, kDeny), final(entry("d:example.com", {"example.com"}))},
     as_is,
     "contact"},
    {"a deny of the site that is not final",
     {entry(kAlice, {"example.com"}), entry(Level::site, "d:example.com", {}, kDeny)},
     as_is,
     "contact"},
    {"final counts of the site only",
     {entry(kAlice, {"example.com"}),
      [] {
        ContactMatch match = final(entry("d:example.com", {}, kDeny));
        match.level = Level::domain;
        return match;
      }()},
     as_is,
     "contact"},
    // Lists
    {"a list by its DKIM domain", {entry(kList, {"lists.example"})}, over_the_list, "contact"},
    {"a list by another DKIM domain",
     {entry(kList, {"lists.example"})},
     over_a_forged_list,
     "forged-contact"},
    {"a list is not known by its author's authentication",
     {entry(kList, {"example.com"})},
     [](Scene& s) {
       over_the_list(s);
       s.facts.authentication.fingerprint = "example.com";
     },
     "forged-contact"},
    {"a list known by name takes the DKIM domain that is its own",
     {entry(kList, {})},
     over_the_list,
     "contact l:chairs.lists.example lists.example"},
    {"a list known by name takes no other", {entry(kList, {})}, over_a_forged_list, "machine"},
    {"a known author over a known list, which broke his signature",
     {entry(kAlice, {"example.com"}), entry(kList, {"lists.example"})},
     over_the_list,
     "contact"},
    {"a known author over a list that nobody knows",
     {entry(kAlice, {"example.com"})},
     over_the_list,
     "forged-contact"},
    {"a denied author over a known list",
     {entry(kAlice, {}, kDeny), entry(kList, {"lists.example"})},
     over_the_list,
     "blocked"},
    {"a known author over a denied list",
     {entry(kAlice, {"example.com"}), entry(kList, {}, kDeny)},
     [](Scene& s) {
       over_the_list(s);
       s.facts.authentication.fingerprint = "example.com";
     },
     "blocked"},
    {"the mailbox's author over the site's list",
     {entry(kAlice, {"example.com"}), entry(Level::site, kList, {}, kDeny)},
     as_is,
     "contact"},
    {"a list at the site behind a deny of its author's domain",
     {entry("d:example.com", {}, kDeny), entry(Level::site, kList, {"lists.example"})},
     over_the_list,
     "blocked"},
    // Lists by List-Post
    {"a list that the recipient wrote to",
     {},
     written_to,
     "contact l:chairs.lists.example lists.example"},
    {"the same where only the subdomain signs, as one organization",
     {},
     [](Scene& s) {
       written_to(s);
       s.facts.list_post = test::mailbox("chairs@mail.lists.example");
     },
     "contact l:chairs.lists.example lists.example"},
    {"a forger who names that list",
     {},
     [](Scene& s) {
       written_to(s);
       signed_by(s, "forger.example");
     },
     "machine"},
    {"a list that nobody wrote to", {}, over_the_list, "machine"},
    {"a list without identifier",
     {},
     [](Scene& s) {
       written_to(s);
       s.facts.list_id.clear();
     },
     "machine"},
    {"a list that was written to, and is known by another domain",
     {entry(kList, {"elsewhere.example"})},
     written_to,
     "forged-contact"},
    {"a list that was written to, and is known by name",
     {entry(kList, {})},
     written_to,
     "contact l:chairs.lists.example lists.example"},
    {"a list that was written to, and is denied", {entry(kList, {}, kDeny)}, written_to, "blocked"},
    {"a denied author over a list that was written to",
     {entry(kAlice, {}, kDeny)},
     written_to,
     "blocked"},
    {"a known author over a list that was written to",
     {entry(kAlice, {"example.com"})},
     written_to,
     "contact l:chairs.lists.example lists.example"},
    {"our own domain is ours before it is a list's",
     {},
     [](Scene& s) {
       written_to(s);
       s.facts.author_domain_protected = true;
     },
     "own-domain"},
    {"a list that was written to, of an author whose DMARC fails",
     {},
     [](Scene& s) {
       written_to(s);
       s.facts.authentication.dmarc_failed = true;
     },
     "contact l:chairs.lists.example lists.example"},
    {"a doubt is a doubt for a list too",
     {entry(kList, {"lists.example"})},
     [](Scene& s) {
       over_a_forged_list(s);
       s.facts.authentication.unsure = true;
     },
     "contact deferred"},
};

void check(const Row& row) {
  Scene scene = test::stranger();
  scene.recipient.knowledge.matches = row.matches;
  row.change(scene);
  const Decision decision = screen(scene.facts, scene.recipient);
  std::string got(word(decision.reason));
  if (decision.disposition == Disposition::defer) got += " deferred";
  const Plan made = plan(scene.facts, std::span(&scene.recipient, 1), std::span(&decision, 1));
  for (const Lesson& lesson : made.lessons)
    got += " " + lesson.subject + " " + lesson.entry.fingerprints.at(0);
  CPPUNIT_ASSERT_EQUAL(row.want, got);
}

class KnownContactTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(KnownContactTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(add);
  CPPUNIT_TEST(what_is_learnt_stands_where_its_entry_stands);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void add(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }

  void what_is_learnt_stands_where_its_entry_stands() {
    Scene scene = test::stranger();
    over_the_list(scene);
    scene.recipient.knowledge.matches = {entry(Level::site, kList, {})};
    Decision decision = screen(scene.facts, scene.recipient);
    Plan made = plan(scene.facts, std::span(&scene.recipient, 1), std::span(&decision, 1));
    CPPUNIT_ASSERT(made.lessons.at(0).scope.level == Level::site);
    CPPUNIT_ASSERT_EQUAL(std::string("admin"), made.lessons.at(0).entry.source);

    scene.recipient.knowledge = {};
    scene.recipient.knowledge.wrote_to_list = true;
    decision = screen(scene.facts, scene.recipient);
    made = plan(scene.facts, std::span(&scene.recipient, 1), std::span(&decision, 1));
    CPPUNIT_ASSERT((made.lessons.at(0).scope == Scope{Level::mailbox, "joe@example.org"}));
    CPPUNIT_ASSERT_EQUAL(std::string("learnt"), made.lessons.at(0).entry.source);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(KnownContactTest);

}  // namespace
}  // namespace countersign
