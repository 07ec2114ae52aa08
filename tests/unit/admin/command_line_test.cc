// SPDX-License-Identifier: Apache-2.0
#include "admin/command_line.h"

#include <cppunit/extensions/HelperMacros.h>
#include <sysexits.h>

#include "admin/exit_status.h"
#include "screening/words.h"
#include "tests/support/admin_rig.h"
#include "tests/support/table_suite.h"

using namespace countersign;
using namespace countersign::admin;

namespace {

CommandLine parse(const std::vector<std::string>& words) {
  std::vector<const char*> argv = {"countersign"};
  for (const auto& word : words) argv.push_back(word.c_str());
  return parse_command_line(static_cast<int>(argv.size()), argv.data(), "/etc/c.toml");
}

/// A command line that is wrong: its status is EX_USAGE, and the complaint holds `want`.
struct Row {
  const char* name;
  std::vector<std::string> words;
  std::string want;
};

const Row kRows[] = {
    {"no verb", {}, "See: countersign --help"},
    {"an unknown verb", {"hold"}, "hold"},
    {"a group without verb", {"held"}, "a verb is missing\nSee: countersign held --help"},
    {"an unknown verb of a group", {"held", "free"}, "free"},
    {"an unknown option", {"held", "list", "--nope"}, "--nope"},
    {"an option of another verb", {"held", "list", "--content"}, "--content"},
    {"a missing id", {"held", "release"}, "ID is required"},
    {"a missing argument", {"contacts", "allow", "site"}, "SUBJECT is required"},
    {"an argument too many", {"contacts", "list", "site", "x"}, "x"},
    {"an option without its value", {"held", "list", "--mailbox"}, "--mailbox"},
    {"a missing option", {"tokens", "issue", "joe@example.org"}, "--label is required"},
    {"a missing option that may be repeated", {"tokens", "audit"}, "--log is required"},
    {"a word that an option does not take",
     {"held", "list", "--state", "lost"},
     "--state: \"lost\" is none of its words; allowed: held, answered, released, dropped, expired, "
     "failed, withdrawn"},
    {"a format that is none",
     {"contacts", "import", "--format", "ldif", "site", "x"},
     "--format: \"ldif\" is none of its words; allowed: vcard, csv, mbox, maildir, list"},
    {"an option given twice", {"held", "list", "--state", "held", "--state", "held"}, "--state"},
    {"two configurations", {"-c", "/a", "-c", "/b", "held", "list"}, "--config"},
    {"two verbs", {"pause", "resume"}, "resume"},
};

void check(const Row& row) {
  const auto line = parse(row.words);
  CPPUNIT_ASSERT(line.verb == nullptr);
  CPPUNIT_ASSERT_EQUAL(EX_USAGE, line.status);
  CPPUNIT_ASSERT_MESSAGE(line.text, line.text.find(row.want) != std::string::npos);
  CPPUNIT_ASSERT_MESSAGE(line.text, line.text.find("--help\n") != std::string::npos);
}

class CommandLineTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CommandLineTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(options_stand_before_or_after_the_verb);
  CPPUNIT_TEST(the_configuration_has_a_default);
  CPPUNIT_TEST(arguments_and_options_arrive);
  CPPUNIT_TEST(every_verb_has_help_with_an_example);
  CPPUNIT_TEST(every_group_has_help);
  CPPUNIT_TEST(the_version_is_told);
  CPPUNIT_TEST(statuses_are_those_of_sysexits);
  CPPUNIT_TEST(the_manual_page_has_every_verb_and_option);
  CPPUNIT_TEST(the_manual_page_of_the_milter_has_every_reason_in_its_order);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }

  void options_stand_before_or_after_the_verb() {
    const std::vector<std::vector<std::string>> lines = {
        {"--json", "-c", "/a", "held", "list"},
        {"held", "--json", "-c", "/a", "list"},
        {"held", "list", "--json", "-c", "/a"},
        {"held", "list", "--config=/a", "--json"},
    };
    for (const auto& words : lines) {
      const auto line = parse(words);
      CPPUNIT_ASSERT_MESSAGE(line.text, line.verb != nullptr);
      CPPUNIT_ASSERT_EQUAL(std::string("held list"), std::string(line.verb->name));
      CPPUNIT_ASSERT_EQUAL(std::string("/a"), line.invocation.config_path);
      CPPUNIT_ASSERT(line.invocation.json);
    }
  }

  void the_configuration_has_a_default() {
    const auto line = parse({"pause"});
    CPPUNIT_ASSERT_EQUAL(std::string("/etc/c.toml"), line.invocation.config_path);
    CPPUNIT_ASSERT(!line.invocation.json);
  }

  void arguments_and_options_arrive() {
    const auto contact =
        parse({"contacts", "allow", "site", "--final", "--fingerprint", "a.example", "example.com",
               "--fingerprint", "b.example", "--note", "x y"});
    CPPUNIT_ASSERT_MESSAGE(contact.text, contact.verb != nullptr);
    const Invocation& given = contact.invocation;
    CPPUNIT_ASSERT_EQUAL(std::string("site"), given.one("WHOM"));
    CPPUNIT_ASSERT_EQUAL(std::string("example.com"), given.one("SUBJECT"));
    CPPUNIT_ASSERT(given.given("--final"));
    CPPUNIT_ASSERT(given.all("--fingerprint") ==
                   (std::vector<std::string>{"a.example", "b.example"}));
    CPPUNIT_ASSERT_EQUAL(std::string("x y"), *given.option("--note"));
    const auto ids = parse({"held", "show", "a", "b", "--content", "c"});
    CPPUNIT_ASSERT_MESSAGE(ids.text, ids.verb != nullptr);
    CPPUNIT_ASSERT(ids.invocation.all("ID") == (std::vector<std::string>{"a", "b", "c"}));
    CPPUNIT_ASSERT(ids.invocation.given("--content"));
    const auto bounce = parse({"why", "<>", "joe@example.org", "--spf"});
    CPPUNIT_ASSERT_EQUAL(std::string("<>"), bounce.invocation.one("SENDER"));
    CPPUNIT_ASSERT(!bounce.invocation.option("--dkim"));
    CPPUNIT_ASSERT(!bounce.invocation.given("--auth"));
  }

  void every_verb_has_help_with_an_example() {
    for (const Verb& verb : verbs()) {
      std::vector<std::string> words;
      for (std::size_t at = 0; at < verb.name.size();) {
        const auto end = std::min(verb.name.find(' ', at), verb.name.size());
        words.emplace_back(verb.name.substr(at, end - at));
        at = end + 1;
      }
      words.emplace_back("--help");
      const auto line = parse(words);
      CPPUNIT_ASSERT_EQUAL(EX_OK, line.status);
      for (const std::string_view part : {verb.summary, verb.example})
        CPPUNIT_ASSERT_MESSAGE(line.text, line.text.find(part) != std::string::npos);
      CPPUNIT_ASSERT_MESSAGE(
          line.text, line.text.find("countersign " + std::string(verb.name)) != std::string::npos);
      for (const Option& option : verb.options)
        CPPUNIT_ASSERT_MESSAGE(line.text, line.text.find(option.doc) != std::string::npos);
    }
  }

  void every_group_has_help() {
    for (const auto* group : {"config", "held", "contacts", "policy", "setup"}) {
      const auto line = parse({group, "--help"});
      CPPUNIT_ASSERT_EQUAL(EX_OK, line.status);
      CPPUNIT_ASSERT(line.text.find(group_summary(group)) != std::string::npos);
      CPPUNIT_ASSERT(line.text.find("Example:") != std::string::npos);
    }
    CPPUNIT_ASSERT(parse({"--help"}).text.find("Example:") != std::string::npos);
  }

  void the_version_is_told() {
    const auto line = parse({"--version"});
    CPPUNIT_ASSERT_EQUAL(EX_OK, line.status);
    CPPUNIT_ASSERT(line.text.starts_with("countersign "));
  }

  void statuses_are_those_of_sysexits() {
    CPPUNIT_ASSERT_EQUAL(EX_NOINPUT, exit_status(Errc::not_found));
    CPPUNIT_ASSERT_EQUAL(EX_DATAERR, exit_status(Errc::invalid));
    CPPUNIT_ASSERT_EQUAL(EX_DATAERR, exit_status(Errc::corrupt));
    CPPUNIT_ASSERT_EQUAL(EX_TEMPFAIL, exit_status(Errc::unavailable));
    CPPUNIT_ASSERT_EQUAL(EX_CANTCREAT, exit_status(Errc::already_exists));
    CPPUNIT_ASSERT_EQUAL(EX_NOINPUT, worse(EX_DATAERR, EX_NOINPUT));
    CPPUNIT_ASSERT_EQUAL(EX_DATAERR, worse(EX_DATAERR, EX_OK));
  }

  void the_manual_page_has_every_verb_and_option() {
    std::string page = test::golden("docs/man/countersign.8");
    for (std::size_t at; (at = page.find("\\-")) != std::string::npos;) page.replace(at, 2, "-");
    for (const Verb& verb : verbs()) {
      // The heading of a verb is its synopsis, to the letter.
      const std::string heading = ".SS " + verb.synopsis() + "\n";
      CPPUNIT_ASSERT_MESSAGE(heading, page.find(heading) != std::string::npos);
      for (const Option& option : verb.options)
        CPPUNIT_ASSERT_MESSAGE(std::string(option.name),
                               page.find(".B " + std::string(option.name)) != std::string::npos);
    }
    std::size_t headings = 0;
    for (std::size_t at = 0; (at = page.find("\n.SS ", at)) != std::string::npos; ++at) ++headings;
    CPPUNIT_ASSERT_EQUAL_MESSAGE("no verb is described that is not there", verbs().size(),
                                 headings);
  }

  void the_manual_page_of_the_milter_has_every_reason_in_its_order() {
    std::string page = test::golden("docs/man/countersign-milter.8");
    for (std::size_t at; (at = page.find("\\-")) != std::string::npos;) page.replace(at, 2, "-");
    const auto begin = page.find(".SH REASONS\n");
    CPPUNIT_ASSERT(begin != std::string::npos);
    const std::string section = page.substr(begin, page.find(".SH EXIT STATUS\n") - begin);
    std::string listed, known;
    const std::string mark = ".TP\n.B ";
    for (std::size_t at = 0; (at = section.find(mark, at)) != std::string::npos;) {
      at += mark.size();
      listed += section.substr(at, section.find('\n', at) - at) + '\n';
    }
    for (const std::string_view reason : kReasonWords) known.append(reason).append("\n");
    CPPUNIT_ASSERT_EQUAL(known, listed);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(CommandLineTest);

}  // namespace
