// SPDX-License-Identifier: Apache-2.0
#include <cppunit/extensions/HelperMacros.h>

#include "holding/intake_desk.h"
#include "holding/release.h"
#include "holding/view.h"
#include "tests/support/holding_rig.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

using test::HoldingRig;

struct Row {
  const char* name;
  void (*change)(HeldEnvelope&);
  const char* body;
  bool joins;
};

const Row kRows[] = {
    {"the same mail again joins", [](HeldEnvelope&) {}, "hello\r\n", true},
    {"another body does not", [](HeldEnvelope&) {}, "hullo\r\n", false},
    {"another Message-ID does not", [](HeldEnvelope& e) { e.message_id = "<2@example.com>"; },
     "hello\r\n", false},
    {"another author does not", [](HeldEnvelope& e) { e.author = "bob@example.com"; }, "hello\r\n",
     false},
    {"an unauthenticated copy does not join the author's own",
     [](HeldEnvelope& e) { e.fingerprint = ""; }, "hello\r\n", false},
    {"another recipient does not",
     [](HeldEnvelope& e) {
       e.envelope.recipients = {parse_forward_path({"<ann@example.org>"}, "ann@example.org")};
       e.owners = {"ann@example.org"};
     },
     "hello\r\n", false},
    {"one that nobody is told of does not join one with a page",
     [](HeldEnvelope& e) { e.challenged = false; }, "hello\r\n", false},
};

void check(const Row& row) {
  HoldingRig rig;
  const auto first = rig.hold(HoldingRig::envelope());
  CPPUNIT_ASSERT(first);
  CPPUNIT_ASSERT(!first->joined);
  HeldEnvelope again = HoldingRig::envelope();
  row.change(again);
  const auto second = rig.hold(again, row.body);
  CPPUNIT_ASSERT(second);
  CPPUNIT_ASSERT_EQUAL(row.joins, second->joined);
  CPPUNIT_ASSERT_EQUAL(row.joins, first->id == second->id);
  CPPUNIT_ASSERT_EQUAL(row.joins, first->url == second->url);
  CPPUNIT_ASSERT_EQUAL(std::size_t(row.joins ? 1 : 2), rig.spool->list().size());
}

}  // namespace

class IntakeTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(IntakeTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(the_url_names_the_token_and_not_the_id);
  CPPUNIT_TEST(the_page_can_find_it_and_check_the_address);
  CPPUNIT_TEST(a_new_key_changes_no_url_that_was_given);
  CPPUNIT_TEST(a_retry_through_another_host_hears_the_url_of_the_first_key);
  CPPUNIT_TEST(what_waits_at_another_node_leaves_nothing_here);
  CPPUNIT_TEST(a_store_that_is_down_means_not_kept);
  CPPUNIT_TEST(a_store_that_fails_after_the_disk_means_kept_all_the_same);
  CPPUNIT_TEST(a_retry_after_release_is_a_new_mail);
  CPPUNIT_TEST(a_stale_index_does_not_make_a_promise);
  CPPUNIT_TEST(killed_before_the_store_knew_the_retry_joins_all_the_same);
  CPPUNIT_TEST(the_content_is_byte_for_byte);
  CPPUNIT_TEST(a_used_up_budget_falls_back_to_the_reply);
  CPPUNIT_TEST(what_the_mta_would_not_take_back_is_not_kept);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& c) { test::add_rows(c, kRows, check); }

  void the_url_names_the_token_and_not_the_id() {
    HoldingRig rig;
    const auto r = rig.hold(HoldingRig::envelope());
    CPPUNIT_ASSERT_EQUAL("https://gate.example.org/c/" + *answer_token(rig.keys, r->id, 1), r->url);
    CPPUNIT_ASSERT(is_answer_token(rig.keys, r->id, 1, r->url.substr(r->url.size() - 26)));
  }
  void the_page_can_find_it_and_check_the_address() {
    HoldingRig rig;
    const auto r = rig.hold(HoldingRig::envelope());
    const std::string token = *answer_token(rig.keys, r->id, 1);
    const auto found = rig.store.held().look_up({token_digest(token)}, HoldingRig::soon());
    CPPUNIT_ASSERT(found);
    const HeldView& view = found->held;
    CPPUNIT_ASSERT_EQUAL(std::string("Offer for 40 chairs"), view.subject);
    CPPUNIT_ASSERT_EQUAL(address_proof(token, "alice@example.com"), view.address_proofs.at(0));
  }
  void a_new_key_changes_no_url_that_was_given() {
    HoldingRig rig;
    const auto before = rig.hold(HoldingRig::envelope());
    rig.keys = test::test_keys("answer 2 " + std::string(64, 'f') + "\n");
    // The page finds the same after the index is made anew.
    const HeldMessage message = *rig.spool->read(before->id);
    const auto entry =
        index_entry(message.envelope, rig.spool->node(), history_of(message), rig.keys);
    const std::string token = before->url.substr(before->url.size() - 26);
    CPPUNIT_ASSERT_EQUAL(token_digest(token), entry->digest);
    CPPUNIT_ASSERT_EQUAL(address_proof(token, "alice@example.com"),
                         entry->view.address_proofs.at(0));
    // And a retry hears the same.
    const auto retry = rig.hold(HoldingRig::envelope());
    CPPUNIT_ASSERT(retry->joined);
    CPPUNIT_ASSERT_EQUAL(before->url, retry->url);
    const auto next = rig.hold(HoldingRig::envelope(), "another\r\n");
    CPPUNIT_ASSERT_EQUAL("https://gate.example.org/c/" + *answer_token(rig.keys, next->id, 1, "2"),
                         next->url);
  }
  void a_retry_through_another_host_hears_the_url_of_the_first_key() {
    const Keyring keys = test::test_keys("answer 2 " + std::string(64, 'f') + "\n");
    const HeldId id = HeldId::random();
    for (const char* key : {"1", "2"}) {
      const std::string token = *answer_token(keys, id, 1, key);
      CPPUNIT_ASSERT_EQUAL(token, *answer_token_by_digest(keys, id, 1, token_digest(token)));
    }
    CPPUNIT_ASSERT_EQUAL(*answer_token(keys, id, 1), *answer_token_by_digest(keys, id, 1, ""));
  }
  void what_waits_at_another_node_leaves_nothing_here() {
    HoldingRig rig;
    const auto first = rig.hold(HoldingRig::envelope());
    HeldView there = *rig.store.held().get(first->id, HoldingRig::soon());
    there.node = HeldId::random().text();
    CPPUNIT_ASSERT(rig.store.held().put(
        there, token_digest(first->url.substr(first->url.size() - 26)), HoldingRig::soon()));
    CPPUNIT_ASSERT(rig.spool->remove(first->id));
    rig.table.erase(first->id);
    const auto second = rig.hold(HoldingRig::envelope());
    CPPUNIT_ASSERT(second && second->joined && second->id == first->id);
    CPPUNIT_ASSERT_EQUAL(first->url, second->url);
    CPPUNIT_ASSERT(rig.spool->list().empty());
    CPPUNIT_ASSERT(std::filesystem::is_empty(rig.root + "/tmp"));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, rig.spool->used_bytes());
  }
  void a_store_that_is_down_means_not_kept() {
    HoldingRig rig;
    rig.store.set_down(true);
    const auto r = rig.hold(HoldingRig::envelope());
    CPPUNIT_ASSERT(!r);
    CPPUNIT_ASSERT(Errc::unavailable == r.error().code);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.spool->list().size());
    CPPUNIT_ASSERT(std::filesystem::is_empty(rig.root + "/tmp"));
  }
  void a_store_that_fails_after_the_disk_means_kept_all_the_same() {
    HoldingRig rig;
    rig.store.fail_call(2);  // find_retry is the first, put the second
    const auto r = rig.hold(HoldingRig::envelope());
    CPPUNIT_ASSERT(r);
    CPPUNIT_ASSERT(rig.spool->read(r->id));
    CPPUNIT_ASSERT(!rig.store.held().get(r->id, HoldingRig::soon()));
    CPPUNIT_ASSERT(rig.node.start());
    CPPUNIT_ASSERT(
        test::eventually([&] { return bool(rig.store.held().get(r->id, HoldingRig::soon())); }));
  }
  void a_retry_after_release_is_a_new_mail() {
    HoldingRig rig;
    const auto first = rig.hold(HoldingRig::envelope(""));
    CPPUNIT_ASSERT(rig.node.start());
    (void)rig.desk.handle(rig.answer(first->id), HoldingRig::soon());
    CPPUNIT_ASSERT(test::eventually([&] { return rig.spool->list().empty(); }));
    const auto second = rig.hold(HoldingRig::envelope(""));
    CPPUNIT_ASSERT(second && !second->joined);
  }
  void a_stale_index_does_not_make_a_promise() {
    HoldingRig rig;
    const auto first = rig.hold(HoldingRig::envelope());
    CPPUNIT_ASSERT(rig.spool->remove(first->id));
    rig.table.erase(first->id);
    const auto second = rig.hold(HoldingRig::envelope());
    CPPUNIT_ASSERT(second && !second->joined);
    CPPUNIT_ASSERT(rig.spool->read(second->id));
  }
  void killed_before_the_store_knew_the_retry_joins_all_the_same() {
    HoldingRig rig;
    rig.store.fail_call(2);  // find_retry is the first, put the second
    const auto first = rig.hold(HoldingRig::envelope());
    rig.table.erase(first->id);
    rig.store.set_down(true);  // what the node reads at start must be enough
    CPPUNIT_ASSERT(rig.node.start());
    rig.store.set_down(false);
    const auto second = rig.hold(HoldingRig::envelope());
    CPPUNIT_ASSERT(second && second->joined && second->id == first->id);
  }
  void the_content_is_byte_for_byte() {
    HoldingRig rig;
    const std::string body = ".\r\n..\r\n\xff\xfe no final line end";
    const auto r = rig.hold(HoldingRig::envelope(), body);
    std::string content;
    CPPUNIT_ASSERT(rig.spool->content(r->id, [&](std::string_view piece) -> Status {
      content += piece;
      return {};
    }));
    CPPUNIT_ASSERT_EQUAL("From: alice@example.com\r\nSubject: Offer for 40 chairs\r\n\r\n" + body,
                         content);
    CPPUNIT_ASSERT(rig.spool->read(r->id)->envelope.received.find(r->id.text()) !=
                   std::string::npos);
  }
  void what_the_mta_would_not_take_back_is_not_kept() {
    HoldingRig rig;
    const std::string header = HoldingRig::header_section().bytes();
    const std::string body = "hello\r\n";
    HeldEnvelope envelope = HoldingRig::envelope();
    envelope.id = HeldId::random();
    envelope.received.replace(envelope.received.find("{id}"), 4, envelope.id.text());
    // Beside our own fields stands what the MTA writes.
    const std::uint64_t ours = most_release_fields(envelope) + 1024;
    const std::uint64_t whole = ours + header.size() + 2 + body.size();
    for (const auto& [offered, kept] : {std::pair(whole - 1, false),
                                        {whole, true},
                                        {ours, false},
                                        {std::uint64_t{1}, false},
                                        {std::uint64_t{0}, true}}) {
      rig.offered_size = offered;
      CPPUNIT_ASSERT(rig.release_limit.refresh());
      const auto held = rig.hold(HoldingRig::envelope(), body);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(std::to_string(offered), kept, bool(held));
      if (!kept) CPPUNIT_ASSERT(held.error().code == Errc::invalid);
    }
    // Without a body nobody asks before the end.
    rig.offered_size = whole - body.size() - 1;
    CPPUNIT_ASSERT(rig.release_limit.refresh());
    auto intake = rig.intake_desk.begin(HoldingRig::envelope(), HoldingRig::header_section(),
                                        "192.0.2.0/24", rig.soon());
    CPPUNIT_ASSERT(intake);
    const auto committed = (*intake)->commit(rig.soon());
    CPPUNIT_ASSERT(!committed && committed.error().code == Errc::unavailable);
  }

  void a_used_up_budget_falls_back_to_the_reply() {
    HoldingRig rig;
    HeldEnvelope e = HoldingRig::envelope();
    e.by_mail = true;
    const auto first = rig.hold(e, "one\r\n");
    CPPUNIT_ASSERT(first && first->by_mail);
    const auto second = rig.hold(e, "two\r\n");
    CPPUNIT_ASSERT(second && !second->by_mail);
    CPPUNIT_ASSERT(!second->url.empty());
    const auto again = rig.hold(e, "one\r\n");
    CPPUNIT_ASSERT(again && again->joined && again->by_mail);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(IntakeTest);

}  // namespace countersign
