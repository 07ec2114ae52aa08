// SPDX-License-Identifier: Apache-2.0
//
// TCP and TLS: addresses that are silent or refuse, names, certificates, and peers that do not
// shake hands.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <filesystem>

#include "tests/fault/store_rig.h"
#include "tests/support/certificates.h"
#include "tests/support/table_suite.h"
#include "tokenstore/host_lookup.h"
#include "tokenstore/redis_connection.h"

namespace countersign::test {
namespace {

/// A server with TLS on 127.0.0.1; its folder of certificates goes with it.
class TlsServer {
 public:
  explicit TlsServer(const std::string& names) : directory_(make(names)), port_(free_port()) {
    server_ = std::make_unique<RedisServer>(RedisServer::Options{
        .arguments = {"--bind", "127.0.0.1", "--tls-port", std::to_string(port_), "--tls-cert-file",
                      directory_ + "/server.pem", "--tls-key-file", directory_ + "/server.key",
                      "--tls-ca-cert-file", directory_ + "/ca.pem", "--tls-auth-clients", "no"}});
  }
  ~TlsServer() {
    server_.reset();
    std::filesystem::remove_all(directory_);
  }
  std::string url(const std::string& host, const std::string& ca = "ca.pem") const {
    return "rediss://" + host + ":" + std::to_string(port_) + "?ca_file=" + directory_ + "/" + ca;
  }
  int port() const { return port_; }

