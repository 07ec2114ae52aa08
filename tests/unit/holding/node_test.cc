// SPDX-License-Identifier: Apache-2.0
#include "holding/node.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/holding_rig.h"

namespace countersign {

using test::eventually;
using test::HoldingRig;

class NodeTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(NodeTest);
  CPPUNIT_TEST(an_answer_in_the_stream_delivers_once);
  CPPUNIT_TEST(a_message_that_was_answered_before_a_crash_goes_after_it);
  CPPUNIT_TEST(a_refused_message_stays_and_is_reported_to_its_authenticated_author);
  CPPUNIT_TEST(a_refused_message_of_a_stranger_is_reported_to_nobody);
  CPPUNIT_TEST(an_operators_orders_are_followed);
  CPPUNIT_TEST(what_is_dropped_while_the_mta_defers_it_is_over);
  CPPUNIT_TEST(the_log_says_in_a_word_what_became_of_an_order);
  CPPUNIT_TEST(nothing_expires_before_a_digest_listed_it);
  CPPUNIT_TEST(a_digest_that_was_due_while_the_node_was_down_is_sent_at_start);
  CPPUNIT_TEST(a_start_after_the_hour_sends_no_digest_of_what_came_after_it);
  CPPUNIT_TEST(what_was_taken_back_stays_until_it_expires);
  CPPUNIT_TEST(an_order_restores_what_was_taken_back);
  CPPUNIT_TEST(nothing_expires_because_the_wall_clock_was_set);
  CPPUNIT_TEST(a_challenge_goes_by_mail_once);
  CPPUNIT_TEST(a_challenge_that_is_deferred_keeps_no_other_waiting);
  CPPUNIT_TEST(what_the_store_has_and_the_spool_has_not_ends_when_it_is_answered);
  CPPUNIT_TEST(the_spools_clock_goes_on_after_a_restart);
  CPPUNIT_TEST_SUITE_END();

  HeldState indexed_state(HoldingRig& rig, const HeldId& id) {
    const auto view = rig.store.held().get(id, HoldingRig::soon());
    return view ? view->state : HeldState::held;
  }

