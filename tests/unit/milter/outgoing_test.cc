// SPDX-License-Identifier: Apache-2.0
//
// Rule 1's learning: what of a user's mail teaches what, and that no fault delays it.
#include "milter/outgoing.h"

#include <cppunit/extensions/HelperMacros.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "milter/asked_tuple.h"
#include "tests/support/milter_rig.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

using test::Mail;
using test::MilterRig;
using Kind = Verdict::Kind;

Mailbox box(const std::string& address) { return *Mailbox::parse(address); }

/// Mail of joe@example.org to alice@example.com, as his mail program submits it.
struct Row {
  const char* name;
  std::string reverse_path;
  std::vector<std::string> to;
  std::string header;
  std::string want;  ///< owner, then the contacts, each with a blank before, then "+" digests
};

const std::string kFrom = "From: Joe <joe@example.org>\r\n";
const std::string kId = "Message-ID: <1@example.org>\r\n";

const Row kRows[] = {
    {"the recipient in To",
     "<joe@example.org>",
     {"<alice@example.com>"},
     kFrom + kId + "To: Alice <alice@example.com>\r\n",
     "joe@example.org a:alice@example.com +3"},
    {"who stands in Cc, and Bcc by the envelope",
     "<joe@example.org>",
     {"<alice@example.com>", "<bob@example.com>", "<hidden@example.net>"},
     kFrom + kId + "To: alice@example.com\r\nCc: \"x\" <bob@example.com>\r\n",
     "joe@example.org a:alice@example.com a:bob@example.com a:hidden@example.net +8"},
    {"who stands in To, but is sent to otherwise",
     "<joe@example.org>",
     {"<bob@example.com>"},
     kFrom + kId + "To: alice@example.com\r\n",
     "joe@example.org a:alice@example.com a:bob@example.com +3"},
    {"several fields",
     "<joe@example.org>",
     {"<a@x.example>"},
     kFrom + "To: a@x.example\r\nTo: b@x.example\r\ncc: c@x.example, Team: d@x.example;\r\n",
     "joe@example.org a:a@x.example a:b@x.example a:c@x.example a:d@x.example +0"},
    {"an address as display name is nobody",
     "<joe@example.org>",
     {"<eve@evil.example>"},
     kFrom + "To: \"boss@bank.example\" <eve@evil.example>\r\n",
     "joe@example.org a:eve@evil.example +0"},
    {"a To that does not read",
     "<joe@example.org>",
     {"<alice@example.com>"},
     kFrom + "To: alice@example.com; bob@example.com\r\n",
     "joe@example.org a:alice@example.com +0"},
    {"our own are no contacts",
     "<joe@example.org>",
     {"<ann@example.org>", "<alice@example.com>"},
     kFrom + kId + "To: ann@example.org\r\n",
     "joe@example.org a:alice@example.com +3"},
    {"mail among our own",
     "<joe@example.org>",
     {"<ann@example.org>"},
     kFrom + kId + "To: ann@example.org\r\n",
     "-"},
    {"a detail of the sender",
     "<joe+shop@example.org>",
     {"<alice@example.com>"},
     "From: joe@example.org\r\n",
     "joe@example.org a:alice@example.com +0"},
    {"a detail of the recipient is his",
     "<joe@example.org>",
     {"<alice+x@example.com>"},
     kFrom,
     "joe@example.org a:alice+x@example.com +0"},
    {"an alias of the same person",
     "<joe@example.org>",
     {"<alice@example.com>"},
     "From: sales@example.org\r\n",
     "joe@example.org a:alice@example.com +0"},
    {"BATV",
     "<prvs=1234abcdef=joe@example.org>",
     {"<alice@example.com>"},
     kFrom,
     "joe@example.org a:alice@example.com +0"},
    {"another's name in From",
     "<joe@example.org>",
     {"<alice@example.com>"},
     "From: ann@example.org\r\n",
     "-"},
    {"another's reverse-path", "<ann@example.org>", {"<alice@example.com>"}, kFrom, "-"},
    {"a foreign author",
     "<joe@example.net>",
     {"<alice@example.com>"},
     "From: joe@example.net\r\n",
     "-"},
    {"a foreign reverse-path", "<joe@example.net>", {"<alice@example.com>"}, kFrom, "-"},
    {"no author", "<joe@example.org>", {"<alice@example.com>"}, "To: alice@example.com\r\n", "-"},
    {"two authors",
     "<joe@example.org>",
     {"<alice@example.com>"},
     "From: joe@example.org, ann@example.org\r\n",
     "-"},
    {"a bounce", "<>", {"<alice@example.com>"}, kFrom, "-"},
    {"a vacation reply",
     "<joe@example.org>",
     {"<alice@example.com>"},
     kFrom + "Auto-Submitted: auto-replied\r\n",
     "-"},
    {"Auto-Submitted: no",
     "<joe@example.org>",
     {"<alice@example.com>"},
     kFrom + "Auto-Submitted: no\r\n",
     "joe@example.org a:alice@example.com +0"},
    {"a newsletter",
     "<joe@example.org>",
     {"<alice@example.com>"},
     kFrom + "List-Unsubscribe: <mailto:x@example.org>\r\n",
     "-"},
    {"bulk", "<joe@example.org>", {"<alice@example.com>"}, kFrom + "Precedence: bulk\r\n", "-"},
    {"a recipient who is no mailbox",
     "<joe@example.org>",
     {"<alice>", "<alice@example.com>"},
     kFrom,
     "joe@example.org a:alice@example.com +0"},
};

