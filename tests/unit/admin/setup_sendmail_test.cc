// SPDX-License-Identifier: Apache-2.0
//
// setup sendmail on a scratch sendmail.mc: it writes what it says, once, and takes it back to the
// byte; and doctor on what was made of it.
#include <cppunit/extensions/HelperMacros.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "config/check.h"
#include "tests/support/admin_rig.h"

using namespace countersign;
using namespace countersign::admin;
using test::AdminRig;
using test::Ran;

namespace {

const std::string kMc =
    "dnl By hand.\nOSTYPE(`debian')dnl\nDAEMON_OPTIONS(`Name=MTA')dnl\nMAILER(`smtp')dnl\n";

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class SetupSendmailTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SetupSendmailTest);
  CPPUNIT_TEST(without_options_the_lines_are_printed);
  CPPUNIT_TEST(without_a_sendmail_the_lines_are_printed);
  CPPUNIT_TEST(applied_they_stand_last);
  CPPUNIT_TEST(applied_again_it_does_nothing);
  CPPUNIT_TEST(a_change_of_mode_changes_the_line);
  CPPUNIT_TEST(undone_all_is_as_it_was);
  CPPUNIT_TEST(what_somebody_changed_since_is_not_thrown_away);
  CPPUNIT_TEST(a_missing_file_is_told);
  CPPUNIT_TEST(a_missing_folder_is_told);
  CPPUNIT_TEST(a_port_of_another_program_is_told_and_nothing_is_done);
  CPPUNIT_TEST(apply_and_undo_exclude_each_other);
  CPPUNIT_TEST(doctor_judges_what_sendmail_was_told);
  CPPUNIT_TEST(doctor_tells_of_a_socket_that_sendmail_does_not_trust);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    rig_ = std::make_unique<AdminRig>();
    dir_ = rig_->folder.path() + "/mail";
    ::mkdir(dir_.c_str(), 0755);
    std::ofstream(dir_ + "/sendmail.mc") << kMc;
    write_config("hold");
  }

  void write_config(const std::string& mode) {
    rig_->write_config("[milter]\nsocket = \"unix:" + rig_->folder.path() +
                       "/run/milter.sock\"\n[first_contact]\nmode = \"" + mode + "\"\n");
  }

  Ran setup(std::vector<std::string> more) {
    std::vector<std::string> words = {"setup", "sendmail", "--sendmail-dir", dir_};
    words.insert(words.end(), more.begin(), more.end());
    return rig_->run(words);
  }
  void apply() {
    const Ran ran = setup({"--apply"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(ran.err, EX_OK, ran.status);
  }
  std::string mc() { return *read_whole_file(dir_ + "/sendmail.mc"); }
  bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }
  std::string filter(const std::string& flag) {
    return "INPUT_MAIL_FILTER(`countersign', `S=local:" + rig_->folder.path() +
           "/run/milter.sock, " + flag + "T=C:30s;S:30s;R:30s;E:5m')dnl\n";
  }

  void without_options_the_lines_are_printed() {
    const Ran ran = setup({});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(ran.err, EX_OK, ran.status);
    CPPUNIT_ASSERT_MESSAGE(ran.out, has(ran.out, filter("F=T, ")));
    CPPUNIT_ASSERT_MESSAGE(ran.out, has(ran.out, "Port=10026, InputMailFilters=')dnl\n"));
    CPPUNIT_ASSERT(has(ran.err, "this would be written into " + dir_ + "/sendmail.mc"));
    CPPUNIT_ASSERT_EQUAL(kMc, mc());
    CPPUNIT_ASSERT(!exists(rig_->folder.path() + "/run") && !exists(dir_ + "/countersign-backup"));
    const std::string json = setup({"--json"}).out;
    CPPUNIT_ASSERT_MESSAGE(json, json.starts_with("{\"edit\":\"line\",\"name\":\"sendmail.mc\","
                                                  "\"value\":\"dnl "));
    CPPUNIT_ASSERT_MESSAGE(json, has(json, "\"was\":\"\",\"done\":false}\n{\"edit\":\"folder\","));
  }

  void without_a_sendmail_the_lines_are_printed() {
    ::unlink((dir_ + "/sendmail.mc").c_str());
    const Ran ran = setup({});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(ran.err, EX_OK, ran.status);
    CPPUNIT_ASSERT_MESSAGE(ran.out, has(ran.out, filter("F=T, ")));
    CPPUNIT_ASSERT(has(ran.err, "there is no " + dir_ + "/sendmail.mc; these lines are for it"));
  }

  void applied_they_stand_last() {
    const Ran ran = setup({"--apply"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(ran.err, EX_OK, ran.status);
    CPPUNIT_ASSERT_MESSAGE(ran.err, has(ran.err, "now run: make -C " + dir_ + " && "));
    CPPUNIT_ASSERT(mc().starts_with(kMc + "dnl countersign: begin"));
    CPPUNIT_ASSERT(has(mc(), filter("F=T, ")));
    CPPUNIT_ASSERT(mc().ends_with("dnl countersign: end\n"));
    CPPUNIT_ASSERT(exists(rig_->folder.path() + "/run"));
  }

  void applied_again_it_does_nothing() {
    apply();
    const std::string once = mc();
    const Ran again = setup({"--apply"});
    CPPUNIT_ASSERT_EQUAL(EX_OK, again.status);
    CPPUNIT_ASSERT_EQUAL(std::string(), again.out);
    CPPUNIT_ASSERT_MESSAGE(again.err, has(again.err, "nothing to do"));
    CPPUNIT_ASSERT_EQUAL(once, mc());
  }

  void a_change_of_mode_changes_the_line() {
    apply();
    write_config("observe");
    apply();
    CPPUNIT_ASSERT(has(mc(), filter("")) && !has(mc(), filter("F=T, ")));
  }

  void undone_all_is_as_it_was() {
    ::chmod((dir_ + "/sendmail.mc").c_str(), 0640);
    apply();
    write_config("observe");
    apply();
    const Ran ran = setup({"--undo"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(ran.err, EX_OK, ran.status);
    CPPUNIT_ASSERT_EQUAL(kMc, mc());
    CPPUNIT_ASSERT(!exists(dir_ + "/countersign-backup") && !exists(rig_->folder.path() + "/run"));
    struct stat file {};
    ::stat((dir_ + "/sendmail.mc").c_str(), &file);
    CPPUNIT_ASSERT_EQUAL(0640U, file.st_mode & 0777U);
    CPPUNIT_ASSERT(has(setup({"--undo"}).err, "nothing to undo"));
  }

  void what_somebody_changed_since_is_not_thrown_away() {
    apply();
    std::ofstream(dir_ + "/sendmail.mc", std::ios::app) << "dnl Mine.\n";
    const std::string changed = mc();
    const Ran ran = setup({"--undo"});
    CPPUNIT_ASSERT_EQUAL(EX_CANTCREAT, ran.status);
    CPPUNIT_ASSERT_MESSAGE(ran.err, has(ran.err, "changed since by somebody else"));
    CPPUNIT_ASSERT_EQUAL(changed, mc());
  }

  void a_missing_file_is_told() {
    ::unlink((dir_ + "/sendmail.mc").c_str());
    const Ran ran = setup({"--apply"});
    CPPUNIT_ASSERT_EQUAL(EX_NOINPUT, ran.status);
    CPPUNIT_ASSERT_MESSAGE(ran.err, has(ran.err, "there is no " + dir_ + "/sendmail.mc"));
  }

  void a_port_of_another_program_is_told_and_nothing_is_done() {
    const std::string address = "127.0.0.1:10026";
    rig_->ports[address] = Error{Errc::already_exists, address + ": Address already in use"};
    const Ran ran = setup({"--apply"});
    CPPUNIT_ASSERT_EQUAL(EX_CANTCREAT, ran.status);
    CPPUNIT_ASSERT_MESSAGE(ran.err, ran.err.starts_with("release.smtp is 127.0.0.1:10026, and "
                                                        "another program listens there already"));
    CPPUNIT_ASSERT_EQUAL(kMc, mc());
    // Sendmail has it itself, by a sendmail.cf of before.
    rig_->welcomes.emplace(address, Welcome{{220, "mx ESMTP Sendmail 8.17.1/8.17.1; now"}, {}});
    CPPUNIT_ASSERT_EQUAL(EX_OK, setup({}).status);
    rig_->welcomes.clear();
    // A port that sendmail.cf has is Sendmail's own.
    std::ofstream(dir_ + "/sendmail.cf")
        << "O DaemonPortOptions=Name=MTA\n"
           "O DaemonPortOptions=Name=countersign-reentry, Addr=127.0.0.1, Port=10026\n";
    apply();
  }

  void a_missing_folder_is_told() {
    for (const char* how : {"", "--apply", "--undo"}) {
      std::vector<std::string> words = {"setup", "sendmail", "--sendmail-dir", dir_ + "/none"};
      if (*how != '\0') words.push_back(how);
      const Ran ran = rig_->run(words);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(how, EX_DATAERR, ran.status);
      CPPUNIT_ASSERT_EQUAL(std::string(), ran.out);
      CPPUNIT_ASSERT_MESSAGE(ran.err,
                             has(ran.err, "--sendmail-dir: there is no " + dir_ + "/none"));
    }
  }

  void apply_and_undo_exclude_each_other() {
    CPPUNIT_ASSERT_EQUAL(EX_USAGE, setup({"--apply", "--undo"}).status);
    CPPUNIT_ASSERT_EQUAL(kMc, mc());
  }

  void doctor_judges_what_sendmail_was_told() {
    const auto found = [&] { return rig_->run({"doctor", "--sendmail-dir", dir_}).out; };
    CPPUNIT_ASSERT(has(found(), "FAIL sendmail: there is no " + dir_ + "/sendmail.cf"));
    std::ofstream(dir_ + "/sendmail.cf")
        << "O InputMailFilters=countersign\nXcountersign, S=local:" << rig_->folder.path()
        << "/run/milter.sock, T=R:5s\nO DaemonPortOptions=Name=MTA\n";
    const std::string all = found();
    for (const auto* part : {"lacks F=T", "has T=R:5s", "no port listens at release.smtp",
                             "no port listens at notices.smtp"})
      CPPUNIT_ASSERT_MESSAGE(all, has(all, part));
    CPPUNIT_ASSERT_MESSAGE(all, !has(all, "postfix"));
  }

  void doctor_tells_of_a_socket_that_sendmail_does_not_trust() {
    std::ofstream(dir_ + "/sendmail.cf") << "O InputMailFilters=\n";
    ::mkdir((rig_->folder.path() + "/run").c_str(), 0755);
    ::chmod((rig_->folder.path() + "/run").c_str(), 01777);
    const std::string all = rig_->run({"doctor", "--sendmail-dir", dir_}).out;
    CPPUNIT_ASSERT_MESSAGE(
        all, has(all, ": Sendmail does not trust " + rig_->folder.path() + "/run/milter.sock"));
  }

 private:
  std::unique_ptr<AdminRig> rig_;
  std::string dir_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(SetupSendmailTest);

}  // namespace
