// SPDX-License-Identifier: Apache-2.0
//
// tokens issue, list, revoke, audit; policy expect; and what why says of both.
#include <cppunit/extensions/HelperMacros.h>
#include <sysexits.h>

#include <cstdlib>
#include <fstream>

#include "admin/token_words.h"
#include "tests/support/admin_rig.h"
#include "tests/support/table_suite.h"

using namespace countersign;
using test::AdminRig;
using test::Ran;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

const std::string kOldKey = "token k1 " + std::string(64, '1') + "\n";
const std::string kNewKey = "token k2 " + std::string(64, '2') + "\n";

class TokenRig : public AdminRig {
 public:
  TokenRig() { write_keys(kOldKey); }
  void write_keys(const std::string& keys) const {
    std::ofstream(folder.path() + "/milter.secrets") << keys;
  }
  Ran tokens(std::vector<std::string> words) {
    words.insert(words.begin(), "tokens");
    return run(std::move(words));
  }
  /// Issues a token with these options; returns its address.
  std::string issue(std::vector<std::string> options = {}) {
    std::vector<std::string> words = {"issue", "joe@example.org", "--label", "shop"};
    words.insert(words.end(), options.begin(), options.end());
    const Ran ran = tokens(std::move(words));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(ran.err, EX_OK, ran.status);
    return ran.out.substr(0, ran.out.find('\n'));
  }
  /// One use of the first token that there is.
  Spent use(const std::string& fingerprint, const std::string& digest = "d") {
    const auto all = store.tokens().list(PermitName::Kind::token, "joe@example.org", soon());
    return store.tokens()
        .spend({{.permit = {PermitName::Kind::token, "joe@example.org", all->front().first},
                 .fingerprint = fingerprint,
                 .header_digest = digest,
                 .body_digest = digest,
                 .when = clock.wall()}},
               soon())
        ->front();
  }
  std::string write_log(const std::string& text) {
    const std::string path = folder.path() + "/mail.log";
    std::ofstream(path) << text;
    return path;
  }
  void write_program(const std::string& name, const std::string& script) const {
    const std::string path = folder.path() + "/" + name;
    std::ofstream(path) << "#!/bin/sh\n" << script;
    CPPUNIT_ASSERT_EQUAL(0, ::chmod(path.c_str(), 0755));
  }
  static Deadline soon() { return std::chrono::steady_clock::now() + seconds(5); }
};

/// A folder in which programs are looked for first.
class PathBefore {
 public:
  explicit PathBefore(const std::string& folder) {
    const char* path = std::getenv("PATH");
    before_ = path == nullptr ? "" : path;
    ::setenv("PATH", (folder + ":" + before_).c_str(), 1);
  }
  ~PathBefore() { ::setenv("PATH", before_.c_str(), 1); }
  PathBefore(const PathBefore&) = delete;
  PathBefore& operator=(const PathBefore&) = delete;

 private:
  std::string before_;
};

/// The id in a token's address.
std::string id_in(const std::string& address) { return address.substr(address.find('.') + 1, 8); }

