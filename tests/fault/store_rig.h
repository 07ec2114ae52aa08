// SPDX-License-Identifier: Apache-2.0
//
// A Redis of one test, a proxy before it, and a store on each way.
#pragma once

#include <cppunit/extensions/HelperMacros.h>

#include <memory>
#include <string>

#include "tests/contract/contract_values.h"
#include "tests/support/fake_peer.h"
#include "tests/support/redis_server.h"
#include "tokenstore/redis_store.h"

namespace countersign::test {

/// Opens a store; the caller's test fails if the settings are refused.
inline std::unique_ptr<RedisStore> open_store(StoreSettings settings) {
  static const SystemClock clock;
  auto store = RedisStore::open(settings, clock);
  CPPUNIT_ASSERT_MESSAGE(store ? "" : store.error().detail, bool(store));
  return *std::move(store);
}
inline std::unique_ptr<RedisStore> open_store(const std::string& url) {
  StoreSettings settings;
  settings.url = url;
  return open_store(settings);
}

/// Asserts that an outcome is `unavailable` and, when given, that its detail has this in it.
template <class Outcome>
void expect_unavailable(const Outcome& outcome, const std::string& part = "") {
  CPPUNIT_ASSERT_MESSAGE("it must fail", !outcome);
  CPPUNIT_ASSERT_EQUAL_MESSAGE(outcome.error().detail, static_cast<int>(Errc::unavailable),
                               static_cast<int>(outcome.error().code));
  CPPUNIT_ASSERT_MESSAGE(outcome.error().detail,
                         outcome.error().detail.find(part) != std::string::npos);
}

/// The question of a message from alice to joe.
inline Result<Knowledge> ask(Store& store, milliseconds time = seconds(20)) {
  return store.directory().look_up({{joe()}, alice()}, after(time));
}
inline Status write(Store& store, milliseconds time = seconds(20)) {
  return store.contacts().put(of_joe(), "a:alice@example.com", allow(), after(time));
}

/// A fresh server with a site, and a store directly on it.
class StoreRig {
 public:
  explicit StoreRig(RedisServer::Options options = {})
      : server(std::move(options)), store(open_store(server.url())) {
    const auto made = store->create_site(soon());
    CPPUNIT_ASSERT_MESSAGE(made ? "" : made.error().detail, bool(made));
    site = made->id;
    created = *made;
  }
  /// Puts back what an emptied or restarted server has lost.
  void restore_site(const std::string& id) const {
    server.command({"HSET", "cs:site", "schema", "1", "id", id});
  }
  RedisServer server;
  std::unique_ptr<RedisStore> store;
  std::string site;
  RedisStore::CreatedSite created;
};

}  // namespace countersign::test
