// SPDX-License-Identifier: Apache-2.0
//
// The contract of the store, kept by Redis: one server, a cluster of one server (where a command
// over two slots is refused), and under the ACL user of the nodes.
#include "tokenstore/redis_store.h"

#include "tests/contract/asked_contract.h"
#include "tests/contract/permit_contract.h"
#include "tests/contract/store_contract.h"
#include "tests/support/redis_server.h"
#include "tokenstore/acl.h"

namespace countersign::test {
namespace {

constexpr const char* kPassword = "secret";

/// A store on a server that all tests of its kind share, emptied for each.
template <class Kind>
class OnRedis {
 public:
  OnRedis() {
    server().command({"FLUSHALL"});
    StoreSettings settings;
    settings.url = server().url();
    settings.login = Kind::login();
    store_ = *RedisStore::open(settings, clock_);
    const auto site = store_->create_site(soon());
    CPPUNIT_ASSERT_MESSAGE(site ? "" : site.error().detail, bool(site));
  }
  Store& store() { return *store_; }

 private:
  static RedisServer& server() {
    static RedisServer instance(Kind::options());
    return instance;
  }
  SystemClock clock_;
  std::unique_ptr<RedisStore> store_;
};

struct Single {
  static RedisServer::Options options() { return {}; }
  static std::optional<RedisLogin> login() { return std::nullopt; }
};
struct Cluster : Single {
  static RedisServer::Options options() { return {.cluster = true}; }
};
struct AsNode {
  static RedisServer::Options options() {
    return {.users = {"user default on nopass ~* &* +@all",
                      acl_line(StoreRole::node, "cs:", kPassword)}};
  }
  static std::optional<RedisLogin> login() { return RedisLogin{"countersign-node", kPassword}; }
};

}  // namespace
CPPUNIT_TEST_SUITE_REGISTRATION(StoreContract<OnRedis<Single>>);
CPPUNIT_TEST_SUITE_REGISTRATION(PermitContract<OnRedis<Single>>);
CPPUNIT_TEST_SUITE_REGISTRATION(StoreContract<OnRedis<Cluster>>);
CPPUNIT_TEST_SUITE_REGISTRATION(PermitContract<OnRedis<Cluster>>);
CPPUNIT_TEST_SUITE_REGISTRATION(StoreContract<OnRedis<AsNode>>);
CPPUNIT_TEST_SUITE_REGISTRATION(PermitContract<OnRedis<AsNode>>);
CPPUNIT_TEST_SUITE_REGISTRATION(AskedContract<OnRedis<Single>>);
CPPUNIT_TEST_SUITE_REGISTRATION(AskedContract<OnRedis<Cluster>>);
CPPUNIT_TEST_SUITE_REGISTRATION(AskedContract<OnRedis<AsNode>>);
}  // namespace countersign::test
