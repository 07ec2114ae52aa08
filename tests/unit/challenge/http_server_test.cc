// SPDX-License-Identifier: Apache-2.0
//
// The real server over real sockets: what the library below would let through, and clients that
// are slow, many, or gone.
#include "challenge/http_server.h"

#include <cppunit/extensions/HelperMacros.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <atomic>
#include <condition_variable>
#include <map>

#include "challenge/admission.h"
#include "challenge/listener.h"
#include "challenge/standing_fields.h"
#include "tests/support/raw_http.h"
#include "tests/support/table_suite.h"

namespace countersign::challenge {
namespace {

using test::ask_raw;
using test::RawHttp;
using test::status_of;

// Most rows want to read what comes until the server closes.
const std::string kHost = "Host: gate.example.org\r\nConnection: close\r\n";
const std::string kGet = "GET /c/x HTTP/1.1\r\n" + kHost + "\r\n";
const std::string kStay = "GET /c/stay HTTP/1.1\r\nHost: gate.example.org\r\n\r\n";
const std::string kForm = kHost + "Content-Type: application/x-www-form-urlencoded\r\n";

/// Admits as the real site; answers with what it got; can be made to wait.
class EchoSite final : public Site {
 public:
  Admission admit(const RequestHead& head) const override {
    auto got = challenge::admit(head, {});
    if (auto* refusal = std::get_if<Refusal>(&got))
      return HttpResponse{refusal->status, "text/plain", refusal->why};
    return std::get<HttpRequest>(std::move(got));
  }
  HttpResponse handle(const HttpRequest& request) override {
    std::unique_lock lock(mutex_);
    ++handled_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    if (request.name == "throw") throw std::runtime_error("a bug");
    return {200, "text/plain", "[" + request.name + "|" + request.body + "]"};
  }
  /// Of /c/begun... all but "begun-absent" has its answer at once.
  bool may_begin(const HttpRequest& request) const override {
    return request.name.starts_with("begun");
  }
  std::unique_ptr<PendingResponses> begin(std::vector<const HttpRequest*> requests) override {
    struct Ready final : PendingResponses {
      int descriptor() const override { return -1; }
      std::optional<std::vector<std::optional<HttpResponse>>> advance() override {
        std::vector<std::optional<HttpResponse>> out;
        for (const HttpRequest* request : asked) {
          out.emplace_back();
          if (request->name != "begun-absent")
            out.back() = HttpResponse{200, "text/plain", "(" + request->name + ")"};
        }
        return out;
      }
      std::vector<const HttpRequest*> asked;
    };
    auto out = std::make_unique<Ready>();
    out->asked = std::move(requests);
    return out;
  }
  HttpResponse busy(const HttpRequest&) const override { return {503, "text/plain", "busy"}; }

  void close_gate() { set(false); }
  void open_gate() { set(true); }
  int handled() const {
    std::lock_guard lock(mutex_);
    return handled_;
  }
  void wait_until_handled(int count) {
    std::unique_lock lock(mutex_);
    CPPUNIT_ASSERT(changed_.wait_for(lock, seconds(10), [&] { return handled_ >= count; }));
  }

 private:
  void set(bool open) {
    {
      std::lock_guard lock(mutex_);
      open_ = open;
    }
    changed_.notify_all();
  }
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
  int handled_ = 0;
};

struct Running {
  explicit Running(const ServerLimits& limits = {}) {
    auto listener = listen_on("127.0.0.1:0");
    CPPUNIT_ASSERT(listener);
    port = port_of(listener->get());
    auto made = HttpServer::start(*std::move(listener), site, limits,
                                  [this](Turned why) { ++turned[static_cast<std::size_t>(why)]; });
    CPPUNIT_ASSERT(made);
    server = *std::move(made);
  }
  ~Running() { site.open_gate(); }

  int count(Turned why) const { return turned[static_cast<std::size_t>(why)]; }

