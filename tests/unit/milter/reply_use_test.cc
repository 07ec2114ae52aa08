// SPDX-License-Identifier: Apache-2.0
//
// Which mail to an address of ours answers a challenge, and what becomes of it.
#include "milter/reply_use.h"

#include <cppunit/extensions/HelperMacros.h>

#include <functional>
#include <string>
#include <vector>

#include "base/encoding.h"
#include "tests/support/milter_rig.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

using test::Mail;
using test::MilterRig;
using test::Outcome;
using Kind = Verdict::Kind;

constexpr const char* kJoe = "joe@example.org";
const HeldId kId = *HeldId::parse("7q2mxf4pk9td3hwa7q2mxf4pk9");

Keyring keys() {
  return *Keyring::parse(
      "answer 1 " + std::string(64, 'a') + "\noperator 1 " + std::string(64, 'b') + "\n", "test");
}

/// A site on whose other node a message of alice@example.com waits for Joe, challenged by mail.
class Site : public MilterRig {
 public:
  explicit Site(Mode mode = Mode::hold) {
    services.replies = &replies;
    use(settings_for(mode));
    hold(kId, "other node");
  }
  static MilterSettings settings_for(Mode mode) {
    MilterSettings out = settings(mode);
    const Keyring ring = keys();
    out.reply_keys = {ring.all("answer").begin(), ring.all("answer").end()};
    return out;
  }
  void hold(const HeldId& id, const std::string& node, HeldState state = HeldState::held) {
    HeldView view{.id = id};
    view.node = node;
    view.recipients = view.owners = owners;
    view.author = "alice@example.com";
    view.fingerprint = "example.com";
    view.challenged = view.by_mail = true;
    view.arrived = clock.wall();
    view.expires = clock.wall() + std::chrono::hours(24);
    view.state = state;
    (void)store.held().put(view, std::string(64, 'd'), clock.steady());
  }
  std::string address(const HeldId& id = kId) const {
    return reply_address_of(ring, id, *Mailbox::parse(kJoe), "+")->address();
  }
  /// The requests that reached a node.
  std::vector<RequestEntry> told(const std::string& node = "other node") {
    return *store.requests().read(node, clock.steady());
  }

  const Keyring ring = keys();
  std::vector<std::string> owners = {kJoe};  ///< of what hold() holds
  StoreReplyDesk replies{store.held(), store.requests(), ring};
};

Mail reply_to(const std::string& address) {
  Mail mail;
  mail.to = {"<" + address + ">"};
  return mail.set("Subject", "Re: Re: Offer for 40 chairs").set("Message-ID", "<2@example.com>");
}

/// It waits for Ann, too, and Joe blocks its author since.
void block_though_ann_waits(Site& site) {
  site.owners = {"ann@example.org", kJoe};
  site.hold(kId, "other node");
  site.know(kJoe, "alice@example.com", {}, Standing::deny);
}

/// A mail to the address that the challenge named.
struct Row {
  const char* name;
  std::function<void(Site&, Mail&)> change;
  Kind kind;
  std::string field;  ///< of ours, in what passes
  bool told;
};

const std::string kAnswered = "Countersign: pass; reason=answered; author=example.com";

