// SPDX-License-Identifier: Apache-2.0
#include "screening/authentication.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <vector>

#include "tests/support/screening_facts.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

using Fields = std::vector<std::string>;

/// The author is alice@mail.example.com, the reverse-path bounce@example.com.
struct Row {
  const char* name;
  Fields fields;  ///< values of Authentication-Results
  std::string fingerprint;
  bool spf_aligned = false;
  bool dmarc_failed = false;
};

const Row kRows[] = {
    {"no field proves nothing", {}, ""},
    {"DKIM of the author's domain",
     {"mx.example.org; dkim=pass header.d=mail.example.com"},
     "example.com"},
    {"DKIM of the organizational domain",
     {"mx.example.org; dkim=pass header.d=example.com"},
     "example.com"},
    {"DKIM of a sister domain",
     {"mx.example.org; dkim=pass header.d=news.example.com"},
     "example.com"},
    {"DKIM of another domain", {"mx.example.org; dkim=pass header.d=example.net"}, ""},
    {"DKIM of the public suffix", {"mx.example.org; dkim=pass header.d=com"}, ""},
    {"DKIM of a domain that only ends alike",
     {"mx.example.org; dkim=pass header.d=badexample.com"},
     ""},
    {"DKIM that failed", {"mx.example.org; dkim=fail header.d=example.com"}, ""},
    {"DKIM that is neutral", {"mx.example.org; dkim=neutral header.d=example.com"}, ""},
    {"DKIM told by header.i", {"mx.example.org; dkim=pass header.i=@example.com"}, "example.com"},
    {"header.d counts before header.i",
     {"mx.example.org; dkim=pass header.i=@example.com header.d=example.net"},
     ""},
    {"two header.d in one result are none",
     {"mx.example.org; dkim=pass header.d=example.net header.d=example.com"},
     ""},
    {"DKIM without a domain", {"mx.example.org; dkim=pass"}, ""},
    {"one of several signatures",
     {"mx.example.org; dkim=fail header.d=example.com; dkim=pass header.d=mail.example.com"},
     "example.com"},
    {"upper case", {"mx.example.org; DKIM=PASS HEADER.D=Example.COM"}, "example.com"},

    {"SPF of the reverse-path",
     {"mx.example.org; spf=pass smtp.mailfrom=bounce@example.com"},
     "example.com",
     true},
    {"SPF told by domain",
     {"mx.example.org; spf=pass smtp.mailfrom=example.com"},
     "example.com",
     true},
    {"SPF of another path than the real one",
     {"mx.example.org; spf=pass smtp.mailfrom=mail.example.com"},
     ""},
    {"SPF of HELO", {"mx.example.org; spf=pass smtp.helo=example.com"}, ""},
    {"SPF that failed softly", {"mx.example.org; spf=softfail smtp.mailfrom=example.com"}, ""},
    {"SPF failed, DKIM passed",
     {"mx.example.org; spf=fail smtp.mailfrom=example.com; dkim=pass header.d=example.com"},
     "example.com"},

    {"a foreign authserv-id", {"mx.example.net; dkim=pass header.d=example.com"}, ""},
    {"an authserv-id that only starts alike",
     {"mx.example.org.evil.example; dkim=pass header.d=example.com"},
     ""},
    {"an authserv-id in other case", {"MX.example.org; dkim=pass header.d=example.com"}, ""},
    {"an authserv-id in quotes is the same",
     {"\"mx.example.org\"; dkim=pass header.d=example.com"},
     "example.com"},
    {"our authserv-id in a comment",
     {"mx.example.net (mx.example.org); dkim=pass header.d=example.com"},
     ""},
    {"a version of the future", {"mx.example.org 2; dkim=pass header.d=example.com"}, ""},
    {"a field that the grammar does not consume",
     {"mx.example.org; dkim=pass header.d=example.com; =="},
     ""},
    {"a result in a comment",
     {"mx.example.org; dkim=fail (dkim=pass header.d=example.com) header.d=example.net"},
     ""},

    {"methods in several fields of ours",
     {"mx.example.org; dkim=pass header.d=example.com",
      "mx.example.org; spf=pass smtp.mailfrom=example.com"},
     "example.com",
     true},
    {"two fields that agree",
     {"mx.example.org; spf=pass smtp.mailfrom=example.com",
      "mx.example.org; spf=pass smtp.mailfrom=bounce@example.com"},
     "example.com",
     true},
    {"a forged field below a true one with another result",
     {"mx.example.org; dkim=fail header.d=example.com",
      "mx.example.org; dkim=pass header.d=example.com"},
     ""},
    {"a forged field beside a true one that found no signature",
     {"mx.example.org; dkim=none", "mx.example.org; dkim=pass header.d=example.com"},
     ""},
    {"a forged field beside a true one of mail without SPF",
     {"mx.example.org; spf=none smtp.mailfrom=example.com; dkim=none",
      "mx.example.org; spf=pass smtp.mailfrom=bounce@example.com"},
     ""},
    {"a forged field above a true one with another domain",
     {"mx.example.org; dkim=pass header.d=example.com",
      "mx.example.org; dkim=pass header.d=evil.example"},
     ""},
    {"a forged field with more than the true one",
     {"mx.example.org; dkim=pass header.d=evil.example",
      "mx.example.org; dkim=pass header.d=evil.example; dkim=pass header.d=example.com"},
     ""},
    {"ambiguous SPF leaves DKIM alone",
     {"mx.example.org; spf=pass smtp.mailfrom=example.com",
      "mx.example.org; spf=fail smtp.mailfrom=example.com",
      "mx.example.org; dkim=pass header.d=example.com"},
     "example.com"},
    {"a foreign field makes nothing ambiguous",
     {"mx.example.net; dkim=fail header.d=example.com",
      "mx.example.org; dkim=pass header.d=example.com"},
     "example.com"},

    {"DMARC fails, policy not told",
     {"mx.example.org; dmarc=fail header.from=example.com"},
     "",
     false,
     true},
    {"DMARC fails under reject in a comment",
     {"mx.example.org; dmarc=fail (p=reject dis=none) header.from=example.com"},
     "",
     false,
     true},
    {"DMARC fails under quarantine behind the properties",
     {"mx.example.org; dmarc=fail reason=\"no\" header.from=example.com (policy=quarantine)"},
     "",
     false,
     true},
    {"DMARC fails under none in a comment",
     {"mx.example.org; dmarc=fail (p=none dis=none) header.from=example.com"},
     ""},
    {"DMARC fails under none behind the properties",
     {"mx.example.org; dmarc=fail header.from=example.com (policy=NONE)"},
     ""},
    {"DMARC fails under none as a property",
     {"mx.example.org; dmarc=fail header.from=example.com policy.dmarc=none"},
     ""},
    {"DMARC fails under reject as a property",
     {"mx.example.org; dmarc=fail header.from=example.com policy.dmarc=reject"},
     "",
     false,
     true},
    {"DMARC fails under none and reject at once",
     {"mx.example.org; dmarc=fail (p=none) header.from=example.com policy.dmarc=reject"},
     "",
     false,
     true},
    {"DMARC fails in one field and passes in another",
     {"mx.example.org; dmarc=pass header.from=example.com",
      "mx.example.org; dmarc=fail (p=reject) header.from=example.com"},
     "",
     false,
     true},
    {"DMARC passes", {"mx.example.org; dmarc=pass (p=reject) header.from=example.com"}, ""},
    {"DMARC of others", {"mx.example.net; dmarc=fail (p=reject) header.from=example.com"}, ""},
    {"DMARC fails although DKIM is aligned loosely",
     {"mx.example.org; dkim=pass header.d=example.com; dmarc=fail (p=reject)"},
     "example.com",
     false,
     true},
};

