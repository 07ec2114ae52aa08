// SPDX-License-Identifier: Apache-2.0
//
// setup postfix on a scratch configuration, by the real postconf(1): it changes what it says, once,
// and takes it back to the byte.
#include <cppunit/extensions/HelperMacros.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "admin/config_backup.h"
#include "admin/forged_fields.h"
#include "admin/header_table.h"
#include "base/process.h"
#include "config/check.h"
#include "tests/support/admin_rig.h"

using namespace countersign;
using namespace countersign::admin;
using test::AdminRig;
using test::Ran;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string text_of(const std::string& path) {
  const auto text = read_whole_file(path);
  CPPUNIT_ASSERT_MESSAGE(path, text);
  return *text;
}

std::string me() { return ::getpwuid(::geteuid())->pw_name; }

class SetupTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SetupTest);
  CPPUNIT_TEST(without_options_nothing_is_changed);
  CPPUNIT_TEST(applied_it_is_there_and_in_order);
  CPPUNIT_TEST(applied_again_it_does_nothing);
  CPPUNIT_TEST(forged_fields_are_removed_by_a_table);
  CPPUNIT_TEST(the_table_matches_every_spelling_and_no_other_field);
  CPPUNIT_TEST(an_authserv_id_of_odd_characters_is_taken_literally);
  CPPUNIT_TEST(without_header_checks_there_is_no_table);
  CPPUNIT_TEST(a_table_that_is_gone_is_told_and_made_again);
  CPPUNIT_TEST(policies_count_as_the_configuration_does);
  CPPUNIT_TEST(undone_all_is_as_it_was);
  CPPUNIT_TEST(two_runs_are_undone_together);
  CPPUNIT_TEST(what_somebody_changed_since_is_not_thrown_away);
  CPPUNIT_TEST(what_somebody_changed_between_two_runs_stops_the_whole_undo);
  CPPUNIT_TEST(a_run_that_was_cut_is_undone);
  CPPUNIT_TEST(a_failure_in_the_middle_leaves_all_as_it_was);
  CPPUNIT_TEST(the_sockets_folder_is_open_to_postfix);
  CPPUNIT_TEST(a_folder_that_was_there_stays);
  CPPUNIT_TEST(a_user_that_is_not_there_is_told_whatever_is_to_be_done);
  CPPUNIT_TEST(apply_and_undo_exclude_each_other);
  CPPUNIT_TEST(a_missing_postfix_is_told);
  CPPUNIT_TEST(a_port_of_another_program_is_told_and_nothing_is_done);
  CPPUNIT_TEST(a_socket_outside_of_the_chroot_is_told_and_nothing_is_done);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    rig_ = std::make_unique<AdminRig>();
    dir_ = rig_->folder.path() + "/postfix";
    queue_ = rig_->folder.path() + "/queue";
    ::mkdir(dir_.c_str(), 0755);
    ::mkdir(queue_.c_str(), 0755);
    std::ofstream(dir_ + "/main.cf") << "# Ours, by hand.\ncompatibility_level = 3.6\n"
                                     << "queue_directory = " << queue_ << "\nmail_owner = " << me()
                                     << "\nsmtpd_milters = unix:sign.sock,\n    unix:spam.sock\n";
    std::ofstream(dir_ + "/master.cf")
        << "# By hand.\nsmtp      inet  n       -       y       -       -       smtpd\n"
           "submission inet n       -       y       -       -       smtpd\n"
           "  -o smtpd_milters=unix:sign.sock\n";
    main_ = text_of(dir_ + "/main.cf");
    master_ = text_of(dir_ + "/master.cf");
    write_config("hold");
    rig_->run_program = [](const std::vector<std::string>& argv) {
      return run_program(argv, std::chrono::steady_clock::now() + seconds(60));
    };
  }

  void write_config(const std::string& mode) {
    rig_->write_config("[milter]\nsocket = \"unix:" + queue_ +
                       "/countersign/milter.sock\"\n[first_contact]\nmode = \"" + mode + "\"\n");
  }

  Ran setup(std::vector<std::string> more) {
    std::vector<std::string> words = {"setup", "postfix", "--postfix-dir", dir_, "--user", me()};
    words.insert(words.end(), more.begin(), more.end());
    return rig_->run(words);
  }
  Ran apply() {
    const Ran ran = setup({"--apply"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(ran.err, EX_OK, ran.status);
    return ran;
  }
  ConfigBackups backups() {
    return ConfigBackups(dir_, {"main.cf", "master.cf"}, {"countersign_header_checks"});
  }
  std::string table() { return dir_ + "/countersign_header_checks"; }
  bool is_untouched() {
    return text_of(dir_ + "/main.cf") == main_ && text_of(dir_ + "/master.cf") == master_ &&
           !exists(table());
  }
  bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

  void without_options_nothing_is_changed() {
    const Ran ran = setup({});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(ran.err, EX_OK, ran.status);
    CPPUNIT_ASSERT_MESSAGE(ran.out,
                           has(ran.out, "postconf -c " + dir_ + " -e 'in_flow_delay = 0'"));
    CPPUNIT_ASSERT_MESSAGE(ran.out,
                           has(ran.out, "-M -e '127.0.0.1:10026/inet=127.0.0.1:10026 inet"));
    CPPUNIT_ASSERT(is_untouched());
    CPPUNIT_ASSERT(!exists(queue_ + "/countersign") && !exists(dir_ + "/countersign-backup"));
    const std::string json = setup({"--json"}).out;
    CPPUNIT_ASSERT_MESSAGE(
        json, json.starts_with("{\"edit\":\"parameter\",\"name\":\"in_flow_delay\",\"value\":\"0\","
                               "\"was\":\"1s\",\"done\":false}\n"));
  }

  void applied_it_is_there_and_in_order() {
    const Ran ran = apply();
    CPPUNIT_ASSERT_MESSAGE(ran.err, has(ran.err, "now run: postfix -c " + dir_ + " reload"));
    const std::string main = text_of(dir_ + "/main.cf");
    CPPUNIT_ASSERT_MESSAGE(main,
                           has(main, "{ unix:countersign/milter.sock, default_action=tempfail }"));
    CPPUNIT_ASSERT(has(main, "# Ours, by hand.\n"));
    const std::string master = text_of(dir_ + "/master.cf");
    CPPUNIT_ASSERT_MESSAGE(master, has(master, "127.0.0.1:10026 inet"));
    CPPUNIT_ASSERT_MESSAGE(
        master, has(master, "unix:sign.sock,{unix:countersign/milter.sock,default_action=accept}"));
    const std::string found = rig_->run({"doctor", "--postfix-dir", dir_}).out;
    CPPUNIT_ASSERT_MESSAGE(found, !has(found, "FAIL postfix"));
  }

  void applied_again_it_does_nothing() {
    apply();
    const std::string main = text_of(dir_ + "/main.cf"), master = text_of(dir_ + "/master.cf");
    const Ran again = apply();
    CPPUNIT_ASSERT_EQUAL(std::string(), again.out);
    CPPUNIT_ASSERT_MESSAGE(again.err, has(again.err, "nothing to do"));
    CPPUNIT_ASSERT_EQUAL(main, text_of(dir_ + "/main.cf"));
    CPPUNIT_ASSERT_EQUAL(master, text_of(dir_ + "/master.cf"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, backups().list().size());
  }

  void forged_fields_are_removed_by_a_table() {
    std::ofstream(dir_ + "/main.cf", std::ios::app) << "header_checks = pcre:/e/own\n";
    std::ofstream(dir_ + "/master.cf", std::ios::app)
        << "clean2 unix n - y - 0 cleanup\n  -o header_checks=regexp:/e/a,regexp:/e/b\n";
    const Ran ran = apply();
    CPPUNIT_ASSERT_MESSAGE(ran.out, has(ran.out, "printf '%s\\n' '# Made by "));
    const std::string main = text_of(dir_ + "/main.cf");
    CPPUNIT_ASSERT_MESSAGE(main,
                           has(main, "\nheader_checks = regexp:" + table() + ", pcre:/e/own\n"));
    CPPUNIT_ASSERT_MESSAGE(main, has(main, "\nnested_header_checks = pcre:/e/own\n"));
    CPPUNIT_ASSERT_MESSAGE(main, has(main, "\nmessage_reject_characters = \\0\n"));
    const std::string master = text_of(dir_ + "/master.cf");
    CPPUNIT_ASSERT_MESSAGE(
        master, has(master, "header_checks=regexp:" + table() + ",regexp:/e/a,regexp:/e/b"));
    CPPUNIT_ASSERT_MESSAGE(master, has(master, "nested_header_checks=regexp:/e/a,regexp:/e/b"));
    CPPUNIT_ASSERT(has(setup({"--apply"}).err, "nothing to do"));
    // Who changed it since is asked before it is taken away.
    std::ofstream(table(), std::ios::app) << "# mine\n";
    CPPUNIT_ASSERT_EQUAL(EX_CANTCREAT, setup({"--undo"}).status);
    // A second run writes it anew; what somebody wrote stands in its backup.
    apply();
    CPPUNIT_ASSERT(!has(text_of(table()), "# mine"));
    CPPUNIT_ASSERT_EQUAL(EX_CANTCREAT, setup({"--undo"}).status);
    CPPUNIT_ASSERT(!has(text_of(table()), "# mine"));
    CPPUNIT_ASSERT(has(text_of(backups().list().front() + "/countersign_header_checks"), "# mine"));
  }

  void the_table_matches_every_spelling_and_no_other_field() {
    apply();
    // postmap(1) insists on a mail_owner who is not root.
    std::ofstream(queue_ + "/main.cf") << "compatibility_level = 3.6\n";
    const auto action = [&](const std::string& field) {
      const auto said = run_program({"postmap", "-c", queue_, "-q", field, "regexp:" + table()},
                                    std::chrono::steady_clock::now() + seconds(60));
      return said && has(*said, "IGNORE");
    };
    for (const auto& forged : forged_fields("a@x.example", "mx.example.org", "nonce1"))
      CPPUNIT_ASSERT_MESSAGE(std::string(forged.name),
                             action(forged.text.substr(0, forged.text.size() - 2)));
    for (const auto* other : {"Authentication-Results: mx.example.com; spf=pass",
                              "Authentication-Results: mxaexample.org; spf=pass",
                              "ARC-Authentication-Results: i=1; mx.example.org; spf=pass",
                              "X-Authentication-Results: mx.example.org; spf=pass",
                              "Subject: Authentication-Results: mx.example.org; spf=pass"})
      CPPUNIT_ASSERT_MESSAGE(other, !action(other));
  }

  void an_authserv_id_of_odd_characters_is_taken_literally() {
    apply();
    std::ofstream(queue_ + "/main.cf") << "compatibility_level = 3.6\n";
    for (const std::string id : {"a/b^c$d*e", "x[1]+{2}|?", "a-b_c~`'!#%&=@:<>,"}) {
      std::ofstream(table()) << header_table(id);
      const auto matches = [&](const std::string& in) {
        return bool(
            run_program({"postmap", "-c", queue_, "-q",
                         "Authentication-Results: " + in + "; spf=pass", "regexp:" + table()},
                        std::chrono::steady_clock::now() + seconds(60)));
      };
      CPPUNIT_ASSERT_MESSAGE(id, matches(id));
      CPPUNIT_ASSERT_MESSAGE(id, !matches(id.substr(1)));
    }
  }

  void without_header_checks_there_is_no_table() {
    CPPUNIT_ASSERT_EQUAL(EX_OK, setup({"--apply", "--no-header-checks"}).status);
    CPPUNIT_ASSERT(!exists(table()));
    CPPUNIT_ASSERT(!has(text_of(dir_ + "/main.cf"), "header_checks"));
    const std::string found = rig_->run({"doctor", "--postfix-dir", dir_}).out;
    CPPUNIT_ASSERT_MESSAGE(found, has(found, "WARN postfix: no header checks remove forged"));
  }

  void a_table_that_is_gone_is_told_and_made_again() {
    apply();
    ::unlink(table().c_str());
    const Ran ran = rig_->run({"doctor", "--postfix-dir", dir_});
    CPPUNIT_ASSERT_EQUAL(EX_UNAVAILABLE, ran.status);
    CPPUNIT_ASSERT_MESSAGE(ran.out, has(ran.out, "FAIL postfix: " + table() + " is not there"));
    apply();
    CPPUNIT_ASSERT(!has(rig_->run({"doctor", "--postfix-dir", dir_}).out, "is not there"));
  }

  void policies_count_as_the_configuration_does() {
    write_config("observe");
    apply();
    CPPUNIT_ASSERT(has(text_of(dir_ + "/main.cf"), "default_action=accept }"));
    const Ran set = rig_->run({"policy", "set", "joe@example.org", "mode=hold"});
    CPPUNIT_ASSERT_MESSAGE(set.err, has(set.err, "Run 'countersign setup postfix --apply'"));
    const std::string found = rig_->run({"doctor", "--postfix-dir", dir_}).out;
    CPPUNIT_ASSERT_MESSAGE(found, has(found, "default_action is accept"));
    CPPUNIT_ASSERT(!has(rig_->run({"policy", "set", "site", "mode=hold"}).err, "setup postfix"));
    apply();
    CPPUNIT_ASSERT(has(text_of(dir_ + "/main.cf"), "default_action=tempfail }"));
    // The site's own observe stands over a configuration that holds, but not over joe.
    write_config("hold");
    rig_->run({"policy", "set", "site", "mode=observe"});
    CPPUNIT_ASSERT(has(setup({}).err, "nothing to do"));
    rig_->run({"policy", "set", "joe@example.org", "mode="});
    apply();
    CPPUNIT_ASSERT(has(text_of(dir_ + "/main.cf"), "default_action=accept }"));
    rig_->store.set_down(true);
    const Ran down = setup({"--apply"});
    CPPUNIT_ASSERT_MESSAGE(down.err, has(down.err, "the policies in the store cannot be read"));
    CPPUNIT_ASSERT(has(text_of(dir_ + "/main.cf"), "default_action=tempfail }"));
  }

  void undone_all_is_as_it_was() {
    ::chmod((dir_ + "/main.cf").c_str(), 0640);
    apply();
    const Ran ran = setup({"--undo"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(ran.err, EX_OK, ran.status);
    CPPUNIT_ASSERT(is_untouched());
    CPPUNIT_ASSERT(!exists(dir_ + "/countersign-backup") && !exists(queue_ + "/countersign"));
    struct stat file {};
    ::stat((dir_ + "/main.cf").c_str(), &file);
    CPPUNIT_ASSERT_EQUAL(0640U, file.st_mode & 0777U);
    const Ran again = setup({"--undo"});
    CPPUNIT_ASSERT_EQUAL(EX_OK, again.status);
    CPPUNIT_ASSERT_MESSAGE(again.err, has(again.err, "nothing to undo"));
  }

  void two_runs_are_undone_together() {
    apply();
    write_config("observe");
    apply();
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, backups().list().size());
    CPPUNIT_ASSERT_EQUAL(EX_OK, setup({"--undo"}).status);
    CPPUNIT_ASSERT(is_untouched());
  }

  void what_somebody_changed_since_is_not_thrown_away() {
    apply();
    std::ofstream(dir_ + "/main.cf", std::ios::app) << "always_bcc = all@example.org\n";
    const std::string main = text_of(dir_ + "/main.cf");
    const Ran ran = setup({"--undo"});
    CPPUNIT_ASSERT_EQUAL(EX_CANTCREAT, ran.status);
    CPPUNIT_ASSERT_MESSAGE(ran.err,
                           has(ran.err, "changed since by somebody else: " + dir_ + "/main.cf"));
    CPPUNIT_ASSERT_EQUAL(main, text_of(dir_ + "/main.cf"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, backups().list().size());
  }

  void what_somebody_changed_between_two_runs_stops_the_whole_undo() {
    apply();
    std::ofstream(dir_ + "/main.cf", std::ios::app) << "always_bcc = all@example.org\n";
    write_config("observe");
    rig_->clock.advance(seconds(5));
    apply();
    const std::string main = text_of(dir_ + "/main.cf"), master = text_of(dir_ + "/master.cf");
    const auto list = backups().list();
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, list.size());
    for (int i = 0; i < 2; ++i) {
      const Ran ran = setup({"--undo"});
      CPPUNIT_ASSERT_EQUAL(EX_CANTCREAT, ran.status);
      CPPUNIT_ASSERT_EQUAL(std::string(), ran.out);
      CPPUNIT_ASSERT_MESSAGE(ran.err,
                             has(ran.err, "by somebody else: " + dir_ + "/main.cf; nothing"));
      CPPUNIT_ASSERT_MESSAGE(ran.err, has(ran.err, "compare with " + list.back()));
      // Not half of it: with default_action=tempfail, say, in mode observe.
      CPPUNIT_ASSERT_EQUAL(main, text_of(dir_ + "/main.cf"));
      CPPUNIT_ASSERT_EQUAL(master, text_of(dir_ + "/master.cf"));
      CPPUNIT_ASSERT(backups().list() == list);
    }
    CPPUNIT_ASSERT_EQUAL(main_, text_of(list.back() + "/main.cf"));
  }

  void a_run_that_was_cut_is_undone() {
    apply();
    ::unlink((backups().list().front() + "/after").c_str());
    CPPUNIT_ASSERT_EQUAL(EX_OK, setup({"--undo"}).status);
    CPPUNIT_ASSERT(is_untouched());
  }

  void a_failure_in_the_middle_leaves_all_as_it_was() {
    for (int fails_at = 1; fails_at <= 6; ++fails_at) {
      int edits = 0;
      rig_->run_program = [&](const std::vector<std::string>& argv) -> Result<std::string> {
        const bool edit = std::find(argv.begin(), argv.end(), "-e") != argv.end();
        if (edit && ++edits == fails_at) return Error{Errc::invalid, "postconf: fatal: no"};
        return run_program(argv, std::chrono::steady_clock::now() + seconds(60));
      };
      const Ran ran = setup({"--apply"});
      CPPUNIT_ASSERT_EQUAL(EX_DATAERR, ran.status);
      CPPUNIT_ASSERT_MESSAGE(ran.err, has(ran.err, "postconf: fatal: no\nall is as it was\n"));
      CPPUNIT_ASSERT(is_untouched());
      CPPUNIT_ASSERT(!exists(dir_ + "/countersign-backup") && !exists(queue_ + "/countersign"));
    }
  }

  void the_sockets_folder_is_open_to_postfix() {
    apply();
    struct stat folder {};
    CPPUNIT_ASSERT_EQUAL(0, ::stat((queue_ + "/countersign").c_str(), &folder));
    CPPUNIT_ASSERT_EQUAL(02750U, folder.st_mode & 07777U);
    CPPUNIT_ASSERT_EQUAL(::getpwuid(::geteuid())->pw_gid, folder.st_gid);
  }

  void a_folder_that_was_there_stays() {
    ::mkdir((queue_ + "/countersign").c_str(), 0755);
    apply();
    CPPUNIT_ASSERT_EQUAL(EX_OK, setup({"--undo"}).status);
    CPPUNIT_ASSERT(exists(queue_ + "/countersign"));
  }

  void a_user_that_is_not_there_is_told_whatever_is_to_be_done() {
    for (int i = 0; i < 2; ++i) {
      for (const auto& more : {std::vector<std::string>{}, std::vector<std::string>{"--apply"}}) {
        std::vector<std::string> words = {"setup", "postfix", "--postfix-dir",
                                          dir_,    "--user",  "no-such-user"};
        words.insert(words.end(), more.begin(), more.end());
        const Ran ran = rig_->run(words);
        CPPUNIT_ASSERT_EQUAL(EX_NOUSER, ran.status);
        CPPUNIT_ASSERT_EQUAL(std::string("--user: no user no-such-user on this host\n"), ran.err);
      }
      apply();  // then there is nothing left to do
    }
  }
  void apply_and_undo_exclude_each_other() {
    CPPUNIT_ASSERT_EQUAL(EX_USAGE, setup({"--apply", "--undo"}).status);
    CPPUNIT_ASSERT(is_untouched());
  }

  void a_socket_outside_of_the_chroot_is_told_and_nothing_is_done() {
    const std::string folder = rig_->folder.path() + "/run";
    rig_->write_config("[milter]\nsocket = \"unix:" + folder + "/milter.sock\"\n");
    for (const auto& more : {std::vector<std::string>{}, {"--apply"}}) {
      const Ran ran = setup(more);
      CPPUNIT_ASSERT_EQUAL(more.empty() ? EX_OK : EX_CANTCREAT, ran.status);
      CPPUNIT_ASSERT_EQUAL(more.empty(), has(ran.out, "smtpd_milters"));
      CPPUNIT_ASSERT_MESSAGE(ran.err,
                             has(ran.err, "\"unix:" + queue_ + "/countersign/milter.sock"));
      CPPUNIT_ASSERT(is_untouched());
      CPPUNIT_ASSERT(!exists(dir_ + "/countersign-backup") && !exists(folder));
    }
  }

  void a_port_of_another_program_is_told_and_nothing_is_done() {
    const std::string address = "127.0.0.1:10027";
    for (const auto& more : {std::vector<std::string>{}, {"--apply"}}) {
      rig_->ports[address] = Error{Errc::already_exists, address + ": Address already in use"};
      const Ran taken = setup(more);
      CPPUNIT_ASSERT_EQUAL(EX_CANTCREAT, taken.status);
      CPPUNIT_ASSERT_EQUAL(std::string(), taken.out);
      CPPUNIT_ASSERT_MESSAGE(
          taken.err, taken.err.starts_with("notices.smtp is 127.0.0.1:10027, and another program "
                                           "listens there already: choose another port for "
                                           "notices.smtp in countersign.toml"));
      rig_->ports[address] = Error{Errc::invalid, address + ": Cannot assign requested address"};
      const Ran nowhere = setup(more);
      CPPUNIT_ASSERT_EQUAL(EX_DATAERR, nowhere.status);
      CPPUNIT_ASSERT_MESSAGE(nowhere.err,
                             has(nowhere.err, "notices.smtp: nothing can listen there: "));
      CPPUNIT_ASSERT(is_untouched());
      CPPUNIT_ASSERT(!exists(dir_ + "/countersign-backup") && !exists(queue_ + "/countersign"));
    }
    // What greets as this Postfix is not believed to be it while it does not run.
    rig_->ports[address] = Error{Errc::already_exists, address + ": Address already in use"};
    const auto banner = rig_->run_program({"postconf", "-c", dir_, "-x", "-h", "smtpd_banner"});
    CPPUNIT_ASSERT(banner);
    rig_->welcomes.emplace(address, Welcome{{220, banner->substr(0, banner->find('\n'))}, {}});
    bool runs = false;
    rig_->run_program = [&](const std::vector<std::string>& argv) -> Result<std::string> {
      if (argv.front() != "postfix")
        return run_program(argv, std::chrono::steady_clock::now() + seconds(60));
      CPPUNIT_ASSERT_EQUAL(std::string("status"), argv.back());
      if (runs) return std::string();
      return Error{Errc::invalid, "postfix: status 1"};
    };
    if (::geteuid() == 0) CPPUNIT_ASSERT_EQUAL(EX_CANTCREAT, setup({}).status);
    runs = true;
    CPPUNIT_ASSERT_EQUAL(EX_OK, setup({}).status);
    // Once it is Postfix's own, who listens there is Postfix.
    rig_->ports.clear();
    apply();
    rig_->ports[address] = Error{Errc::already_exists, address + ": Address already in use"};
    CPPUNIT_ASSERT(has(setup({"--apply"}).err, "nothing to do"));
  }

  void a_missing_postfix_is_told() {
    ::unlink((dir_ + "/main.cf").c_str());
    const Ran ran = setup({"--apply"});
    CPPUNIT_ASSERT_EQUAL(EX_DATAERR, ran.status);
    CPPUNIT_ASSERT_MESSAGE(ran.err, has(ran.err, "main.cf"));
  }

 private:
  std::unique_ptr<AdminRig> rig_;
  std::string dir_, queue_, main_, master_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(SetupTest);

}  // namespace
