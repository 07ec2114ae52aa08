// SPDX-License-Identifier: Apache-2.0
//
// connect_stream and make_relay against real sockets, on loopback and in a temporary folder.
#include <arpa/inet.h>
#include <cppunit/extensions/HelperMacros.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdlib>
#include <thread>

#include "base/unique_fd.h"
#include "relay/smtp_client.h"
#include "tests/support/scripted_peer.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

using test::Script;
using test::ScriptedPeer;
using test::summary;

/// A listening socket on a Unix path or a loopback port.
struct Listener {
  UniqueFd fd;
  std::string address;
};

Listener listen_tcp() {
  Listener out{UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), ""};
  for (int port = 20000 + ::getpid() % 10000; port < 32768; ++port) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(static_cast<std::uint16_t>(port));
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(out.fd.get(), reinterpret_cast<sockaddr*>(&at), sizeof at) != 0) continue;
    CPPUNIT_ASSERT_EQUAL(0, ::listen(out.fd.get(), 5));
    out.address = "127.0.0.1:" + std::to_string(port);
    return out;
  }
  CPPUNIT_FAIL("no free port");
  return out;
}

/// Serves one connection by a script, in a thread of its own.
class Server {
 public:
  Server(Listener listener, Script script)
      : address(listener.address),
        peer(std::move(script)),
        listener_(std::move(listener.fd)),
        thread_([this] { serve(); }) {}
  ~Server() { join(); }
  void join() {
    if (thread_.joinable()) thread_.join();
  }

  const std::string address;
  ScriptedPeer peer;  ///< after join()

 private:
  void serve() {
    const UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    for (;;) {
      for (;;) {
        const auto out = peer.read(Deadline{});
        if (!out) break;
        if (out->empty()) return;
        if (::send(fd.get(), out->data(), out->size(), MSG_NOSIGNAL) < 0) return;
      }
      char buffer[1000];
      const ssize_t n = ::recv(fd.get(), buffer, sizeof buffer, 0);
      if (n <= 0) return;
      (void)!peer.write({buffer, static_cast<std::size_t>(n)}, Deadline{});
    }
  }
  const UniqueFd listener_;
  std::thread thread_;
};

Delivery one_recipient(std::string content) {
  Delivery d;
  d.reverse_path = "<alice@example.com>";
  d.recipients = {{"<joe@example.org>", {}}};
  d.size_bytes = content.size();
  d.content = test::pieces(std::move(content), 10'000);
  return d;
}

struct Address {
  const char* name;
  std::string address;
  Errc want;
};
const Address kAddresses[] = {
    {"no port", "127.0.0.1", Errc::invalid},
    {"an empty port", "127.0.0.1:", Errc::invalid},
    {"port 0", "127.0.0.1:0", Errc::invalid},
    {"port 65536", "127.0.0.1:65536", Errc::invalid},
    {"a port with a tail", "127.0.0.1:25x", Errc::invalid},
    {"a service's name", "127.0.0.1:smtp", Errc::invalid},
    {"no host", ":25", Errc::invalid},
    {"IPv6 without brackets", "::1:25", Errc::invalid},
    {"empty brackets", "[]:25", Errc::invalid},
    {"NUL in the host", std::string("a\0b:25", 6), Errc::invalid},
    {"a relative Unix path", "unix:smtp.sock", Errc::invalid},
    {"an empty Unix path", "unix:", Errc::invalid},
    {"a Unix path of 108 octets", "unix:/" + std::string(107, 'x'), Errc::invalid},
    {"a Unix path that is not there", "unix:/nonexistent/smtp.sock", Errc::unavailable},
    {"a port nobody listens on", "127.0.0.1:1", Errc::unavailable},
};
void check_address(const Address& row) {
  const auto stream = connect_stream(row.address, std::chrono::steady_clock::now() + seconds(5));
  CPPUNIT_ASSERT(!stream);
  CPPUNIT_ASSERT(row.want == stream.error().code);
  CPPUNIT_ASSERT(!stream.error().detail.empty());
}

}  // namespace

class ConnectTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ConnectTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(a_message_goes_over_tcp_byte_for_byte);
  CPPUNIT_TEST(a_peer_is_asked_what_it_says_before_mail);
  CPPUNIT_TEST(a_host_name_is_looked_up);
  CPPUNIT_TEST(a_message_goes_over_a_unix_socket);
  CPPUNIT_TEST(a_silent_peer_ends_at_the_deadline);
  CPPUNIT_TEST(a_dripping_peer_ends_at_the_deadline);
  CPPUNIT_TEST(a_program_that_ends_waits_no_longer);
  CPPUNIT_TEST(a_peer_that_does_not_read_ends_at_the_deadline);
  CPPUNIT_TEST(a_peer_that_closes_raises_no_signal);
  CPPUNIT_TEST(a_relay_without_peer_defers_all);
  CPPUNIT_TEST(a_peer_says_how_much_it_takes);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) {
    test::add_rows(context, kAddresses, check_address);
  }

  void a_message_goes_over_tcp_byte_for_byte() {
    std::string content;
    for (int i = 0; i < 50'000; ++i)
      content += i % 3 ? "..\xff\r\n" : ".\r\n" + std::string(50, 'x');
    content += "\r\n";
    Server server(listen_tcp(), Script{});
    const auto relay = make_relay(server.address, "gate.example.org", seconds(20));
    CPPUNIT_ASSERT_EQUAL(std::string("taken 250"), summary(relay->send(one_recipient(content))));
    server.join();
    CPPUNIT_ASSERT(content == server.peer.content);
    CPPUNIT_ASSERT_EQUAL(std::string("QUIT"), server.peer.commands.back());
  }

  void a_peer_says_how_much_it_takes() {
    const struct {
      const char* ehlo;
      std::uint64_t want;
    } rows[] = {{"250-mx\r\n250-SIZE 10240000\r\n250 DSN\r\n", 10'240'000},
                {"250-mx\r\n250 size 5\r\n", 5},
                {"250-mx\r\n250 SIZE\r\n", 0},
                {"250-mx\r\n250 SIZE 0\r\n", 0},
                {"250-mx\r\n250 SIZE 1x\r\n", 0},
                {"250-mx\r\n250 SIZE 99999999999999999999999\r\n", 0},
                {"250 mx\r\n", 0}};
    for (const auto& row : rows) {
      Script script;
      script.ehlo = row.ehlo;
      Server server(listen_tcp(), script);
      const auto size = offered_size(server.address, "gate.example.org", seconds(20));
      CPPUNIT_ASSERT_MESSAGE(row.ehlo, size);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.ehlo, row.want, *size);
      server.join();
      CPPUNIT_ASSERT_EQUAL(std::string("QUIT"), server.peer.commands.back());
    }
    CPPUNIT_ASSERT(!offered_size("127.0.0.1:1", "gate.example.org", seconds(5)));
  }

  void a_peer_is_asked_what_it_says_before_mail() {
    const auto ask = [](const Script& script, std::vector<std::string>* commands = nullptr) {
      Server server(listen_tcp(), script);
      const auto welcome = ask_welcome(server.address, "gate.example.org", seconds(20));
      server.join();
      if (commands != nullptr) *commands = server.peer.commands;
      CPPUNIT_ASSERT(welcome);
      return *welcome;
    };
    Script script;
    script.greeting = "220 mx ESMTP Mail\r\n";
    script.ehlo = "250-mx\r\n250 DSN\r\n";
    std::vector<std::string> commands;
    const Welcome well = ask(script, &commands);
    CPPUNIT_ASSERT_EQUAL(std::string("mx ESMTP Mail"), well.greeting.text);
    CPPUNIT_ASSERT_EQUAL(std::string("250 mx\nDSN"),
                         std::to_string(well.hello.code) + " " + well.hello.text);
    CPPUNIT_ASSERT(commands == std::vector<std::string>({"EHLO gate.example.org", "QUIT"}));
    script.greeting = "421 4.3.0 Server local error\r\n";
    const Welcome busy = ask(script);
    CPPUNIT_ASSERT_EQUAL(421, busy.greeting.code);
    CPPUNIT_ASSERT_EQUAL(std::string("4.3.0 Server local error"), busy.greeting.text);
    CPPUNIT_ASSERT_EQUAL(0, busy.hello.code);
    const auto nobody = ask_welcome("127.0.0.1:1", "gate.example.org", seconds(5));
    CPPUNIT_ASSERT(!nobody && nobody.error().code == Errc::unavailable);
  }

  void a_host_name_is_looked_up() {
    Listener listener = listen_tcp();
    listener.address.replace(0, 9, "localhost");
    Server server(std::move(listener), Script{});
    const auto relay = make_relay(server.address, "gate.example.org", seconds(20));
    CPPUNIT_ASSERT_EQUAL(std::string("taken 250"), summary(relay->send(one_recipient("x\r\n"))));
  }

  void a_message_goes_over_a_unix_socket() {
    char folder[] = "/tmp/countersign-connect-XXXXXX";
    CPPUNIT_ASSERT(::mkdtemp(folder) != nullptr);
    const std::string path = std::string(folder) + "/smtp.sock";
    {
      Listener listener{UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)), "unix:" + path};
      sockaddr_un at{};
      at.sun_family = AF_UNIX;
      path.copy(at.sun_path, path.size());
      CPPUNIT_ASSERT_EQUAL(0,
                           ::bind(listener.fd.get(), reinterpret_cast<sockaddr*>(&at), sizeof at));
      CPPUNIT_ASSERT_EQUAL(0, ::listen(listener.fd.get(), 5));
      Server server(std::move(listener), Script{});
      const auto relay = make_relay(server.address, "gate.example.org", seconds(20));
      CPPUNIT_ASSERT_EQUAL(std::string("taken 250"), summary(relay->send(one_recipient("x\r\n"))));
    }
    ::unlink(path.c_str());
    ::rmdir(folder);
  }

  void a_silent_peer_ends_at_the_deadline() {
    const Listener listener = listen_tcp();
    const Deadline deadline = std::chrono::steady_clock::now() + milliseconds(50);
    const auto stream = connect_stream(listener.address, deadline);
    CPPUNIT_ASSERT(stream);
    const auto bytes = (*stream)->read(deadline);
    CPPUNIT_ASSERT(!bytes);
    CPPUNIT_ASSERT(std::chrono::steady_clock::now() >= deadline);
    CPPUNIT_ASSERT_EQUAL(std::string("the peer took too long"), bytes.error().detail);
  }

  void a_dripping_peer_ends_at_the_deadline() {
    const Listener listener = listen_tcp();
    std::thread dripping([&] {
      const UniqueFd fd(::accept4(listener.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
      while (::send(fd.get(), "2", 1, MSG_NOSIGNAL) == 1)
        std::this_thread::sleep_for(milliseconds(1));
    });
    Delivery delivery = one_recipient("x\r\n");
    const auto outcome = make_relay(listener.address, "gate", seconds(1))->send(delivery);
    dripping.join();
    CPPUNIT_ASSERT_EQUAL(std::string("deferred 0"), summary(outcome));
    CPPUNIT_ASSERT_EQUAL(std::string("the peer took too long"), outcome.recipients[0].reply.text);
  }

  void a_program_that_ends_waits_no_longer() {
    const Listener listener = listen_tcp();
    Ending ending;
    const auto relay = make_relay(listener.address, "gate", std::chrono::hours(1), &ending);
    std::thread end([&] {
      // Not before the relay waits for a greeting.
      UniqueFd(::accept4(listener.fd.get(), nullptr, nullptr, SOCK_CLOEXEC)).release();
      ending.at(std::chrono::steady_clock::now());
    });
    const auto outcome = relay->send(one_recipient("x\r\n"));
    end.join();
    CPPUNIT_ASSERT_EQUAL(std::string("deferred 0"), summary(outcome));
    CPPUNIT_ASSERT_EQUAL(std::string("the peer took too long"), outcome.recipients[0].reply.text);
  }

  void a_peer_that_does_not_read_ends_at_the_deadline() {
    const Listener listener = listen_tcp();
    const auto now = std::chrono::steady_clock::now();
    const auto stream = connect_stream(listener.address, now + seconds(5));
    CPPUNIT_ASSERT(stream);
    const auto sent = (*stream)->write(std::string(50'000'000, 'x'), now + milliseconds(100));
    CPPUNIT_ASSERT(!sent);
    CPPUNIT_ASSERT_EQUAL(std::string("the peer took too long"), sent.error().detail);
  }

  void a_peer_that_closes_raises_no_signal() {
    const Listener listener = listen_tcp();
    const Deadline deadline = std::chrono::steady_clock::now() + seconds(10);
    const auto stream = connect_stream(listener.address, deadline);
    CPPUNIT_ASSERT(stream);
    UniqueFd(::accept4(listener.fd.get(), nullptr, nullptr, SOCK_CLOEXEC)).reset();
    CPPUNIT_ASSERT_EQUAL(std::string(), *(*stream)->read(deadline));
    Status sent;
    while (sent && std::chrono::steady_clock::now() < deadline)
      sent = (*stream)->write("x", deadline);
    CPPUNIT_ASSERT(!sent);
  }

  void a_relay_without_peer_defers_all() {
    const auto outcome =
        make_relay("127.0.0.1:1", "gate", seconds(5))->send(one_recipient("x\r\n"));
    CPPUNIT_ASSERT_EQUAL(std::string("deferred 0"), summary(outcome));
    CPPUNIT_ASSERT(outcome.recipients[0].reply.text.starts_with("connect to 127.0.0.1:1: "));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(ConnectTest);

}  // namespace countersign