MilterSettings settings() {
  MilterSettings out = MilterRig::settings(Mode::hold);
  out.owners = {{box("sales@example.org"), box("joe@example.org")}};
  return out;
}

SentDigests digests() {
  const std::vector<Secret> keys = {{"1", std::string(32, 'k')}};
  return SentDigests(keys);
}

void check(const Row& row) {
  Envelope envelope;
  envelope.reverse_path = parse_reverse_path({row.reverse_path});
  for (const std::string& to : row.to) envelope.recipients.push_back(parse_forward_path({to}, ""));
  const auto note = gather_sent(settings(), digests(), envelope, HeaderSection::parse(row.header),
                                WallTime(seconds(1)));
  std::string got = "-";
  if (note) {
    got = note->owner;
    for (const auto& [subject, entry] : note->contacts) {
      got += " " + subject;
      CPPUNIT_ASSERT_EQUAL(std::string("learnt"), entry.source);
      CPPUNIT_ASSERT(entry.fingerprints.empty());
    }
    got += " +" + std::to_string(note->digests.size());
    // Who was written to may answer from his domain; who is only in To or Cc did not get it.
    std::set<std::string> ways;
    for (const std::string& to : row.to)
      if (const auto mailbox = Mailbox::parse(to.substr(1, to.size() - 2));
          mailbox && !settings().protects(*mailbox))
        ways.insert(way_of_domain(mailbox->domain()));
    CPPUNIT_ASSERT(note->ways == std::vector(ways.begin(), ways.end()));
  }
  CPPUNIT_ASSERT_EQUAL(row.want, got);
}

/// A store that does what the test says. Thread-safe.
class ScriptedSentMail final : public SentMail {
 public:
  Status note(const SentNote& sent, Deadline) override {
    std::lock_guard lock(mutex_);
    if (down_) return Error{Errc::unavailable, "down"};
    owners_.push_back(sent.owner);
    return {};
  }
  Result<bool> may_return(const ReturnedNote&, Deadline) override { return false; }
  Result<bool> take_returned(const ReturnedNote&, Deadline) override { return false; }
  void set_down(bool down) {
    std::lock_guard lock(mutex_);
    down_ = down;
  }
  std::vector<std::string> owners() const {
    std::lock_guard lock(mutex_);
    return owners_;
  }

 private:
  mutable std::mutex mutex_;
  bool down_ = false;
  std::vector<std::string> owners_;
};

SentNote note_of(const std::string& owner) {
  SentNote note{.owner = owner};
  note.contacts.emplace_back("a:alice@example.com", ContactEntry{});
  return note;
}

template <class Condition>
bool comes_true(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + seconds(20);
  while (std::chrono::steady_clock::now() < end) {
    if (condition()) return true;
    std::this_thread::sleep_for(milliseconds(10));
  }
  return false;
}

class OutgoingTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(OutgoingTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(add);
  CPPUNIT_TEST(of_thousands_of_recipients_a_thousand_are_learnt);
  CPPUNIT_TEST(who_was_written_to_passes_once_he_is_authenticated);
  CPPUNIT_TEST(who_was_written_to_is_a_stranger_while_he_is_not);
  CPPUNIT_TEST(mail_from_outside_teaches_nothing);
  CPPUNIT_TEST(a_store_that_is_down_is_not_waited_for);
  CPPUNIT_TEST(a_store_that_fails_hears_of_it_when_it_is_back);
  CPPUNIT_TEST(what_waits_is_bounded_and_what_is_lost_is_counted);
  CPPUNIT_TEST(at_the_end_what_waits_is_told);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void add(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }

  static Mail outgoing() {
    Mail mail;
    mail.from = "<joe@example.org>";
    mail.to = {"<alice@example.com>"};
    mail.auth_type = "PLAIN";
    mail.header = {{"From", " joe@example.org"},
                   {"To", " alice@example.com"},
                   {"Message-ID", " <1@example.org>"}};
    return mail;
  }
  static void expect_held(const test::Outcome& got) {
    CPPUNIT_ASSERT_EQUAL(std::string("554"), got.code());
  }

  void of_thousands_of_recipients_a_thousand_are_learnt() {
    Envelope envelope;
    envelope.reverse_path = parse_reverse_path({"<joe@example.org>"});
    for (int i = 0; i < 5000; ++i) {
      const std::string path = "<" + std::to_string(i) + "@example.com>";
      envelope.recipients.push_back(parse_forward_path({path}, ""));
    }
    const auto note =
        gather_sent(settings(), digests(), envelope, HeaderSection::parse(kFrom + kId), {});
    CPPUNIT_ASSERT_EQUAL(std::size_t{1000}, note->contacts.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1009}, note->digests.size());
  }
  void who_was_written_to_passes_once_he_is_authenticated() {
    MilterRig rig;
    expect_held(rig.play(Mail{}));
    CPPUNIT_ASSERT(rig.play(outgoing()).verdict.kind == Kind::accept);
    const auto got = rig.play(Mail{});
    CPPUNIT_ASSERT_EQUAL(std::string("Countersign: pass; reason=contact; author=example.com"),
                         got.field());
    CPPUNIT_ASSERT(rig.contacts_of("joe@example.org").at(0).second.fingerprints ==
                   std::vector<std::string>{"example.com"});
  }
  void who_was_written_to_is_a_stranger_while_he_is_not() {
    MilterRig rig;
    rig.play(outgoing());
    expect_held(rig.play(Mail{}.unauthenticated()));
    // And the answer under his name that is authenticated elsewhere is nobody's.
    expect_held(rig.play(
        Mail{}.set("Authentication-Results", "mx.example.org; dkim=pass header.d=forger.example")));
    CPPUNIT_ASSERT(rig.contacts_of("joe@example.org").at(0).second.fingerprints.empty());
  }
  void mail_from_outside_teaches_nothing() {
    MilterRig rig;
    Mail forged = outgoing();
    forged.auth_type = "";
    rig.play(forged);
    CPPUNIT_ASSERT(rig.contacts_of("joe@example.org").empty());
  }
  void a_store_that_is_down_is_not_waited_for() {
    MilterRig rig;
    rig.store.set_down(true);
    const int before = rig.store.calls();
    CPPUNIT_ASSERT(rig.play(outgoing()).verdict.kind == Kind::accept);
    CPPUNIT_ASSERT_EQUAL(before, rig.store.calls());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.outgoing.waiting());
    rig.store.set_down(false);
    CPPUNIT_ASSERT(comes_true([&] { return rig.outgoing.waiting() == 0; }));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.contacts_of("joe@example.org").size());
  }
  void a_store_that_fails_hears_of_it_when_it_is_back() {
    MilterRig rig;
    ScriptedSentMail sent;
    OutgoingMail outgoing_mail(sent, rig.directory, rig.clock, rig.metrics);
    sent.set_down(true);
    outgoing_mail.note(note_of("1"));
    outgoing_mail.note(note_of("2"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, outgoing_mail.waiting());
    sent.set_down(false);
    CPPUNIT_ASSERT(comes_true([&] { return outgoing_mail.waiting() == 0; }));
    CPPUNIT_ASSERT((sent.owners() == std::vector<std::string>{"1", "2"}));
    CPPUNIT_ASSERT_EQUAL(0.0, rig.metric("countersign_outgoing_unlearnt_total"));
  }
  void what_waits_is_bounded_and_what_is_lost_is_counted() {
    MilterRig rig;
    ScriptedSentMail sent;
    sent.set_down(true);
    OutgoingMail outgoing_mail(sent, rig.directory, rig.clock, rig.metrics, 2);
    for (const char* owner : {"1", "2", "3"}) outgoing_mail.note(note_of(owner));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, outgoing_mail.waiting());
    CPPUNIT_ASSERT_EQUAL(1.0, rig.metric("countersign_outgoing_unlearnt_total"));
    outgoing_mail.stop();
    CPPUNIT_ASSERT_EQUAL(3.0, rig.metric("countersign_outgoing_unlearnt_total"));
  }
  void at_the_end_what_waits_is_told() {
    MilterRig rig;
    ScriptedSentMail sent;
    sent.set_down(true);
    OutgoingMail outgoing_mail(sent, rig.directory, rig.clock, rig.metrics);
    outgoing_mail.note(note_of("1"));
    sent.set_down(false);
    outgoing_mail.stop();
    outgoing_mail.stop();
    CPPUNIT_ASSERT((sent.owners() == std::vector<std::string>{"1"}));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(OutgoingTest);

}  // namespace
}  // namespace countersign
