// SPDX-License-Identifier: Apache-2.0
#include <cppunit/extensions/HelperMacros.h>

#include "spool/spool.h"
#include "tests/support/failing_fs.h"
#include "tests/support/held_samples.h"
#include "tests/support/lossy_fs.h"

namespace countersign {

class OrdersTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(OrdersTest);
  CPPUNIT_TEST(an_order_is_read_and_removed);
  CPPUNIT_TEST(orders_for_several_recipients_stand_side_by_side);
  CPPUNIT_TEST(an_order_survives_a_power_cut);
  CPPUNIT_TEST(a_removed_order_stays_removed);
  CPPUNIT_TEST(an_order_that_failed_leaves_nothing);
  CPPUNIT_TEST(a_verb_is_a_word);
  CPPUNIT_TEST(strange_files_are_no_orders);
  CPPUNIT_TEST(a_spool_never_opened_has_no_orders);
  CPPUNIT_TEST(paused_survives_a_power_cut);
  CPPUNIT_TEST(pausing_twice_and_resuming_twice_is_once);
  CPPUNIT_TEST_SUITE_END();

 public:
  void orders_for_several_recipients_stand_side_by_side() {
    CPPUNIT_ASSERT(give_order(fs_, {kRelease.id, "release", "root", 0}));
    CPPUNIT_ASSERT(give_order(fs_, {kRelease.id, "release", "root", 12}));
    CPPUNIT_ASSERT(give_order(fs_, kRelease));
    const auto orders = read_orders(fs_);
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, orders->size());
    CPPUNIT_ASSERT(!orders->at(0).recipient);
    CPPUNIT_ASSERT(orders->at(1).recipient == std::optional<std::uint32_t>(0));
    CPPUNIT_ASSERT(orders->at(2).recipient == std::optional<std::uint32_t>(12));
    for (const Order& order : *orders) CPPUNIT_ASSERT(remove_order(fs_, order));
    CPPUNIT_ASSERT(read_orders(fs_)->empty());
  }

  void an_order_is_read_and_removed() {
    CPPUNIT_ASSERT(give_order(fs_, kRelease));
    CPPUNIT_ASSERT(give_order(fs_, {kRelease.id, "drop", "ann"}));
    const auto orders = read_orders(fs_);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, orders->size());
    CPPUNIT_ASSERT_EQUAL(kRelease.id.text(), orders->at(1).id.text());
    CPPUNIT_ASSERT_EQUAL(std::string("release"), orders->at(1).verb);
    CPPUNIT_ASSERT_EQUAL(std::string("root"), orders->at(1).who);
    CPPUNIT_ASSERT(remove_order(fs_, orders->at(0)));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, read_orders(fs_)->size());
    CPPUNIT_ASSERT(remove_order(fs_, orders->at(0)));
  }
  void an_order_survives_a_power_cut() {
    for (unsigned seed = 0; seed < 20; ++seed) {
      test::LossyFs fs;
      CPPUNIT_ASSERT(give_order(fs, kRelease));
      fs.power_cut(seed);
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, read_orders(fs)->size());
      CPPUNIT_ASSERT_EQUAL(std::string("root"), read_orders(fs)->at(0).who);
    }
  }
  void a_removed_order_stays_removed() {
    CPPUNIT_ASSERT(give_order(fs_, kRelease));
    CPPUNIT_ASSERT(remove_order(fs_, kRelease));
    fs_.power_cut(0);
    CPPUNIT_ASSERT(read_orders(fs_)->empty());
  }
  void an_order_that_failed_leaves_nothing() {
    for (int at = 1;; ++at) {
      test::LossyFs fs;
      test::FailingFs failing(fs);
      failing.arm({.at = at, .effect = test::Fault::Effect::part});
      const auto given = give_order(failing, kRelease);
      if (!failing.broken()) {
        CPPUNIT_ASSERT(given);
        CPPUNIT_ASSERT(at > 6);
        return;
      }
      CPPUNIT_ASSERT(!given);
      CPPUNIT_ASSERT(fs.files().empty());
    }
  }
  void a_verb_is_a_word() {
    for (const char* verb :
         {"", "Release", "re lease", "../x", "release.1", "averyveryverylongverbindeed"}) {
      const auto given = give_order(fs_, {kRelease.id, verb, "root"});
      CPPUNIT_ASSERT_MESSAGE(verb, !given && given.error().code == Errc::invalid);
    }
    CPPUNIT_ASSERT(fs_.files().empty());
  }
  void strange_files_are_no_orders() {
    CPPUNIT_ASSERT(fs_.make_dir("orders"));
    for (const char* leaf : {"release", "x.release", ".release", "README"})
      fs_.plant(std::string("orders/") + leaf, "root");
    fs_.plant("orders/" + kRelease.id.text(), "root");
    fs_.plant("orders/" + kRelease.id.text() + ".release~", "root");
    CPPUNIT_ASSERT(fs_.make_dir("orders/" + kRelease.id.text() + ".drop"));
    CPPUNIT_ASSERT(read_orders(fs_)->empty());
  }
  void a_spool_never_opened_has_no_orders() { CPPUNIT_ASSERT(read_orders(fs_)->empty()); }
  void paused_survives_a_power_cut() {
    CPPUNIT_ASSERT(!*is_paused(fs_));
    CPPUNIT_ASSERT(set_paused(fs_, true));
    fs_.power_cut(0);
    CPPUNIT_ASSERT(*is_paused(fs_));
    CPPUNIT_ASSERT(set_paused(fs_, false));
    fs_.power_cut(0);
    CPPUNIT_ASSERT(!*is_paused(fs_));
  }
  void pausing_twice_and_resuming_twice_is_once() {
    for (const bool paused : {true, true, false, false}) {
      CPPUNIT_ASSERT(set_paused(fs_, paused));
      CPPUNIT_ASSERT_EQUAL(paused, *is_paused(fs_));
    }
  }

 private:
  const Order kRelease{test::held_id("7q", '0'), "release", "root"};
  test::LossyFs fs_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(OrdersTest);

}  // namespace countersign