struct UnsureRow {
  const char* name;
  Fields fields;
  bool unsure;
};

const UnsureRow kUnsureRows[] = {
    {"DKIM of the author's domain is out of service",
     {"mx.example.org; dkim=temperror header.d=example.com"},
     true},
    {"SPF of the reverse-path is out of service",
     {"mx.example.org; spf=temperror smtp.mailfrom=bounce@example.com"},
     true},
    {"DKIM is out of service, but SPF passes",
     {"mx.example.org; dkim=temperror header.d=example.com; spf=pass smtp.mailfrom=example.com"},
     false},
    {"DKIM of another domain is out of service",
     {"mx.example.org; dkim=temperror header.d=example.net"},
     false},
    {"SPF of another domain is out of service",
     {"mx.example.org; spf=temperror smtp.mailfrom=example.net"},
     false},
    {"what another found out of service",
     {"mx.example.net; dkim=temperror header.d=example.com"},
     false},
    {"what failed for good", {"mx.example.org; dkim=permerror header.d=example.com"}, false},
};

HeaderSection with(const Fields& fields) {
  HeaderSection header;
  for (const std::string& value : fields) header.add("Authentication-Results", " " + value);
  return header;
}

const AuthenticationSettings kSettings{AuthenticationSource::header, "mx.example.org", {}};

