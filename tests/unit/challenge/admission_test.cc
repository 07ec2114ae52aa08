// SPDX-License-Identifier: Apache-2.0
#include "challenge/admission.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"

namespace countersign::challenge {
namespace {

using Fields = std::vector<HeaderField>;

const std::string kPath = "/c/7Q2MXF4PK9TD3HWA7Q2MXF4PK9";
const HeaderField kHost{"Host", "gate.example.org"};
const HeaderField kForm{"Content-Type", "application/x-www-form-urlencoded"};
const HeaderField kTen{"Content-Length", "10"};

AdmissionRules rules() {
  return {"https://gate.example.org", *NetworkList::parse({"192.0.2.0/24"})};
}

struct HeadRow {
  const char* name;
  std::string method;
  std::string path;
  Fields fields;
  int want;  ///< status of the refusal; 0: admitted
  std::string version = "HTTP/1.1";
};

const HeadRow kHeadRows[] = {
    {"a page", "GET", kPath, {kHost}, 0},
    {"its head", "HEAD", kPath, {kHost}, 0},
    {"an answer", "POST", kPath, {kHost, kForm, kTen}, 0},
    {"a challenge", "GET", kPath + "/pow", {kHost}, 0},
    {"the health", "GET", "/healthz", {kHost}, 0},
    {"an asset", "GET", "/assets/page-0123.css", {kHost}, 0},
    {"HTTP/1.0, as proxies speak it", "GET", kPath, {kHost}, 0, "HTTP/1.0"},
    {"a form with its charset",
     "POST",
     kPath,
     {kHost, {"content-type", "application/X-WWW-form-urlencoded; charset=UTF-8"}, kTen},
     0},
    {"an empty body is none", "GET", kPath, {kHost, {"Content-Length", "0"}}, 0},

    {"no Host", "GET", kPath, {}, 400},
    {"two Hosts", "GET", kPath, {kHost, kHost}, 400},
    {"two Hosts in two cases", "GET", kPath, {kHost, {"hOST", "other.example.org"}}, 400},
    {"an empty Host", "GET", kPath, {{"Host", ""}}, 400},
    {"a list of Hosts", "GET", kPath, {{"Host", "a.example.org, b.example.org"}}, 400},
    {"a Host with a path", "GET", kPath, {{"Host", "gate.example.org/x"}}, 400},
    {"Transfer-Encoding with Content-Length",
     "POST",
     kPath,
     {kHost, kForm, kTen, {"Transfer-Encoding", "chunked"}},
     400},
    {"the same on a GET",
     "GET",
     kPath,
     {kHost, {"Content-Length", "0"}, {"transfer-encoding", "chunked"}},
     400},
    {"Transfer-Encoding alone",
     "POST",
     kPath,
     {kHost, kForm, {"Transfer-Encoding", "chunked"}},
     411},
    {"an obscured Transfer-Encoding",
     "POST",
     kPath,
     {kHost, kForm, kTen, {"Transfer-Encoding", "xchunked"}},
     400},
    {"two Content-Length", "POST", kPath, {kHost, kForm, kTen, kTen}, 400},
    {"two different Content-Length",
     "POST",
     kPath,
     {kHost, kForm, kTen, {"Content-length", "11"}},
     400},
    {"a list of Content-Length", "POST", kPath, {kHost, kForm, {"Content-Length", "10, 10"}}, 400},
    {"a Content-Length with a sign", "POST", kPath, {kHost, kForm, {"Content-Length", "+10"}}, 400},
    {"a negative Content-Length", "POST", kPath, {kHost, kForm, {"Content-Length", "-1"}}, 400},
    {"a hexadecimal Content-Length",
     "POST",
     kPath,
     {kHost, kForm, {"Content-Length", "0x10"}},
     400},
    {"an empty Content-Length", "POST", kPath, {kHost, kForm, {"Content-Length", ""}}, 400},
    {"a Content-Length over 64 bits",
     "POST",
     kPath,
     {kHost, kForm, {"Content-Length", "99999999999999999999999"}},
     413},
    {"a body on a GET", "GET", kPath, {kHost, kTen}, 400},
    {"a body on a HEAD", "HEAD", kPath, {kHost, kTen}, 400},
    {"a name with a blank before the colon",
     "POST",
     kPath,
     {kHost, kForm, {"Content-Length ", "10"}},
     400},
    {"a name with a control", "GET", kPath, {kHost, {"X\x01Y", "1"}}, 400},
    {"an empty name", "GET", kPath, {kHost, {"", "1"}}, 400},
    {"a value with a NUL", "GET", kPath, {kHost, {"X", std::string("a\0b", 3)}}, 400},
    {"a value with a line end", "GET", kPath, {kHost, {"X", "a\nSet-Cookie: b"}}, 400},
    {"a value with a tab is fine", "GET", kPath, {kHost, {"X", "a\tb"}}, 0},

    {"no length on a POST", "POST", kPath, {kHost, kForm}, 411},
    {"4096 bytes are taken", "POST", kPath, {kHost, kForm, {"Content-Length", "4096"}}, 0},
    {"4097 are not", "POST", kPath, {kHost, kForm, {"Content-Length", "4097"}}, 413},
    {"no type on a POST", "POST", kPath, {kHost, kTen}, 415},
    {"two types on a POST", "POST", kPath, {kHost, kForm, kForm, kTen}, 415},
    {"JSON on a POST", "POST", kPath, {kHost, {"Content-Type", "application/json"}, kTen}, 415},
    {"multipart on a POST",
     "POST",
     kPath,
     {kHost, {"Content-Type", "multipart/form-data; boundary=x"}, kTen},
     415},
    {"a packed body", "POST", kPath, {kHost, kForm, kTen, {"Content-Encoding", "gzip"}}, 415},

    {"DELETE", "DELETE", kPath, {kHost}, 405},
    {"OPTIONS", "OPTIONS", kPath, {kHost}, 405},
    {"get in small letters", "get", kPath, {kHost}, 405},
    {"a POST to the challenge", "POST", kPath + "/pow", {kHost, kForm, kTen}, 405},
    {"a POST to the health", "POST", "/healthz", {kHost, kForm, kTen}, 405},

    {"the root", "GET", "/", {kHost}, 404},
    {"nothing", "GET", "", {kHost}, 404},
    {"all of the server", "OPTIONS", "*", {kHost}, 404},
    {"a whole URL", "GET", "http://gate.example.org" + kPath, {kHost}, 404},
    {"what does not exist", "GET", kPath + "/release", {kHost}, 404},
    {"the way back", "GET", kPath + "/withdraw", {kHost}, 0},
    {"the way back is taken", "POST", kPath + "/withdraw", {kHost, kForm, kTen}, 0},
    {"disowning", "POST", kPath + "/not-me", {kHost, kForm, kTen}, 0},
    {"a code is not posted", "POST", kPath + "/code.png", {kHost, kForm, kTen}, 405},
    {"who runs this", "GET", "/why", {kHost}, 0},
    {"the recipient's pages", "GET", "/me/", {kHost}, 404},
    {"a way up", "GET", "/assets/../../etc/passwd", {kHost}, 404},
    {"a hidden file", "GET", "/assets/.git", {kHost}, 404},
    {"an escape is not undone", "GET", "/assets/%2e%2e", {kHost}, 404},

    {"a long path", "GET", "/c/" + std::string(1022, 'A'), {kHost}, 414},
    {"a long header", "GET", kPath, {kHost, {"X", std::string(8192, 'x')}}, 431},
    {"many fields", "GET", kPath, Fields(65, kHost), 431},
    {"HTTP/2", "GET", kPath, {kHost}, 505, "HTTP/2.0"},
    {"HTTP/1.2", "GET", kPath, {kHost}, 505, "HTTP/1.2"},

    {"from our own page, by its origin",
     "POST",
     kPath,
     {kHost, kForm, kTen, {"Origin", "https://gate.example.org"}},
     0},
    {"from our own page, which sends no referrer",
     "POST",
     kPath,
     {kHost, kForm, kTen, {"Origin", "null"}, {"Sec-Fetch-Site", "same-origin"}},
     0},
    {"from our own page under another name",
     "POST",
     kPath,
     {{"Host", "127.0.0.1:8480"}, kForm, kTen, {"Origin", "http://127.0.0.1:8480"}},
     0},
    {"from no page", "POST", kPath, {kHost, kForm, kTen, {"Sec-Fetch-Site", "none"}}, 0},
    {"from another site's page",
     "POST",
     kPath,
     {kHost, kForm, kTen, {"Origin", "https://evil.example.com"}},
     403},
    {"from a page whose name begins as ours",
     "POST",
     kPath,
     {kHost, kForm, kTen, {"Origin", "https://gate.example.org.evil.example"}},
     403},
    {"from another site's page that hides",
     "POST",
     kPath,
     {kHost, kForm, kTen, {"Origin", "null"}, {"Sec-Fetch-Site", "cross-site"}},
     403},
    {"from a sister host's page",
     "POST",
     kPath,
     {kHost, kForm, kTen, {"Sec-Fetch-Site", "same-site"}},
     403},
    {"a link from another site may be followed",
     "GET",
     kPath,
     {kHost, {"Sec-Fetch-Site", "cross-site"}},
     0},
};

void check_head(const HeadRow& row) {
  const auto got = admit({row.method, row.path, row.version, row.fields, "192.0.2.1"}, rules());
  const auto* refusal = std::get_if<Refusal>(&got);
  CPPUNIT_ASSERT_EQUAL(row.want, refusal ? refusal->status : 0);
}

struct AcceptRow {
  const char* name;
  const char* accept;
  bool want;
};

const AcceptRow kAcceptRows[] = {
    {"nothing wanted is HTML", "", false},
    {"anything is HTML", "*/*", false},
    {"JSON", "application/json", true},
    {"JSON in capitals", "APPLICATION/JSON", true},
    {"JSON among others", "text/plain, application/json;q=0.5", true},
    {"a browser", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", false},
    {"JSON rather than HTML", "text/html;q=0.5, application/json", true},
    {"HTML rather than JSON", "application/json;q=0.5, text/html", false},
    {"both alike are HTML", "application/json, text/html", false},
    {"JSON refused", "application/json;q=0", false},
    {"another type that begins so", "application/json-seq", false},
    {"a broken weight", "application/json;q=x", false},
    {"only commas", ",,,", false},
};

void check_accept(const AcceptRow& row) { CPPUNIT_ASSERT_EQUAL(row.want, wants_json(row.accept)); }

class AdmissionTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AdmissionTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(table);
  CPPUNIT_TEST(the_request_has_what_was_asked_for);
  CPPUNIT_TEST(the_network_is_the_clients);
  CPPUNIT_TEST(the_origin_of_a_url);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void table(TestSuiteBuilderContextType& context) {
    test::add_rows(context, kHeadRows, check_head);
    test::add_rows(context, kAcceptRows, check_accept);
  }

  void the_request_has_what_was_asked_for() {
    const auto get = [](const std::string& method, const std::string& path) {
      const Fields fields = {kHost, kForm, {"Content-Length", "0"}, {"Accept", "application/json"}};
      return std::get<HttpRequest>(admit({method, path, "HTTP/1.1", fields, ""}, rules()));
    };
    CPPUNIT_ASSERT(get("POST", "/c/x").method == Method::post);
    CPPUNIT_ASSERT(get("HEAD", "/c/x").method == Method::head);
    CPPUNIT_ASSERT(get("GET", "/c/a%20b").route == Route::page);
    CPPUNIT_ASSERT_EQUAL(std::string("a%20b"), get("GET", "/c/a%20b").name);
    CPPUNIT_ASSERT_EQUAL(std::string(), get("GET", "/c/").name);
    CPPUNIT_ASSERT(get("GET", "/c/x/pow").route == Route::pow);
    CPPUNIT_ASSERT_EQUAL(std::string("x"), get("GET", "/c/x/pow").name);
    CPPUNIT_ASSERT_EQUAL(std::string("a-1.js"), get("GET", "/assets/a-1.js").name);
    CPPUNIT_ASSERT(get("GET", "/c/x").json);
    CPPUNIT_ASSERT_EQUAL(std::string(), get("GET", "/c/x").network);
  }

  void the_network_is_the_clients() {
    const auto network = [](const std::string& peer, const Fields& more) {
      Fields fields = {kHost};
      fields.insert(fields.end(), more.begin(), more.end());
      return std::get<HttpRequest>(admit({"GET", "/c/x", "HTTP/1.1", fields, peer}, rules()))
          .network;
    };
    CPPUNIT_ASSERT_EQUAL(std::string("198.51.100.0/24"), network("198.51.100.7", {}));
    CPPUNIT_ASSERT_EQUAL(std::string("2001:db8:0:1::/64"), network("2001:db8:0:1::7", {}));
    CPPUNIT_ASSERT_EQUAL(std::string("203.0.113.0/24"),
                         network("192.0.2.80", {{"X-Forwarded-For", "10.0.0.1"},
                                                {"x-forwarded-for", "203.0.113.9"},
                                                {"Forwarded", "for=10.1.1.1"}}));
    CPPUNIT_ASSERT_EQUAL(std::string("127.0.0.0/24"),
                         network("127.0.0.1", {{"X-Forwarded-For", "203.0.113.9"}}));
  }

  void the_origin_of_a_url() {
    CPPUNIT_ASSERT_EQUAL(std::string("https://gate.example.org:444"),
                         origin_of("HTTPS://Gate.Example.org:444/path"));
    CPPUNIT_ASSERT_EQUAL(std::string("http://[::1]:8480"), origin_of("http://[::1]:8480"));
    CPPUNIT_ASSERT_EQUAL(std::string(), origin_of("gate.example.org"));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(AdmissionTest);

}  // namespace
}  // namespace countersign::challenge
