// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/store_check.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"
#include "tokenstore/acl.h"
#include "tokenstore/redis_keys.h"
#include "tokenstore/rules.h"

namespace countersign {
namespace {

using Severity = StoreFinding::Severity;

struct Server {
  const char* name;
  ServerFacts facts;
  const char* want;  ///< part of the one finding; null: none
  Severity severity = Severity::warning;
};
ServerFacts sound(ServerFacts but = {}) {
  ServerFacts out = {
      {"redis_version", "7.0.15"},        {"role", "master"},   {"maxmemory", "0"},
      {"maxmemory_policy", "noeviction"}, {"aof_enabled", "1"}, {"config.appendfsync", "always"},
      {"aof_last_write_status", "ok"},    {"config.save", ""}};
  for (const auto& [name, value] : but) out[name] = value;
  return out;
}
const Server kServers[] = {
    {"a sound server", sound(), nullptr},
    {"eviction of any key", sound({{"maxmemory_policy", "allkeys-lru"}, {"maxmemory", "1000"}}),
     "Redis may drop contacts when memory is short; set maxmemory-policy noeviction"},
    {"eviction of any key, without a limit yet", sound({{"maxmemory_policy", "allkeys-random"}}),
     "maxmemory is not set, so not yet"},
    {"eviction of keys with a life", sound({{"maxmemory_policy", "volatile-ttl"}}), "contacts stay",
     Severity::note},
    {"a policy that is unknown", sound({{"maxmemory_policy", "clever"}}), "may drop contacts"},
    {"memory that is nearly used up", sound({{"maxmemory", "1000"}, {"used_memory", "950"}}),
     "over 90 % of maxmemory"},
    {"no persistence at all", sound({{"aof_enabled", "0"}}), "writes nothing to disk"},
    {"snapshots only", sound({{"aof_enabled", "0"}, {"config.save", "3600 1"}}),
     "writes snapshots only"},
    {"an fsync a second", sound({{"config.appendfsync", "everysec"}}), "the last second",
     Severity::note},
    {"no fsync", sound({{"config.appendfsync", "no"}}), "appendfsync no"},
    {"an AOF that cannot be written", sound({{"aof_last_write_status", "err"}}),
     "cannot write its append-only file", Severity::failure},
    {"a snapshot that failed", sound({{"rdb_last_bgsave_status", "err"}}), "the last snapshot"},
    {"a replica", sound({{"role", "slave"}}), "is a replica", Severity::failure},
    {"a cluster", sound({{"redis_mode", "cluster"}}), "is a cluster", Severity::note},
    {"an old version", sound({{"redis_version", "6.0.16"}}), "before version 7"},
    {"a version of two digits", sound({{"redis_version", "10.1"}}), nullptr},
    {"a server that tells nothing", {}, "does not tell", Severity::note},
    {"a server that lets us read CONFIG only",
     {{"config.maxmemory-policy", "noeviction"},
      {"config.appendonly", "yes"},
      {"config.appendfsync", "always"}},
     nullptr},
};
void check_server(const Server& row) {
  const auto findings = judge(row.facts);
  std::string all;
  for (const StoreFinding& finding : findings) all += finding.text + "\n";
  CPPUNIT_ASSERT_EQUAL_MESSAGE(all, std::size_t{row.want == nullptr ? 0U : 1U}, findings.size());
  if (row.want == nullptr) return;
  CPPUNIT_ASSERT_MESSAGE(all, all.find(row.want) != std::string::npos);
  CPPUNIT_ASSERT(row.severity == findings[0].severity);
}

struct Prefix {
  const char* name;
  std::string prefix;
  bool good;
};
const Prefix kPrefixes[] = {
    {"the default", "cs:", true},
    {"letters, digits and signs", "Mail-1_a.b:", true},
    {"64 characters", std::string(64, 'x'), true},
    {"nothing", "", false},
    {"65 characters", std::string(65, 'x'), false},
    {"a brace, which would be a hash tag", "{cs}:", false},
    {"a star, which would widen the ACL", "cs*", false},
    {"a bracket, which would widen the ACL", "c[s]:", false},
    {"a blank, which would end an ACL rule", "c s:", false},
};
void check_prefix(const Prefix& row) {
  CPPUNIT_ASSERT_EQUAL(row.good, bool(RedisKeys::make(row.prefix)));
}

}  // namespace

class StoreCheckTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StoreCheckTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(servers);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(prefixes);
  CPPUNIT_TEST(info_is_read_line_by_line);
  CPPUNIT_TEST(the_web_user_reads_views_and_owns_its_keys);
  CPPUNIT_TEST(the_node_user_owns_the_prefix_and_has_no_class_of_commands);
  CPPUNIT_TEST(a_part_of_a_key_has_no_brace_and_is_not_long);
  CPPUNIT_TEST(a_heartbeat_ages_by_what_is_left_of_it);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void servers(TestSuiteBuilderContextType& c) { test::add_rows(c, kServers, check_server); }
  static void prefixes(TestSuiteBuilderContextType& c) {
    test::add_rows(c, kPrefixes, check_prefix);
  }

  void info_is_read_line_by_line() {
    ServerFacts facts;
    add_info(facts, "# Server\r\nredis_version:7.0.15\r\nconfig_file:/a:b\r\n\r\nodd\r\n");
    CPPUNIT_ASSERT((ServerFacts{{"redis_version", "7.0.15"}, {"config_file", "/a:b"}}) == facts);
  }
  void the_web_user_reads_views_and_owns_its_keys() {
    CPPUNIT_ASSERT_EQUAL(
        std::string(
            "user countersign-web reset on >pw %R~x:site %R~x:answer:* %R~x:held:* "
            "~x:web:* resetchannels -@all +hmget +hgetall +get +set +incr +pttl +multi +exec "
            "+select (%W~x:requests:* +xadd)"),
        acl_line(StoreRole::web, "x:", "pw"));
  }
  void the_node_user_owns_the_prefix_and_has_no_class_of_commands() {
    const std::string line = acl_line(StoreRole::node, "x:", "pw");
    CPPUNIT_ASSERT(
        line.starts_with("user countersign-node reset on >pw ~x:* resetchannels -@all +hmget "));
    CPPUNIT_ASSERT(line.find("+@") == std::string::npos);
    for (const char* danger : {"+flush", "+config|set", "+keys", "+debug", "+script", "+acl"})
      CPPUNIT_ASSERT_MESSAGE(danger, line.find(danger) == std::string::npos);
  }
  void a_part_of_a_key_has_no_brace_and_is_not_long() {
    CPPUNIT_ASSERT_EQUAL(std::string("a%7Bb%7D"), key_part("a{b}"));
    CPPUNIT_ASSERT_EQUAL(std::string("sha256-").size() + 64,
                         key_part(std::string(999, 'x')).size());
    const auto keys = RedisKeys::make("cs:");
    CPPUNIT_ASSERT_EQUAL(std::string("cs:{a%7D%7Bb}:held"), keys->held_of("a}{b"));
  }
  void a_heartbeat_ages_by_what_is_left_of_it() {
    CPPUNIT_ASSERT(heartbeat_age(kHeartbeatLife) == milliseconds(0));
    CPPUNIT_ASSERT(heartbeat_age(kHeartbeatLife - seconds(61)) == seconds(61));
    CPPUNIT_ASSERT(heartbeat_age(milliseconds(0)) == kHeartbeatLife);
    CPPUNIT_ASSERT(heartbeat_age(kHeartbeatLife + seconds(9)) == milliseconds(0));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(StoreCheckTest);

}  // namespace countersign