 public:
  void an_answer_in_the_stream_delivers_once() {
    HoldingRig rig;
    const auto r = rig.hold(HoldingRig::envelope());
    CPPUNIT_ASSERT(rig.node.start());
    for (int i = 0; i < 5; ++i)
      CPPUNIT_ASSERT(
          rig.store.requests().append(rig.spool->node(), rig.answer(r->id), HoldingRig::soon()));
    CPPUNIT_ASSERT(eventually([&] { return rig.spool->list().empty(); }));
    CPPUNIT_ASSERT(eventually([&] { return indexed_state(rig, r->id) == HeldState::released; }));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.mta.sent().size());
    const auto sent = rig.mta.sent().front();
    CPPUNIT_ASSERT(sent.bytes.find("held=" + r->id.text()) != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::string("<alice@example.com>"), sent.delivery.reverse_path);
  }
  void a_message_that_was_answered_before_a_crash_goes_after_it() {
    HoldingRig rig;
    const auto r = rig.hold(HoldingRig::envelope());
    CPPUNIT_ASSERT(rig.spool->log(
        r->id,
        {.kind = HeldEvent::Kind::answered, .when = rig.clock.wall(), .text = "address+pow"}));
    CPPUNIT_ASSERT(rig.node.start());
    CPPUNIT_ASSERT(eventually([&] { return rig.mta.sent().size() == 1; }));
    CPPUNIT_ASSERT(eventually([&] {
      return rig.store.contacts()
                 .list({Level::mailbox, "joe@example.org"}, HoldingRig::soon())
                 ->size() == 1;
    }));
  }
  void a_refused_message_stays_and_is_reported_to_its_authenticated_author() {
    HoldingRig rig;
    rig.mta.answer({550});
    const auto r = rig.hold(HoldingRig::envelope());
    CPPUNIT_ASSERT(rig.node.start());
    CPPUNIT_ASSERT(rig.desk.approve(r->id, "test", {}, HoldingRig::soon()));
    CPPUNIT_ASSERT(eventually([&] { return indexed_state(rig, r->id) == HeldState::failed; }));
    CPPUNIT_ASSERT(rig.spool->read(r->id));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.notices.sent().size());
    CPPUNIT_ASSERT_EQUAL(std::string("<>"), rig.notices.sent().front().delivery.reverse_path);
    CPPUNIT_ASSERT_EQUAL(std::string("<alice@example.com>"),
                         rig.notices.sent().front().delivery.recipients.at(0).forward_path);
  }
  void a_refused_message_of_a_stranger_is_reported_to_nobody() {
    HoldingRig rig;
    rig.mta.answer({550});
    const auto r = rig.hold(HoldingRig::envelope(""));
    CPPUNIT_ASSERT(rig.node.start());
    CPPUNIT_ASSERT(rig.desk.approve(r->id, "test", {}, HoldingRig::soon()));
    CPPUNIT_ASSERT(eventually([&] { return indexed_state(rig, r->id) == HeldState::failed; }));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.notices.sent().size());
  }
  void an_operators_orders_are_followed() {
    HoldingRig rig;
    const auto one = rig.hold(HoldingRig::envelope(), "one\r\n");
    const auto two = rig.hold(HoldingRig::envelope(), "two\r\n");
    CPPUNIT_ASSERT(rig.node.start());
    CPPUNIT_ASSERT(give_order(*rig.fs, {one->id, "release", "root"}));
    CPPUNIT_ASSERT(give_order(*rig.fs, {two->id, "drop", "root"}));
    CPPUNIT_ASSERT(eventually([&] { return rig.spool->list().empty(); }));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.mta.sent().size());
    CPPUNIT_ASSERT(rig.mta.sent().front().bytes.find("one\r\n") != std::string::npos);
    CPPUNIT_ASSERT(eventually([&] { return read_orders(*rig.fs)->empty(); }));
    CPPUNIT_ASSERT(indexed_state(rig, two->id) == HeldState::dropped);
  }
  void what_is_dropped_while_the_mta_defers_it_is_over() {
    HoldingRig rig;
    rig.mta.answer({451});
    const auto r = rig.hold(HoldingRig::envelope());
    CPPUNIT_ASSERT(rig.node.start());
    CPPUNIT_ASSERT(rig.desk.approve(r->id, "test", {}, HoldingRig::soon()));
    CPPUNIT_ASSERT(eventually([&] {
      const auto message = rig.spool->read(r->id);
      return message && history_of(*message).deferrals == 1;
    }));
    CPPUNIT_ASSERT(give_order(*rig.fs, {r->id, "drop", "root"}));
    CPPUNIT_ASSERT(eventually([&] { return rig.spool->list().empty(); }));
    CPPUNIT_ASSERT(indexed_state(rig, r->id) == HeldState::dropped);
  }
  void the_log_says_in_a_word_what_became_of_an_order() {
    const Order order{test::HoldingRig::envelope().id, "release", "root"};
    const auto told = [&](const Status& done) {
      std::string out;
      for (const log::Field& field : order_fields(order, done))
        if (field.key == "result" || field.key == "error")
          out += std::string(field.key) + "=" + field.value + " ";
      return out;
    };
    CPPUNIT_ASSERT_EQUAL(std::string("result=done "), told({}));
    CPPUNIT_ASSERT_EQUAL(std::string("result=gone "),
                         told(Error{Errc::not_found, order.id.text()}));
    CPPUNIT_ASSERT_EQUAL(std::string("result=failed error=bad digest "),
                         told(Error{Errc::corrupt, "bad digest"}));
  }
  void take_back(HoldingRig& rig, const HeldId& id) {
    Request request = rig.answer(id);
    request.kind = "withdraw";
    rig.sign(request, "web");
    CPPUNIT_ASSERT(rig.store.requests().append(rig.spool->node(), request, HoldingRig::soon()));
    CPPUNIT_ASSERT(eventually([&] { return indexed_state(rig, id) == HeldState::withdrawn; }));
  }
  void what_was_taken_back_stays_until_it_expires() {
    HoldingRig rig;
    const auto r = rig.hold(HoldingRig::envelope());
    CPPUNIT_ASSERT(rig.node.start());
    take_back(rig, r->id);
    CPPUNIT_ASSERT(rig.registry.text().find("countersign_withdrawn_total{by=\"withdraw\"} 1") !=
                   std::string::npos);
    // A start finds it again, and leaves it.
    rig.node.changed(r->id);
    CPPUNIT_ASSERT(rig.spool->read(r->id));
    rig.clock.advance(std::chrono::hours(25));
    CPPUNIT_ASSERT(eventually([&] { return rig.spool->list().empty(); }));
    CPPUNIT_ASSERT(indexed_state(rig, r->id) == HeldState::expired);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.notices.sent().size());
    const std::string digest = rig.notices.sent().front().bytes;
    CPPUNIT_ASSERT(digest.find("taken back by its sender") != std::string::npos);
    CPPUNIT_ASSERT(digest.find("40 chairs") == std::string::npos);
    CPPUNIT_ASSERT(digest.find("alice") == std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.mta.sent().size());
  }
  void an_order_restores_what_was_taken_back() {
    HoldingRig rig;
    const auto r = rig.hold(HoldingRig::envelope());
    CPPUNIT_ASSERT(rig.node.start());
    take_back(rig, r->id);
    CPPUNIT_ASSERT(give_order(*rig.fs, {r->id, "restore", "root"}));
    CPPUNIT_ASSERT(eventually([&] { return indexed_state(rig, r->id) == HeldState::held; }));
    CPPUNIT_ASSERT(
        rig.store.requests().append(rig.spool->node(), rig.answer(r->id), HoldingRig::soon()));
    CPPUNIT_ASSERT(eventually([&] { return rig.mta.sent().size() == 1; }));
  }
  void nothing_expires_before_a_digest_listed_it() {
    HoldingRig rig;
    rig.notices.answer({451});
    const auto r = rig.hold(HoldingRig::envelope());
    rig.clock.advance(std::chrono::hours(25));
    CPPUNIT_ASSERT(rig.node.start());
    CPPUNIT_ASSERT(eventually([&] { return rig.spool->list().empty(); }));
    CPPUNIT_ASSERT(indexed_state(rig, r->id) == HeldState::expired);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.notices.sent().size());
    CPPUNIT_ASSERT_EQUAL(std::string("<joe@example.org>"),
                         rig.notices.sent().front().delivery.recipients.at(0).forward_path);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.mta.sent().size());
  }
  void a_digest_that_was_due_while_the_node_was_down_is_sent_at_start() {
    HoldingRig rig;
    const auto r = rig.hold(HoldingRig::envelope());
    rig.clock.advance(std::chrono::hours(20));
    CPPUNIT_ASSERT(rig.node.start());
    CPPUNIT_ASSERT(eventually([&] { return rig.notices.sent().size() == 1; }));
    CPPUNIT_ASSERT(rig.spool->read(r->id));
  }
  void a_start_after_the_hour_sends_no_digest_of_what_came_after_it() {
    HoldingRig rig;
    const auto r = rig.hold(HoldingRig::envelope());
    CPPUNIT_ASSERT(rig.node.start());
    // Between two orders that were followed lies a whole round of chores.
    for (const char* body : {"second\r\n", "third\r\n"}) {
      const auto other = rig.hold(HoldingRig::envelope(), body);
      CPPUNIT_ASSERT(give_order(*rig.fs, {other->id, "drop", "root"}));
      CPPUNIT_ASSERT(eventually([&] { return read_orders(*rig.fs)->empty(); }));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.notices.sent().size());
    CPPUNIT_ASSERT(rig.spool->read(r->id));
  }
  void nothing_expires_because_the_wall_clock_was_set() {
    HoldingRig rig;
    const auto r = rig.hold(HoldingRig::envelope());
    rig.clock.step_wall(std::chrono::hours(24 * 365));
    CPPUNIT_ASSERT(rig.node.start());
    // An order is followed after the first look at what expires: then the message must be there.
    const auto other = rig.hold(HoldingRig::envelope(), "other\r\n");
    CPPUNIT_ASSERT(give_order(*rig.fs, {other->id, "drop", "root"}));
    CPPUNIT_ASSERT(eventually([&] { return read_orders(*rig.fs)->empty(); }));
    CPPUNIT_ASSERT(rig.spool->read(r->id));
    CPPUNIT_ASSERT(history_of(*rig.spool->read(r->id)).state == HeldState::held);
  }
  void a_challenge_goes_by_mail_once() {
    HoldingRig rig;
    HeldEnvelope e = HoldingRig::envelope();
    e.by_mail = true;
    CPPUNIT_ASSERT(rig.node.start());
    const auto r = rig.hold(e);
    CPPUNIT_ASSERT(eventually([&] { return rig.notices.sent().size() == 1; }));
    CPPUNIT_ASSERT(eventually([&] {
      const auto message = rig.spool->read(r->id);
      return message && history_of(*message).challenge_done;
    }));
    CPPUNIT_ASSERT(eventually([&] { return bool(rig.announcer.challenge(r->id)); }));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.notices.sent().size());
    CPPUNIT_ASSERT(rig.notices.sent().front().bytes.find("/c/") != std::string::npos);
  }
  void a_challenge_that_is_deferred_keeps_no_other_waiting() {
    HoldingRig rig;
    rig.notices.answer_for("<slow@example.com>", 450);
    CPPUNIT_ASSERT(rig.node.start());
    constexpr std::size_t kOthers = 5;
    for (std::size_t i = 0; i < 2 * kOthers; ++i) {
      HeldEnvelope e = HoldingRig::envelope();
      e.by_mail = true;
      e.author = i % 2 == 0 ? "slow@example.com" : "a" + std::to_string(i) + "@example.com";
      const std::string path = "<" + e.author + ">";
      e.envelope.reverse_path = parse_reverse_path({path});
      e.message_id = "<" + std::to_string(i) + "@example.com>";
      CPPUNIT_ASSERT(rig.hold(e));
    }
    CPPUNIT_ASSERT(eventually([&] { return rig.notices.sent().size() == kOthers; }));
  }
  void what_the_store_has_and_the_spool_has_not_ends_when_it_is_answered() {
    HoldingRig rig;
    const auto r = rig.hold(HoldingRig::envelope());
    CPPUNIT_ASSERT(rig.spool->remove(r->id));
    rig.table.erase(r->id);
    CPPUNIT_ASSERT(indexed_state(rig, r->id) == HeldState::held);
    CPPUNIT_ASSERT(rig.node.start());
    CPPUNIT_ASSERT(
        rig.store.requests().append(rig.spool->node(), rig.answer(r->id), HoldingRig::soon()));
    CPPUNIT_ASSERT(eventually([&] { return indexed_state(rig, r->id) == HeldState::dropped; }));
  }
  void the_spools_clock_goes_on_after_a_restart() {
    HoldingRig rig;
    rig.clock.advance(std::chrono::hours(3));
    CPPUNIT_ASSERT(rig.spool_clock->save());
    rig.clock.step_wall(std::chrono::hours(1000));
    auto again = *SpoolClock::open(*rig.fs, rig.clock);
    CPPUNIT_ASSERT_EQUAL(static_cast<long long>(milliseconds(std::chrono::hours(3)).count()),
                         static_cast<long long>(again->now().count()));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(NodeTest);

}  // namespace countersign