void check(const Row& row) {
  const Authentication got =
      authenticate(kSettings, with(row.fields), test::mailbox("alice@mail.example.com"),
                   test::mailbox("bounce@example.com"));
  CPPUNIT_ASSERT(got.checked);
  CPPUNIT_ASSERT_EQUAL(row.fingerprint, got.fingerprint);
  CPPUNIT_ASSERT_EQUAL(row.spf_aligned, got.spf_aligned);
  CPPUNIT_ASSERT_EQUAL(row.dmarc_failed, got.dmarc_failed);
}

void check_unsure(const UnsureRow& row) {
  const Authentication got =
      authenticate(kSettings, with(row.fields), test::mailbox("alice@mail.example.com"),
                   test::mailbox("bounce@example.com"));
  CPPUNIT_ASSERT_EQUAL(row.unsure, got.unsure);
}

/// DMARC fails; lists.example.net is trusted.
struct ArcRow {
  const char* name;
  std::string ours;  ///< what our earlier milter said of arc
  Fields seals;
  Fields found;
  bool dmarc_failed;
};

const ArcRow kArcRows[] = {
    {"a trusted sealer saw DMARC pass",
     "arc=pass",
     {" i=1; cv=none; d=lists.example.net"},
     {" i=1; mx.example.net; dmarc=pass header.from=example.com"},
     false},
    {"a host below a trusted sealer",
     "arc=pass",
     {" i=1; cv=none; d=a.lists.example.net"},
     {" i=1; mx.example.net; dkim=pass header.d=example.com"},
     false},
    {"a trusted sealer saw DMARC fail",
     "arc=pass",
     {" i=1; cv=none; d=lists.example.net"},
     {" i=1; mx.example.net; dmarc=fail header.from=example.com"},
     true},
    {"a sealer whom nobody trusts",
     "arc=pass",
     {" i=1; cv=none; d=evil.example"},
     {" i=1; mx.evil.example; dmarc=pass header.from=example.com"},
     true},
    {"a sealer whose name only ends alike",
     "arc=pass",
     {" i=1; cv=none; d=evil-lists.example.net"},
     {" i=1; mx.example.net; dmarc=pass"},
     true},
    {"a trusted sealer, then another",
     "arc=pass",
     {" i=1; cv=none; d=lists.example.net", " i=2; cv=pass; d=evil.example"},
     {" i=1; mx.example.net; dmarc=pass", " i=2; evil.example; arc=pass"},
     true},
    {"another, then a trusted sealer who saw DMARC fail: the first one's word is nothing",
     "arc=pass",
     {" i=1; cv=none; d=evil.example", " i=2; cv=pass; d=lists.example.net"},
     {" i=1; evil.example; dmarc=pass", " i=2; mx.example.net; dmarc=fail; arc=pass"},
     true},
    {"two trusted sealers, of whom the second saw DMARC fail",
     "arc=pass",
     {" i=1; cv=none; d=lists.example.net", " i=2; cv=pass; d=lists.example.net"},
     {" i=1; mx.example.net; dmarc=pass", " i=2; mx.example.net; dmarc=fail; arc=pass"},
     false},
    {"the chain is broken",
     "arc=fail",
     {" i=1; cv=none; d=lists.example.net"},
     {" i=1; mx.example.net; dmarc=pass"},
     true},
    {"the chain passes and fails",
     "arc=pass; arc=fail",
     {" i=1; cv=none; d=lists.example.net"},
     {" i=1; mx.example.net; dmarc=pass"},
     true},
    {"nobody looked at the chain",
     "spf=none",
     {" i=1; cv=none; d=lists.example.net"},
     {" i=1; mx.example.net; dmarc=pass"},
     true},
    {"there is no chain", "arc=pass", {}, {}, true},
};

