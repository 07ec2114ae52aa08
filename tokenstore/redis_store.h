// SPDX-License-Identifier: Apache-2.0
//
// The store in Redis: one pool of connections, one site, and all the interfaces on it. The keys are
// in docs/store-format.md.
//
// Every pipeline reads `cs:site`; a store without it, or with another id than this process saw
// first, answers nothing but unavailable. So does every other failure: refused, silent, slow,
// cut, or an error reply. Thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "tokenstore/redis_address.h"
#include "tokenstore/store.h"
#include "tokenstore/store_check.h"

namespace countersign {

struct StoreSettings {
  std::string url = "redis://127.0.0.1:6379/0";  ///< RedisAddress::parse
  std::string prefix = "cs:";                    ///< 1 to 64 of [A-Za-z0-9:._-]
  /// The `store` line of the role's secrets file, tried when the URL has no login. A server that
  /// does not know this user is used as the default user, with one warning.
  std::optional<RedisLogin> login;
  /// The site id that must be found; "": the first that is seen.
  std::string site;
  /// Told the time that each round trip took; may be called in any thread.
  std::function<void(std::chrono::duration<double>)> observe;
};

class RedisStore final : public Store {
 public:
  /// Makes the store and starts its prober; connects to nothing yet. `clock` must outlive it.
  /// Errors: invalid (URL or prefix; says what is allowed).
  static Result<std::unique_ptr<RedisStore>> open(const StoreSettings& settings,
                                                  const Clock& clock);
  ~RedisStore() override;

  Directory& directory() override;
  Contacts& contacts() override;
  Policies& policies() override;
  SentMail& sent() override;
  AddressTokens& tokens() override;
  HeldIndex& held() override;
  Asked& asked() override;
  Requests& requests() override;
  Budgets& budgets() override;
  Outbox& outbox() override;
  WebState& web() override;

  /// False while the store is known to be down; see Directory::healthy().
  bool healthy() const;
  /// The site's id, 26 characters as HeldId, and whether it was made just now.
  struct CreatedSite {
    std::string id;
    bool made = false;
  };
  /// Makes `cs:site` if it is absent (only `config init` does) and returns it either way. Errors:
  /// unavailable, corrupt (a schema that we do not know).
  Result<CreatedSite> create_site(Deadline deadline);
  /// Returns the site's id. Errors: not_found (no `cs:site`: 'config init' was not run, or this is
  /// another database), unavailable, corrupt (a schema that we do not know).
  Result<std::string> site_id(Deadline deadline);
  /// Returns what could lose state, and how we are logged in. Errors: unavailable.
  Result<std::vector<StoreFinding>> check(Deadline deadline);

  /// Number of round trips so far, the prober's not counted.
  long long round_trips() const;
  /// Ends the prober and closes what is idle; calls then return unavailable. May be repeated.
  void stop();

 private:
  struct Impl;
  explicit RedisStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace countersign
