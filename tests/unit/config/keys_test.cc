// SPDX-License-Identifier: Apache-2.0
#include "config/keys.h"

#include <cppunit/extensions/HelperMacros.h>

#include <cstdlib>
#include <set>

#include "config/check.h"
#include "config/print.h"

using namespace countersign;

namespace {

std::string source_folder() {
  const char* folder = std::getenv("srcdir");
  return folder ? folder : ".";
}

Result<std::string> no_file(const std::string& path) {
  return Error{Errc::unavailable, "cannot read " + path};
}

class KeysTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(KeysTest);
  CPPUNIT_TEST(every_default_passes_its_own_check);
  CPPUNIT_TEST(every_example_passes);
  CPPUNIT_TEST(every_key_is_documented_and_in_its_table);
  CPPUNIT_TEST(what_is_shown_reads_back);
  CPPUNIT_TEST(the_starter_passes);
  CPPUNIT_TEST(the_starter_names_every_key);
  CPPUNIT_TEST(the_manual_page_is_the_one_that_is_shipped);
  CPPUNIT_TEST_SUITE_END();

 public:
  void every_default_passes_its_own_check() {
    for (const Key& key : config_keys()) {
      if (key.required) continue;
      Config config;
      const Value value = key.show(Config{});
      const Status done = key.set(config, value);
      CPPUNIT_ASSERT_MESSAGE(key.full_name() + ": " + (done ? "" : done.error().detail), done);
      CPPUNIT_ASSERT_MESSAGE(key.full_name(), value == key.show(config));
      CPPUNIT_ASSERT_MESSAGE(key.full_name(), value.kind == key.kind);
    }
  }

  void every_example_passes() {
    std::string text;
    std::string_view open;
    for (const Key& key : config_keys()) {
      if (key.example.empty() || key.full_name() == "protect.mailboxes") continue;
      if (open != key.table) text += "[" + std::string(key.table) + "]\n";
      open = key.table;
      text += std::string(key.name) + " = " + std::string(key.example) + "\n";
    }
    const auto checked = check_config(text, "examples", no_file);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(checked.problems.empty() ? "" : checked.problems.front().text(),
                                 std::size_t{0}, checked.problems.size());
  }

  void every_key_is_documented_and_in_its_table() {
    std::set<std::string> names;
    std::size_t at = 0;
    const auto tables = config_tables();
    for (const Key& key : config_keys()) {
      CPPUNIT_ASSERT_MESSAGE(key.full_name(), names.insert(key.full_name()).second);
      CPPUNIT_ASSERT_MESSAGE(key.full_name(), !key.doc.empty() && key.doc.ends_with("."));
      CPPUNIT_ASSERT_MESSAGE(key.full_name(), !key.allowed.empty());
      CPPUNIT_ASSERT_MESSAGE(key.full_name(), !key.required || !key.example.empty());
      while (at < tables.size() && tables[at].name != key.table) ++at;
      CPPUNIT_ASSERT_MESSAGE(key.full_name(), at < tables.size());
    }
  }

  void what_is_shown_reads_back() {
    Config config;
    config.protect.domains = {"example.org", "example.net"};
    config.authentication.authserv_id = "mx.example.org";
    config.challenge.base_url = "https://gate.example.org";
    config.spool.directory = "/a \"b\" \\c";
    config.milter.relays = {"192.0.2.1"};
    const std::string shown = show_config(config);
    const auto checked = check_config(shown, "shown", no_file);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(checked.problems.empty() ? "" : checked.problems.front().text(),
                                 std::size_t{0}, checked.problems.size());
    CPPUNIT_ASSERT_EQUAL(shown, show_config(checked.config));
    CPPUNIT_ASSERT_EQUAL(config.spool.directory, checked.config.spool.directory);
  }

  void the_starter_passes() {
    const auto checked = check_config(starter_config(), "starter", no_file);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(checked.problems.empty() ? "" : checked.problems.front().text(),
                                 std::size_t{0}, checked.problems.size());
    CPPUNIT_ASSERT_EQUAL(std::string("observe"), checked.config.first_contact.mode);
  }

  /// Whoever takes the # away from a line has a line that is right.
  void the_starter_names_every_key() {
    std::string text = starter_config();
    for (std::size_t at; (at = text.find("\n#")) != std::string::npos;)
      text.replace(at, 2, text[at + 2] == ' ' ? "\n\x01" : "\n");
    for (char& c : text)
      if (c == '\x01') c = '#';
    const auto checked = check_config(
        text, "starter", [](const std::string&) { return Result<std::string>(std::string()); });
    CPPUNIT_ASSERT_EQUAL_MESSAGE(checked.problems.empty() ? "" : checked.problems.front().text(),
                                 std::size_t{0}, checked.problems.size());
    for (const Key& key : config_keys())
      CPPUNIT_ASSERT_MESSAGE(key.full_name(),
                             text.find("\n" + std::string(key.name) + " = ") != std::string::npos);
  }

  void the_manual_page_is_the_one_that_is_shipped() {
    const auto page = read_whole_file(source_folder() + "/docs/man/countersign.toml.5");
    CPPUNIT_ASSERT(page);
    CPPUNIT_ASSERT_MESSAGE("run: countersign config manual > docs/man/countersign.toml.5",
                           *page == config_manual());
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(KeysTest);

}  // namespace