struct BadRow {
  const char* name;
  std::vector<std::string> words;
  std::string want;
  int status = EX_DATAERR;
};
const BadRow kBadRows[] = {
    {"a token without label",
     {"tokens", "issue", "joe@example.org"},
     "--label is required",
     EX_USAGE},
    {"a label with a dot",
     {"tokens", "issue", "joe@example.org", "--label", "a.b"},
     "--label: \"a.b\" is no label; allowed: 1 to 30 letters and digits of ASCII"},
    {"a token of a foreign mailbox",
     {"tokens", "issue", "joe@example.com", "--label", "a"},
     "example.com is not protected; allowed: a mailbox in a domain of protect.domains"},
    {"a token of no mailbox", {"tokens", "issue", "joe", "--label", "a"}, "\"joe\" is no mailbox"},
    {"a date that is none",
     {"tokens", "issue", "joe@example.org", "--label", "a", "--until", "2027-02-30"},
     "--until: \"2027-02-30\" is no date; allowed: 2027-06-30"},
    {"a date that is over",
     {"tokens", "issue", "joe@example.org", "--label", "a", "--until", "2001-01-01"},
     "is over; allowed: a later date"},
    {"no uses",
     {"tokens", "issue", "joe@example.org", "--label", "a", "--uses", "0"},
     "--uses: \"0\" is no number that fits; allowed: 1 to 1000000000"},
    {"uses in words",
     {"tokens", "issue", "joe@example.org", "--label", "a", "--uses", "10x"},
     "--uses: \"10x\" is no number that fits"},
    {"bound to nobody",
     {"tokens", "issue", "joe@example.org", "--label", "a", "--bind", "shop"},
     "--bind: \"shop\" is no domain; allowed: first, anyone, or a domain"},
    {"a binding to a public suffix",
     {"tokens", "issue", "joe@example.org", "--label", "a", "--bind", "co.uk"},
     "--bind: \"co.uk\" is a public suffix: name a domain below it; allowed: first, anyone, or a "
     "domain"},
    {"a mailbox that leaves no room",
     {"tokens", "issue", std::string(50, 'a') + "@example.org", "--label", "a"},
     "longer than the 64 octets that RFC 5321 allows"},
    {"revoking what is nobody's", {"tokens", "revoke", "shop"}, "\"shop\": whose?"},
    {"revoking an address without token",
     {"tokens", "revoke", "joe+shop@example.org"},
     "\"joe+shop@example.org\" carries no token of ours"},
    {"revoking nothing of a mailbox", {"tokens", "revoke", "joe@example.org"}, "no token is named"},
    {"an audit of nothing", {"tokens", "audit"}, "--log is required", EX_USAGE},
    {"an audit of a folder",
     {"tokens", "audit", "--log", "/proc/self"},
     "/proc/self: cannot be read",
     EX_NOINPUT},
    {"an audit that mends by magic",
     {"tokens", "audit", "--log", "/dev/null", "--mend", "all"},
     "--mend: \"all\" is none of its words; allowed: restore, revoke",
     EX_USAGE},
    {"a window for a domain of ours",
     {"policy", "expect", "example.org", "--domain", "bank.example", "--minutes", "10"},
     "\"example.org\" is no mailbox"},
    {"a window for nobody",
     {"policy", "expect", "joe@example.org", "--minutes", "10"},
     "--domain is required",
     EX_USAGE},
    {"a window for a word",
     {"policy", "expect", "joe@example.org", "--domain", "bank", "--minutes", "10"},
     "--domain: \"bank\" is no domain"},
    {"a window without time",
     {"policy", "expect", "joe@example.org", "--domain", "bank.example"},
     "--minutes is required",
     EX_USAGE},
    {"a window for ever",
     {"policy", "expect", "joe@example.org", "--domain", "bank.example", "--minutes", "43201"},
     "--minutes: \"43201\" is no number that fits; allowed: 0 to 43200"},
    {"a window for no mail",
     {"policy", "expect", "joe@example.org", "--domain", "bank.example", "--minutes", "1",
      "--count", "0"},
     "--count: \"0\" is no number that fits"},
};
void check_bad(const BadRow& row) {
  TokenRig rig;
  const Ran ran = rig.run(row.words);
  CPPUNIT_ASSERT_EQUAL_MESSAGE(ran.err, row.status, ran.status);
  CPPUNIT_ASSERT_EQUAL(std::string(), ran.out);
  CPPUNIT_ASSERT_MESSAGE(ran.err, has(ran.err, row.want));
}