  EchoSite site;
  std::array<std::atomic<int>, 3> turned{};
  std::uint16_t port = 0;
  std::unique_ptr<HttpServer> server;
};

template <class Condition>
void until(const char* what, Condition condition) {
  const Deadline deadline = std::chrono::steady_clock::now() + seconds(10);
  while (!condition()) {
    CPPUNIT_ASSERT_MESSAGE(what, std::chrono::steady_clock::now() < deadline);
    std::this_thread::sleep_for(milliseconds(5));  // poll: until the condition holds
  }
}

struct WireRow {
  const char* name;
  std::string bytes;
  std::vector<int> want;  ///< any of these; 0: closed without a response
};

const WireRow kWireRows[] = {
    {"a request", kGet, {200}},
    {"HTTP/1.0", "GET /c/x HTTP/1.0\r\n" + kHost + "\r\n", {200}},
    {"a form", "POST /c/x HTTP/1.1\r\n" + kForm + "Content-Length: 3\r\n\r\na=1", {200}},
    {"no Host", "GET /c/x HTTP/1.1\r\n\r\n", {400}},
    {"no Host in HTTP/1.0", "GET /c/x HTTP/1.0\r\n\r\n", {400}},
    {"a blank line too many before it", "\r\n" + kGet, {200}},
    {"two Hosts", "GET /c/x HTTP/1.1\r\n" + kHost + "host: b.example\r\n\r\n", {400}},
    {"two Content-Length",
     "POST /c/x HTTP/1.1\r\n" + kForm + "Content-Length: 3\r\nContent-Length: 3\r\n\r\na=1",
     {400}},
    {"two different Content-Length",
     "POST /c/x HTTP/1.1\r\n" + kForm + "Content-Length: 3\r\nContent-Length: 0\r\n\r\na=1",
     {400}},
    {"Transfer-Encoding and Content-Length",
     "POST /c/x HTTP/1.1\r\n" + kForm +
         "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na=1\r\n0\r\n\r\n",
     {400}},
    {"the same the other way round",
     "POST /c/x HTTP/1.1\r\n" + kForm +
         "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n3\r\na=1\r\n0\r\n\r\n",
     {400}},
    {"Transfer-Encoding alone",
     "POST /c/x HTTP/1.1\r\n" + kForm + "Transfer-Encoding: chunked\r\n\r\n3\r\na=1\r\n0\r\n\r\n",
     {411}},
    {"an unknown Transfer-Encoding",
     "POST /c/x HTTP/1.1\r\n" + kForm + "Transfer-Encoding: cow\r\n\r\n",
     {411, 400, 501}},
    {"a list as Content-Length",
     "POST /c/x HTTP/1.1\r\n" + kForm + "Content-Length: 3, 3\r\n\r\na=1",
     {400}},
    {"a signed Content-Length",
     "POST /c/x HTTP/1.1\r\n" + kForm + "Content-Length: +3\r\n\r\na=1",
     {400}},
    {"a Content-Length over 64 bits",
     "POST /c/x HTTP/1.1\r\n" + kForm + "Content-Length: 99999999999999999999\r\n\r\na=1",
     {400, 413}},
    {"a blank before the colon",
     "POST /c/x HTTP/1.1\r\n" + kForm + "Content-Length : 3\r\n\r\na=1",
     {400}},
    {"no colon at all", "GET /c/x HTTP/1.1\r\n" + kHost + "X\r\n\r\n", {400}},
    {"a body on a GET", "GET /c/x HTTP/1.1\r\n" + kHost + "Content-Length: 3\r\n\r\na=1", {400}},
    {"an upgrade is not taken",
     "GET /c/x HTTP/1.1\r\n" + kHost + "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
     {200}},
    {"HTTP/2 from the start", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {505, 400, 0}},
    {"no version", "GET /c/x\r\n\r\n", {400, 505, 0}},
    {"a strange version", "GET /c/x HTTP/1.1x\r\n" + kHost + "\r\n", {505, 400}},
    {"TLS on the plain port", "\x16\x03\x01\x02\x01\x01\xFC\x03\x03\r\n\r\n", {400, 505, 0}},
    {"a header too long for us",
     "GET /c/x HTTP/1.1\r\n" + kHost + "X: " + std::string(9000, 'x') + "\r\n\r\n",
     {431}},
    {"a header too long for the library",
     "GET /c/x HTTP/1.1\r\n" + kHost + "X: " + std::string(60000, 'x') + "\r\n\r\n",
     {431, 413, 0}},
    {"a path too long",
     "GET /c/" + std::string(2000, 'A') + " HTTP/1.1\r\n" + kHost + "\r\n",
     {414}},
    {"a path too long for the library",
     "GET /c/" + std::string(60000, 'A') + " HTTP/1.1\r\n" + kHost + "\r\n",
     {414, 431, 0}},
    {"a body too long",
     "POST /c/x HTTP/1.1\r\n" + kForm + "Content-Length: 5000\r\n\r\n" + std::string(5000, 'a'),
     {413}},
    {"a body far too long, before it comes",
     "POST /c/x HTTP/1.1\r\n" + kForm + "Content-Length: 999999999\r\n\r\n",
     {413}},
    {"a method that nobody has", "BREW /c/x HTTP/1.1\r\n" + kHost + "\r\n", {405}},
};

void check_wire(const WireRow& row) {
  Running r;
  const int got = status_of(ask_raw(r.port, row.bytes));
  CPPUNIT_ASSERT_MESSAGE(std::to_string(got),
                         std::find(row.want.begin(), row.want.end(), got) != row.want.end());
  // Whatever it was, the server serves on.
  CPPUNIT_ASSERT_EQUAL(200, status_of(ask_raw(r.port, kGet)));
}

class HttpServerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HttpServerTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(every_response_has_the_standing_fields);
  CPPUNIT_TEST(what_needs_no_worker_waits_for_none);
  CPPUNIT_TEST(what_was_begun_in_vain_goes_to_a_worker);
  CPPUNIT_TEST(a_body_comes_in_pieces);
  CPPUNIT_TEST(head_has_no_body_but_its_length);
  CPPUNIT_TEST(a_connection_brings_one_request_after_the_other);
  CPPUNIT_TEST(a_connection_ends_after_so_many);
  CPPUNIT_TEST(where_many_are_open_none_stays);
  CPPUNIT_TEST(whoever_says_no_more_is_left_no_longer_than_a_request_may_take);
  CPPUNIT_TEST(draining_does_not_wait_for_those_that_stay);
  CPPUNIT_TEST(what_was_refused_ends_its_connection);
  CPPUNIT_TEST(a_head_that_drips_is_cut);
  CPPUNIT_TEST(a_body_that_drips_is_cut);
  CPPUNIT_TEST(a_client_that_does_not_read_is_cut);
  CPPUNIT_TEST(a_full_queue_is_answered_at_once);
  CPPUNIT_TEST(a_client_gets_only_its_share);
  CPPUNIT_TEST(more_connections_wait_for_their_turn);
  CPPUNIT_TEST(each_connection_has_its_own_deadline);
  CPPUNIT_TEST(descriptors_are_asked_for);
  CPPUNIT_TEST(a_client_that_leaves_harms_nobody);
  CPPUNIT_TEST(a_bug_in_a_handler_closes_one_connection);
  CPPUNIT_TEST(draining_ends_what_was_begun);
  CPPUNIT_TEST(ending_with_requests_under_way_is_clean);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) {
    test::add_rows(context, kWireRows, check_wire);
  }

