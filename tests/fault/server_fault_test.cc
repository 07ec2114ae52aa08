// SPDX-License-Identifier: Apache-2.0
//
// What becomes of questions and writes when Redis is refused, paused, empty, full, read-only,
// another's, or wants a password: unavailable, never "not listed", and never "done".
#include <filesystem>

#include "tests/fault/store_rig.h"
#include "tokenstore/acl.h"

namespace countersign::test {
namespace {

bool is_well(Store& store) { return bool(ask(store)); }

}  // namespace

class ServerFaultTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ServerFaultTest);
  CPPUNIT_TEST(a_server_that_is_not_there_is_no_answer);
  CPPUNIT_TEST(a_server_that_comes_back_is_used_again);
  CPPUNIT_TEST(a_paused_server_costs_one_deadline_and_comes_back);
  CPPUNIT_TEST(a_silent_server_is_noticed_without_a_caller);
  CPPUNIT_TEST(a_full_server_refuses_writes_and_answers_questions);
  CPPUNIT_TEST(a_server_that_cannot_save_refuses_writes);
  CPPUNIT_TEST(a_replica_refuses_writes);
  CPPUNIT_TEST(a_replica_without_primary_is_no_answer);
  CPPUNIT_TEST(a_loading_server_is_no_answer);
  CPPUNIT_TEST(a_key_of_another_type_is_no_answer_for_its_owner_only);
  CPPUNIT_TEST(a_server_that_wants_a_password_is_no_answer);
  CPPUNIT_TEST(the_login_of_the_url_is_used_and_must_be_good);
  CPPUNIT_TEST(another_database_is_no_answer);
  CPPUNIT_TEST(an_emptied_server_is_no_answer);
  CPPUNIT_TEST(a_site_without_known_schema_is_no_answer);
  CPPUNIT_TEST(another_site_is_no_answer_and_is_not_written);
  CPPUNIT_TEST(the_site_that_was_expected_is_demanded_from_the_start);
  CPPUNIT_TEST(a_site_is_made_once);
  CPPUNIT_TEST(a_store_without_site_says_so);
  CPPUNIT_TEST(connections_that_the_server_closed_are_not_used);
  CPPUNIT_TEST(a_server_that_does_not_know_our_user_is_used_as_default);
  CPPUNIT_TEST(a_role_login_is_used);
  CPPUNIT_TEST(a_stopped_store_answers_nothing);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_server_that_is_not_there_is_no_answer() {
    auto store = open_store("unix:/nonexistent/redis.sock");
    expect_unavailable(ask(*store));
    CPPUNIT_ASSERT(comes_true([&] { return !store->healthy(); }));
    expect_unavailable(ask(*store), "store is down");
    expect_unavailable(write(*store));
    CPPUNIT_ASSERT(!store->directory().healthy());
  }
  void a_server_that_comes_back_is_used_again() {
    StoreRig rig;
    CPPUNIT_ASSERT(write(*rig.store));
    rig.server.kill();
    expect_unavailable(ask(*rig.store));
    expect_unavailable(write(*rig.store));
    rig.server.start();
    rig.restore_site(rig.site);
    CPPUNIT_ASSERT(comes_true([&] { return is_well(*rig.store); }));
    CPPUNIT_ASSERT(rig.store->healthy());
  }
  void a_paused_server_costs_one_deadline_and_comes_back() {
    StoreRig rig;
    CPPUNIT_ASSERT(is_well(*rig.store));
    rig.server.pause();
    expect_unavailable(ask(*rig.store, milliseconds(400)));
    CPPUNIT_ASSERT(!rig.store->healthy());
    // It returns while the server stands still: nothing but the breaker can make it.
    expect_unavailable(ask(*rig.store, std::chrono::hours(1)), "store is down");
    expect_unavailable(write(*rig.store, std::chrono::hours(1)), "store is down");
    rig.server.resume();
    CPPUNIT_ASSERT(comes_true([&] { return rig.store->healthy(); }));
    CPPUNIT_ASSERT(is_well(*rig.store));
  }
  void a_silent_server_is_noticed_without_a_caller() {
    StoreRig rig;
    rig.server.pause();
    CPPUNIT_ASSERT(comes_true([&] { return !rig.store->healthy(); }));
    rig.server.resume();
    CPPUNIT_ASSERT(comes_true([&] { return rig.store->healthy(); }));
  }
  void a_full_server_refuses_writes_and_answers_questions() {
    StoreRig rig;
    const HeldView view = held_view();
    rig.server.command({"CONFIG", "SET", "maxmemory", "1"});
    expect_unavailable(write(*rig.store), "OOM");
    expect_unavailable(
        rig.store->contacts().learn(of_joe(), "a:alice@example.com", allow(), soon()), "OOM");
    expect_unavailable(rig.store->policies().set(of_joe(), {{"mode", "hold"}}, soon()), "OOM");
    expect_unavailable(rig.store->held().put(view, kDigest, soon()), "OOM");
    expect_unavailable(rig.store->requests().append("n", request(1), soon()), "OOM");
    expect_unavailable(rig.store->outbox().claim("x", seconds(60), soon()), "OOM");
    expect_unavailable(rig.store->web().heartbeat(soon()), "OOM");
    expect_unavailable(rig.store->web().count_failure("x", seconds(60), soon()), "OOM");
    CPPUNIT_ASSERT(ask(*rig.store)->recipients[0].matches.empty());
    CPPUNIT_ASSERT(rig.store->healthy());
    rig.server.command({"CONFIG", "SET", "maxmemory", "0"});
    CPPUNIT_ASSERT(write(*rig.store));
  }
  void a_server_that_cannot_save_refuses_writes() {
    StoreRig rig({.arguments = {"--enable-protected-configs", "yes"}});
    const std::string gone = rig.server.directory() + "/gone";
    std::filesystem::create_directory(gone);
    rig.server.command({"CONFIG", "SET", "dir", gone});
    std::filesystem::remove(gone);
    rig.server.command({"CONFIG", "SET", "save", "3600 1"});
    rig.server.command({"BGSAVE"});
    CPPUNIT_ASSERT(comes_true([&] {
      return rig.server.command({"INFO", "persistence"}).text.find("bgsave_status:err") !=
             std::string::npos;
    }));
    expect_unavailable(write(*rig.store), "MISCONF");
    CPPUNIT_ASSERT(is_well(*rig.store));
  }
  void a_replica_refuses_writes() {
    StoreRig rig;
    rig.server.command({"REPLICAOF", "127.0.0.1", std::to_string(free_port())});
    expect_unavailable(write(*rig.store), "READONLY");
    CPPUNIT_ASSERT(is_well(*rig.store));
  }
  void a_replica_without_primary_is_no_answer() {
    StoreRig rig({.arguments = {"--replica-serve-stale-data", "no"}});
    CPPUNIT_ASSERT(is_well(*rig.store));
    rig.server.command({"REPLICAOF", "127.0.0.1", std::to_string(free_port())});
    expect_unavailable(ask(*rig.store), "MASTERDOWN");
  }
  void a_loading_server_is_no_answer() {
    FakePeer peer(always("-LOADING Redis is loading the dataset in memory\r\n"));
    auto store = open_store(peer.url());
    expect_unavailable(ask(*store), "LOADING");
    expect_unavailable(write(*store), "LOADING");
  }
  void a_key_of_another_type_is_no_answer_for_its_owner_only() {
    StoreRig rig;
    rig.server.command({"SET", "cs:{joe@example.org}:contacts", "x"});
    expect_unavailable(ask(*rig.store), "WRONGTYPE");
    expect_unavailable(write(*rig.store), "WRONGTYPE");
    const Inquiry of_ann{{mailbox("ann@example.org")}, alice()};
    CPPUNIT_ASSERT(rig.store->directory().look_up(of_ann, soon()));
    CPPUNIT_ASSERT(rig.store->healthy());
  }
  void a_server_that_wants_a_password_is_no_answer() {
    StoreRig rig;
    rig.server.command({"ACL", "SETUSER", "default", ">pw"});
    auto store = open_store(rig.server.url());
    expect_unavailable(ask(*store), "NOAUTH");
    expect_unavailable(write(*store), "NOAUTH");
  }
  void the_login_of_the_url_is_used_and_must_be_good() {
    StoreRig rig;
    rig.server.command({"ACL", "SETUSER", "eve", "on", ">p%w", "~*", "+@all"});
    StoreSettings settings;
    settings.login = RedisLogin{"nobody", "x"};
    settings.url = rig.server.url() + "?user=eve&password=p%25w";
    auto store = open_store(settings);
    CPPUNIT_ASSERT(is_well(*store));
    CPPUNIT_ASSERT(rig.server.command({"CLIENT", "LIST"}).text.find("user=eve") !=
                   std::string::npos);
    settings.url = rig.server.url() + "?user=eve&password=other";
    expect_unavailable(ask(*open_store(settings)), "WRONGPASS");
  }
  void another_database_is_no_answer() {
    StoreRig rig;
    auto store = open_store(rig.server.url() + "?db=3");
    expect_unavailable(ask(*store), "config init");
    expect_unavailable(write(*store), "config init");
    CPPUNIT_ASSERT(rig.server.command({"INFO", "keyspace"}).text.find("db3") == std::string::npos);
  }
  void an_emptied_server_is_no_answer() {
    StoreRig rig;
    CPPUNIT_ASSERT(write(*rig.store));
    rig.server.command({"FLUSHALL"});
    expect_unavailable(ask(*rig.store), "config init");
    expect_unavailable(write(*rig.store), "config init");
    CPPUNIT_ASSERT(!rig.store->healthy());
    rig.restore_site(rig.site);
    CPPUNIT_ASSERT(comes_true([&] { return is_well(*rig.store); }));
  }
  void a_site_without_known_schema_is_no_answer() {
    StoreRig rig;
    rig.server.command({"HDEL", "cs:site", "schema"});
    expect_unavailable(ask(*rig.store), "config init");
    rig.server.command({"HSET", "cs:site", "schema", "2"});
    CPPUNIT_ASSERT(comes_true([&] {
      const auto known = ask(*rig.store);
      return !known && known.error().detail.find("schema '2'") != std::string::npos;
    }));
    expect(Errc::corrupt, rig.store->site_id(soon()));
  }
  void another_site_is_no_answer_and_is_not_written() {
    StoreRig rig;
    CPPUNIT_ASSERT(is_well(*rig.store));
    rig.restore_site(HeldId::random().text());
    // Whoever comes first finds it out; all later writes meet a closed door.
    expect_unavailable(ask(*rig.store), "another site");
    expect_unavailable(write(*rig.store), "another site");
    rig.server.command({"CLIENT", "KILL", "TYPE", "normal"});
    expect_unavailable(write(*rig.store));
    CPPUNIT_ASSERT(rig.server.command({"EXISTS", "cs:{joe@example.org}:contacts"}).integer == 0);
  }
  void the_site_that_was_expected_is_demanded_from_the_start() {
    StoreRig rig;
    StoreSettings settings;
    settings.url = rig.server.url();
    settings.site = rig.site;
    CPPUNIT_ASSERT(is_well(*open_store(settings)));
    settings.site = HeldId::random().text();
    auto store = open_store(settings);
    expect_unavailable(write(*store), "another site");
    CPPUNIT_ASSERT(rig.server.command({"EXISTS", "cs:{joe@example.org}:contacts"}).integer == 0);
  }
  void a_site_is_made_once() {
    StoreRig rig;
    CPPUNIT_ASSERT(rig.created.made);
    const auto again = open_store(rig.server.url())->create_site(soon());
    CPPUNIT_ASSERT_EQUAL(rig.site, again->id);
    CPPUNIT_ASSERT(!again->made);
    CPPUNIT_ASSERT_EQUAL(rig.site, *open_store(rig.server.url())->site_id(soon()));
  }
  void a_store_without_site_says_so() {
    StoreRig rig;
    rig.server.command({"FLUSHALL"});
    expect(Errc::not_found, rig.store->site_id(soon()));
  }
  void connections_that_the_server_closed_are_not_used() {
    StoreRig rig;
    for (int i = 0; i < 20; ++i) {
      CPPUNIT_ASSERT(is_well(*rig.store));
      rig.server.command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
      const auto known = ask(*rig.store);
      // The prober may have been at work when its own connection was killed: that is an outage.
      const bool probed = !known && known.error().detail.starts_with("store is down: ");
      CPPUNIT_ASSERT_MESSAGE(known ? "" : known.error().detail, known || probed);
    }
  }
  void a_server_that_does_not_know_our_user_is_used_as_default() {
    StoreRig rig;
    StoreSettings settings;
    settings.url = rig.server.url();
    settings.login = RedisLogin{"countersign-node", "secret"};
    auto store = open_store(settings);
    CPPUNIT_ASSERT(is_well(*store));
    const auto findings = store->check(soon());
    CPPUNIT_ASSERT(findings);
    CPPUNIT_ASSERT(findings->back().text.find("does not take our user") != std::string::npos);
  }
  void a_role_login_is_used() {
    StoreRig rig({.users = {"user default on nopass ~* &* +@all",
                            acl_line(StoreRole::node, "cs:", "secret")}});
    StoreSettings settings;
    settings.url = rig.server.url();
    settings.login = RedisLogin{"countersign-node", "secret"};
    auto store = open_store(settings);
    CPPUNIT_ASSERT(is_well(*store));
    CPPUNIT_ASSERT(rig.server.command({"CLIENT", "LIST"}).text.find("user=countersign-node") !=
                   std::string::npos);
    const auto findings = store->check(soon());
    CPPUNIT_ASSERT(findings);
    for (const StoreFinding& finding : *findings)
      CPPUNIT_ASSERT_MESSAGE(finding.text, finding.text.find("our user") == std::string::npos);
  }
  void a_stopped_store_answers_nothing() {
    StoreRig rig;
    CPPUNIT_ASSERT(is_well(*rig.store));
    rig.store->stop();
    expect_unavailable(ask(*rig.store));
    expect_unavailable(rig.store->requests().read("n", after(std::chrono::hours(1))));
    rig.store->stop();
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(ServerFaultTest);

}  // namespace countersign::test
