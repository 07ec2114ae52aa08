// SPDX-License-Identifier: Apache-2.0
//
// why: what it tells of a mail that has not come.
#include <cppunit/extensions/HelperMacros.h>
#include <sys/stat.h>
#include <sysexits.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tests/support/admin_rig.h"
#include "tests/support/table_suite.h"

using namespace countersign;
using test::AdminRig;
using test::Ran;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A folder that is searched first for programs, until the end of this.
class PathBefore {
 public:
  explicit PathBefore(const std::string& folder) : before_(std::getenv("PATH")) {
    ::setenv("PATH", (folder + ":" + before_).c_str(), 1);
  }
  PathBefore(const PathBefore&) = delete;
  PathBefore& operator=(const PathBefore&) = delete;
  ~PathBefore() { ::setenv("PATH", before_.c_str(), 1); }

 private:
  const std::string before_;
};

/// A question, and how it is answered.
struct WhyRow {
  const char* name;
  std::vector<std::string> words;  ///< behind "why"
  std::string disposition;
  std::string reason;
};

const WhyRow kWhyRows[] = {
    {"a stranger is held", {"eve@example.com", "joe@example.org"}, "hold", "first-contact"},
    {"a stranger who signs is held as well",
     {"eve@example.com", "joe@example.org", "--dkim", "example.com"},
     "hold",
     "first-contact"},
    {"a contact who signs passes",
     {"alice@example.com", "joe@example.org", "--dkim", "mail.example.com"},
     "pass",
     "contact"},
    {"a contact by SPF passes",
     {"alice@example.com", "joe@example.org", "--spf"},
     "pass",
     "contact"},
    {"a contact signed by a stranger is forged",
     {"alice@example.com", "joe@example.org", "--dkim", "example.net"},
     "hold-silently",
     "forged-contact"},
    {"a contact of somebody else is a stranger",
     {"alice@example.com", "ann@example.org", "--spf"},
     "hold",
     "first-contact"},
    {"a blocked domain is refused", {"x@spam.example", "joe@example.org"}, "refuse", "blocked"},
    {"a machine is held silently",
     {"eve@example.com", "joe@example.org", "--machine"},
     "hold-silently",
     "machine"},
    {"an address that reads no mail is a machine's",
     {"No-Reply@example.com", "joe@example.org", "--dkim", "example.com"},
     "hold-silently",
     "machine"},
    {"so is that of a mail server, whatever the detail",
     {"mailer-daemon+7@example.com", "joe@example.org"},
     "hold-silently",
     "machine"},
    {"a machine of a contact is the contact",
     {"noreply@shop.example", "joe@example.org", "--dkim", "shop.example"},
     "pass",
     "contact"},
    {"a bounce is held silently", {"<>", "joe@example.org"}, "hold-silently", "machine"},
    {"our own domain from outside",
     {"ann@example.org", "joe@example.org"},
     "hold-silently",
     "own-domain"},
    {"below our own domain from outside is a stranger",
     {"ann@a.example.org", "joe@example.org"},
     "hold",
     "first-contact"},
    {"our own user", {"ann@example.org", "joe@example.org", "--auth"}, "pass", "internal"},
    {"a failed DMARC",
     {"eve@example.com", "joe@example.org", "--dmarc-fail"},
     "hold-silently",
     "unauthentic"},
    {"a recipient elsewhere", {"eve@example.com", "joe@example.com"}, "pass", "unprotected"},
    {"postmaster", {"eve@example.com", "postmaster@example.org"}, "pass", "exempt"},
    {"a recipient that is exempt", {"eve@example.com", "open@example.org"}, "pass", "exempt"},
    {"a recipient who files aside",
     {"eve@example.com", "aside@example.org"},
     "aside",
     "first-contact"},
    {"a detail changes nothing",
     {"alice@example.com", "joe+x@example.org", "--spf"},
     "pass",
     "contact"},
};

