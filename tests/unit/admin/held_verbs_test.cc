// SPDX-License-Identifier: Apache-2.0
//
// held list, show, release, drop; pause, resume, stats: from the spool alone.
#include <cppunit/extensions/HelperMacros.h>
#include <sysexits.h>

#include "holding/history.h"
#include "tests/support/admin_rig.h"

using namespace countersign;
using test::AdminRig;
using test::Ran;

namespace {

const std::string kContent = "From: alice@example.com\r\nSubject: chairs\r\n\r\nbody \xff\r\n";

HeldId id_of(char digit) { return test::held_id("7q", digit); }

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class HeldVerbsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HeldVerbsTest);
  CPPUNIT_TEST(the_list_shows_each_message_once_oldest_first);
  CPPUNIT_TEST(the_list_has_stable_fields);
  CPPUNIT_TEST(the_list_can_be_cut_down);
  CPPUNIT_TEST(a_message_is_shown_with_its_history);
  CPPUNIT_TEST(content_is_shown_as_received);
  CPPUNIT_TEST(each_bad_id_is_told_and_the_worst_status_wins);
  CPPUNIT_TEST(what_another_node_holds_is_told_with_the_node);
  CPPUNIT_TEST(beside_a_daemon_it_gives_orders);
  CPPUNIT_TEST(for_one_recipient_it_orders_just_that);
  CPPUNIT_TEST(without_a_daemon_one_recipient_gets_it_and_the_others_wait);
  CPPUNIT_TEST(without_a_daemon_it_releases_itself);
  CPPUNIT_TEST(what_the_mta_defers_stays_approved);
  CPPUNIT_TEST(what_the_mta_refuses_stays_failed);
  CPPUNIT_TEST(without_a_store_the_message_still_goes);
  CPPUNIT_TEST(who_blocks_the_author_is_left_out_and_named);
  CPPUNIT_TEST(one_of_several_can_drop_it_alone);
  CPPUNIT_TEST(dropping_is_for_good);
  CPPUNIT_TEST(what_is_over_is_not_released_again);
  CPPUNIT_TEST(hostile_mail_does_no_harm_on_a_terminal);
  CPPUNIT_TEST(pause_and_resume_need_no_store);
  CPPUNIT_TEST(stats_count_by_state_reason_and_share);
  CPPUNIT_TEST(a_missing_spool_is_told);
  CPPUNIT_TEST(a_bad_configuration_is_told_by_every_verb);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { rig_ = std::make_unique<AdminRig>(); }

  void hold(const HeldId& id, seconds later = seconds(0)) {
    auto spool = rig_->open_spool();
    HeldEnvelope envelope = test::sample_envelope(id);
    envelope.node = spool->node();
    envelope.arrived += later;
    const Status held = test::hold(*spool, envelope, kContent);
    CPPUNIT_ASSERT_MESSAGE(held ? "" : held.error().detail, held);
  }

  void make_secrets() { CPPUNIT_ASSERT_EQUAL(EX_OK, rig_->run({"config", "init"}).status); }

  void the_list_shows_each_message_once_oldest_first() {
    hold(id_of('2'), seconds(60));
    hold(id_of('1'));
    const Ran ran = rig_->run({"held", "list"});
    CPPUNIT_ASSERT_EQUAL(EX_OK, ran.status);
    CPPUNIT_ASSERT_EQUAL(
        id_of('1').text() +
            " held 2027-05-26T13:43:20Z first-contact alice@example.com -> joe@example.org, <no "
            "path: Offer for 40 chairs\n" +
            id_of('2').text() +
            " held 2027-05-26T13:44:20Z first-contact alice@example.com -> joe@example.org, <no "
            "path: Offer for 40 chairs\n",
        ran.out);
  }

  void the_list_has_stable_fields() {
    hold(id_of('1'));
    CPPUNIT_ASSERT_EQUAL(
        "{\"id\":\"" + id_of('1').text() +
            "\",\"state\":\"held\",\"reason\":\"first-contact\",\"author\":\"alice@example.com\","
            "\"fingerprint\":\"example.com\",\"recipients\":[\"joe@example.org\",\"<no path\"],"
            "\"subject\":\"Offer for 40 chairs\",\"arrived\":\"2027-05-26T13:43:20Z\","
            "\"expires\":\"2027-06-25T13:43:20Z\",\"bytes\":" +
            std::to_string(kContent.size()) +
            ",\"challenged\":true,\"deliveries\":[{\"recipient\":\"joe@example.org\",\"reason\":"
            "\"first-contact\",\"delivery\":\"waiting\",\"announced\":false},{\"recipient\":\"<no "
            "path\",\"reason\":\"first-contact\",\"delivery\":\"waiting\",\"announced\":false}]}\n",
        rig_->run({"held", "list", "--json"}).out);
  }

  void the_list_can_be_cut_down() {
    hold(id_of('1'));
    const auto lines = [&](std::vector<std::string> words) {
      words.insert(words.begin(), {"held", "list"});
      const Ran ran = rig_->run(words);
      CPPUNIT_ASSERT_EQUAL(EX_OK, ran.status);
      return std::count(ran.out.begin(), ran.out.end(), '\n');
    };
    CPPUNIT_ASSERT_EQUAL(1L, lines({"--mailbox", "Joe@example.org"}));
    CPPUNIT_ASSERT_EQUAL(1L, lines({"--mailbox", "ann@example.org"}));
    CPPUNIT_ASSERT_EQUAL(0L, lines({"--mailbox", "bob@example.org"}));
    CPPUNIT_ASSERT_EQUAL(1L, lines({"--author", "Alice@example.com", "--state", "held"}));
    CPPUNIT_ASSERT_EQUAL(0L, lines({"--author", "bob@example.com"}));
    CPPUNIT_ASSERT_EQUAL(0L, lines({"--state", "answered"}));
    CPPUNIT_ASSERT_EQUAL(EX_USAGE, rig_->run({"held", "list", "--state", "x"}).status);
    CPPUNIT_ASSERT_EQUAL(EX_DATAERR, rig_->run({"held", "list", "--mailbox", "x"}).status);
    CPPUNIT_ASSERT_EQUAL(EX_DATAERR, rig_->run({"held", "list", "--author", "x"}).status);
    CPPUNIT_ASSERT(rig_->open_spool()->log(
        id_of('1'), {HeldEvent::Kind::released, WallTime(seconds(1'811'339'200)), 0, "250 ok"}));
    CPPUNIT_ASSERT_EQUAL(0L, lines({"--mailbox", "joe@example.org"}));
    CPPUNIT_ASSERT_EQUAL(1L, lines({"--mailbox", "ann@example.org"}));
  }

  void a_message_is_shown_with_its_history() {
    hold(id_of('1'));
    {
      auto spool = rig_->open_spool();
      CPPUNIT_ASSERT(spool->log(id_of('1'), {HeldEvent::Kind::answered,
                                             WallTime(seconds(1'811'339'100)), 0, "address+pow"}));
      CPPUNIT_ASSERT(spool->log(
          id_of('1'), {HeldEvent::Kind::released, WallTime(seconds(1'811'339'200)), 0, "250 ok"}));
    }
    const std::string text = rig_->run({"held", "show", id_of('1').text()}).out;
    CPPUNIT_ASSERT_MESSAGE(text, has(text, "state: answered since 2027-05-26T13:45:00Z\n"));
    CPPUNIT_ASSERT_MESSAGE(text, has(text, "recipient: joe@example.org, taken\n"));
    CPPUNIT_ASSERT_MESSAGE(text, has(text,
                                     "event: 2027-05-26T13:46:40Z released joe@example.org: "
                                     "250 ok\n"));
    const std::string json = rig_->run({"held", "show", id_of('1').text(), "--json"}).out;
    CPPUNIT_ASSERT_MESSAGE(
        json, has(json,
                  "\"events\":[{\"event\":\"answered\",\"when\":\"2027-05-26T13:45:00Z\","
                  "\"recipient\":null,\"text\":\"address+pow\"},{\"event\":\"released\""));
    CPPUNIT_ASSERT_MESSAGE(
        json, has(json,
                  "\"deliveries\":[{\"recipient\":\"joe@example.org\",\"reason\":\"first-contact\","
                  "\"delivery\":\"taken\","
                  "\"announced\":false"));
    CPPUNIT_ASSERT(!has(json, "content"));
  }

  void content_is_shown_as_received() {
    hold(id_of('1'));
    const std::string text = rig_->run({"held", "show", "--content", id_of('1').text()}).out;
    CPPUNIT_ASSERT(text.ends_with("\n\n" + kContent));
    const std::string json =
        rig_->run({"held", "show", "--content", id_of('1').text(), "--json"}).out;
    CPPUNIT_ASSERT_MESSAGE(json, has(json, "\"content\":\"RnJvbTog"));
  }

  void each_bad_id_is_told_and_the_worst_status_wins() {
    hold(id_of('1'));
    for (const auto* verb : {"show", "release", "drop"}) {
      const Ran ran =
          rig_->run({"held", verb, "../etc/passwd", id_of('9').text(), "A" + id_of('1').text()});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(verb, EX_NOINPUT, ran.status);
      CPPUNIT_ASSERT_MESSAGE(ran.err,
                             has(ran.err, "\"../etc/passwd\": not a held id: expected 26"));
      CPPUNIT_ASSERT_MESSAGE(ran.err, has(ran.err, id_of('9').text() + ": not held here\n"));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(verb, EX_DATAERR, rig_->run({"held", verb, "x"}).status);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig_->released.size());
  }

  void what_another_node_holds_is_told_with_the_node() {
    hold(id_of('1'));
    const std::string ours = rig_->open_spool()->node();
    const std::string other = test::held_id("nn", '2').text();
    const auto put = [&](char digit, const std::string& node, HeldState state) {
      HeldView view{.id = id_of(digit), .node = node, .owners = {"joe@example.org"}};
      view.expires = rig_->clock.wall() + std::chrono::hours(1);
      view.state = state;
      CPPUNIT_ASSERT(rig_->store.held().put(view, "", Deadline::max()));
    };
    put('7', other, HeldState::held);
    put('8', other, HeldState::released);
    put('9', ours, HeldState::held);
    for (const auto* verb : {"show", "release", "drop", "restore"}) {
      const Ran ran = rig_->run({"held", verb, id_of('6').text(), id_of('7').text(),
                                 id_of('8').text(), id_of('9').text()});
      CPPUNIT_ASSERT_EQUAL_MESSAGE(verb, EX_NOINPUT, ran.status);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(verb,
                                   id_of('6').text() + ": not held here\n" + id_of('7').text() +
                                       ": not held here, but by node " + other +
                                       " (see the file node in the spool of each host)\n" +
                                       id_of('8').text() + ": not held here; node " + other +
                                       " had it, and it is released\n" + id_of('9').text() +
                                       ": not held here\n",
                                   ran.err);
    }
  }

  void beside_a_daemon_it_gives_orders() {
    hold(id_of('1'));
    const auto daemon = rig_->open_spool();
    const Ran released = rig_->run({"held", "release", id_of('1').text()});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(released.err, EX_OK, released.status);
    CPPUNIT_ASSERT_EQUAL(id_of('1').text() + " ordered\n", released.out);
    CPPUNIT_ASSERT(rig_->released.empty());
    const Ran dropped = rig_->run({"held", "drop", id_of('1').text(), "--json"});
    CPPUNIT_ASSERT_EQUAL(
        "{\"id\":\"" + id_of('1').text() + "\",\"result\":\"ordered\",\"detail\":\"\"}\n",
        dropped.out);
    const auto fs = rig_->tools.open_spool(rig_->folder.path() + "/spool");
    const auto orders = read_orders(**fs);
    CPPUNIT_ASSERT(orders);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, orders->size());
    CPPUNIT_ASSERT_EQUAL(std::string("root"), orders->front().who);
  }

  void for_one_recipient_it_orders_just_that() {
    hold(id_of('1'));
    const auto daemon = rig_->open_spool();
    const Ran ordered =
        rig_->run({"held", "release", "--for", "Joe@example.org", id_of('1').text()});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(ordered.err, EX_OK, ordered.status);
    const auto fs = rig_->tools.open_spool(rig_->folder.path() + "/spool");
    const auto orders = read_orders(**fs);
    CPPUNIT_ASSERT(orders && orders->size() == 1);
    CPPUNIT_ASSERT(orders->front().recipient == std::optional<std::uint32_t>(0));
    const Ran nobody =
        rig_->run({"held", "release", "--for", "nobody@example.org", id_of('1').text()});
    CPPUNIT_ASSERT_EQUAL(EX_DATAERR, nobody.status);
    CPPUNIT_ASSERT_EQUAL(id_of('1').text() + ": is not held for nobody@example.org\n", nobody.err);
    const Ran bad = rig_->run({"held", "release", "--for", "joe", id_of('1').text()});
    CPPUNIT_ASSERT_EQUAL(EX_DATAERR, bad.status);
    CPPUNIT_ASSERT(has(bad.err, "--for: \"joe\" is no address"));
  }

  void without_a_daemon_one_recipient_gets_it_and_the_others_wait() {
    make_secrets();
    hold(id_of('1'));
    const Ran ran = rig_->run({"held", "release", "--for", "joe@example.org", id_of('1').text()});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(ran.err, EX_OK, ran.status);
    CPPUNIT_ASSERT_EQUAL(id_of('1').text() + " released: it waits for others still\n", ran.out);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig_->released.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig_->open_spool()->list().size());
    const auto view = rig_->store.held().get(id_of('1'), Deadline::max());
    CPPUNIT_ASSERT(view && view->state == HeldState::held);
    CPPUNIT_ASSERT(view->outcomes.front() == RecipientState::taken);
  }

  void without_a_daemon_it_releases_itself() {
    make_secrets();
    hold(id_of('1'));
    const Ran ran = rig_->run({"held", "release", id_of('1').text()});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(ran.err, EX_OK, ran.status);
    CPPUNIT_ASSERT_EQUAL(id_of('1').text() + " released\n", ran.out);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig_->released.size());
    CPPUNIT_ASSERT(rig_->released.front().ends_with(kContent));
    CPPUNIT_ASSERT(rig_->open_spool()->list().empty());
    const auto view = rig_->store.held().get(id_of('1'), Deadline::max());
    CPPUNIT_ASSERT(view && view->state == HeldState::released);
  }

  void what_the_mta_defers_stays_approved() {
    make_secrets();
    hold(id_of('1'));
    rig_->mta_code = 450;
    const Ran ran = rig_->run({"held", "release", id_of('1').text()});
    CPPUNIT_ASSERT_EQUAL(EX_TEMPFAIL, ran.status);
    CPPUNIT_ASSERT_MESSAGE(ran.out, ran.out.starts_with(id_of('1').text() + " deferred: "));
    const auto message = rig_->open_spool()->read(id_of('1'));
    CPPUNIT_ASSERT(message && history_of(*message).may_go);
  }

  void what_the_mta_refuses_stays_failed() {
    make_secrets();
    hold(id_of('1'));
    rig_->mta_code = 550;
    const Ran ran = rig_->run({"held", "release", id_of('1').text()});
    CPPUNIT_ASSERT_EQUAL(EX_UNAVAILABLE, ran.status);
    CPPUNIT_ASSERT_MESSAGE(ran.out, ran.out.starts_with(id_of('1').text() + " refused: "));
    const auto message = rig_->open_spool()->read(id_of('1'));
    CPPUNIT_ASSERT(message && history_of(*message).state == HeldState::failed);
  }

  void without_a_store_the_message_still_goes() {
    make_secrets();
    hold(id_of('1'));
    rig_->store.set_down(true);
    // Who of several blocks its author cannot be known; whom the operator names, he has decided on.
    const Ran doubt = rig_->run({"held", "release", id_of('1').text()});
    CPPUNIT_ASSERT_EQUAL(EX_TEMPFAIL, doubt.status);
    CPPUNIT_ASSERT_MESSAGE(doubt.err, has(doubt.err, "name one by --for MAILBOX"));
    CPPUNIT_ASSERT(rig_->released.empty());
    for (const char* owner : {"joe@example.org", "ann@example.org"})
      CPPUNIT_ASSERT_EQUAL(
          EX_OK, rig_->run({"held", "release", "--for", owner, id_of('1').text()}).status);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, rig_->released.size());
    // The file stays for the daemon, which tells the index; it is not delivered again.
    const auto message = rig_->open_spool()->read(id_of('1'));
    CPPUNIT_ASSERT(message && history_of(*message).state == HeldState::released);
    CPPUNIT_ASSERT_EQUAL(EX_NOINPUT, rig_->run({"held", "release", id_of('1').text()}).status);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, rig_->released.size());
  }

  void who_blocks_the_author_is_left_out_and_named() {
    make_secrets();
    hold(id_of('1'));
    CPPUNIT_ASSERT_EQUAL(
        EX_OK, rig_->run({"contacts", "deny", "joe@example.org", "alice@example.com"}).status);
    const Ran ran = rig_->run({"held", "release", id_of('1').text()});
    CPPUNIT_ASSERT_EQUAL(EX_OK, ran.status);
    CPPUNIT_ASSERT_MESSAGE(ran.out, has(ran.out,
                                        "not for joe@example.org, where its author is "
                                        "blocked: --for MAILBOX lets it in"));
    const Ran again = rig_->run({"held", "release", id_of('1').text()});
    CPPUNIT_ASSERT_EQUAL(EX_DATAERR, again.status);
    CPPUNIT_ASSERT_MESSAGE(again.err, has(again.err, "waits only for those who block its author"));
    CPPUNIT_ASSERT_EQUAL(
        EX_OK,
        rig_->run({"held", "release", "--for", "joe@example.org", id_of('1').text()}).status);
    CPPUNIT_ASSERT(rig_->open_spool()->list().empty());
  }

  void one_of_several_can_drop_it_alone() {
    make_secrets();
    hold(id_of('1'));
    const Ran ran = rig_->run({"held", "drop", "--for", "joe@example.org", id_of('1').text()});
    CPPUNIT_ASSERT_EQUAL(EX_OK, ran.status);
    CPPUNIT_ASSERT_EQUAL(id_of('1').text() + " dropped: it waits for others still\n", ran.out);
    CPPUNIT_ASSERT_EQUAL(std::string(),
                         rig_->run({"held", "list", "--mailbox", "joe@example.org"}).out);
    const std::string text = rig_->run({"held", "show", id_of('1').text()}).out;
    CPPUNIT_ASSERT_MESSAGE(text, has(text, "recipient: joe@example.org, dropped\n"));
    CPPUNIT_ASSERT_EQUAL(
        EX_DATAERR, rig_->run({"held", "drop", "--for", "x@y.example", id_of('1').text()}).status);
    CPPUNIT_ASSERT_EQUAL(
        EX_OK, rig_->run({"held", "drop", "--for", "ann@example.org", id_of('1').text()}).status);
    CPPUNIT_ASSERT(rig_->open_spool()->list().empty());
    CPPUNIT_ASSERT(rig_->released.empty());
  }

  void dropping_is_for_good() {
    make_secrets();
    hold(id_of('1'));
    const Ran ran = rig_->run({"held", "drop", id_of('1').text()});
    CPPUNIT_ASSERT_EQUAL(EX_OK, ran.status);
    CPPUNIT_ASSERT_EQUAL(id_of('1').text() + " dropped\n", ran.out);
    CPPUNIT_ASSERT(rig_->open_spool()->list().empty());
    CPPUNIT_ASSERT(rig_->released.empty());
    CPPUNIT_ASSERT_EQUAL(EX_NOINPUT, rig_->run({"held", "show", id_of('1').text()}).status);
  }

  void what_is_over_is_not_released_again() {
    hold(id_of('1'));
    CPPUNIT_ASSERT(rig_->open_spool()->log(
        id_of('1'), {HeldEvent::Kind::dropped, rig_->clock.wall(), 0, "joe"}));
    const Ran ran = rig_->run({"held", "release", id_of('1').text()});
    CPPUNIT_ASSERT_EQUAL(EX_NOINPUT, ran.status);
    CPPUNIT_ASSERT_EQUAL(id_of('1').text() + ": is dropped already\n", ran.err);
    CPPUNIT_ASSERT(rig_->released.empty());
  }

  void hostile_mail_does_no_harm_on_a_terminal() {
    {
      auto spool = rig_->open_spool();
      HeldEnvelope envelope = test::sample_envelope(id_of('1'));
      envelope.subject = "\x1b]0;owned\x07 \xe2\x80\xae";
      envelope.message_id = "<\x1b[2J@x>";
      CPPUNIT_ASSERT(test::hold(*spool, envelope, kContent));
    }
    for (const auto& words : std::vector<std::vector<std::string>>{
             {"held", "list"}, {"held", "show", id_of('1').text()}}) {
      const std::string text = rig_->run(words).out;
      CPPUNIT_ASSERT_MESSAGE(text, !has(text, "\x1b") && !has(text, "\x07") &&
                                       !has(text, "\xe2\x80\xae") && has(text, "owned"));
    }
  }

  void pause_and_resume_need_no_store() {
    rig_->open_spool();
    rig_->store.set_down(true);
    const auto fs = rig_->tools.open_spool(rig_->folder.path() + "/spool");
    CPPUNIT_ASSERT_EQUAL(std::string("{\"paused\":true}\n"), rig_->run({"pause", "--json"}).out);
    CPPUNIT_ASSERT(*is_paused(**fs));
    CPPUNIT_ASSERT_EQUAL(EX_OK, rig_->run({"pause"}).status);
    CPPUNIT_ASSERT_EQUAL(std::string("{\"paused\":false}\n"), rig_->run({"resume", "--json"}).out);
    CPPUNIT_ASSERT(!*is_paused(**fs));
    CPPUNIT_ASSERT_EQUAL(EX_OK, rig_->run({"resume"}).status);
  }

  void stats_count_by_state_reason_and_share() {
    hold(id_of('1'));
    hold(id_of('2'));
    CPPUNIT_ASSERT(rig_->open_spool()->log(
        id_of('2'), {HeldEvent::Kind::approved, rig_->clock.wall(), 0, "joe"}));
    const std::string bytes = std::to_string(kContent.size());
    const std::string json = rig_->run({"stats", "--json"}).out;
    for (const std::string& line :
         {"{\"count\":\"spool\",\"value\":\"all\",\"messages\":2,\"bytes\":" +
              std::to_string(2 * kContent.size()) + "}\n",
          "{\"count\":\"state\",\"value\":\"answered\",\"messages\":1,\"bytes\":" + bytes + "}\n",
          "{\"count\":\"state\",\"value\":\"held\",\"messages\":1,\"bytes\":" + bytes + "}\n",
          std::string("{\"count\":\"reason\",\"value\":\"first-contact\",\"messages\":2,"),
          std::string("{\"count\":\"share\",\"value\":\"authenticated\",\"messages\":2,")})
      CPPUNIT_ASSERT_MESSAGE(line + "in\n" + json, has(json, line));
  }

  void a_missing_spool_is_told() {
    for (const auto& words : std::vector<std::vector<std::string>>{
             {"held", "list"}, {"held", "release", id_of('1').text()}, {"pause"}, {"stats"}}) {
      const Ran ran = rig_->run(words);
      CPPUNIT_ASSERT_EQUAL(EX_UNAVAILABLE, ran.status);
      CPPUNIT_ASSERT_MESSAGE(ran.err, has(ran.err, "countersign config init"));
    }
  }

  void a_bad_configuration_is_told_by_every_verb() {
    rig_->write_config("[log]\nlevel = 3\n");
    for (const admin::Verb& verb : admin::verbs()) {
      if (verb.name == "config manual" || verb.name == "setup postfix") continue;
      std::vector<std::string> words;
      std::istringstream split{std::string(verb.name)};
      for (std::string word; split >> word;) words.push_back(word);
      for (const admin::Argument& argument : verb.arguments)
        words.push_back(argument.name == "KEY=VALUE" ? "mode=hold" : "joe@example.org");
      for (const admin::Option& option : verb.options)
        if (option.required) words.insert(words.end(), {std::string(option.name), "x"});
      const Ran ran = rig_->run(words);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(verb.name), EX_CONFIG, ran.status);
      CPPUNIT_ASSERT_MESSAGE(ran.err,
                             has(ran.err, "c.toml:14: log.level: has the type an integer"));
    }
  }

 private:
  std::unique_ptr<AdminRig> rig_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(HeldVerbsTest);

}  // namespace