const Row kRows[] = {
    {"its author's own reply passes, and is told", [](Site&, Mail&) {}, Kind::proceed, kAnswered,
     true},
    {"one in which nothing shows that he wrote it is held",
     [](Site&, Mail& mail) { mail.unauthenticated(); }, Kind::reply, "", false},
    {"one of somebody else is a first contact",
     [](Site&, Mail& mail) {
       mail.set("From", "Mallory <mallory@example.com>");
       mail.from = "<mallory@example.com>";
     },
     Kind::reply, "", false},
    {"a vacation notice is held as any machine's mail",
     [](Site&, Mail& mail) { mail.add("Auto-Submitted", "auto-replied"); }, Kind::discard, "",
     false},
    {"so is a bounce", [](Site&, Mail& mail) { mail.from = "<>"; }, Kind::discard, "", false},
    {"so is what came over a list", [](Site&, Mail& mail) { mail.add("List-Id", "<l.example>"); },
     Kind::discard, "", false},
    {"so is what was sent on by another",
     [](Site&, Mail& mail) { mail.add("Resent-From", "b@c.d"); }, Kind::discard, "", false},
    {"a contact's reply passes as his mail does, and is told",
     [](Site& site, Mail&) { site.know(kJoe, "alice@example.com", {"example.com"}); },
     Kind::proceed, "Countersign: pass; reason=contact; author=example.com", true},
    {"a contact's vacation notice passes, but answers nothing",
     [](Site& site, Mail& mail) {
       site.know(kJoe, "alice@example.com", {"example.com"});
       mail.add("Auto-Submitted", "auto-replied");
     },
     Kind::proceed, "Countersign: pass; reason=contact; author=example.com", false},
    {"who is blocked is refused",
     [](Site& site, Mail&) { site.know(kJoe, "alice@example.com", {}, Standing::deny); },
     Kind::reply, "", false},
    {"who is blocked is refused, but answers for the others whom it waits for",
     [](Site& site, Mail&) { block_though_ann_waits(site); }, Kind::reply, "", true},
    {"so does who is blocked silently",
     [](Site& site, Mail&) {
       block_though_ann_waits(site);
       site.set_policy(kJoe, {{"blocked", "hold"}});
     },
     Kind::discard, "", true},
    {"but nobody in whose name somebody blocked is forged",
     [](Site& site, Mail& mail) {
       block_though_ann_waits(site);
       mail.unauthenticated();
     },
     Kind::reply, "", false},
    {"what was taken back is not answered any more",
     [](Site& site, Mail&) { site.hold(kId, "other node", HeldState::withdrawn); }, Kind::reply, "",
     false},
    {"an address that names nothing is the mailbox's",
     [](Site& site, Mail& mail) { mail.to = {"<" + site.address(HeldId::random()) + ">"}; },
     Kind::reply, "", false},
    {"a detail that is not ours asks nothing",
     [](Site&, Mail& mail) { mail.to = {"<joe+" + std::string(26, '7') + "@example.org>"}; },
     Kind::reply, "", false},
    {"where replies are no answers it is held",
     [](Site& site, Mail&) { site.use(MilterRig::settings(Mode::hold)); }, Kind::reply, "", false},
};

void check(const Row& row) {
  Site site;
  Mail mail = reply_to(site.address());
  row.change(site, mail);
  const Outcome got = site.play(mail);
  CPPUNIT_ASSERT_EQUAL(static_cast<int>(row.kind), static_cast<int>(got.verdict.kind));
  CPPUNIT_ASSERT_EQUAL(row.field, got.field());
  const auto told = site.told();
  CPPUNIT_ASSERT_EQUAL(std::size_t{row.told}, told.size());
  if (!row.told) return;
  const Request& request = told.front().request;
  CPPUNIT_ASSERT_EQUAL(std::string("reply"), request.kind);
  CPPUNIT_ASSERT_EQUAL(kId.text(), request.id);
  CPPUNIT_ASSERT_EQUAL(std::string("alice@example.com"), request.address);
  CPPUNIT_ASSERT(
      site.ring.verify("operator", request.mac_input("other node"), *hex_decode(request.mac)));
}

}  // namespace

class ReplyUseTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReplyUseTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(the_recipient_gets_it_without_the_detail);
  CPPUNIT_TEST(what_is_held_is_held_for_the_plain_mailbox);
  CPPUNIT_TEST(other_mail_is_not_asked_for_twice);
  CPPUNIT_TEST(a_store_that_fails_makes_it_wait);
  CPPUNIT_TEST(an_answer_that_cannot_be_told_makes_it_wait);
  CPPUNIT_TEST(observing_it_passes_whatever_fails);
  CPPUNIT_TEST(observing_it_counts_too);
  CPPUNIT_TEST(doubt_about_who_wrote_it_makes_it_wait);
  CPPUNIT_TEST(mode_defer_does_not_keep_it_waiting);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& c) { test::add_rows(c, kRows, check); }

  void the_recipient_gets_it_without_the_detail() {
    Site site;
    const Outcome got = site.play(reply_to(site.address()));
    CPPUNIT_ASSERT((std::vector<std::string>{"<joe@example.org>"}) == got.editor.added_recipients);
    CPPUNIT_ASSERT_EQUAL("<" + site.address() + ">", got.editor.deleted.at(0));
  }
  void what_is_held_is_held_for_the_plain_mailbox() {
    Site site;
    const Outcome got = site.play(reply_to(site.address()).unauthenticated());
    CPPUNIT_ASSERT_EQUAL(std::string("554"), got.code());
    const auto kept = site.desk.kept();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, kept.size());
    const ForwardPath& path = kept.front().envelope.envelope.recipients.at(0);
    CPPUNIT_ASSERT_EQUAL(std::string("<joe@example.org>"), path.raw);
    CPPUNIT_ASSERT_EQUAL(std::string("joe@example.org"), path.rcpt_addr);
    CPPUNIT_ASSERT_EQUAL(std::string(kJoe), path.mailbox->address());
  }
  void other_mail_is_not_asked_for_twice() {
    Site site;
    const auto calls = [&](const Mail& mail) {
      const int before = site.store.calls();
      (void)site.play(mail);
      return site.store.calls() - before;
    };
    const int plain = calls(reply_to(kJoe).unauthenticated());
    CPPUNIT_ASSERT_EQUAL(
        plain, calls(reply_to("joe+" + std::string(26, '7') + "@example.org").unauthenticated()));
    // Nor is a machine's, wherever it goes.
    CPPUNIT_ASSERT_EQUAL(plain, calls(reply_to(site.address()).add("Precedence", "bulk")));
  }
  void a_store_that_fails_makes_it_wait() {
    Site site;
    site.store.fail_call(2);
    const Outcome got = site.play(reply_to(site.address()));
    CPPUNIT_ASSERT_EQUAL(std::string("451"), got.code());
    CPPUNIT_ASSERT(site.told().empty());
    CPPUNIT_ASSERT_EQUAL(kAnswered, site.play(reply_to(site.address())).field());
  }
  void an_answer_that_cannot_be_told_makes_it_wait() {
    Site site;
    site.store.fail_call(4);
    const Outcome got = site.play(reply_to(site.address()));
    CPPUNIT_ASSERT_EQUAL(std::string("451"), got.code());
    CPPUNIT_ASSERT(site.told().empty());
  }
  void observing_it_passes_whatever_fails() {
    for (const int call : {1, 2, 3, 4}) {
      Site site(Mode::observe);
      site.store.fail_call(call);
      const Outcome got = site.play(reply_to(site.address()));
      CPPUNIT_ASSERT_EQUAL(static_cast<int>(Kind::proceed), static_cast<int>(got.verdict.kind));
    }
  }
  void observing_it_counts_too() {
    Site site(Mode::observe);
    const Outcome got = site.play(reply_to(site.address()));
    CPPUNIT_ASSERT_EQUAL(static_cast<int>(Kind::proceed), static_cast<int>(got.verdict.kind));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, site.told().size());
  }
  void doubt_about_who_wrote_it_makes_it_wait() {
    Site site;
    const Outcome got =
        site.play(reply_to(site.address())
                      .set("Authentication-Results",
                           "mx.example.org; dkim=temperror header.d=example.com; spf=temperror "
                           "smtp.mailfrom=example.com"));
    CPPUNIT_ASSERT_EQUAL(std::string("451"), got.code());
    CPPUNIT_ASSERT(site.told().empty());
  }
  void mode_defer_does_not_keep_it_waiting() {
    Site site(Mode::defer);
    Mail mail = reply_to(site.address());
    mail.rcpt_answered = true;
    CPPUNIT_ASSERT_EQUAL(kAnswered, site.play(mail).field());
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(ReplyUseTest);

}  // namespace countersign