 private:
  static std::string make(const std::string& names) {
    std::string out = "/tmp/countersign-tls-XXXXXX";
    if (mkdtemp(out.data()) == nullptr) std::abort();
    make_certificates(out, names);
    return out;
  }
  std::string directory_;
  int port_;
  std::unique_ptr<RedisServer> server_;
};

Result<std::vector<RedisReply>> ping(const std::string& url, milliseconds time = seconds(20)) {
  const Deadline deadline = after(time);
  CS_ASSIGN(const RedisAddress address, RedisAddress::parse(url));
  CS_ASSIGN(auto connection, RedisConnection::open(address, std::nullopt, deadline));
  RedisPipeline ask;
  ask.add({"SET", "x", std::string(200'000, 'x')}).add({"GET", "x"});
  return connection->run(ask, deadline);
}

struct Meeting {
  const char* name;
  const char* names;  ///< of the certificate
  const char* host;   ///< that we connect to
  const char* want;   ///< part of the error; null: it works
};
const Meeting kMeetings[] = {
    {"a name that the certificate bears", "DNS:localhost", "localhost", nullptr},
    {"an address that the certificate bears", "IP:127.0.0.1", "127.0.0.1", nullptr},
    {"an address that it does not bear", "DNS:localhost", "127.0.0.1", "IP address mismatch"},
    {"a name that it does not bear", "DNS:redis.example.org", "localhost", "hostname mismatch"},
};
void check_meeting(const Meeting& row) {
  TlsServer server(row.names);
  const auto replies = ping(server.url(row.host));
  if (row.want != nullptr) {
    expect_unavailable(replies, row.want);
    return;
  }
  CPPUNIT_ASSERT_MESSAGE(replies ? "" : replies.error().detail, bool(replies));
  CPPUNIT_ASSERT_EQUAL(std::size_t{200'000}, (*replies)[1].text.size());
}

/// A TCP listener of which nobody accepts.
class Listener {
 public:
  explicit Listener(int backlog) : port_(free_port()), fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(static_cast<std::uint16_t>(port_));
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd_.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 ||
        listen(fd_.get(), backlog) != 0)
      std::abort();
  }
  std::string at(const std::string& scheme) const {
    return scheme + "127.0.0.1:" + std::to_string(port_);
  }

 private:
  int port_;
  UniqueFd fd_;
};

}  // namespace

class NetworkTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(NetworkTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(meetings);
  CPPUNIT_TEST(tcp_works_by_name_and_by_address);
  CPPUNIT_TEST(a_certificate_of_an_unknown_authority_is_refused);
  CPPUNIT_TEST(a_ca_file_that_is_not_there_is_named);
  CPPUNIT_TEST(a_peer_that_does_not_speak_tls_is_refused);
  CPPUNIT_TEST(a_tls_server_is_not_spoken_to_in_clear);
  CPPUNIT_TEST(a_peer_that_never_shakes_hands_does_not_outlast_the_deadline);
  CPPUNIT_TEST(a_peer_that_accepts_and_is_silent_does_not_outlast_the_deadline);
  CPPUNIT_TEST(a_listener_that_accepts_no_more_does_not_outlast_the_deadline);
  CPPUNIT_TEST(a_unix_listener_that_accepts_no_more_does_not_outlast_the_deadline);
  CPPUNIT_TEST(a_port_that_refuses_is_named);
  CPPUNIT_TEST(a_host_that_does_not_exist_is_no_answer);
  CPPUNIT_TEST(addresses_are_found_without_asking);
  CPPUNIT_TEST(no_time_is_no_answer);
  CPPUNIT_TEST(a_store_works_over_tls);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void meetings(TestSuiteBuilderContextType& c) { add_rows(c, kMeetings, check_meeting); }

  void tcp_works_by_name_and_by_address() {
    const std::string port = std::to_string(free_port());
    RedisServer server({.arguments = {"--bind", "127.0.0.1", "--port", port}});
    for (const char* host : {"127.0.0.1", "localhost"}) {
      const auto replies = ping("redis://" + std::string(host) + ":" + port);
      CPPUNIT_ASSERT_MESSAGE(replies ? "" : replies.error().detail, bool(replies));
    }
  }
  void a_certificate_of_an_unknown_authority_is_refused() {
    TlsServer server("DNS:localhost");
    expect_unavailable(ping("rediss://localhost:" + std::to_string(server.port())), "certificate");
  }
  void a_ca_file_that_is_not_there_is_named() {
    TlsServer server("DNS:localhost");
    expect_unavailable(ping(server.url("localhost", "other.pem")), "other.pem");
  }
  void a_peer_that_does_not_speak_tls_is_refused() {
    const std::string port = std::to_string(free_port());
    RedisServer server({.arguments = {"--bind", "127.0.0.1", "--port", port}});
    expect_unavailable(ping("rediss://127.0.0.1:" + port));
  }
  void a_tls_server_is_not_spoken_to_in_clear() {
    TlsServer server("DNS:localhost");
    expect_unavailable(ping("redis://localhost:" + std::to_string(server.port())));
  }
  void a_peer_that_never_shakes_hands_does_not_outlast_the_deadline() {
    expect_unavailable(ping(Listener(10).at("rediss://"), milliseconds(300)), "in time");
  }
  void a_peer_that_accepts_and_is_silent_does_not_outlast_the_deadline() {
    expect_unavailable(ping(Listener(10).at("redis://"), milliseconds(300)), "in time");
  }
  void a_listener_that_accepts_no_more_does_not_outlast_the_deadline() {
    const Listener listener(0);
    for (int i = 0; i < 3; ++i)
      expect_unavailable(ping(listener.at("redis://"), milliseconds(300)), "in time");
  }
  void a_unix_listener_that_accepts_no_more_does_not_outlast_the_deadline() {
    RedisServer server;
    const std::string url = server.url();
    server.pause();
    // Its backlog is 511: a few hundred connections that nobody takes fill it.
    RedisAddress address = *RedisAddress::parse(url);
    std::vector<std::unique_ptr<RedisSocket>> waiting;
    while (waiting.size() < 10'000) {
      auto one = RedisSocket::connect(address, after(milliseconds(200)));
      if (!one) break;
      waiting.push_back(*std::move(one));
    }
    expect_unavailable(ping(url, milliseconds(300)), "in time");
    server.resume();
  }
  void a_port_that_refuses_is_named() {
    const std::string url = "redis://127.0.0.1:" + std::to_string(free_port());
    expect_unavailable(ping(url), url + "/0: Connection refused");
  }
  void a_host_that_does_not_exist_is_no_answer() {
    expect_unavailable(ping("redis://nobody.invalid:6379"), "host nobody.invalid");
    expect_unavailable(look_up_host("nobody.invalid", 6379, after(milliseconds(0))));
  }
  void addresses_are_found_without_asking() {
    for (const char* host : {"127.0.0.1", "::1"}) {
      const auto found = look_up_host(host, 6379, after(milliseconds(0)));
      CPPUNIT_ASSERT_MESSAGE(found ? "" : found.error().detail, found && found->size() == 1);
    }
  }
  void no_time_is_no_answer() {
    RedisServer server;
    expect_unavailable(ping(server.url(), milliseconds(0)), "in time");
    StoreRig rig;
    expect_unavailable(ask(*rig.store, milliseconds(-5)), "no time left");
    CPPUNIT_ASSERT(rig.store->healthy());
    CPPUNIT_ASSERT(ask(*rig.store));
  }
  void a_store_works_over_tls() {
    TlsServer server("DNS:localhost,IP:127.0.0.1");
    auto store = open_store(server.url("127.0.0.1"));
    CPPUNIT_ASSERT(store->create_site(soon()));
    CPPUNIT_ASSERT(write(*store));
    for (int i = 0; i < 10; ++i) {
      const auto known = ask(*store);
      CPPUNIT_ASSERT_MESSAGE(known ? "" : known.error().detail, bool(known));
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, known->recipients[0].matches.size());
    }
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(NetworkTest);

}  // namespace countersign::test
