// SPDX-License-Identifier: Apache-2.0
#include "config/check.h"

#include <cppunit/extensions/HelperMacros.h>

#include <map>

#include "config/print.h"
#include "tests/support/table_suite.h"

using namespace countersign;

namespace {

const std::string kGood =
    "[protect]\ndomains = [\"example.org\"]\n"
    "[authentication]\nauthserv_id = \"mx.example.org\"\n"
    "[challenge]\nbase_url = \"https://gate.example.org\"\n";

const std::map<std::string, std::string> kFiles = {
    {"/domains", "example.org\n"},
    {"/bad-domains", "example.org\na..b\n\nc d\n"},
    {"/no-domains", "# none\n"},
    {"/mailboxes", "sales@example.org joe@example.org\n"},
    {"/bad-mailboxes", "# all\nall@example.org a@example.org b\n"},
};

Result<std::string> read_file(const std::string& path) {
  const auto file = kFiles.find(path);
  if (file != kFiles.end()) return file->second;
  return Error{Errc::unavailable, "cannot read " + path + ": No such file or directory"};
}

/// All problems of a text, a line each.
std::string problems(const std::string& text) {
  std::string all;
  for (const Problem& problem : check_config(text, "c.toml", read_file).problems)
    all += problem.text() + "\n";
  return all;
}

struct Row {
  const char* name;
  std::string text;  ///< what stands below kGood, or with `alone` the whole file
  std::string want;
  bool alone = false;
};

// kGood has six lines: the row's text begins on line 7.
const Row kRows[] = {
    {"what a site must set is enough", "", ""},
    {"comments and empty lines", "# nothing\n\n", ""},
    {"an unknown key", "[milter]\nsockt = \"unix:/x\"\n",
     "c.toml:8: milter.sockt: no such key; allowed: socket, socket_mode, socket_group, "
     "submit_networks, relays, max_message\n"},
    {"an unknown table is told once", "[milters]\nsocket = \"unix:/x\"\n",
     "c.toml:7: [milters]: no such table; allowed: milter, protect, first_contact, "
     "verdicts, authentication, store, spool, release, notices, challenge, site, secrets, "
     "metrics, log\n"},
    {"an unknown key of a domain", "[site.\"example.org\"]\nnom = \"x\"\n",
     "c.toml:8: site.\"example.org\".nom: no such key; allowed: language, base_url, name, logo, "
     "accent, reply_kept, reply_refused, reply_deferred\n"},
    {"a wrong type in the table of a domain", "[site.\"example.org\"]\nname = 1\n",
     "c.toml:8: site.\"example.org\".name: has the type an integer; allowed: one line of at most "
     "300 octets, or \"\" for none\n"},
    {"a key in no table", "x = 1\n" + kGood,
     "c.toml:1: x: stands in no table; allowed: milter, protect, first_contact, verdicts, "
     "authentication, store, spool, release, notices, challenge, site, secrets, metrics, log\n",
     true},
    {"a table within a table is no key", "[log.level]\nx = 1\n",
     "c.toml:7: log.level: has the type a table; allowed: \"debug\", \"info\", \"warning\", "
     "\"error\"\n"},
    {"an integer where text is due", "[log]\nlevel = 3\n",
     "c.toml:8: log.level: has the type an integer; allowed: \"debug\", \"info\", \"warning\", "
     "\"error\"\n"},
    {"text where a list is due", "[milter]\nrelays = \"192.0.2.1\"\n",
     "c.toml:8: milter.relays: has the type a string; allowed: a list of IP addresses and "
     "networks (\"192.0.2.0/24\", \"2001:db8::/32\")\n"},
    {"a list of integers", "[milter]\nrelays = [1]\n",
     "c.toml:8: milter.relays: has the type a list of something else than strings; allowed: a list "
     "of IP addresses and networks (\"192.0.2.0/24\", \"2001:db8::/32\")\n"},
    {"text where true is due", "[first_contact]\nkeep = \"yes\"\n",
     "c.toml:8: first_contact.keep: has the type a string; allowed: true, false\n"},
    {"a public suffix to protect",
     "[protect]\ndomains = [\"example.org\", \"org\"]\n" + kGood.substr(36),
     "c.toml:2: protect.domains: \"org\" is a public suffix, no domain of a site; allowed: a list "
     "of domains, or \"file:/PATH\" of a file with a domain a line\n",
     true},
    {"everybody as our own users", "[milter]\nsubmit_networks = [\"192.0.2.1\", \"0.0.0.0/0\"]\n",
     "c.toml:8: milter.submit_networks: \"0.0.0.0/0\" is everybody: no mail would be screened; "
     "allowed: a list of IP addresses and networks (\"192.0.2.0/24\", \"2001:db8::/32\"), not "
     "everybody (/0)\n"},
    {"everybody of IPv6 as our own users", "[milter]\nsubmit_networks = [\"::/0\"]\n",
     "c.toml:8: milter.submit_networks: \"::/0\" is everybody: no mail would be screened; allowed: "
     "a list of IP addresses and networks (\"192.0.2.0/24\", \"2001:db8::/32\"), not everybody "
     "(/0)\n"},
    {"challenges by mail to nobody",
     "[authentication]\nsource = \"none\"\n[challenge]\nchannels = [\"reply\", \"mail\"]\n"
     "base_url = \"https://gate.example.org\"\n" +
         kGood.substr(0, 36),
     "c.toml:4: challenge.channels: \"mail\" goes only to authenticated authors, but "
     "authentication.source is \"none\"; allowed: [\"reply\"]\n",
     true},
    {"a word that is none", "[first_contact]\nmode = \"fast\"\n",
     "c.toml:8: first_contact.mode: \"fast\" is none of its words; allowed: \"observe\", "
     "\"aside\", \"hold\", \"refuse\", \"defer\"\n"},
    {"an empty word is none", "[first_contact]\nmode = \"\"\n",
     "c.toml:8: first_contact.mode: \"\" is none of its words; allowed: \"observe\", \"aside\", "
     "\"hold\", \"refuse\", \"defer\"\n"},
    {"mode refuse", "[first_contact]\nmode = \"refuse\"\n", ""},
    {"mode defer", "[first_contact]\nmode = \"defer\"\nask_after = \"1s\"\n", ""},
    {"a score that is no number", "[first_contact]\nchallenge_from = \"much\"\n",
     "c.toml:8: first_contact.challenge_from: \"much\" is no number; allowed: a number such as "
     "\"4.5\", or \"\" for none\n"},
    {"a score", "[first_contact]\nchallenge_from = \"-4.5\"\n", ""},
    {"a trusted field that is none", "[verdicts]\ntrusted = [\"X Spam\"]\n",
     "c.toml:8: verdicts.trusted: \"X Spam\" is no name of a field; allowed: a list of names of "
     "header fields\n"},
    {"a test that is none", "[verdicts]\nspam = [\"X-Spam\"]\n",
     "c.toml:8: verdicts.spam: \"X-Spam\" has neither ':' nor '>='; allowed: a list of tests: "
     "\"FIELD: VALUE\", in which * stands for any text and ! before it for not, or \"FIELD >= "
     "NUMBER\"\n"},
    {"tests", "[verdicts]\nspam = [\"X-Spam: Yes*\", \"X-Spam-Score >= 8\"]\n", ""},
    {"not keeping", "[first_contact]\nkeep = false\n", ""},
    {"a proof that is none", "[challenge]\nproofs = [\"pow\", \"magic\"]\n" + kGood.substr(0, 84),
     "c.toml:2: challenge.proofs: \"magic\" is none of its words; allowed: a list of \"pow\", "
     "\"code\", \"wait\", at least one of them\n"
     "c.toml: challenge.base_url: must be set; allowed: an http or https URL of at most 200 "
     "octets, without query, fragment or user\n",
     true},
    {"no proof that anybody could give",
     "[challenge]\nproofs = []\nbase_url = \"https://g.example\"\n" + kGood.substr(0, 84),
     "c.toml:2: challenge.proofs: nobody could answer; allowed: a list of \"pow\", \"code\", "
     "\"wait\", at least one of them\n",
     true},
    {"the proofs of the design",
     "[challenge]\nproofs = [\"pow\", \"code\", \"wait\"]\nbase_url = \"https://g.example\"\n" +
         kGood.substr(0, 84),
     "", true},
    {"a lifetime out of range", "[first_contact]\nlifetime = \"366d\"\n",
     "c.toml:8: first_contact.lifetime: \"366d\" is out of range; allowed: a duration from \"1s\" "
     "to \"365d\" (units s, m, h, d)\n"},
    {"no lifetime at all", "[first_contact]\nlifetime = \"0s\"\n",
     "c.toml:8: first_contact.lifetime: \"0s\" is out of range; allowed: a duration from \"1s\" "
     "to \"365d\" (units s, m, h, d)\n"},
    {"a spool smaller than a message", "[spool]\nlimit = \"1 MB\"\n",
     "c.toml:8: spool.limit: is below milter.max_message; allowed: a size from \"64 KB\" to \"1000 "
     "TB\", not below milter.max_message\n"},
    {"a small spool for small messages",
     "[spool]\nlimit = \"1 MB\"\n[milter]\nmax_message = \"100 KB\"\n", ""},
    {"one file for both secrets", "[secrets]\nmilter = \"/s\"\nchallenge = \"/s\"\n",
     "c.toml:9: secrets.challenge: is also the file of secrets.milter; allowed: an absolute path, "
     "not that of secrets.milter\n"},
    {"one port for both metrics", "[metrics]\nmilter = \"127.0.0.1:9466\"\n",
     "c.toml: metrics.challenge: is also metrics.milter; allowed: \"HOST:PORT\" or "
     "\"[IPV6]:PORT\", or \"\" for none\n"},
    {"no metrics at all", "[metrics]\nmilter = \"\"\nchallenge = \"\"\n", ""},
    {"a channel without the reply", "[log]\n[notices]\nfrom = \"x\"\n",
     "c.toml:9: notices.from: \"x\" is no address; allowed: an address, in which {domain} stands "
     "for the recipient's domain\n"},
    {"nothing is set", "",
     "c.toml: protect.domains: must be set; allowed: a list of domains, or \"file:/PATH\" of a "
     "file with a domain a line\n"
     "c.toml: challenge.base_url: must be set; allowed: an http or https URL of at most 200 "
     "octets, without query, fragment or user\n"
     "c.toml: authentication.authserv_id: must be set, as source is \"header\"; allowed: an "
     "authserv-id; must be set unless source is \"none\"\n",
     true},
    {"no domain to protect", "[protect]\ndomains = []\n" + kGood.substr(36),
     "c.toml:2: protect.domains: the list is empty: no mail would be screened; allowed: a list of "
     "domains, or \"file:/PATH\" of a file with a domain a line\n",
     true},
    {"a key that is set twice is told beside the rest",
     "[log]\nlevel = \"info\"\nlevel = \"debug\"\ntarget = \"x\"\n",
     "c.toml:9: log.level: is set twice\n"
     "c.toml:10: log.target: \"x\" is none of its words; allowed: \"stderr\", \"syslog\"\n"},
    {"a table that stands twice", "[protect]\nrecipient_delimiter = \"-\"\n",
     "c.toml:7: protect: is set twice\n"},
    {"a value without quotes is told beside the rest", "[log]\nlevel = debug\ntarget = \"x\"\n",
     "c.toml:8: log.level: is no TOML: value: could not determine value type\n"
     "c.toml:9: log.target: \"x\" is none of its words; allowed: \"stderr\", \"syslog\"\n"},
    {"source none with mode hold",
     "[protect]\ndomains = [\"example.org\"]\n[challenge]\nbase_url = \"https://g.example\"\n"
     "[authentication]\nsource = \"none\"\n[first_contact]\nmode = \"hold\"\n",
     "c.toml:6: authentication.source: \"none\" goes only with the modes observe and aside, not "
     "with \"hold\"; allowed: \"header\", \"builtin\", \"none\"\n",
     true},
    {"source none with mode aside",
     "[protect]\ndomains = [\"example.org\"]\n[challenge]\nbase_url = \"https://g.example\"\n"
     "[authentication]\nsource = \"none\"\n[first_contact]\nmode = \"aside\"\n",
     "", true},
    {"source builtin, which writes in its own name",
     "[protect]\ndomains = [\"example.org\"]\n[challenge]\nbase_url = \"https://g.example\"\n"
     "[authentication]\nsource = \"builtin\"\n",
     "c.toml: authentication.authserv_id: must be set, as source is \"builtin\"; allowed: an "
     "authserv-id; must be set unless source is \"none\"\n",
     true},
    {"source builtin with a resolver",
     "[protect]\ndomains = [\"example.org\"]\n[challenge]\nbase_url = \"https://g.example\"\n"
     "[authentication]\nsource = \"builtin\"\nauthserv_id = \"mx\"\nresolver = \"[::1]:53\"\n",
     "", true},
    {"source builtin with ARC",
     "[protect]\ndomains = [\"example.org\"]\n[challenge]\nbase_url = \"https://g.example\"\n"
     "[authentication]\nsource = \"builtin\"\nauthserv_id = \"mx\"\narc_sealers = "
     "[\"a.example\"]\n",
     "c.toml:8: authentication.arc_sealers: only an earlier milter tells of ARC, but source is "
     "\"builtin\"; allowed: a list of domains; empty unless source is \"header\"\n",
     true},
    {"a resolver by name",
     "[protect]\ndomains = [\"example.org\"]\n[challenge]\nbase_url = \"https://g.example\"\n"
     "[authentication]\nsource = \"none\"\nresolver = \"ns.example:53\"\n",
     "c.toml:7: authentication.resolver: \"ns.example:53\" is no IP address, with or without a "
     "port; allowed: an IP address, with or without a port (\"192.0.2.53\", \"127.0.0.1:5353\", "
     "\"[2001:db8::53]:53\"), or \"\"\n",
     true},
    {"a file of domains", "[protect]\ndomains = \"file:/domains\"\n" + kGood.substr(36), "", true},
    {"a file of domains that is missing",
     "[protect]\ndomains = \"file:/missing\"\n" + kGood.substr(36),
     "c.toml:2: protect.domains: cannot read /missing: No such file or directory\n", true},
    {"a file of domains with bad lines",
     "[protect]\ndomains = \"file:/bad-domains\"\n" + kGood.substr(36),
     "/bad-domains:2: protect.domains: \"a..b\" is no domain; allowed: a domain a line; # starts a "
     "comment\n"
     "/bad-domains:4: protect.domains: \"c d\" is no domain; allowed: a domain a line; # starts a "
     "comment\n",
     true},
    {"a file without any domain", "[protect]\ndomains = \"file:/no-domains\"\n" + kGood.substr(36),
     "/no-domains: protect.domains: holds no domain; allowed: a domain a line; # starts a "
     "comment\n",
     true},
    {"a file of domains without its word", "[protect]\ndomains = \"/domains\"\n" + kGood.substr(36),
     "c.toml:2: protect.domains: \"/domains\" is no list, and does not begin with file:; allowed: "
     "a list of domains, or \"file:/PATH\" of a file with a domain a line\n",
     true},
    {"a map of mailboxes with a bad line",
     "[protect]\nmailboxes = \"/bad-mailboxes\"\ndomains = [\"example.org\"]\n" + kGood.substr(36),
     "/bad-mailboxes:2: protect.mailboxes: \"a@example.org b\" is not the address of an owner; "
     "allowed: on each line an address, blanks, and the addresses of its owners\n",
     true},
    {"text that is not UTF-8", "[log]\nlevel = \"\xff\"\n",
     "c.toml:8: log.level: is no TOML: Encountered invalid utf-8 sequence\n"},
    {"a hostile name of a key", "[log]\n\"a\\u001b[2J\" = 1\n",
     "c.toml:8: log.\"a\\x1b[2J\": no such key; allowed: level, target\n"},
};

void check(const Row& row) {
  CPPUNIT_ASSERT_EQUAL(row.want, problems(row.alone ? row.text : kGood + row.text));
}

class CheckTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CheckTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(values_arrive);
  CPPUNIT_TEST(files_arrive);
  CPPUNIT_TEST(load_config_says_it_all);
  CPPUNIT_TEST(a_broken_file_is_told_in_few_lines);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }

  void values_arrive() {
    const auto config = parse_config(
        kGood +
            "[milter]\nsocket_mode = \"0600\"\nrelays = [\"192.0.2.1\", \"192.0.2.1\"]\n"
            "max_message = \"1 MiB\"\n[first_contact]\nmode = \"hold\"\nlifetime = \"90d\"\n"
            "[notices]\ndigest = \"18:30\"\n[store]\nprefix = \"x:\"\n[log]\nlevel = \"debug\"\n",
        "c.toml");
    CPPUNIT_ASSERT_MESSAGE(config ? "" : config.error().detail, config);
    CPPUNIT_ASSERT_EQUAL(0600U, config->milter.socket_mode);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, config->milter.relays.size());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1} << 20, config->milter.max_message);
    CPPUNIT_ASSERT_EQUAL(std::string("hold"), config->first_contact.mode);
    CPPUNIT_ASSERT(config->first_contact.lifetime == std::chrono::hours(24 * 90));
    CPPUNIT_ASSERT(config->notices.digest == std::chrono::minutes(18 * 60 + 30));
    CPPUNIT_ASSERT_EQUAL(std::string("x:"), config->store.prefix);
    CPPUNIT_ASSERT_EQUAL(std::string("debug"), config->log.level);
    CPPUNIT_ASSERT_EQUAL(std::string("https://gate.example.org"), config->challenge.base_url);
  }

  void files_arrive() {
    const auto checked = check_config(
        "[protect]\ndomains = \"file:/domains\"\nmailboxes = \"/mailboxes\"\n" + kGood.substr(36),
        "c.toml", read_file);
    CPPUNIT_ASSERT(checked.problems.empty());
    CPPUNIT_ASSERT(checked.config.protect.domains == std::vector<std::string>{"example.org"});
    CPPUNIT_ASSERT_EQUAL(std::string("/domains"), checked.config.protect.domains_file);
    CPPUNIT_ASSERT_EQUAL(std::string("joe@example.org"),
                         checked.config.protect.owners.at("sales@example.org"));
  }

  void load_config_says_it_all() {
    const auto missing = load_config("/nonexistent/countersign.toml");
    CPPUNIT_ASSERT(!missing);
    CPPUNIT_ASSERT(missing.error().code == Errc::unavailable);
    CPPUNIT_ASSERT_EQUAL(std::string("/nonexistent/countersign.toml: cannot read "
                                     "/nonexistent/countersign.toml: No such file or directory"),
                         missing.error().detail);
    const auto bad = parse_config(kGood + "[log]\nlevel = 1\ntarget = 2\n", "c.toml");
    CPPUNIT_ASSERT(bad.error().code == Errc::invalid);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1},
                         static_cast<std::size_t>(std::count(bad.error().detail.begin(),
                                                             bad.error().detail.end(), '\n')));
  }

  void a_broken_file_is_told_in_few_lines() {
    std::string text;
    for (int i = 0; i < 1000; ++i) text += "a = = b\n";
    CPPUNIT_ASSERT(check_config(text, "c.toml", read_file).problems.size() <= 21);
    CPPUNIT_ASSERT_EQUAL(
        std::size_t{1},
        check_config(std::string(2'000'000, '#'), "c.toml", read_file).problems.size());
    CPPUNIT_ASSERT_EQUAL(
        std::string("c.toml:2: protect.domains: is no TOML: array: expected comma or closing ']', "
                    "saw '\"'\n"),
        problems("[protect]\ndomains = [ \"a.example\" \"b.example\",\n \"c.example\",\n]\n" +
                 kGood.substr(36)));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(CheckTest);

}  // namespace