void check_why(const WhyRow& row) {
  AdminRig rig;
  rig.write_config("[first_contact]\nmode = \"hold\"\n");
  CPPUNIT_ASSERT(rig.store.web().heartbeat(Deadline::max()));
  const auto done = [&](std::vector<std::string> words) {
    const Ran ran = rig.run(std::move(words));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(ran.err, EX_OK, ran.status);
  };
  done({"contacts", "allow", "joe@example.org", "alice@example.com", "--fingerprint",
        "example.com"});
  done({"contacts", "allow", "joe@example.org", "shop.example"});
  done({"contacts", "deny", "site", "spam.example"});
  done({"policy", "set", "aside@example.org", "mode=aside"});
  std::vector<std::string> words = {"why"};
  words.insert(words.end(), row.words.begin(), row.words.end());
  const Ran text = rig.run(words);
  CPPUNIT_ASSERT_EQUAL_MESSAGE(text.err, EX_OK, text.status);
  CPPUNIT_ASSERT_MESSAGE(text.out,
                         text.out.starts_with(row.disposition + " (" + row.reason + ")\n"));
  words.push_back("--json");
  const std::string json = rig.run(words).out;
  CPPUNIT_ASSERT_MESSAGE(json, has(json, "\"disposition\":\"" + row.disposition +
                                             "\",\"reason\":\"" + row.reason + "\""));
}

/// A mode, the page's state, and what why tells of a first mail.
struct PageRow {
  const char* name;
  const char* mode;
  int page_age;         ///< seconds
  std::string begins;   ///< the first line
  std::string outcome;  ///< part of the sentence that tells what happens
  std::string challenge;
};

const PageRow kPageRows[] = {
    {"hold names the page", "hold", 0, "hold (first-contact)\n", "told the page in the SMTP reply",
     "reply"},
    {"refuse names it too", "refuse", 0, "refuse (first-contact)\n",
     "refused with 554 and the page", "reply"},
    {"and so does defer", "defer", 0, "defer (first-contact)\n", "for now with 450 and the page",
     "reply"},
    {"aside names none", "aside", 0, "aside (first-contact)\n", "filed aside", "none"},
    {"observe names none", "observe", 0, "pass (first-contact)\n", "it would be: hold", "none"},
    {"hold waits for the page", "hold", 120, "defer (first-contact)\n",
     "with 451, as the page does not run", "none"},
    {"refuse does not refuse for good while nobody can answer", "refuse", 120,
     "defer (first-contact)\n", "with 451, as the page does not run", "none"},
    {"defer names no page that is down", "defer", 120, "defer (first-contact)\n",
     "with 451, as the page does not run", "none"},
    {"hold keeps silently in the end", "hold", 14430, "hold (first-contact)\n",
     "author is not told: the page does not run", "none"},
    {"refuse keeps silently in the end", "refuse", 14430, "hold (first-contact)\n",
     "author is not told: the page does not run", "none"},
    {"defer keeps silently in the end", "defer", 14430, "hold (first-contact)\n",
     "author is not told: the page does not run", "none"},
    {"aside does not mind", "aside", 120, "aside (first-contact)\n", "filed aside", "none"},
};

void check_page(const PageRow& row) {
  AdminRig rig;
  rig.write_config("[first_contact]\nmode = \"" + std::string(row.mode) + "\"\n");
  CPPUNIT_ASSERT(rig.store.web().heartbeat(Deadline::max()));
  rig.clock.advance(seconds(row.page_age));
  const std::string text = rig.run({"why", "eve@example.com", "joe@example.org"}).out;
  CPPUNIT_ASSERT_MESSAGE(text, text.starts_with(row.begins));
  CPPUNIT_ASSERT_MESSAGE(text, has(text, row.outcome));
  const std::string json = rig.run({"why", "eve@example.com", "joe@example.org", "--json"}).out;
  CPPUNIT_ASSERT_MESSAGE(json, has(json, "\"challenge\":\"" + row.challenge + "\""));
}

class WhyTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WhyTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(why_rows);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(page_rows);
  CPPUNIT_TEST(why_tells_what_would_happen);
  CPPUNIT_TEST(why_tells_the_entries_that_match);
  CPPUNIT_TEST(in_mode_defer_the_envelope_is_judged_first);
  CPPUNIT_TEST(why_tells_a_pause);
  CPPUNIT_TEST(why_without_a_store_says_so);
  CPPUNIT_TEST(why_names_the_table_that_does_not_answer);
  CPPUNIT_TEST(why_tells_what_a_milter_without_store_does);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void why_rows(TestSuiteBuilderContextType& context) {
    test::add_rows(context, kWhyRows, check_why);
  }
  static void page_rows(TestSuiteBuilderContextType& context) {
    test::add_rows(context, kPageRows, check_page);
  }

  void why_tells_what_would_happen() {
    AdminRig rig;
    const std::string observed = rig.run({"why", "eve@example.com", "joe@example.org"}).out;
    CPPUNIT_ASSERT_MESSAGE(observed, has(observed, "without mode observe it would be: hold."));
    rig.write_config("[first_contact]\nmode = \"hold\"\n");
    const std::string without = rig.run({"why", "eve@example.com", "joe@example.org"}).out;
    CPPUNIT_ASSERT_MESSAGE(without, without.starts_with("defer (first-contact)\n"));
    CPPUNIT_ASSERT_MESSAGE(without, has(without, "with 451, as the page does not run"));
    CPPUNIT_ASSERT(rig.store.web().heartbeat(Deadline::max()));
    const std::string held = rig.run({"why", "eve@example.com", "joe@example.org"}).out;
    CPPUNIT_ASSERT_MESSAGE(held, has(held, "its author is told the page in the SMTP reply"));
  }

  void why_tells_the_entries_that_match() {
    AdminRig rig;
    rig.run({"contacts", "allow", "joe@example.org", "alice@example.com"});
    rig.run({"contacts", "deny", "site", "example.com"});
    const std::string text = rig.run({"why", "alice@example.com", "joe@example.org"}).out;
    CPPUNIT_ASSERT_MESSAGE(text, has(text,
                                     "entry: alice@example.com, allow, of the mailbox\n"
                                     "entry: @example.com, deny, of the site\n"));
  }

  /// RCPT comes before what the header section tells.
  void in_mode_defer_the_envelope_is_judged_first() {
    AdminRig rig;
    rig.write_config("[first_contact]\nmode = \"defer\"\n");
    CPPUNIT_ASSERT(rig.store.web().heartbeat(Deadline::max()));
    rig.run({"contacts", "allow", "joe@example.org", "al@example.com"});
    const auto why = [&](const std::string& sender, const std::string& option) {
      return rig.run({"why", sender, "joe@example.org", option}).out;
    };
    for (const auto& [option, later] :
         {std::pair("--machine", "then hold-silently (machine)."),
          std::pair("--dmarc-fail", "then hold-silently (unauthentic).")}) {
      const std::string text = why("eve@example.com", option);
      CPPUNIT_ASSERT_MESSAGE(text, text.starts_with("defer (first-contact)\n"));
      CPPUNIT_ASSERT_MESSAGE(text, has(text, later));
      CPPUNIT_ASSERT_MESSAGE(text, has(text, "refused for now with 450 and the page"));
    }
    CPPUNIT_ASSERT(!has(why("eve@example.com", "--spf"), "header section"));
    // These are not asked at RCPT.
    CPPUNIT_ASSERT(why("noreply@example.com", "--spf").starts_with("hold-silently (machine)\n"));
    CPPUNIT_ASSERT(why("al@example.com", "--spf").starts_with("pass (contact)\n"));
    CPPUNIT_ASSERT(why("eve@example.com", "--auth").starts_with("pass (internal)\n"));
  }

  void why_tells_a_pause() {
    AdminRig rig;
    rig.open_spool();
    CPPUNIT_ASSERT_EQUAL(EX_OK, rig.run({"pause"}).status);
    const std::string text = rig.run({"why", "alice@example.com", "joe@example.org"}).out;
    CPPUNIT_ASSERT_MESSAGE(text, text.starts_with("pass (paused)\n"));
  }

  void why_without_a_store_says_so() {
    AdminRig rig;
    rig.write_config("[first_contact]\nmode = \"hold\"\n");
    rig.store.set_down(true);
    const Ran ran = rig.run({"why", "alice@example.com", "joe@example.org"});
    CPPUNIT_ASSERT_EQUAL(EX_TEMPFAIL, ran.status);
    CPPUNIT_ASSERT_MESSAGE(ran.out, ran.out.starts_with("defer (unscreened)\n"));
  }

  void why_names_the_table_that_does_not_answer() {
    AdminRig rig;
    const std::string postmap = rig.folder.path() + "/postmap";
    // It cannot be listed, and does not answer.
    std::ofstream(postmap) << "#!/bin/sh\n"
                              "[ \"$1\" = -q ] && echo 'postmap: fatal: no answer' >&2 && exit 1\n"
                              "echo 'postmap: fatal: sequence operation is not supported' >&2\n"
                              "exit 1\n";
    ::chmod(postmap.c_str(), 0755);
    const PathBefore path(rig.folder.path());
    std::ifstream in(rig.config_path());
    std::string config{std::istreambuf_iterator<char>(in), {}};
    config.insert(config.find("domains = "), "mailboxes = \"texthash:/nonexistent/owners\"\n");
    std::ofstream(rig.config_path()) << config << "[first_contact]\nmode = \"hold\"\n";
    const Ran ran = rig.run({"why", "alice@example.com", "joe+x@example.org"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(ran.err, EX_TEMPFAIL, ran.status);
    CPPUNIT_ASSERT_MESSAGE(
        ran.out, ran.out.starts_with("defer (unscreened)\nprotect.mailboxes does not answer: "
                                     "nobody's list can be asked.\n"));
    CPPUNIT_ASSERT_MESSAGE(ran.out, has(ran.out, "owner: joe@example.org\n"));
    CPPUNIT_ASSERT_MESSAGE(ran.err, has(ran.err, "texthash:/nonexistent/owners: "));
    // Whoever the owner is, this one is always reached.
    const Ran exempt = rig.run({"why", "alice@example.com", "postmaster@example.org"});
    CPPUNIT_ASSERT_EQUAL(EX_OK, exempt.status);
    CPPUNIT_ASSERT_MESSAGE(exempt.out, exempt.out.starts_with("pass (exempt)\n"));
    // Without the store the table would not help.
    rig.store.set_down(true);
    const Ran both = rig.run({"why", "alice@example.com", "joe+x@example.org"});
    CPPUNIT_ASSERT_MESSAGE(both.out, has(both.out, "The store cannot be asked.\n"));
  }

  void why_tells_what_a_milter_without_store_does() {
    AdminRig rig;
    rig.write_config("[first_contact]\nmode = \"hold\"\n");
    CPPUNIT_ASSERT(rig.store.web().heartbeat(Deadline::max()));
    rig.page = admin::HttpAnswer{200, "# HELP countersign_store_up x\ncountersign_store_up 1\n"};
    CPPUNIT_ASSERT_EQUAL(EX_OK, rig.run({"why", "eve@example.com", "joe@example.org"}).status);
    rig.page = admin::HttpAnswer{200, "# HELP countersign_store_up x\ncountersign_store_up 0\n"};
    const Ran ran = rig.run({"why", "eve@example.com", "joe@example.org"});
    CPPUNIT_ASSERT_MESSAGE(ran.out, ran.out.starts_with("defer (unscreened)\n"));
    CPPUNIT_ASSERT_MESSAGE(ran.err, has(ran.err, "countersign-milter has no store"));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(WhyTest);

}  // namespace