  void every_response_has_the_standing_fields() {
    Running r;
    for (const std::string& request : {kGet, std::string("GET / HTTP/1.1\r\n" + kHost + "\r\n"),
                                       std::string("GET /c/x HTTP/1.1\r\n\r\n" + kHost)}) {
      const std::string got = ask_raw(r.port, request);
      if (status_of(got) == 400) continue;  // the library's own
      for (const HeaderField& field : standing_fields())
        CPPUNIT_ASSERT_MESSAGE(
            got, got.find(field.name + ": " + field.value + "\r\n") != std::string::npos);
      CPPUNIT_ASSERT(got.find("Connection: close\r\n") != std::string::npos);
    }
  }

  void what_needs_no_worker_waits_for_none() {
    ServerLimits limits;
    limits.workers = 1;
    Running running(limits);
    running.site.close_gate();
    RawHttp busy(running.port);
    busy.send(kGet);
    running.site.wait_until_handled(1);
    const std::string begun = "GET /c/begun HTTP/1.1\r\nHost: gate.example.org\r\n\r\n";
    const std::string got =
        ask_raw(running.port, begun + begun + "GET /c/begun HTTP/1.1\r\n" + kHost + "\r\n");
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, responses(got));
    CPPUNIT_ASSERT(got.ends_with("(begun)"));
    CPPUNIT_ASSERT_EQUAL(1, running.site.handled());
  }

  void what_was_begun_in_vain_goes_to_a_worker() {
    Running running;
    const std::string got =
        ask_raw(running.port, "GET /c/begun-absent HTTP/1.1\r\n" + kHost + "\r\n");
    CPPUNIT_ASSERT(got.ends_with("[begun-absent|]"));
    CPPUNIT_ASSERT_EQUAL(1, running.site.handled());
  }

  void a_body_comes_in_pieces() {
    Running r;
    RawHttp client(r.port);
    const std::string request =
        "POST /c/x HTTP/1.1\r\n" + kForm + "Content-Length: 13\r\n\r\nfirst=1&two=2";
    for (std::size_t i = 0; i < request.size(); i += 7)
      CPPUNIT_ASSERT(client.send(request.substr(i, 7)));
    const std::string got = client.read_all();
    CPPUNIT_ASSERT(got.ends_with("[x|first=1&two=2]"));
  }

  void head_has_no_body_but_its_length() {
    Running r;
    const std::string got = ask_raw(r.port, "HEAD /c/abc HTTP/1.1\r\n" + kHost + "\r\n");
    CPPUNIT_ASSERT_EQUAL(200, status_of(got));
    CPPUNIT_ASSERT(got.ends_with("\r\n\r\n"));
    CPPUNIT_ASSERT(got.find("Content-Length: 6\r\n") != std::string::npos);
  }

  static std::size_t responses(const std::string& got) {
    std::size_t count = 0;
    for (auto at = got.find("HTTP/1.1 "); at != std::string::npos;
         at = got.find("HTTP/1.1 ", at + 1))
      ++count;
    return count;
  }

  void a_connection_brings_one_request_after_the_other() {
    Running r;
    RawHttp client(r.port);
    for (int i = 1; i <= 3; ++i) {
      client.send(kStay);
      r.site.wait_until_handled(i);
    }
    // Sent at once, they are answered in order; the last says that it is.
    client.send(kStay +
                "POST /c/form HTTP/1.1\r\nHost: x\r\nContent-Type: "
                "application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=1" +
                kGet);
    const std::string got = client.read_all();
    CPPUNIT_ASSERT(client.closed());
    CPPUNIT_ASSERT_EQUAL(std::size_t{6}, responses(got));
    CPPUNIT_ASSERT(got.find("[stay|]HTTP/1.1") < got.find("[form|a=1]"));
    CPPUNIT_ASSERT(got.ends_with("[x|]"));
    CPPUNIT_ASSERT_EQUAL(got.find("Connection: close"), got.rfind("Connection: close"));
    CPPUNIT_ASSERT_EQUAL(0, r.count(Turned::slow));
  }

  void a_connection_ends_after_so_many() {
    ServerLimits limits;
    limits.requests = 2;
    Running r(limits);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, responses(ask_raw(r.port, kStay + kStay + kStay)));
  }

  void where_many_are_open_none_stays() {
    ServerLimits limits;
    limits.connections = 4;
    Running r(limits);
    RawHttp one(r.port), two(r.port), three(r.port);
    until("all are open", [&] { return r.server->open() == 3; });
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, responses(ask_raw(r.port, kStay + kStay)));
  }

  void whoever_says_no_more_is_left_no_longer_than_a_request_may_take() {
    ServerLimits limits;
    limits.connection.receive = milliseconds(300);
    Running r(limits);
    RawHttp client(r.port);
    client.send(kStay);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, responses(client.read_all()));
    CPPUNIT_ASSERT(client.closed());
    until("it is gone", [&] { return r.server->open() == 0; });
    CPPUNIT_ASSERT_EQUAL(0, r.count(Turned::slow));
    // Nor longer for a second request that drips.
    RawHttp slow(r.port);
    drip(slow, kStay + "GET /c/x HTTP/1.1\r\nX: ");
    until("it is gone", [&] { return r.server->open() == 0; });
    CPPUNIT_ASSERT_EQUAL(2, r.site.handled());
  }

  void draining_does_not_wait_for_those_that_stay() {
    Running r;
    RawHttp client(r.port);
    client.send(kStay);
    r.site.wait_until_handled(1);
    until("it is answered", [&] { return !client.read_all(milliseconds(50)).empty(); });
    const Deadline before = std::chrono::steady_clock::now() + seconds(5);
    r.server->drain(seconds(60));
    CPPUNIT_ASSERT(std::chrono::steady_clock::now() < before);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, r.server->open());
  }

  void what_was_refused_ends_its_connection() {
    Running r;
    for (const WireRow& row : kWireRows) {
      if (row.want == std::vector<int>{200}) continue;
      const std::string bytes = without_close(row.bytes);
      RawHttp client(r.port);
      client.send(bytes + kStay);
      const std::string got = client.read_all();
      CPPUNIT_ASSERT_MESSAGE(row.name, client.closed());
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.name, std::string::npos, got.find("[stay|"));
    }
    // What hides behind a body that is not read is not a request either.
    const std::string hidden = ask_raw(
        r.port, "POST /c/x HTTP/1.1\r\n" + kForm + "Transfer-Encoding: chunked\r\n\r\n" + kGet);
    CPPUNIT_ASSERT_EQUAL(hidden.find("HTTP/1.1 "), hidden.rfind("HTTP/1.1 "));
    CPPUNIT_ASSERT_EQUAL(0, r.site.handled());
  }

  void a_head_that_drips_is_cut() {
    ServerLimits limits;
    limits.connection.receive = milliseconds(300);
    Running r(limits);
    RawHttp client(r.port);
    drip(client, "GET /c/x HTTP/1.1\r\n" + kHost + "X: ");
    CPPUNIT_ASSERT_EQUAL(std::string(), client.read_all());
    CPPUNIT_ASSERT(client.closed());
    until("it is counted", [&] { return r.count(Turned::slow) == 1; });
    until("it is gone", [&] { return r.server->open() == 0; });
    CPPUNIT_ASSERT_EQUAL(0, r.site.handled());
  }

  void a_body_that_drips_is_cut() {
    ServerLimits limits;
    limits.connection.receive = milliseconds(300);
    Running r(limits);
    RawHttp client(r.port);
    client.send("POST /c/x HTTP/1.1\r\n" + kForm + "Content-Length: 4000\r\n\r\n");
    drip(client, "a=");
    CPPUNIT_ASSERT_EQUAL(std::string(), client.read_all());
    CPPUNIT_ASSERT(client.closed());
    until("it is gone", [&] { return r.server->open() == 0; });
    CPPUNIT_ASSERT_EQUAL(0, r.site.handled());
  }

  void a_client_that_does_not_read_is_cut() {
    ServerLimits limits;
    limits.connection.receive = limits.connection.total = milliseconds(500);
    Running r(limits);
    r.site.close_gate();
    RawHttp client(r.port);
    client.send(kGet);
    r.site.wait_until_handled(1);
    until("it is cut while its answer is made", [&] { return r.count(Turned::slow) == 1; });
    r.site.open_gate();
    until("it is gone", [&] { return r.server->open() == 0; });
  }

  void a_full_queue_is_answered_at_once() {
    ServerLimits limits;
    limits.workers = 2;
    limits.queue = 3;
    Running r(limits);
    r.site.close_gate();
    std::vector<std::unique_ptr<RawHttp>> clients;
    const auto more = [&] {
      clients.push_back(std::make_unique<RawHttp>(r.port));
      clients.back()->send(kGet);
    };
    more();
    more();
    r.site.wait_until_handled(2);  // both workers are busy: three more may wait
    for (int i = 0; i < 4; ++i) more();
    // Which of the four that is, the threads that read them decide.
    until("one is refused", [&] { return r.count(Turned::busy) == 1; });
    r.site.open_gate();
    std::map<int, int> statuses;
    for (auto& client : clients) ++statuses[status_of(client->read_all())];
    CPPUNIT_ASSERT_EQUAL(5, statuses[200]);
    CPPUNIT_ASSERT_EQUAL(1, statuses[503]);
  }

  void a_client_gets_only_its_share() {
    Connections connections({.per_client = 2});
    CPPUNIT_ASSERT(connections.may_open("192.0.2.0/24"));
    connections.open(1000, "192.0.2.0/24");
    connections.open(1001, "192.0.2.0/24");
    connections.open(1002, "");
    CPPUNIT_ASSERT(!connections.may_open("192.0.2.0/24"));
    CPPUNIT_ASSERT(connections.may_open("198.51.100.0/24"));
    CPPUNIT_ASSERT(connections.may_open(""));
    connections.close(1001);
    CPPUNIT_ASSERT(connections.may_open("192.0.2.0/24"));
    connections.close(1001);
    connections.close(1000);
    connections.close(1002);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, connections.count());
  }

  void more_connections_wait_for_their_turn() {
    ServerLimits limits;
    limits.connections = 4;
    limits.connection.receive = milliseconds(500);
    Running r(limits);
    std::vector<std::unique_ptr<RawHttp>> idle;
    for (int i = 0; i < 8; ++i) idle.push_back(std::make_unique<RawHttp>(r.port));
    // It comes after eight that say nothing; they are cut, and it is served.
    CPPUNIT_ASSERT_EQUAL(200, status_of(ask_raw(r.port, kGet)));
    CPPUNIT_ASSERT(r.count(Turned::slow) >= 4);
  }

  void each_connection_has_its_own_deadline() {
    // On the server's side of real sockets: what is cut there reads as ended here.
    std::array<std::array<int, 2>, 3> pairs{};
    for (auto& pair : pairs)
      CPPUNIT_ASSERT_EQUAL(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()));
    const auto ended = [&](std::size_t i) {
      pollfd entry{pairs[i][1], POLLRDHUP, 0};
      return poll(&entry, 1, 0) == 1 && (entry.revents & (POLLHUP | POLLRDHUP)) != 0;
    };
    {
      Connections connections(
          {.per_client = 9, .receive = milliseconds(400), .total = seconds(60)});
      for (auto& pair : pairs) connections.open(pair[0], "");
      // The first has brought its request and has more time, the second waits for a further one.
      connections.received(pairs[0][0]);
      connections.received(pairs[1][0]);
      connections.answered(pairs[1][0]);
      until("the third is cut", [&] { return ended(2); });
      until("the second is cut", [&] { return ended(1); });
      CPPUNIT_ASSERT(!ended(0));
      // Cut, but not gone until the library says so; then its number may come back.
      CPPUNIT_ASSERT_EQUAL(std::size_t{3}, connections.count());
      connections.close(pairs[2][0]);
      connections.open(pairs[2][0], "");
      CPPUNIT_ASSERT_EQUAL(std::size_t{3}, connections.count());
      CPPUNIT_ASSERT(!ended(0));
      for (auto& pair : pairs) connections.close(pair[0]);
      CPPUNIT_ASSERT(connections.wait_until_empty(std::chrono::steady_clock::now() + seconds(10)));
    }
    for (auto& pair : pairs) {
      ::close(pair[0]);
      ::close(pair[1]);
    }
  }

  void descriptors_are_asked_for() {
    rlimit before{};
    CPPUNIT_ASSERT_EQUAL(0, getrlimit(RLIMIT_NOFILE, &before));
    rlimit few = before;
    few.rlim_cur = 256;
    CPPUNIT_ASSERT_EQUAL(0, setrlimit(RLIMIT_NOFILE, &few));
    rlimit after{};
    {
      Running r;
      CPPUNIT_ASSERT_EQUAL(200, status_of(ask_raw(r.port, kGet)));
      CPPUNIT_ASSERT_EQUAL(0, getrlimit(RLIMIT_NOFILE, &after));
    }
    CPPUNIT_ASSERT_EQUAL(0, setrlimit(RLIMIT_NOFILE, &before));
    CPPUNIT_ASSERT(after.rlim_cur > ServerLimits().connections ||
                   after.rlim_cur == before.rlim_max);
  }

  void a_client_that_leaves_harms_nobody() {
    Running r;
    r.site.close_gate();
    {
      RawHttp client(r.port);
      client.send(kGet);
      r.site.wait_until_handled(1);
    }
    r.site.open_gate();
    CPPUNIT_ASSERT_EQUAL(200, status_of(ask_raw(r.port, kGet)));
    until("all are gone", [&] { return r.server->open() == 0; });
  }

  void a_bug_in_a_handler_closes_one_connection() {
    Running r;
    CPPUNIT_ASSERT_EQUAL(std::string(),
                         ask_raw(r.port, "GET /c/throw HTTP/1.1\r\n" + kHost + "\r\n"));
    CPPUNIT_ASSERT_EQUAL(200, status_of(ask_raw(r.port, kGet)));
  }

  void draining_ends_what_was_begun() {
    Running r;
    r.site.close_gate();
    RawHttp client(r.port);
    client.send(kGet);
    r.site.wait_until_handled(1);
    std::thread opener([&] {
      // Once nobody is accepted any more, let the one go on.
      until("the listener is given back", [&] {
        RawHttp late(r.port);
        late.send(kGet);
        return late.read_all(milliseconds(50)).empty();
      });
      r.site.open_gate();
    });
    r.server->drain(seconds(10));
    opener.join();
    CPPUNIT_ASSERT_EQUAL(200, status_of(client.read_all()));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, r.server->open());
    r.server.reset();
    CPPUNIT_ASSERT(!RawHttp(r.port).connected());
  }

  void ending_with_requests_under_way_is_clean() {
    ServerLimits limits;
    limits.workers = 1;
    Running r(limits);
    r.site.close_gate();
    std::vector<std::unique_ptr<RawHttp>> clients;
    for (int i = 0; i < 5; ++i) {
      clients.push_back(std::make_unique<RawHttp>(r.port));
      clients.back()->send(kGet);
    }
    r.site.wait_until_handled(1);
    r.site.open_gate();
    r.server.reset();
    for (auto& client : clients) {
      (void)client->read_all();
      CPPUNIT_ASSERT(client->closed());
    }
  }

 private:
  static std::string without_close(std::string bytes) {
    const std::string close = "Connection: close\r\n";
    for (auto at = bytes.find(close); at != std::string::npos; at = bytes.find(close))
      bytes.erase(at, close.size());
    return bytes;
  }

  /// Sends a byte now and then, as long as the server bears it: never idle, never done.
  static void drip(RawHttp& client, const std::string& start) {
    client.send(start);
    until("it is cut", [&] {
      return !client.send("x") || !client.read_all(milliseconds(20)).empty() || client.closed();
    });
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(HttpServerTest);

}  // namespace
}  // namespace countersign::challenge
