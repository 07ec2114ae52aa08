// SPDX-License-Identifier: Apache-2.0
#include "challenge/connections.h"

#include <cppunit/extensions/HelperMacros.h>
#include <sys/socket.h>

#include <array>

#include "base/unique_fd.h"

namespace countersign::challenge {
namespace {

/// A connection, and whether its end came.
struct Pair {
  Pair() {
    std::array<int, 2> ends{};
    CPPUNIT_ASSERT_EQUAL(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()));
    ours = UniqueFd(ends[0]);
    theirs = UniqueFd(ends[1]);
  }
  bool ended() const {
    char byte = 0;
    return recv(theirs.get(), &byte, 1, MSG_DONTWAIT) == 0;
  }
  UniqueFd ours, theirs;
};

class ConnectionsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ConnectionsTest);
  CPPUNIT_TEST(who_came_between_question_and_opening_is_not_one_too_many);
  CPPUNIT_TEST_SUITE_END();

 public:
  void who_came_between_question_and_opening_is_not_one_too_many() {
    ConnectionLimits limits;
    limits.per_client = 1;
    Connections connections(limits);
    const Pair one, two, other;
    // Two threads ask before either opens.
    CPPUNIT_ASSERT(connections.may_open("192.0.2.0/24"));
    CPPUNIT_ASSERT(connections.may_open("192.0.2.0/24"));
    CPPUNIT_ASSERT(connections.open(one.ours.get(), "192.0.2.0/24"));
    CPPUNIT_ASSERT(!connections.open(two.ours.get(), "192.0.2.0/24"));
    CPPUNIT_ASSERT(connections.open(other.ours.get(), "198.51.100.0/24"));
    CPPUNIT_ASSERT(!one.ended() && two.ended() && !other.ended());
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, connections.count());
    connections.close(one.ours.get());
    CPPUNIT_ASSERT(!connections.may_open("192.0.2.0/24"));
    connections.close(two.ours.get());
    CPPUNIT_ASSERT(connections.may_open("192.0.2.0/24"));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(ConnectionsTest);

}  // namespace
}  // namespace countersign::challenge
