// SPDX-License-Identifier: Apache-2.0
//
// What needs no name server that answers. tests/integration/test_authenticate.py has one.
#include "authentication/unbound_dns.h"

#include <arpa/inet.h>
#include <cppunit/extensions/HelperMacros.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/unique_fd.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

struct Row {
  const char* name;
  std::string resolver;
  std::string want;  ///< "" for none
};
const Row kRows[] = {
    {"an address", "192.0.2.53", "192.0.2.53"},
    {"an address with a port", "127.0.0.1:5353", "127.0.0.1@5353"},
    {"an IPv6 address", "2001:db8::1", "2001:db8::1"},
    {"an IPv6 address in brackets", "[2001:db8::1]", "2001:db8::1"},
    {"an IPv6 address with a port", "[::1]:53", "::1@53"},
    {"no address", "ns.example", ""},
    {"a name with a port", "ns.example:53", ""},
    {"no port", "127.0.0.1:", ""},
    {"a port of nought", "127.0.0.1:0", ""},
    {"a port too high", "127.0.0.1:65536", ""},
    {"a port with more behind it", "127.0.0.1:53x", ""},
    {"brackets that do not close", "[::1", ""},
    {"nothing between brackets", "[]:53", ""},
};

/// A name server that never answers.
class SilentServer {
 public:
  SilentServer() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    CPPUNIT_ASSERT_EQUAL(0, ::bind(socket_.get(), plain, size));
    CPPUNIT_ASSERT_EQUAL(0, ::getsockname(socket_.get(), plain, &size));
    address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  const std::string& address() const { return address_; }

 private:
  UniqueFd socket_;
  std::string address_;
};

class UnboundDnsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(UnboundDnsTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(a_server_that_is_silent_is_waited_for_until_the_deadline);
  CPPUNIT_TEST(what_is_no_name_is_not_asked_for);
  CPPUNIT_TEST(a_resolver_that_is_none_is_refused);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) {
    test::add_rows(
        context, kRows, +[](const Row& row) {
          const auto got = unbound_address(row.resolver);
          CPPUNIT_ASSERT_EQUAL(row.want, got ? *got : "");
        });
  }

  void a_server_that_is_silent_is_waited_for_until_the_deadline() {
    const SilentServer silent;
    auto dns = UnboundDns::open(silent.address());
    CPPUNIT_ASSERT(dns);
    for (int i = 0; i < 20; ++i) {
      const auto got = (*dns)->ask("n" + std::to_string(i) + ".example", DnsType::txt,
                                   std::chrono::steady_clock::now() + milliseconds(10));
      CPPUNIT_ASSERT(DnsAnswer::Kind::failed == got.kind);
    }
  }

  void what_is_no_name_is_not_asked_for() {
    const SilentServer silent;
    auto dns = UnboundDns::open(silent.address());
    CPPUNIT_ASSERT(dns);
    for (const std::string& name :
         {std::string(), std::string("."), std::string("a..b"), std::string(".a"),
          std::string(64, 'a') + ".example", std::string(300, 'a'), std::string("a\0.b", 4),
          "a." + std::string(252, 'b')})
      CPPUNIT_ASSERT(DnsAnswer::Kind::nothing ==
                     (*dns)->ask(name, DnsType::txt, SteadyTime::max()).kind);
  }

  void a_resolver_that_is_none_is_refused() {
    const auto got = UnboundDns::open("ns.example");
    CPPUNIT_ASSERT(!got && got.error().code == Errc::invalid);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(UnboundDnsTest);

}  // namespace
}  // namespace countersign
