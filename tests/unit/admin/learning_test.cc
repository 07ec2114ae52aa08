// SPDX-License-Identifier: Apache-2.0
//
// contacts learn, import, export: what they write and what they tell.
#include <cppunit/extensions/HelperMacros.h>
#include <sys/stat.h>
#include <sysexits.h>

#include <fstream>
#include <string>

#include "tests/support/admin_rig.h"
#include "tests/support/table_suite.h"

using namespace countersign;
using test::AdminRig;
using test::Ran;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

const std::string kLog =
    "May  3 14:02:00 mx postfix/smtpd[1]: 4ABCDE: client=pc[203.0.113.9], sasl_username=joe\n"
    "May  3 14:02:00 mx postfix/qmgr[1]: 4ABCDE: from=<joe+shop@example.org>, size=1\n"
    "May  3 14:02:00 mx postfix/smtp[1]: 4ABCDE: to=<alice@example.com>, status=sent (ok)\n"
    "May  3 14:02:00 mx postfix/smtp[1]: 4ABCDE: to=<alice@example.com>, status=sent (ok)\n"
    "May  3 14:02:00 mx postfix/lmtp[1]: 4ABCDE: to=<ann@example.org>, status=sent (ok)\n"
    "May  3 14:02:00 mx postfix/smtpd[1]: 4ABCDF: client=pc[203.0.113.9], sasl_username=x\n"
    "May  3 14:02:00 mx postfix/qmgr[1]: 4ABCDF: from=<x@foreign.example>, size=1\n"
    "May  3 14:02:00 mx postfix/smtp[1]: 4ABCDF: to=<bob@example.com>, status=sent (ok)\n";

struct BadRow {
  const char* name;
  std::vector<std::string> words;
  int status;
  std::string want;
};
const BadRow kBadRows[] = {
    {"no log", {"contacts", "learn"}, EX_USAGE, "--log is required"},
    {"a log that is not there",
     {"contacts", "learn", "--log", "/none/mail.log"},
     EX_NOINPUT,
     "/none/mail.log: No such file"},
    {"a log that is a folder",
     {"contacts", "learn", "--log", "/proc/self"},
     EX_NOINPUT,
     "/proc/self: Is a directory"},
    {"a log below a file",
     {"contacts", "learn", "--log", "/proc/self/status/mail.log"},
     EX_NOINPUT,
     "/proc/self/status/mail.log: Not a directory"},
    {"a log of something else",
     {"contacts", "learn", "--log", "/proc/self/status"},
     EX_DATAERR,
     "/proc/self/status: no line of it is one of a mail log"},
    {"another format of log",
     {"contacts", "learn", "--log", "x", "--format", "qmail"},
     EX_USAGE,
     "--format: \"qmail\" is none of its words; allowed: postfix, exim"},
    {"several logs to follow",
     {"contacts", "learn", "--follow", "--log", "x", "y"},
     EX_USAGE,
     "--follow: allowed with one --log FILE"},
    {"another format of address book",
     {"contacts", "import", "--format", "ldif", "joe@example.org", "x"},
     EX_USAGE,
     "--format: \"ldif\" is none of its words; allowed: vcard, csv, mbox, maildir, list"},
    {"a book that is not there",
     {"contacts", "import", "joe@example.org", "/none/x.csv"},
     EX_NOINPUT,
     "/none/x.csv: cannot be read"},
    {"contacts of a stranger",
     {"contacts", "import", "joe@example.com", "x"},
     EX_DATAERR,
     "example.com is not protected"},
    {"an export of a stranger",
     {"contacts", "export", "joe@example.com"},
     EX_DATAERR,
     "example.com is not protected"},
};
void check_bad(const BadRow& row) {
  AdminRig rig;
  const Ran ran = rig.run(row.words);
  CPPUNIT_ASSERT_EQUAL_MESSAGE(ran.err, row.status, ran.status);
  CPPUNIT_ASSERT_MESSAGE(ran.err, has(ran.err, row.want));
  CPPUNIT_ASSERT_EQUAL(std::string(), ran.out);
}

class LearningTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LearningTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(add);
  CPPUNIT_TEST(a_log_teaches_whom_users_wrote_to);
  CPPUNIT_TEST(a_dry_run_writes_nothing);
  CPPUNIT_TEST(several_logs_are_one);
  CPPUNIT_TEST(an_address_book_becomes_contacts);
  CPPUNIT_TEST(a_bad_address_is_told_and_the_others_are_taken);
  CPPUNIT_TEST(sent_mail_becomes_contacts);
  CPPUNIT_TEST(a_maildir_of_sent_mail_becomes_contacts);
  CPPUNIT_TEST(books_of_all_encodings_are_read);
  CPPUNIT_TEST(a_file_of_nothing_is_told);
  CPPUNIT_TEST(a_card_that_is_cut_off_is_told);
  CPPUNIT_TEST(what_is_exported_comes_back);
  CPPUNIT_TEST(a_list_with_a_fault_is_not_written);
  CPPUNIT_TEST(final_entries_are_the_sites);
  CPPUNIT_TEST(a_book_whose_quote_is_never_closed_says_so);
  CPPUNIT_TEST(a_list_names_what_nobody_has_as_a_fingerprint);
  CPPUNIT_TEST(a_store_that_fails_is_told);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void add(TestSuiteBuilderContextType& context) {
    test::add_rows(context, kBadRows, check_bad);
  }

  void a_log_teaches_whom_users_wrote_to() {
    const Ran ran = run({"contacts", "learn", "--log", write("mail.log", kLog)});
    CPPUNIT_ASSERT_EQUAL(std::string("joe@example.org: added alice@example.com\n"), ran.out);
    CPPUNIT_ASSERT_EQUAL(std::string("8 lines, 1 contacts, 1 added\n"), ran.err);
    const ContactEntry entry = entry_of("a:alice@example.com");
    CPPUNIT_ASSERT_EQUAL(std::string("learnt"), entry.source);
    CPPUNIT_ASSERT(entry.fingerprints.empty());
    const Ran again = run({"contacts", "learn", "--json", "--log", path("mail.log")});
    CPPUNIT_ASSERT_EQUAL(std::string("{\"whom\":\"joe@example.org\",\"subject\":"
                                     "\"alice@example.com\",\"result\":\"kept\"}\n"),
                         again.out);
  }
  void a_dry_run_writes_nothing() {
    const Ran ran = run({"contacts", "learn", "--dry-run", "--log", write("mail.log", kLog)});
    CPPUNIT_ASSERT_EQUAL(std::string("joe@example.org: would be added alice@example.com\n"),
                         ran.out);
    CPPUNIT_ASSERT(contacts().empty());
    run({"contacts", "import", "joe@example.org", "--dry-run",
         write("x.csv", "subject,standing\n@x.example,deny\n")});
    CPPUNIT_ASSERT(contacts().empty());
  }
  void several_logs_are_one() {
    const auto half = kLog.find("May  3 14:02:00 mx postfix/smtp[1]");
    const Ran ran = run({"contacts", "learn", "--log", write("1", kLog.substr(0, half)),
                         write("2", kLog.substr(half))});
    CPPUNIT_ASSERT_EQUAL(std::string("joe@example.org: added alice@example.com\n"), ran.out);
  }
  void an_address_book_becomes_contacts() {
    (void)rig_.store.contacts().put(joe(), "a:eve@example.com", denied(), {});
    const std::string cards = write("c.vcf",
                                    "BEGIN:VCARD\nEMAIL:alice@example.com\nEMAIL:eve@example.com\n"
                                    "EMAIL:ann@example.org\nEMAIL:alice@example.com\nEND:VCARD\n");
    const std::string book = write("c.csv", "Name,Email\nBob,bob@example.com\n");
    const Ran ran = run({"contacts", "import", "joe+x@example.org", cards, book});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(ran.err, EX_OK, ran.status);
    CPPUNIT_ASSERT_EQUAL(std::string("joe@example.org: added alice@example.com\n"
                                     "joe@example.org: kept eve@example.com\n"
                                     "joe@example.org: added bob@example.com\n"),
                         ran.out);
    CPPUNIT_ASSERT_EQUAL(std::string("3 contacts, 2 written\n"), ran.err);
    CPPUNIT_ASSERT(entry_of("a:eve@example.com").standing == Standing::deny);
    CPPUNIT_ASSERT_EQUAL(std::string("imported"), entry_of("a:bob@example.com").source);
  }
  void a_bad_address_is_told_and_the_others_are_taken() {
    const std::string book = write("c.csv", "Email\nnobody\na@x.example\n");
    const Ran ran = run({"contacts", "import", "joe@example.org", book});
    CPPUNIT_ASSERT_EQUAL(EX_DATAERR, ran.status);
    CPPUNIT_ASSERT_MESSAGE(ran.err, has(ran.err, book + ":2: \"nobody\" is no address\n"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, contacts().size());
  }
  void sent_mail_becomes_contacts() {
    const std::string box =
        "From joe Mon\nFrom: joe@example.org\nTo: a@x.example, ann@example.org\nBcc: "
        "b@x.example\n\n"
        "x\n\nFrom joe Mon\nFrom: joe@example.org\nTo: c@x.example\nAuto-Submitted: "
        "auto-replied\n\nx\n\nFrom eve Mon\nFrom: eve@x.example\nTo: d@x.example\n\nx\n\n"
        "From joe Mon\nFrom: joe@old.example\nCc: e@x.example\n\nx\n";
    const Ran ran = run(
        {"contacts", "import", "joe@example.org", "--from", "joe@old.example", write("sent", box)});
    CPPUNIT_ASSERT_EQUAL(std::string("joe@example.org: added a@x.example\n"
                                     "joe@example.org: added b@x.example\n"
                                     "joe@example.org: added e@x.example\n"),
                         ran.out);
    CPPUNIT_ASSERT_EQUAL(
        std::string("3 contacts, 3 written; 4 messages, 2 of other authors or of machines\n"),
        ran.err);
  }
  void a_maildir_of_sent_mail_becomes_contacts() {
    for (const char* folder : {"m", "m/cur", "m/new", "m/tmp"}) ::mkdir(path(folder).c_str(), 0700);
    write("m/cur/1:2,S", "From: joe@example.org\nTo: a@x.example\n\nTo: no@x.example\n");
    write("m/new/2", "From: joe@example.org\nTo: b@x.example\n\nx\n");
    write("m/tmp/3", "From: joe@example.org\nTo: c@x.example\n\nx\n");
    const Ran ran = run({"contacts", "import", "joe@example.org", path("m")});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(ran.err, std::size_t{2}, contacts().size());
    ::mkdir(path("n").c_str(), 0700);
    const Ran none = run({"contacts", "import", "joe@example.org", path("n")});
    CPPUNIT_ASSERT_EQUAL(EX_NOINPUT, none.status);
    CPPUNIT_ASSERT_MESSAGE(none.err, has(none.err, "no Maildir, it has no folder cur"));
  }
  void books_of_all_encodings_are_read() {
    const std::string card = "BEGIN:VCARD\r\nFN:A\r\nEMAIL:a@x.example\r\nEND:VCARD\r\n";
    const auto wide = [](const std::string& text) {
      std::string out = "\xff\xfe";
      for (const char c : text) out.append({c, '\0'});
      return out;
    };
    for (const std::string& text : {"\xef\xbb\xbf" + card, "\r\n\n" + card, wide(card),
                                    wide("Name,Email\r\nA,a@x.example\r\n"),
                                    std::string("Name,Email\r\nA,Alice <a@x.example>\r\n")}) {
      const Ran ran = run({"contacts", "import", "joe@example.org", write("x", text)});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(ran.err, EX_OK, ran.status);
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, contacts().size());
      CPPUNIT_ASSERT_EQUAL(Subject("a:a@x.example"), contacts().front().first);
      (void)rig_.store.contacts().remove(joe(), "a:a@x.example", {});
    }
  }
  void a_file_of_nothing_is_told() {
    const auto refused = [&](const std::string& text, const std::string& want,
                             const std::string& format = "") {
      std::vector<std::string> words = {"contacts", "import", "joe@example.org", write("x", text)};
      if (!format.empty()) words.insert(words.begin() + 2, {"--format", format});
      const Ran ran = run(words);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(ran.err, EX_DATAERR, ran.status);
      CPPUNIT_ASSERT_MESSAGE(ran.err, has(ran.err, path("x") + ": " + want));
      CPPUNIT_ASSERT_MESSAGE(ran.err, has(ran.err, "; allowed: vCard, CSV"));
    };
    refused("", "nothing was found: no address in it, read as csv");
    refused("Name,Email\nA,\n", "nothing was found: no address in it, read as csv");
    refused("some words\n", "nothing was found: no address in it, read as csv");
    refused("BEGIN:VCARD\nFN:A\nEND:VCARD\n", "nothing was found: no address in it, read as vcard");
    refused(std::string("\x00\x01\x02", 3), "is no text (a control character at octet 0)");
    refused("x", "nothing was found: no message in it, read as mbox", "mbox");
    refused("From eve Mon\nFrom: eve@x.example\nTo: a@x.example\n\nx\n",
            "nothing was found: no message in it is one that joe@example.org wrote");
    CPPUNIT_ASSERT(contacts().empty());
    // Of these the addresses are known, and an empty list is one.
    for (const char* text : {"Email\nann@example.org\n", "subject,standing\n"})
      CPPUNIT_ASSERT_EQUAL(EX_OK,
                           run({"contacts", "import", "joe@example.org", write("x", text)}).status);
  }
  void a_card_that_is_cut_off_is_told() {
    const Ran ran = run({"contacts", "import", "joe@example.org",
                         write("x",
                               "BEGIN:VCARD\nEMAIL:a@x.example\nEND:VCARD\n"
                               "BEGIN:VCARD\nEMAIL:b@x.exam")});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(ran.err, EX_DATAERR, ran.status);
    CPPUNIT_ASSERT_MESSAGE(ran.err,
                           has(ran.err, path("x") + ":4: a card begins here that does not end"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, contacts().size());
    CPPUNIT_ASSERT_EQUAL(Subject("a:a@x.example"), contacts().front().first);
  }
  void what_is_exported_comes_back() {
    run({"contacts", "allow", "joe@example.org", "alice@example.com", "--fingerprint",
         "example.com", "--fingerprint", "example.net", "--note", "met in \"Ghent\", 3 May"});
    run({"contacts", "deny", "joe@example.org", "@.x.example"});
    run({"contacts", "allow", "joe@example.org", "list:chairs.lists.example"});
    const Ran exported = run({"contacts", "export", "joe@example.org"});
    const auto before = contacts();
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, before.size());
    for (const auto& [subject, entry] : before)
      (void)rig_.store.contacts().remove(joe(), subject, {});
    const Ran ran = run({"contacts", "import", "joe@example.org", write("x", exported.out)});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(ran.err, EX_OK, ran.status);
    CPPUNIT_ASSERT(before == contacts());
    CPPUNIT_ASSERT_EQUAL(exported.out, run({"contacts", "export", "joe@example.org"}).out);
    CPPUNIT_ASSERT_EQUAL(run({"contacts", "list", "joe@example.org", "--json"}).out,
                         run({"contacts", "export", "joe@example.org", "--json"}).out);
  }
  void a_list_with_a_fault_is_not_written() {
    const std::string list =
        write("x", "subject,standing\n@good.example,allow\n@bad.example,perhaps\n");
    const Ran ran = run({"contacts", "import", "joe@example.org", list});
    CPPUNIT_ASSERT_EQUAL(EX_DATAERR, ran.status);
    CPPUNIT_ASSERT_MESSAGE(ran.err, has(ran.err, list + ":3: standing: \"perhaps\""));
    CPPUNIT_ASSERT(contacts().empty());
  }
  void final_entries_are_the_sites() {
    const std::string list = write("x", "subject,standing,final\n@x.example,deny,yes\n");
    const Ran ran = run({"contacts", "import", "joe@example.org", list});
    CPPUNIT_ASSERT_EQUAL(EX_DATAERR, ran.status);
    CPPUNIT_ASSERT_EQUAL(list + ":2: @x.example: only the site's entries can be final",
                         ran.err.substr(0, ran.err.find('\n')));
    CPPUNIT_ASSERT(contacts().empty());
    CPPUNIT_ASSERT_EQUAL(EX_OK, run({"contacts", "import", "site", list}).status);
  }
  void a_book_whose_quote_is_never_closed_says_so() {
    const std::string book =
        write("x", "Name,Email\nA,a@x.example\n\"B,b@x.example\nC,c@x.example\nD,d@x.example\n");
    const Ran ran = run({"contacts", "import", "joe@example.org", book});
    CPPUNIT_ASSERT_EQUAL(EX_DATAERR, ran.status);
    CPPUNIT_ASSERT_MESSAGE(ran.err, has(ran.err, book + ":3: a quote begins here"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, contacts().size());
  }
  void a_list_names_what_nobody_has_as_a_fingerprint() {
    const std::string list = write(
        "x", "subject,standing,fingerprints\n@a.example,allow,a.example\n@b.example,allow,com\n");
    const Ran ran = run({"contacts", "import", "joe@example.org", list});
    CPPUNIT_ASSERT_EQUAL(EX_DATAERR, ran.status);
    CPPUNIT_ASSERT_MESSAGE(
        ran.err, has(ran.err, list + ":3: \"com\" is a public suffix: name a domain below it"));
    CPPUNIT_ASSERT(contacts().empty());
  }
  void a_store_that_fails_is_told() {
    rig_.store.set_down(true);
    const Ran ran = run({"contacts", "learn", "--log", write("mail.log", kLog)});
    CPPUNIT_ASSERT_EQUAL(EX_TEMPFAIL, ran.status);
    CPPUNIT_ASSERT_EQUAL(
        EX_TEMPFAIL,
        run({"contacts", "import", "site", write("x", "Email\na@x.example\n")}).status);
  }

 private:
  Ran run(std::vector<std::string> words) { return rig_.run(std::move(words)); }
  std::string path(const std::string& name) const { return rig_.folder.path() + "/" + name; }
  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }
  static Scope joe() { return {Level::mailbox, "joe@example.org"}; }
  static ContactEntry denied() {
    ContactEntry entry;
    entry.standing = Standing::deny;
    return entry;
  }
  std::vector<std::pair<Subject, ContactEntry>> contacts() {
    return *rig_.store.contacts().list(joe(), {});
  }
  ContactEntry entry_of(const Subject& subject) {
    for (const auto& [name, entry] : contacts())
      if (name == subject) return entry;
    CPPUNIT_FAIL(subject + " is not there");
    return {};
  }

  AdminRig rig_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(LearningTest);

}  // namespace