struct UntilRow {
  const char* name;
  const char* text;
  const char* want;  ///< "": refused
};
const UntilRow kUntilRows[] = {
    {"a day ends at its midnight", "2027-06-30", "2027-07-01T00:00:00Z"},
    {"a moment", "2027-06-30T14:05:06Z", "2027-06-30T14:05:06Z"},
    {"a leap day", "2028-02-29", "2028-03-01T00:00:00Z"},
    {"the last day of RFC 3339", "9999-12-31", "9999-12-31T23:59:59Z"},
    {"the last moment of RFC 3339", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"},
    {"the day before the last", "9999-12-30", "9999-12-31T00:00:00Z"},
    {"no leap day", "2027-02-29", ""},
    {"no month", "2027-13-01", ""},
    {"no hour", "2027-06-30T24:00:00Z", ""},
    {"another zone", "2027-06-30T14:00:00+02:00", ""},
    {"two digits", "27-06-30", ""},
    {"signs", "2027--6-30", ""},
    {"something behind it", "2027-06-30x", ""},
    {"nothing", "", ""},
};
void check_until(const UntilRow& row) {
  const auto until = admin::parse_until(row.text, WallTime(seconds(1'800'000'000)));
  CPPUNIT_ASSERT_EQUAL(std::string(row.want), until ? rfc3339(*until) : std::string());
}

}  // namespace

class TokenVerbsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TokenVerbsTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(bad);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(untils);
  CPPUNIT_TEST(issuing_prints_the_address);
  CPPUNIT_TEST(an_issued_token_has_all_that_was_asked_for);
  CPPUNIT_TEST(a_token_belongs_to_the_owner_of_the_mailbox);
  CPPUNIT_TEST(a_table_that_is_asked_tells_mailboxes_from_details);
  CPPUNIT_TEST(the_configured_delimiter_is_used);
  CPPUNIT_TEST(without_a_delimiter_there_are_none);
  CPPUNIT_TEST(without_a_key_there_are_none);
  CPPUNIT_TEST(a_list_shows_what_is_left_and_what_leaked);
  CPPUNIT_TEST(a_rotated_key_leaves_old_addresses_as_they_were);
  CPPUNIT_TEST(revoking_by_address);
  CPPUNIT_TEST(revoking_by_label_and_by_id);
  CPPUNIT_TEST(revoking_what_is_not_there);
  CPPUNIT_TEST(an_audit_agrees);
  CPPUNIT_TEST(an_audit_finds_a_lost_token_by_any_log);
  CPPUNIT_TEST(an_audit_restores_a_lost_token);
  CPPUNIT_TEST(an_audit_revokes_a_lost_token);
  CPPUNIT_TEST(an_audit_mends_what_was_spent_bound_and_revoked);
  CPPUNIT_TEST(an_audit_believes_no_other_program);
  CPPUNIT_TEST(an_audit_reads_the_milter_by_every_road);
  CPPUNIT_TEST(an_audit_binds_to_nobody_where_nobody_is_named);
  CPPUNIT_TEST(an_audit_never_gives_uses_back);
  CPPUNIT_TEST(a_window_is_shown_and_closed);
  CPPUNIT_TEST(a_window_is_for_the_organizational_domain);
  CPPUNIT_TEST(why_knows_tokens);
  CPPUNIT_TEST(why_knows_windows);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void bad(TestSuiteBuilderContextType& c) { test::add_rows(c, kBadRows, check_bad); }
  static void untils(TestSuiteBuilderContextType& c) { test::add_rows(c, kUntilRows, check_until); }

  void issuing_prints_the_address() {
    TokenRig rig;
    const std::string address = rig.issue();
    CPPUNIT_ASSERT_EQUAL(std::string("joe+shop."), address.substr(0, 9));
    CPPUNIT_ASSERT_EQUAL(std::string("@example.org"), address.substr(25));
    CPPUNIT_ASSERT(rig.issue() != address);
  }
  void an_issued_token_has_all_that_was_asked_for() {
    TokenRig rig;
    const Ran ran =
        rig.tokens({"issue", "Joe@Example.org", "--label", "Shop", "--until", "2027-06-30",
                    "--uses", "10", "--bind", "mail.shop.example", "--json"});
    CPPUNIT_ASSERT_EQUAL(EX_OK, ran.status);
    for (const char* part :
         {"{\"address\":\"joe+shop.", "\"mailbox\":\"joe@example.org\"", "\"label\":\"shop\"",
          "\"state\":\"valid\"", "\"until\":\"2027-07-01T00:00:00Z\"", "\"uses_left\":10",
          "\"uses\":0", "\"bind\":\"domain\"", "\"bound_to\":\"shop.example\"", "\"last_use\":null",
          "\"revoked\":null", "\"leaks\":0"})
      CPPUNIT_ASSERT_MESSAGE(ran.out + part, has(ran.out, part));
    const Ran plain = rig.tokens({"issue", "joe@example.org", "--label", "a", "--json"});
    for (const char* part :
         {"\"until\":null", "\"uses_left\":null", "\"bind\":\"first\"", "\"bound_to\":null"})
      CPPUNIT_ASSERT_MESSAGE(plain.out + part, has(plain.out, part));
  }
  void a_token_belongs_to_the_owner_of_the_mailbox() {
    TokenRig rig;
    std::ofstream(rig.folder.path() + "/map") << "joseph@example.org joe@example.org\n";
    set_key(rig, "mailboxes", rig.folder.path() + "/map");
    const Ran ran = rig.tokens({"issue", "joseph@example.org", "--label", "shop"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(ran.err, std::string("joseph+shop."), ran.out.substr(0, 12));
    CPPUNIT_ASSERT(has(rig.tokens({"list", "joe@example.org"}).out, "joseph+shop."));
  }
  void a_table_that_is_asked_tells_mailboxes_from_details() {
    TokenRig rig;
    const PathBefore path(rig.folder.path());
    set_delimiter(rig, "+-");
    set_key(rig, "mailboxes", "regexp:/owners");
    // A table that cannot be listed is asked.
    const std::string no_list =
        "[ \"$1\" = -s ] && { echo 'sequence operation is not supported' >&2; exit 1; }\n";
    rig.write_program("postmap", no_list +
                                     "while read key; do case $key in foo-bar@example.org) "
                                     "printf '%s\\t%s\\n' $key $key; found=1;; esac; done\n"
                                     "[ \"$found\" ]\n");
    const Ran ran = rig.tokens({"issue", "foo-bar@example.org", "--label", "shop"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(ran.err, std::string("foo-bar+shop."), ran.out.substr(0, 13));
    const std::string address = ran.out.substr(0, ran.out.find('\n'));
    CPPUNIT_ASSERT(has(rig.tokens({"list", "foo-bar@example.org"}).out, address));
    CPPUNIT_ASSERT_EQUAL(std::string(), rig.tokens({"list", "foo@example.org"}).out);
    const std::string log = rig.write_log("mail to " + address + "\n");
    CPPUNIT_ASSERT_EQUAL(std::string("Logs and store agree.\n"),
                         rig.tokens({"audit", "--log", log}).out);
    CPPUNIT_ASSERT(has(rig.tokens({"revoke", address}).out, "revoked"));
    // Who is no mailbox is one with a detail: nobody gets another's token unawares.
    const Ran detail = rig.tokens({"issue", "joe-x@example.org", "--label", "a"});
    CPPUNIT_ASSERT_EQUAL(EX_DATAERR, detail.status);
    CPPUNIT_ASSERT_EQUAL(std::string(), detail.out);
    CPPUNIT_ASSERT(has(detail.err, "\"joe-x@example.org\" is joe@example.org with a detail"));
    // Whose it is cannot be known: then there is no token.
    rig.write_program("postmap", no_list + "echo 'fatal: open /owners' >&2; exit 1\n");
    const Ran failed = rig.tokens({"issue", "bar-foo@example.org", "--label", "shop"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(failed.err, EX_TEMPFAIL, failed.status);
    CPPUNIT_ASSERT_EQUAL(std::string(), failed.out);
  }
  void the_configured_delimiter_is_used() {
    TokenRig rig;
    set_delimiter(rig, "-+");
    const std::string address = rig.issue();
    CPPUNIT_ASSERT_EQUAL(std::string("joe-shop."), address.substr(0, 9));
    CPPUNIT_ASSERT(has(rig.tokens({"revoke", address}).out, "revoked"));
    const Ran other = rig.tokens({"issue", "Joe-Smith@example.org", "--label", "a-b"});
    CPPUNIT_ASSERT_EQUAL(EX_DATAERR, other.status);
    CPPUNIT_ASSERT_EQUAL(std::string(), other.out);
    CPPUNIT_ASSERT(has(other.err, "whose token it would be; allowed: joe@example.org, or an "));
    CPPUNIT_ASSERT_EQUAL(EX_OK, rig.tokens({"issue", "JOE@Example.ORG", "--label", "a-b"}).status);
  }
  void without_a_delimiter_there_are_none() {
    TokenRig rig;
    set_delimiter(rig, "");
    const Ran ran = rig.tokens({"issue", "joe@example.org", "--label", "a"});
    CPPUNIT_ASSERT_EQUAL(EX_DATAERR, ran.status);
    CPPUNIT_ASSERT(has(ran.err, "protect.recipient_delimiter is empty"));
  }
  void without_a_key_there_are_none() {
    TokenRig rig;
    rig.write_keys("");
    const Ran ran = rig.tokens({"issue", "joe@example.org", "--label", "a"});
    CPPUNIT_ASSERT_EQUAL(EX_NOINPUT, ran.status);
    CPPUNIT_ASSERT(has(ran.err, "milter.secrets: no key for 'token'"));
  }
  void a_list_shows_what_is_left_and_what_leaked() {
    TokenRig rig;
    const std::string address = rig.issue({"--uses", "2"});
    rig.use("shop.example", "1");
    const PermitName name{PermitName::Kind::token, "joe@example.org", id_in(address)};
    CPPUNIT_ASSERT(
        rig.store.tokens().note_leak(name, "bad.example", rig.clock.wall(), TokenRig::soon()));
    const Ran ran = rig.tokens({"list", "joe@example.org"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(
        ran.out,
        address +
            ": valid, for shop.example, used 1 time, last on 2027-01-15, 1 left; LEAKED: "
            "used 1 time by others, last on 2027-01-15 by bad.example\n",
        ran.out);
    rig.use("shop.example", "2");
    const Ran json = rig.tokens({"list", "joe@example.org", "--json"});
    for (const char* part :
         {"\"state\":\"spent\"", "\"uses_left\":0", "\"uses\":2", "\"bound_to\":\"shop.example\"",
          "\"leaks\":1", "\"leaked_to\":\"bad.example\"", "\"last_use\":\"2027-01-15T08:00:00Z\""})
      CPPUNIT_ASSERT_MESSAGE(json.out + part, has(json.out, part));
    CPPUNIT_ASSERT_EQUAL(std::string(), rig.tokens({"list", "ann@example.org"}).out);
  }
  void a_rotated_key_leaves_old_addresses_as_they_were() {
    TokenRig rig;
    const std::string old = rig.issue();
    rig.write_keys(kNewKey + kOldKey);
    rig.clock.advance(seconds(1));
    const std::string fresh = rig.issue();
    const std::string list = rig.tokens({"list", "joe@example.org"}).out;
    CPPUNIT_ASSERT(list.starts_with(old + ": valid") && has(list, "\n" + fresh + ": valid"));
    rig.write_keys(kNewKey);
    CPPUNIT_ASSERT(has(rig.tokens({"list", "joe@example.org"}).out, "shop (its key is gone)"));
    CPPUNIT_ASSERT_EQUAL(EX_DATAERR, rig.tokens({"revoke", old}).status);
  }
  void revoking_by_address() {
    TokenRig rig;
    const std::string address = rig.issue();
    const Ran ran = rig.tokens({"revoke", address, "--json"});
    CPPUNIT_ASSERT_EQUAL(EX_OK, ran.status);
    CPPUNIT_ASSERT(has(ran.out, "\"state\":\"revoked\""));
    CPPUNIT_ASSERT(has(ran.out, "\"revoked\":\"2027-01-15T08:00:00Z\""));
    CPPUNIT_ASSERT(rig.use("").use == TokenUse::over);
  }
  void revoking_by_label_and_by_id() {
    TokenRig rig;
    const std::string one = rig.issue();
    const std::string two = rig.issue();
    CPPUNIT_ASSERT(has(rig.tokens({"revoke", "joe@example.org", id_in(one)}).out, one));
    const Ran rest = rig.tokens({"revoke", "joe@example.org", "shop"});
    CPPUNIT_ASSERT(has(rest.out, two) && !has(rest.out, one));
  }
  void revoking_what_is_not_there() {
    TokenRig rig;
    const std::string address = rig.issue();
    CPPUNIT_ASSERT(rig.store.tokens().remove(
        {PermitName::Kind::token, "joe@example.org", id_in(address)}, TokenRig::soon()));
    CPPUNIT_ASSERT_EQUAL(EX_NOINPUT, rig.tokens({"revoke", address}).status);
    CPPUNIT_ASSERT_EQUAL(EX_NOINPUT, rig.tokens({"revoke", "joe@example.org", "shop"}).status);
  }

  void an_audit_agrees() {
    TokenRig rig;
    const std::string address = rig.issue({"--uses", "3"});
    rig.use("shop.example");
    const std::string log = rig.write_log("Nov 22 postfix/smtpd: to=<" + address + ">, ok\n" +
                                          event(address, "spent", "2"));
    const Ran ran = rig.tokens({"audit", "--log", log});
    CPPUNIT_ASSERT_EQUAL(std::string("Logs and store agree.\n"), ran.out);
    CPPUNIT_ASSERT_EQUAL(EX_OK, ran.status);
  }
  void an_audit_finds_a_lost_token_by_any_log() {
    TokenRig rig;
    const std::string address = lose(rig);
    const std::string log = rig.write_log(
        "postfix: to=<" + address + ">\npostfix: to=<joe+shop.aaaaaaaabbbbbbbb@example.org>\n");
    const Ran ran = rig.tokens({"audit", "--log", log, "--json"});
    CPPUNIT_ASSERT_EQUAL(EX_DATAERR, ran.status);
    CPPUNIT_ASSERT_EQUAL("{\"mailbox\":\"joe@example.org\",\"id\":\"" + id_in(address) +
                             "\",\"label\":\"shop\",\"address\":\"" + address +
                             "\",\"finding\":\"missing\",\"explanation\":\"the store does not "
                             "know it\",\"mended\":false}\n",
                         ran.out);
    CPPUNIT_ASSERT_EQUAL(std::string(), rig.tokens({"list", "joe@example.org"}).out);
  }
  void an_audit_restores_a_lost_token() {
    TokenRig rig;
    const std::string address = lose(rig);
    const std::string log =
        rig.write_log("to=<" + address + ">\n" + event(address, "spent", "4", "shop.example") +
                      event(address, "repeated", "4", "shop.example"));
    const Ran ran = rig.tokens({"audit", "--log", log, "--mend", "restore"});
    CPPUNIT_ASSERT_EQUAL(EX_OK, ran.status);
    CPPUNIT_ASSERT_EQUAL(address + ": the store does not know it (mended)\n", ran.out);
    CPPUNIT_ASSERT_EQUAL(address + ": valid, for shop.example, used 1 time, 4 left\n",
                         rig.tokens({"list", "joe@example.org"}).out);
  }
  void an_audit_revokes_a_lost_token() {
    TokenRig rig;
    const std::string address = lose(rig);
    const std::string log = rig.write_log("to=<" + address + ">\n");
    CPPUNIT_ASSERT_EQUAL(EX_OK, rig.tokens({"audit", "--log", log, "--mend", "revoke"}).status);
    CPPUNIT_ASSERT(has(rig.tokens({"list", "joe@example.org"}).out, ": revoked"));
  }
  void an_audit_mends_what_was_spent_bound_and_revoked() {
    TokenRig rig;
    const std::string address = rig.issue({"--uses", "9"});
    const std::string log =
        rig.write_log(event(address, "spent", "7", "shop.example") +
                      event(address, "spent", "6", "shop.example") + event(address, "revoked", ""));
    const Ran ran = rig.tokens({"audit", "--log", log, "--mend", "restore"});
    CPPUNIT_ASSERT_EQUAL(address +
                             ": it was revoked, and is not; left are 6 uses, not 9; it is "
                             "bound to shop.example, and the store does not know (mended)\n",
                         ran.out);
    CPPUNIT_ASSERT_EQUAL(address + ": revoked, for shop.example, used 3 times, 6 left\n",
                         rig.tokens({"list", "joe@example.org"}).out);
  }
  void an_audit_believes_no_other_program() {
    TokenRig rig;
    const std::string address = rig.issue({"--bind", "first", "--uses", "9"});
    const std::string line = event(address, "revoked", "1", "evil.example");
    const std::string text = line.substr(line.find(' ') + 1, line.size() - line.find(' ') - 2);
    const std::string log = rig.write_log(
        "Nov 22 10:00:00 mx dovecot: lmtp(jane@example.org)<9><a>: msgid=<1 " + text +
        " @evil.example>: saved mail\nNov 22 10:00:00 mx spamd[1]: " + text + "\n" + text +
        "\nNov 22 10:00:00 mx spamd[1]: " + line +
        "Nov 22 10:00:00 mx countersign-milter[1]: info: decided reason=: token owner=" +
        "joe@example.org id=" + id_in(address) + " result=revoked\n");
    const Ran ran = rig.tokens({"audit", "--log", log, "--mend", "restore"});
    CPPUNIT_ASSERT_EQUAL(std::string("Logs and store agree.\n"), ran.out);
  }
  void an_audit_reads_the_milter_by_every_road() {
    for (const char* before : {"", "Nov 22 10:00:00 mx countersign-milter[1]: "}) {
      TokenRig rig;
      const std::string address = rig.issue({"--uses", "9"});
      const std::string log = rig.write_log(before + event(address, "spent", "6"));
      CPPUNIT_ASSERT(has(rig.tokens({"audit", "--log", log}).out, "left are 6 uses, not 9"));
    }
    TokenRig rig;
    const std::string address = rig.issue({"--uses", "9"});
    const std::string line = event(address, "spent", "6");
    const std::string log = rig.write_log("Nov 22 10:00:00 mx " + line.substr(line.find(' ') + 1));
    CPPUNIT_ASSERT(has(rig.tokens({"audit", "--log", log}).out, "left are 6 uses, not 9"));
  }
  void an_audit_binds_to_nobody_where_nobody_is_named() {
    TokenRig rig;
    const std::string address = lose(rig);
    const std::string log =
        rig.write_log("mail to " + address + "\n" + event(address, "spent", "", "\"\""));
    rig.tokens({"audit", "--log", log, "--mend", "restore"});
    CPPUNIT_ASSERT(has(rig.tokens({"list", "joe@example.org"}).out, "for the first who uses it"));
  }
  void an_audit_never_gives_uses_back() {
    TokenRig rig;
    const std::string address = rig.issue({"--uses", "3"});
    const std::string log = rig.write_log(event(address, "spent", "8"));
    CPPUNIT_ASSERT_EQUAL(std::string("Logs and store agree.\n"),
                         rig.tokens({"audit", "--log", log, "--mend", "restore"}).out);
  }

  void a_window_is_shown_and_closed() {
    TokenRig rig;
    const Ran opened = rig.run({"policy", "expect", "joe@example.org", "--domain", "bank.example",
                                "--minutes", "10", "--count", "2"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(opened.err,
                                 std::string("joe@example.org: expect bank.example until "
                                             "2027-01-15T08:10:00Z, 2 mails (mailbox)\n"),
                                 opened.out);
    const Ran shown = rig.run({"policy", "show", "joe@example.org", "--json"});
    CPPUNIT_ASSERT_MESSAGE(
        shown.out, has(shown.out,
                       "{\"whom\":\"joe@example.org\",\"key\":\"expect\",\"value\":"
                       "\"bank.example\",\"from\":\"mailbox\",\"until\":\"2027-01-15T08:10:00Z\","
                       "\"uses_left\":2}"));
    const auto close = [&] {
      return rig.run(
          {"policy", "expect", "joe@example.org", "--domain", "bank.example", "--minutes", "0"});
    };
    CPPUNIT_ASSERT_EQUAL(EX_OK, close().status);
    CPPUNIT_ASSERT(!has(rig.run({"policy", "show", "joe@example.org"}).out, "expect"));
    CPPUNIT_ASSERT_EQUAL(EX_NOINPUT, close().status);
    rig.run({"policy", "expect", "joe@example.org", "--domain", "bank.example", "--minutes", "10"});
    CPPUNIT_ASSERT_EQUAL(
        std::string("{\"whom\":\"joe@example.org\",\"key\":\"expect\",\"value\":\"bank.example\","
                    "\"from\":\"mailbox\",\"until\":null,\"uses_left\":null,"
                    "\"result\":\"removed\"}\n"),
        rig.run({"policy", "expect", "joe@example.org", "--domain", "bank.example", "--minutes",
                 "0", "--json"})
            .out);
  }
  void a_window_is_for_the_organizational_domain() {
    TokenRig rig;
    const Ran opened = rig.run(
        {"policy", "expect", "joe@example.org", "--domain", "mail.bank.co.uk", "--minutes", "10"});
    CPPUNIT_ASSERT(has(opened.out, "expect bank.co.uk until"));
    rig.clock.advance(std::chrono::minutes(10));
    CPPUNIT_ASSERT(!has(rig.run({"policy", "show", "joe@example.org"}).out, "expect"));
  }
  void why_knows_tokens() {
    TokenRig rig;
    const std::string address = rig.issue({"--bind", "shop.example"});
    const auto why = [&](const std::string& sender, const std::string& dkim) {
      return rig.run({"why", sender, address, "--dkim", dkim, "--machine"}).out;
    };
    CPPUNIT_ASSERT(why("x@shop.example", "shop.example").starts_with("pass (token)"));
    CPPUNIT_ASSERT(has(why("x@bad.example", "bad.example"), "token-refused"));
    CPPUNIT_ASSERT(has(why("x@shop.example", "shop.example"), "owner: joe@example.org"));
  }
  void why_knows_windows() {
    TokenRig rig;
    rig.run({"policy", "expect", "joe@example.org", "--domain", "bank.example", "--minutes", "10"});
    const auto why = [&] {
      return rig.run({"why", "x@bank.example", "joe@example.org", "--dkim", "bank.example"}).out;
    };
    CPPUNIT_ASSERT_MESSAGE(why(), why().starts_with("pass (expected)"));
    rig.clock.advance(std::chrono::minutes(10));
    CPPUNIT_ASSERT(!has(why(), "(expected)"));
  }

 private:
  static void set_delimiter(const TokenRig& rig, const std::string& delimiter) {
    set_key(rig, "recipient_delimiter", delimiter);
  }
  /// Sets a key of [protect].
  static void set_key(const TokenRig& rig, const std::string& key, const std::string& value) {
    std::ifstream in(rig.config_path());
    std::string text((std::istreambuf_iterator<char>(in)), {});
    text.insert(text.find("exempt"), key + " = \"" + value + "\"\n");
    std::ofstream(rig.config_path()) << text;
  }
  /// A token that the store knows no more.
  static std::string lose(TokenRig& rig) {
    std::string address = rig.issue();
    CPPUNIT_ASSERT(rig.store.tokens().remove(
        {PermitName::Kind::token, "joe@example.org", id_in(address)}, TokenRig::soon()));
    return address;
  }
  /// What the milter logs of a token.
  static std::string event(const std::string& address, const std::string& result,
                           const std::string& left, const std::string& bound = "") {
    return "2027-01-15T08:00:00.000+00:00 countersign-milter[1]: info: token queue_id=4A owner="
           "joe@example.org id=" +
           id_in(address) + " result=" + result + (left.empty() ? "" : " left=" + left) +
           (bound.empty() ? "" : " bound=" + bound) + "\n";
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(TokenVerbsTest);
