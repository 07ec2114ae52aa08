// SPDX-License-Identifier: Apache-2.0
//
// What the page makes of what answers at its address.
#include "challenge/self_check.h"

#include <cppunit/extensions/HelperMacros.h>

#include <functional>

#include "challenge/admission.h"
#include "challenge/http_server.h"
#include "challenge/listener.h"
#include "tests/support/table_suite.h"
#include "tests/support/web_fixture.h"

namespace countersign::challenge {
namespace {

/// Answers /healthz as told.
class Standing final : public Site {
 public:
  using Answer = std::function<HttpResponse(const HttpRequest&, std::uint16_t port)>;
  explicit Standing(Answer answer) : answer_(std::move(answer)) {}
  Admission admit(const RequestHead& head) const override {
    auto got = challenge::admit(head, {});
    if (auto* refusal = std::get_if<Refusal>(&got))
      return HttpResponse{refusal->status, "text/plain", refusal->why};
    return std::get<HttpRequest>(std::move(got));
  }
  HttpResponse handle(const HttpRequest& request) override { return answer_(request, port); }
  HttpResponse busy(const HttpRequest&) const override { return {503, "text/plain", "busy"}; }
  std::uint16_t port = 0;

 private:
  const Answer answer_;
};

std::string probe_of(const HttpRequest& request) {
  const auto at = request.query.find("probe");
  return at == request.query.end() ? "" : at->second;
}

HttpResponse ours(const HttpRequest& request, std::uint16_t) {
  return {200, "application/json", *probe_answer(test::web_keyring(), probe_of(request))};
}

struct Row {
  const char* name;
  Standing::Answer answer;
  Outside want;
};

const Row kRows[] = {
    {"a server of ours", ours, Outside::ours},
    {"another server",
     [](const HttpRequest&, std::uint16_t) {
       return HttpResponse{200, "text/html", "<h1>It works!</h1>"};
     },
     Outside::not_ours},
    {"one that says what it was asked",
     [](const HttpRequest& r, std::uint16_t) {
       return HttpResponse{200, "text/html", probe_of(r)};
     },
     Outside::not_ours},
    {"one with other secrets",
     [](const HttpRequest& r, std::uint16_t) {
       const auto other = Keyring::parse("web 1 " + std::string(64, '9') + "\n", "other");
       return HttpResponse{200, "application/json", *probe_answer(*other, probe_of(r))};
     },
     Outside::not_ours},
    {"one whose store is out of service",
     [](const HttpRequest&, std::uint16_t) {
       return HttpResponse{503, "application/json", ""};
     },
     Outside::not_ours},
    {"a proxy with nobody behind it",
     [](const HttpRequest&, std::uint16_t) {
       return HttpResponse{502, "text/html", ""};
     },
     Outside::not_ours},
    {"a redirect, as from http to https",
     [](const HttpRequest& r, std::uint16_t port) {
       if (r.query.contains("again")) return ours(r, port);
       HttpResponse out{301, "", ""};
       out.fields.push_back({"Location", "http://localhost:" + std::to_string(port) +
                                             "/healthz?again=1&probe=" + probe_of(r)});
       return out;
     },
     Outside::ours},
    {"redirects without end",
     [](const HttpRequest& r, std::uint16_t) {
       HttpResponse out{302, "", ""};
       out.fields.push_back({"Location", "/healthz?probe=" + probe_of(r)});
       return out;
     },
     Outside::not_ours},
    {"a redirect to a file",
     [](const HttpRequest&, std::uint16_t) {
       HttpResponse out{302, "", ""};
       out.fields.push_back({"Location", "file:///etc/hostname"});
       return out;
     },
     Outside::not_ours},
};

void check(const Row& row) {
  Standing site(row.answer);
  auto listener = listen_on("127.0.0.1:0");
  CPPUNIT_ASSERT(listener);
  site.port = port_of(listener->get());
  const auto server = HttpServer::start(*std::move(listener), site, {});
  CPPUNIT_ASSERT(server);
  const OutsideLook got = look_from_outside("http://127.0.0.1:" + std::to_string(site.port),
                                            test::web_keyring(), test::soon());
  CPPUNIT_ASSERT_EQUAL_MESSAGE(got.why, static_cast<int>(row.want), static_cast<int>(got.found));
  CPPUNIT_ASSERT_EQUAL(row.want == Outside::ours, got.why.empty());
}

class SelfCheckTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SelfCheckTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(nobody_there_is_told_with_the_address);
  CPPUNIT_TEST(a_name_without_an_address_says_nothing_of_the_page);
  CPPUNIT_TEST(only_a_probe_is_answered);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& c) { test::add_rows(c, kRows, check); }

  void nobody_there_is_told_with_the_address() {
    std::uint16_t port = 0;
    {
      const auto taken = listen_on("127.0.0.1:0");
      port = port_of(taken->get());
    }
    const std::string url = "http://127.0.0.1:" + std::to_string(port);
    const OutsideLook got = look_from_outside(url, test::web_keyring(), test::soon());
    CPPUNIT_ASSERT(got.found == Outside::not_ours);
    CPPUNIT_ASSERT(got.why.starts_with(url + "/healthz: "));
  }
  void a_name_without_an_address_says_nothing_of_the_page() {
    // No name below "invalid" is ever there.
    const OutsideLook got =
        look_from_outside("https://gate.invalid", test::web_keyring(), test::soon());
    CPPUNIT_ASSERT(got.found == Outside::unclear);
    CPPUNIT_ASSERT(!got.why.empty());
  }
  void only_a_probe_is_answered() {
    const Keyring keys = test::web_keyring();
    CPPUNIT_ASSERT_EQUAL(std::size_t{64}, probe_answer(keys, std::string(32, 'a'))->size());
    for (const std::string& no : {std::string(), std::string(31, 'a'), std::string(33, 'a'),
                                  std::string(32, 'A'), std::string(32, ' ')})
      CPPUNIT_ASSERT(!probe_answer(keys, no));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(SelfCheckTest);

}  // namespace
}  // namespace countersign::challenge