void check_arc(const ArcRow& row) {
  HeaderSection header = with({"mx.example.org; dmarc=fail (p=reject); " + row.ours});
  for (const std::string& value : row.seals) header.add("ARC-Seal", value);
  for (const std::string& value : row.found) header.add("ARC-Authentication-Results", value);
  AuthenticationSettings settings = kSettings;
  settings.arc_sealers = {"lists.example.net"};
  CPPUNIT_ASSERT_EQUAL(
      row.dmarc_failed,
      authenticate(settings, header, test::mailbox("alice@example.com"), std::nullopt)
          .dmarc_failed);
  CPPUNIT_ASSERT(authenticate(kSettings, header, test::mailbox("alice@example.com"), std::nullopt)
                     .dmarc_failed);
}

/// DKIM of example.com passes, by a signature with these tags beside its domain.
struct WeakRow {
  const char* name;
  Fields tags;
  std::string fingerprint;
};

const WeakRow kWeakRows[] = {
    {"From is signed", {"d=example.com; h=to:from"}, "example.com"},
    {"From is not signed", {"d=example.com; h=to:subject"}, ""},
    {"the body is signed up to a length", {"d=example.com; h=from; l=100"}, ""},
    {"one of two signatures has a length",
     {"d=example.com; h=from", "d=example.com; h=from; l=0"},
     ""},
    {"another domain's signature has a length",
     {"d=example.com; h=from", "d=list.example; h=from; l=0"},
     "example.com"},
};

void check_weak(const WeakRow& row) {
  HeaderSection header = with({"mx.example.org; dkim=pass header.d=example.com"});
  for (const std::string& tags : row.tags) header.add("DKIM-Signature", " v=1; " + tags);
  const Authentication got =
      authenticate(kSettings, header, test::mailbox("alice@example.com"), std::nullopt);
  CPPUNIT_ASSERT_EQUAL(row.fingerprint, got.fingerprint);
  CPPUNIT_ASSERT_EQUAL(row.fingerprint.empty(), got.dkim_domains.empty());
}

/// What the fields of a milter say that example.com, of alice's From, publishes.
struct PublishedRow {
  const char* name;
  Fields fields;
  Published want;
  const char* reverse_path = "alice@example.com";
};

const PublishedRow kPublished[] = {
    {"neither SPF nor DMARC",
     {"mx.example.org; spf=none smtp.mailfrom=alice@example.com",
      "mx.example.org; dmarc=none (p=none dis=none) header.from=example.com"},
     Published::nothing},
    {"told in one field, of a From that is not named",
     {"mx.example.org; spf=none smtp.mailfrom=example.com; dkim=none; dmarc=none"},
     Published::nothing},
    {"beside a signature that proves nothing",
     {"mx.example.org; spf=none smtp.mailfrom=example.com; dkim=pass header.d=example.net; "
      "dmarc=none"},
     Published::nothing},
    {"nothing is told", {}, Published::unknown},
    {"of DMARC nothing is told",
     {"mx.example.org; spf=none smtp.mailfrom=example.com"},
     Published::unknown},
    {"of SPF nothing is told", {"mx.example.org; dmarc=none"}, Published::unknown},
    {"SPF is told of HELO alone",
     {"mx.example.org; spf=none smtp.helo=example.com; dmarc=none"},
     Published::unknown},
    {"SPF is neutral",
     {"mx.example.org; spf=neutral smtp.mailfrom=example.com; dmarc=none"},
     Published::unknown},
    {"SPF fails",
     {"mx.example.org; spf=fail smtp.mailfrom=example.com; dmarc=none"},
     Published::unknown},
    {"SPF is a permanent error",
     {"mx.example.org; spf=permerror smtp.mailfrom=example.com; dmarc=none"},
     Published::unknown},
    {"SPF is none, and of another field fail: who forged one of them said so",
     {"mx.example.org; spf=none smtp.mailfrom=example.com; dmarc=none",
      "mx.example.org; spf=fail smtp.mailfrom=example.com"},
     Published::unknown},
    {"DMARC fails under the policy none",
     {"mx.example.org; spf=none smtp.mailfrom=example.com; dmarc=fail (p=none)"},
     Published::unknown},
    {"DMARC is none, but there is a policy",
     {"mx.example.org; spf=none smtp.mailfrom=example.com; dmarc=none policy.dmarc=reject"},
     Published::unknown},
    {"DMARC is none of another From",
     {"mx.example.org; spf=none smtp.mailfrom=example.com; dmarc=none header.from=example.net"},
     Published::unknown},
    {"DMARC is none and pass",
     {"mx.example.org; spf=none smtp.mailfrom=example.com; dmarc=none; dmarc=pass"},
     Published::unknown},
    {"of another authserv-id",
     {"mx.example.net; spf=none smtp.mailfrom=example.com; dmarc=none"},
     Published::unknown},
    {"the reverse-path is another's: of From's SPF nothing is told",
     {"mx.example.org; spf=none smtp.mailfrom=example.net; dmarc=none"},
     Published::unknown,
     "bounce@example.net"},
    {"the reverse-path is another's, whatever the field says",
     {"mx.example.org; spf=none smtp.mailfrom=example.com; dmarc=none"},
     Published::unknown,
     "bounce@example.net"},
    {"the reverse-path is below From's domain",
     {"mx.example.org; spf=none smtp.mailfrom=a.example.com; dmarc=none"},
     Published::unknown,
     "bounce@a.example.com"},
    {"DMARC cannot be found out",
     {"mx.example.org; spf=none smtp.mailfrom=example.com; dmarc=temperror"},
     Published::unsure},
    {"SPF cannot be found out",
     {"mx.example.org; spf=temperror smtp.mailfrom=example.com; dmarc=none"},
     Published::unsure},
    {"one cannot be found out, the other is published",
     {"mx.example.org; spf=temperror smtp.mailfrom=example.com; dmarc=fail (p=none)"},
     Published::unknown},
};

