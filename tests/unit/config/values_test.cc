// SPDX-License-Identifier: Apache-2.0
#include "config/values.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"

using namespace countersign;

namespace {

/// One spelling of one kind of value; `want` "" means refused, and `shown` how it is shown again.
struct Row {
  const char* name;
  Result<std::string> (*parse)(std::string_view);
  std::string text;
  std::string want;
};

Result<std::string> duration(std::string_view text) {
  const auto value = parse_duration(text);
  if (!value) return value.error();
  return std::to_string(value->count()) + " " + show_duration(*value);
}
Result<std::string> size(std::string_view text) {
  const auto value = parse_size(text);
  if (!value) return value.error();
  return std::to_string(*value) + " " + show_size(*value);
}
Result<std::string> time_of_day(std::string_view text) {
  const auto value = parse_time_of_day(text);
  if (!value) return value.error();
  return std::to_string(value->count()) + " " + show_time_of_day(*value);
}
Result<std::string> file_mode(std::string_view text) {
  const auto value = parse_file_mode(text);
  if (!value) return value.error();
  return std::to_string(*value) + " " + show_file_mode(*value);
}

const std::string kLongPath(108, 'x');

const Row kRows[] = {
    {"seconds", duration, "90s", "90 90s"},
    {"a duration is shown in its largest whole unit", duration, "120m", "7200 2h"},
    {"days", duration, "30d", "2592000 30d"},
    {"no duration is shown as zero seconds", duration, "0m", "0 0s"},
    {"a duration without unit is refused", duration, "30", ""},
    {"a duration without number is refused", duration, "d", ""},
    {"an empty duration is refused", duration, "", ""},
    {"a negative duration is refused", duration, "-1d", ""},
    {"a fraction of a duration is refused", duration, "1.5h", ""},
    {"a duration with a blank is refused", duration, "30 d", ""},
    {"a duration of two units is refused", duration, "1h30m", ""},
    {"a unit in upper case is refused, as M could be months", duration, "30M", ""},
    {"a duration that overflows is refused", duration, "9223372036854775807d", ""},
    {"a duration beyond 64 bits is refused", duration, "99999999999999999999s", ""},

    {"a size with a blank", size, "25 MB", "25000000 25 MB"},
    {"a size without blank", size, "10GB", "10000000000 10 GB"},
    {"a binary size", size, "512 KiB", "524288 512 KiB"},
    {"bytes", size, "4097 B", "4097 4097 B"},
    {"terabytes", size, "3 TB", "3000000000000 3 TB"},
    {"a size without unit is refused", size, "25", ""},
    {"a size with two blanks is refused", size, "25  MB", ""},
    {"a size in an unknown unit is refused", size, "25 Mb", ""},
    {"a negative size is refused", size, "-1 MB", ""},
    {"a size that overflows is refused", size, "99999999999 TB", ""},

    {"a time of day", time_of_day, "07:05", "425 07:05"},
    {"midnight", time_of_day, "00:00", "0 00:00"},
    {"24:00 is refused", time_of_day, "24:00", ""},
    {"a minute 60 is refused", time_of_day, "07:60", ""},
    {"a time without leading zero is refused", time_of_day, "7:00", ""},
    {"a time with a sign is refused", time_of_day, "+7:00", ""},

    {"a file mode", file_mode, "0660", "432 0660"},
    {"a file mode without leading zero", file_mode, "600", "384 0600"},
    {"a set-user bit is refused", file_mode, "4755", ""},
    {"a file mode that is not octal is refused", file_mode, "0888", ""},
    {"an empty file mode is refused", file_mode, "", ""},

    {"an IPv4 network", parse_network, "192.0.2.0/24", "192.0.2.0/24"},
    {"an IPv4 address", parse_network, "192.0.2.1", "192.0.2.1"},
    {"an IPv6 network in its short spelling", parse_network, "2001:DB8:0::/32", "2001:db8::/32"},
    {"everything", parse_network, "0.0.0.0/0", "0.0.0.0/0"},
    {"a network with bits behind its prefix is refused", parse_network, "192.0.2.1/24", ""},
    {"an IPv6 network with bits behind its prefix is refused", parse_network, "2001:db8::1/64", ""},
    {"a prefix that is too long is refused", parse_network, "192.0.2.0/33", ""},
    {"an empty prefix is refused", parse_network, "192.0.2.0/", ""},
    {"a name is no network", parse_network, "example.org", ""},
    {"three octets are no network", parse_network, "192.0.2/24", ""},

    {"an address and a port", parse_host_port, "127.0.0.1:8480", "127.0.0.1:8480"},
    {"an IPv6 address and a port", parse_host_port, "[::1]:8480", "[::1]:8480"},
    {"a name and a port", parse_host_port, "localhost:80", "localhost:80"},
    {"port 0 is refused", parse_host_port, "127.0.0.1:0", ""},
    {"port 65536 is refused", parse_host_port, "127.0.0.1:65536", ""},
    {"a missing port is refused", parse_host_port, "127.0.0.1", ""},
    {"a missing host is refused", parse_host_port, ":80", ""},
    {"an IPv6 address without brackets is refused", parse_host_port, "::1:80", ""},
    {"a Unix socket is no place to listen", parse_host_port, "unix:/run/x", ""},
    {"a host with a line end is refused", parse_host_port, "a\nb:80", ""},

    {"a peer on a Unix socket", parse_peer, "unix:/run/smtp", "unix:/run/smtp"},
    {"a peer by port", parse_peer, "127.0.0.1:10026", "127.0.0.1:10026"},
    {"a relative socket is refused", parse_peer, "unix:run/smtp", ""},
    {"a socket path over its 107 bytes is refused", parse_peer, "unix:/" + kLongPath, ""},

    {"a milter on a Unix socket", parse_milter_socket, "unix:/run/m.sock", "unix:/run/m.sock"},
    {"a milter by port", parse_milter_socket, "inet:8894@127.0.0.1", "inet:8894@127.0.0.1"},
    {"a milter by port on IPv6", parse_milter_socket, "inet6:8894@::1", "inet6:8894@::1"},
    {"a milter for everybody is refused", parse_milter_socket, "inet:8894", ""},
    {"host and port the wrong way round are refused", parse_milter_socket, "inet:127.0.0.1:8894",
     ""},
    {"a bare path is refused", parse_milter_socket, "/run/m.sock", ""},

    {"a path", parse_path, "/var/spool/x y", "/var/spool/x y"},
    {"a relative path is refused", parse_path, "spool", ""},
    {"an empty path is refused", parse_path, "", ""},
    {"a path with a line end is refused", parse_path, "/a\nb", ""},
    {"a path with a NUL is refused", parse_path, std::string("/a\0b", 4), ""},

    {"a URL", parse_base_url, "https://gate.example.org", "https://gate.example.org"},
    {"a URL loses its final slashes", parse_base_url, "https://gate.example.org//",
     "https://gate.example.org"},
    {"a URL with port and path", parse_base_url, "http://127.0.0.1:8480/cs",
     "http://127.0.0.1:8480/cs"},
    {"another scheme is refused", parse_base_url, "ftp://gate.example.org", ""},
    {"a URL without scheme is refused", parse_base_url, "gate.example.org", ""},
    {"a URL without host is refused", parse_base_url, "https:///c", ""},
    {"a query is refused", parse_base_url, "https://gate.example.org/?x=1", ""},
    {"a fragment is refused", parse_base_url, "https://gate.example.org/#x", ""},
    {"a user is refused", parse_base_url, "https://u:p@gate.example.org", ""},
    {"a percent sign, which MTAs eat, is refused", parse_base_url, "https://gate.example.org/%41",
     ""},
    {"a blank is refused", parse_base_url, "https://gate.example.org/a b", ""},
    {"a host in Unicode is refused", parse_base_url,
     "https://b\xc3\xbc"
     "cher.example",
     ""},
    {"a URL of 200 octets", parse_base_url, "https://a.example/" + std::string(182, 'x'),
     "https://a.example/" + std::string(182, 'x')},
    {"a URL too long for the reply is refused", parse_base_url,
     "https://a.example/" + std::string(183, 'x'), ""},

    {"Redis by host and port", parse_store_url, "redis://127.0.0.1:6379/0",
     "redis://127.0.0.1:6379/0"},
    {"Redis with TLS", parse_store_url, "rediss://[::1]:6380/2", "rediss://[::1]:6380/2"},
    {"Redis with a certificate authority", parse_store_url, "rediss://r.example/?ca_file=/x", ""},
    {"Redis with a certificate authority, database 0", parse_store_url,
     "rediss://r.example/0?ca_file=/x", "rediss://r.example/0?ca_file=/x"},
    {"Redis on a Unix socket", parse_store_url, "unix:/run/redis.sock", "unix:/run/redis.sock"},
    {"a database behind a Unix socket", parse_store_url, "unix:/run/r?db=3", "unix:/run/r?db=3"},
    {"Redis with a password", parse_store_url, "redis://:secret@r.example",
     "redis://:secret@r.example"},
    {"a sentinel is for later", parse_store_url, "sentinel://r.example", ""},
    {"a cluster is for later", parse_store_url, "cluster://r.example", ""},
    {"an unknown option is refused", parse_store_url, "unix:/run/r?base=3", ""},
    {"an option of the other kind is refused", parse_store_url, "redis://r.example/0?db=3", ""},
    {"a database that is no number is refused", parse_store_url, "redis://r.example/x", ""},
    {"another scheme is no store", parse_store_url, "http://r.example", ""},
    {"an empty store URL is refused", parse_store_url, "", ""},
};

void check(const Row& row) {
  const auto value = row.parse(row.text);
  CPPUNIT_ASSERT_EQUAL(row.want, value ? *value : std::string());
  if (!value) CPPUNIT_ASSERT(value.error().code == Errc::invalid);
  if (!value) CPPUNIT_ASSERT(!value.error().detail.empty());
}

class ValuesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ValuesTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(a_later_kind_of_store_is_said_to_be_so);
  CPPUNIT_TEST(a_password_is_never_shown);
  CPPUNIT_TEST(hostile_text_is_escaped);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) { test::add_rows(context, kRows, check); }

  void a_later_kind_of_store_is_said_to_be_so() {
    const auto url = parse_store_url("sentinel://r.example");
    CPPUNIT_ASSERT(url.error().detail.find("not available in this version") != std::string::npos);
  }

  void a_password_is_never_shown() {
    const auto eq = [](const char* want, const char* url) {
      CPPUNIT_ASSERT_EQUAL(std::string(want), without_password(url));
    };
    eq("redis://u:***@r.example/0", "redis://u:se:cr@et@r.example/0");
    eq("redis://:***@r.example", "redis://:secret@r.example");
    eq("redis://r.example:6379/0", "redis://r.example:6379/0");
    eq("unix:/run/r?user=u&password=***&db=1", "unix:/run/r?user=u&password=secret&db=1");
    eq("unix:/run/r?password=***", "unix:/run/r?password=secret");
    eq("rediss://u:***@r.example/0?ca_file=/a@b", "rediss://u:x@r.example/0?ca_file=/a@b");
    const auto bad = parse_store_url("redis://:secret@");
    CPPUNIT_ASSERT(bad.error().detail.find("secret") == std::string::npos);
  }

  void hostile_text_is_escaped() {
    CPPUNIT_ASSERT_EQUAL(std::string("\"a\\x0a\\x1b[2J\\\"\""), in_quotes("a\n\x1b[2J\""));
    CPPUNIT_ASSERT_EQUAL(std::string("\"plain\""), in_quotes("plain"));
    CPPUNIT_ASSERT_EQUAL(std::string("\"\""), in_quotes(""));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(ValuesTest);

}  // namespace
