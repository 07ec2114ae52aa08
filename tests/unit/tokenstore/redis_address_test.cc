// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/redis_address.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"

namespace countersign {
namespace {

struct Good {
  const char* name;
  const char* url;
  RedisAddress want;
};
RedisAddress tcp(const std::string& host, int port = 6379, int database = 0,
                 RedisLogin login = {}) {
  RedisAddress out;
  out.host = host;
  out.port = port;
  out.database = database;
  out.login = std::move(login);
  return out;
}
RedisAddress tls(RedisAddress out, const std::string& ca_file = "") {
  out.tls = true;
  out.ca_file = ca_file;
  return out;
}
RedisAddress at(const std::string& path, int database = 0, RedisLogin login = {}) {
  RedisAddress out = tcp("", 6379, database, std::move(login));
  out.path = path;
  return out;
}
const Good kGood[] = {
    {"a host alone", "redis://db.example.org", tcp("db.example.org")},
    {"host, port and database", "redis://127.0.0.1:6380/5", tcp("127.0.0.1", 6380, 5)},
    {"a final slash means database 0", "redis://h:1/", tcp("h", 1)},
    {"an IPv6 address in brackets", "redis://[::1]:6380/1", tcp("::1", 6380, 1)},
    {"an IPv6 address without port", "redis://[2001:db8::1]", tcp("2001:db8::1")},
    {"user and password", "redis://joe:pw@h", tcp("h", 6379, 0, {"joe", "pw"})},
    {"a password of the default user", "redis://:pw@h", tcp("h", 6379, 0, {"", "pw"})},
    {"percent-encoded login", "redis://j%40e:p%2Fw%3a@h", tcp("h", 6379, 0, {"j@e", "p/w:"})},
    {"an @ in the password", "redis://j:p@w@h", tcp("h", 6379, 0, {"j", "p@w"})},
    {"TLS", "rediss://h:6390/2", tls(tcp("h", 6390, 2))},
    {"TLS with a CA of one's own", "rediss://h?ca_file=/etc/ca%20s.pem",
     tls(tcp("h"), "/etc/ca s.pem")},
    {"a Unix socket", "unix:/run/redis.sock", at("/run/redis.sock")},
    {"a Unix socket with an authority", "unix:///run/redis.sock", at("/run/redis.sock")},
    {"a Unix socket with all", "unix:/r%25.sock?db=7&user=joe&password=p%26w",
     at("/r%.sock", 7, {"joe", "p&w"})},
    {"a Unix socket with a password only", "unix:/r?password=x", at("/r", 0, {"", "x"})},
};
void check_good(const Good& row) {
  const auto got = RedisAddress::parse(row.url);
  CPPUNIT_ASSERT_MESSAGE(got ? "" : got.error().detail, bool(got));
  CPPUNIT_ASSERT_EQUAL(row.want.tls, got->tls);
  CPPUNIT_ASSERT_EQUAL(row.want.path, got->path);
  CPPUNIT_ASSERT_EQUAL(row.want.host, got->host);
  CPPUNIT_ASSERT_EQUAL(row.want.port, got->port);
  CPPUNIT_ASSERT_EQUAL(row.want.database, got->database);
  CPPUNIT_ASSERT_EQUAL(row.want.login.user, got->login.user);
  CPPUNIT_ASSERT_EQUAL(row.want.login.password, got->login.password);
  CPPUNIT_ASSERT_EQUAL(row.want.ca_file, got->ca_file);
}

struct Bad {
  const char* name;
  std::string url;
  const char* want;  ///< the start of the message
};
const Bad kBad[] = {
    {"nothing", "", "not a URL of a store"},
    {"another scheme", "http://h", "not a URL of a store"},
    {"a scheme that comes later", "sentinel://h", "not a URL of a store"},
    {"no host", "redis://", "the host is missing"},
    {"no host before the port", "redis://:6379", "the host is missing"},
    {"a port that is no number", "redis://h:x", "the port must be"},
    {"port 0", "redis://h:0", "the port must be"},
    {"a port that is too large", "redis://h:65536", "the port must be"},
    {"an empty port", "redis://h:", "the port must be"},
    {"a database that is no number", "redis://h/x", "the database must be"},
    {"a negative database", "redis://h/-1", "the database must be"},
    {"a database that is too large", "redis://h/65536", "the database must be"},
    {"two databases", "redis://h/1/2", "the database must be"},
    {"a bracket that is not closed", "redis://[::1", "'[' without ']'"},
    {"text behind the bracket", "redis://[::1]x", "expected ':PORT'"},
    {"a login without colon", "redis://joe@h", "a login must be"},
    {"an empty password", "redis://joe:@h", "the password is empty"},
    {"a broken escape", "redis://j:%4@h", "'%' needs two hex digits"},
    {"a NUL", "redis://j:%00@h", "%00 is not allowed"},
    {"a blank", "redis://h /1", "white space or a control"},
    {"a line end", "redis://h\n", "white space or a control"},
    {"a blank in the host, escaped", "redis://a%20b", "the host has a character"},
    {"a parameter without value", "rediss://h?ca_file", "a parameter needs '='"},
    {"an unknown parameter", "redis://h?timeout=3", "unknown parameter 'timeout'"},
    {"a CA without TLS", "redis://h?ca_file=/x", "unknown parameter 'ca_file'"},
    {"a relative CA file", "rediss://h?ca_file=x", "ca_file must be"},
    {"a relative socket", "unix:run/redis.sock", "the path of the socket must be"},
    {"no socket", "unix:", "the path of the socket must be"},
    {"a socket whose path is too long", "unix:/" + std::string(107, 'x'),
     "the path of the socket is over"},
    {"a user without password", "unix:/r?user=joe", "a user needs a password"},
    {"a database of a socket that is no number", "unix:/r?db=x", "the database must be"},
};
void check_bad(const Bad& row) {
  const auto got = RedisAddress::parse(row.url);
  CPPUNIT_ASSERT(!got);
  CPPUNIT_ASSERT(got.error().code == Errc::invalid);
  CPPUNIT_ASSERT_MESSAGE(got.error().detail, got.error().detail.starts_with(row.want));
  CPPUNIT_ASSERT_MESSAGE(got.error().detail,
                         got.error().detail.find("allowed are redis://") != std::string::npos);
}

}  // namespace

class RedisAddressTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RedisAddressTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(good);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(bad);
  CPPUNIT_TEST(messages_and_logs_never_show_the_password);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void good(TestSuiteBuilderContextType& c) { test::add_rows(c, kGood, check_good); }
  static void bad(TestSuiteBuilderContextType& c) { test::add_rows(c, kBad, check_bad); }

  void messages_and_logs_never_show_the_password() {
    for (const char* url : {"redis://joe:s3cret@h:x", "redis://joe:s3cret@", "unix:s3cret",
                            "redis://h/s3cret", "unix:/r?password=s3cret&x=1"})
      CPPUNIT_ASSERT(RedisAddress::parse(url).error().detail.find("s3cret") == std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::string("rediss://[::1]:6379/2"),
                         RedisAddress::parse("rediss://joe:s3cret@[::1]/2")->text());
    CPPUNIT_ASSERT_EQUAL(std::string("unix:/r?db=2"),
                         RedisAddress::parse("unix:/r?db=2&password=s3cret")->text());
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(RedisAddressTest);

}  // namespace countersign