void check_published(const PublishedRow& row) {
  const auto got = authenticate(kSettings, with(row.fields), test::mailbox("alice@example.com"),
                                test::mailbox(row.reverse_path));
  CPPUNIT_ASSERT_EQUAL(static_cast<int>(row.want), static_cast<int>(got.published));
}

/// The same of what our own helper found.
struct FoundRow {
  const char* name;
  std::string dmarc;
  std::string spf;  ///< policy.spf; "": is not there
  Published want;
  std::string from = "example.com";
};

const FoundRow kFound[] = {
    {"our own: neither", "none", "none", Published::nothing},
    {"our own: SPF", "none", "published", Published::unknown},
    {"our own: SPF was not asked for", "none", "", Published::unknown},
    {"our own: DMARC", "fail", "", Published::unknown},
    {"our own: DMARC is a permanent error", "permerror", "none", Published::unknown},
    {"our own: DMARC cannot be found out", "temperror", "none", Published::unsure},
    {"our own: SPF cannot be found out", "none", "temperror", Published::unsure},
    {"our own: SPF is there, DMARC cannot be found out", "temperror", "published",
     Published::unknown},
    {"our own: of another From", "none", "none", Published::unknown, "example.net"},
};

void check_found(const FoundRow& row) {
  AuthResult dmarc{"dmarc", row.dmarc, "", {{"header", "from", row.from}}, {}};
  if (!row.spf.empty()) dmarc.properties.push_back({"policy", "spf", row.spf});
  const auto got = authenticate({dmarc}, test::mailbox("alice@example.com"),
                                test::mailbox("bounce@elsewhere.example"));
  CPPUNIT_ASSERT_EQUAL(static_cast<int>(row.want), static_cast<int>(got.published));
  CPPUNIT_ASSERT(!got.unsure && got.fingerprint.empty());
}

class AuthenticationTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AuthenticationTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(unsure_rows);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(published_rows);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(arc_rows);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(weak_rows);
  CPPUNIT_TEST(what_our_own_helper_found_is_read_alike);
  CPPUNIT_TEST(fields_are_not_read_where_our_own_helper_looks);
  CPPUNIT_TEST(while_nobody_looks_nothing_is_sure);
  CPPUNIT_TEST(the_source_none_looks_at_nothing);
  CPPUNIT_TEST(without_an_authserv_id_nobody_counts);
  CPPUNIT_TEST(without_an_author_only_dmarc_is_read);
  CPPUNIT_TEST(the_null_reverse_path_has_no_spf);
  CPPUNIT_TEST(all_domains_that_signed_are_told);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }

  static void published_rows(TestSuiteBuilderContextType& context) {
    test::add_rows(context, kPublished, check_published);
    test::add_rows(context, kFound, check_found);
  }
  static void unsure_rows(TestSuiteBuilderContextType& context) {
    test::add_rows(context, kUnsureRows, check_unsure);
  }
  static void arc_rows(TestSuiteBuilderContextType& context) {
    test::add_rows(context, kArcRows, check_arc);
  }
  static void weak_rows(TestSuiteBuilderContextType& c) {
    test::add_rows(c, kWeakRows, check_weak);
  }

  void what_our_own_helper_found_is_read_alike() {
    const std::vector<AuthResult> results{
        {"spf", "pass", "", {{"smtp", "mailfrom", "bounce@example.com"}}, {}},
        {"dkim", "pass", "", {{"header", "d", "lists.example.net"}}, {}},
        {"dmarc",
         "fail",
         "",
         {{"header", "from", "example.com"}, {"policy", "dmarc", "reject"}},
         {}}};
    const auto got = authenticate(results, test::mailbox("alice@example.com"),
                                  test::mailbox("bounce@example.com"));
    CPPUNIT_ASSERT(got.checked && got.spf_aligned && got.dmarc_failed && !got.unsure);
    CPPUNIT_ASSERT_EQUAL(std::string("example.com"), got.fingerprint);
    CPPUNIT_ASSERT(std::vector<std::string>({"example.net"}) == got.dkim_domains);
  }

  void fields_are_not_read_where_our_own_helper_looks() {
    const auto got = authenticate({AuthenticationSource::builtin, "mx.example.org", {}},
                                  with({"mx.example.org; dkim=pass header.d=example.com"}),
                                  test::mailbox("alice@example.com"), std::nullopt);
    CPPUNIT_ASSERT(!got.checked);
    CPPUNIT_ASSERT_EQUAL(std::string(), got.fingerprint);
  }

  void while_nobody_looks_nothing_is_sure() {
    const auto got = unknown_authentication();
    CPPUNIT_ASSERT(got.checked && got.unsure && !got.dmarc_failed);
    CPPUNIT_ASSERT(got.published == Published::unsure);
    CPPUNIT_ASSERT_EQUAL(std::string(), got.fingerprint);
  }

  void the_source_none_looks_at_nothing() {
    const auto got = authenticate(
        {AuthenticationSource::none, "mx.example.org", {}},
        with({"mx.example.org; dkim=pass header.d=example.com; dmarc=fail header.from=x.example"}),
        test::mailbox("alice@example.com"), std::nullopt);
    CPPUNIT_ASSERT(!got.checked);
    CPPUNIT_ASSERT_EQUAL(std::string(), got.fingerprint);
    CPPUNIT_ASSERT(!got.dmarc_failed);
  }

  void without_an_authserv_id_nobody_counts() {
    const auto got = authenticate({AuthenticationSource::header, "", {}},
                                  with({"\"\"; dkim=pass header.d=example.com"}),
                                  test::mailbox("alice@example.com"), std::nullopt);
    CPPUNIT_ASSERT_EQUAL(std::string(), got.fingerprint);
  }

  void without_an_author_only_dmarc_is_read() {
    const auto got = authenticate(
        kSettings, with({"mx.example.org; dkim=pass header.d=example.com; dmarc=fail"}),
        std::nullopt, test::mailbox("bounce@example.com"));
    CPPUNIT_ASSERT_EQUAL(std::string(), got.fingerprint);
    CPPUNIT_ASSERT(got.dmarc_failed);
  }

  void the_null_reverse_path_has_no_spf() {
    const auto got =
        authenticate(kSettings, with({"mx.example.org; spf=pass smtp.mailfrom=example.com"}),
                     test::mailbox("alice@example.com"), std::nullopt);
    CPPUNIT_ASSERT_EQUAL(std::string(), got.fingerprint);
    CPPUNIT_ASSERT(!got.spf_aligned);
  }

  void all_domains_that_signed_are_told() {
    const auto got = authenticate(
        kSettings,
        with({"mx.example.org; dkim=pass header.d=lists.example.net; dkim=fail header.d=b.example; "
              "dkim=pass header.d=example.com; dkim=pass header.d=example.net"}),
        std::nullopt, std::nullopt);
    CPPUNIT_ASSERT(std::vector<std::string>({"example.com", "example.net"}) == got.dkim_domains);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(AuthenticationTest);

}  // namespace
}  // namespace countersign
