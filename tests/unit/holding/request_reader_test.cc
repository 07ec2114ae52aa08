// SPDX-License-Identifier: Apache-2.0
#include "holding/request_reader.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>

#include "tests/support/holding_rig.h"
#include "tokenstore/rules.h"

namespace countersign {

class RequestReaderTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RequestReaderTest);
  CPPUNIT_TEST(what_is_handled_is_gone);
  CPPUNIT_TEST(one_that_waits_keeps_no_other_waiting);
  CPPUNIT_TEST(more_that_wait_than_are_read_at_once_keep_no_other_waiting);
  CPPUNIT_TEST(what_came_later_for_the_same_message_waits_with_it);
  CPPUNIT_TEST(who_is_busy_is_asked_again_soon);
  CPPUNIT_TEST(a_stream_that_cannot_be_read_is_an_error);
  CPPUNIT_TEST_SUITE_END();

  void append(const std::string& id, const std::string& kind = "answer") {
    Request request;
    request.kind = kind;
    request.id = id;
    CPPUNIT_ASSERT(store_.requests().append("n1", request, std::chrono::steady_clock::now()));
  }
  std::size_t left() {
    return store_.requests().read("n1", std::chrono::steady_clock::now())->size();
  }
  RequestReader::Handler handler() {
    return [this](const Request& request) -> Status {
      ++tries_;
      if (std::ranges::find(waiting_, request.id) != waiting_.end())
        return Error{code_, request.id};
      handled_.push_back(request.id + " " + request.kind);
      return {};
    };
  }
  /// Turns until `enough`, as often as is sensible.
  template <class Enough>
  void turn_until(RequestReader& reader, Enough enough) {
    for (int i = 0; i < 200 && !enough(); ++i) CPPUNIT_ASSERT(reader.turn(handler()));
    CPPUNIT_ASSERT(enough());
  }

 public:
  void what_is_handled_is_gone() {
    append("a");
    append("b");
    RequestReader reader(store_.requests(), "n1");
    CPPUNIT_ASSERT(reader.turn(handler()));
    CPPUNIT_ASSERT((handled_ == Texts{"a answer", "b answer"}));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, left());
  }
  void one_that_waits_keeps_no_other_waiting() {
    waiting_ = {"stuck"};
    append("stuck");
    append("a");
    RequestReader reader(store_.requests(), "n1");
    CPPUNIT_ASSERT(reader.turn(handler()));
    CPPUNIT_ASSERT((handled_ == Texts{"a answer"}));
    append("b");
    turn_until(reader, [&] { return handled_.size() == 2; });
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, left());
    waiting_.clear();
    turn_until(reader, [&] { return handled_.size() == 3; });
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, left());
  }
  void more_that_wait_than_are_read_at_once_keep_no_other_waiting() {
    for (std::size_t i = 0; i < 2 * kRequestsAtOnce + 1; ++i) {
      waiting_.push_back("stuck" + std::to_string(i));
      append(waiting_.back());
    }
    append("a");
    RequestReader reader(store_.requests(), "n1");
    turn_until(reader, [&] { return handled_.size() == 1; });
    waiting_.clear();
    turn_until(reader, [&] { return left() == 0; });
    CPPUNIT_ASSERT_EQUAL(2 * kRequestsAtOnce + 2, handled_.size());
  }
  void what_came_later_for_the_same_message_waits_with_it() {
    waiting_ = {"a"};
    append("a");
    append("a", "withdraw");
    append("b");
    RequestReader reader(store_.requests(), "n1");
    CPPUNIT_ASSERT(reader.turn(handler()));
    CPPUNIT_ASSERT_EQUAL(2, tries_);
    waiting_.clear();
    turn_until(reader, [&] { return handled_.size() == 3; });
    CPPUNIT_ASSERT((handled_ == Texts{"b answer", "a answer", "a withdraw"}));
  }
  void who_is_busy_is_asked_again_soon() {
    code_ = Errc::already_exists;
    waiting_ = {"a"};
    append("a");
    RequestReader reader(store_.requests(), "n1");
    CPPUNIT_ASSERT(reader.turn(handler()));
    turn_until(reader, [&] { return tries_ == 2; });
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, left());
  }
  void a_stream_that_cannot_be_read_is_an_error() {
    append("a");
    RequestReader reader(store_.requests(), "n1");
    store_.set_down(true);
    CPPUNIT_ASSERT(!reader.turn(handler()));
    store_.set_down(false);
    CPPUNIT_ASSERT(reader.turn(handler()));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, handled_.size());
  }

 private:
  using Texts = std::vector<std::string>;
  ManualClock clock_;
  MemoryStore store_{clock_};
  Texts waiting_;  ///< ids that cannot be handled
  Texts handled_;
  Errc code_ = Errc::unavailable;
  int tries_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(RequestReaderTest);

}  // namespace countersign
