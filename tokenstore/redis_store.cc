// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/redis_store.h"

#include "mail/held_id.h"
#include "tokenstore/redis_address_tokens.h"
#include "tokenstore/redis_asked.h"
#include "tokenstore/redis_budgets.h"
#include "tokenstore/redis_contacts.h"
#include "tokenstore/redis_directory.h"
#include "tokenstore/redis_held_index.h"
#include "tokenstore/redis_pool.h"
#include "tokenstore/redis_requests.h"
#include "tokenstore/redis_sent_mail.h"
#include "tokenstore/redis_web_state.h"
#include "tokenstore/reply_shape.h"

namespace countersign {
namespace {

/// ARGV: schema, id. Returns schema and id as they stand after it.
constexpr std::string_view kCreateSite = R"lua(
if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('HSET', KEYS[1], 'schema', ARGV[1], 'id', ARGV[2])
end
return redis.call('HMGET', KEYS[1], 'schema', 'id')
)lua";

/// Reads [schema, id].
Result<std::string> read_site(const RedisReply& reply) {
  CS_TRY(refused(reply, "site"));
  CS_TRY(expect_array(reply, 2, "site"));
  const RedisReply& schema = reply.elements[0];
  const RedisReply& id = reply.elements[1];
  if (schema.is_nil() && id.is_nil())
    return Error{Errc::not_found,
                 "no 'site' key in the store: run 'countersign config init', or is this another "
                 "database?"};
  if (schema.text != kSchema || !HeldId::parse(id.text))
    return Error{Errc::corrupt, "the store's 'site' key is not of this version: schema '" +
                                    schema.text.substr(0, 20) + "'"};
  return id.text;
}

const char* const kFactsOfConfig[] = {"maxmemory", "maxmemory-policy", "appendonly", "appendfsync",
                                      "save"};

}  // namespace

struct RedisStore::Impl {
  Impl(PoolSettings settings, RedisKeys keys, const Clock& clock)
      : pool(std::move(settings), std::move(keys)),
        directory(pool),
        contacts(pool),
        policies(pool),
        sent(pool),
        tokens(pool),
        held(pool, clock),
        asked(pool, held, clock),
        requests(pool),
        budgets(pool),
        outbox(pool),
        web(pool) {}

  RedisPool pool;
  RedisDirectory directory;
  RedisContacts contacts;
  RedisPolicies policies;
  RedisSentMail sent;
  RedisAddressTokens tokens;
  RedisHeldIndex held;
  RedisAsked asked;
  RedisRequests requests;
  RedisBudgets budgets;
  RedisOutbox outbox;
  RedisWebState web;
};

RedisStore::RedisStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RedisStore::~RedisStore() = default;

Result<std::unique_ptr<RedisStore>> RedisStore::open(const StoreSettings& settings,
                                                     const Clock& clock) {
  PoolSettings pool;
  CS_ASSIGN(pool.address, RedisAddress::parse(settings.url));
  CS_ASSIGN(RedisKeys keys, RedisKeys::make(settings.prefix));
  pool.role = settings.login;
  pool.site = settings.site;
  pool.observe = settings.observe;
  return std::unique_ptr<RedisStore>(
      new RedisStore(std::make_unique<Impl>(std::move(pool), std::move(keys), clock)));
}

Directory& RedisStore::directory() { return impl_->directory; }
Contacts& RedisStore::contacts() { return impl_->contacts; }
Policies& RedisStore::policies() { return impl_->policies; }
SentMail& RedisStore::sent() { return impl_->sent; }
AddressTokens& RedisStore::tokens() { return impl_->tokens; }
HeldIndex& RedisStore::held() { return impl_->held; }
Asked& RedisStore::asked() { return impl_->asked; }
Requests& RedisStore::requests() { return impl_->requests; }
Budgets& RedisStore::budgets() { return impl_->budgets; }
Outbox& RedisStore::outbox() { return impl_->outbox; }
WebState& RedisStore::web() { return impl_->web; }

bool RedisStore::healthy() const { return impl_->pool.healthy(); }
long long RedisStore::round_trips() const { return impl_->pool.round_trips(); }
void RedisStore::stop() { impl_->pool.stop(); }

Result<RedisStore::CreatedSite> RedisStore::create_site(Deadline deadline) {
  CS_ASSIGN(auto connection, impl_->pool.open_unchecked(deadline));
  const std::string wanted = HeldId::random().text();
  RedisPipeline ask;
  ask.add({"EVAL", kCreateSite, "1", impl_->pool.keys().site(), kSchema, wanted});
  CS_ASSIGN(const auto replies, connection->run(ask, deadline));
  CS_ASSIGN(std::string id, read_site(replies[0]));
  CS_TRY(impl_->pool.recheck(deadline));
  return CreatedSite{id, id == wanted};
}

Result<std::string> RedisStore::site_id(Deadline deadline) {
  CS_ASSIGN(auto connection, impl_->pool.open_unchecked(deadline));
  RedisPipeline ask;
  ask.add({"HMGET", impl_->pool.keys().site(), "schema", "id"});
  CS_ASSIGN(const auto replies, connection->run(ask, deadline));
  return read_site(replies[0]);
}

Result<std::vector<StoreFinding>> RedisStore::check(Deadline deadline) {
  CS_ASSIGN(auto connection, impl_->pool.open_unchecked(deadline));
  RedisPipeline ask;
  ask.add({"INFO"});
  for (const char* name : kFactsOfConfig) ask.add({"CONFIG", "GET", name});
  CS_ASSIGN(const auto replies, connection->run(ask, deadline));
  ServerFacts facts;
  // What the server does not let us ask is absent; judge() says so.
  if (replies[0].is_string()) add_info(facts, replies[0].text);
  for (std::size_t i = 1; i < replies.size(); ++i)
    if (replies[i].is_array() && replies[i].elements.size() == 2)
      facts["config." + replies[i].elements[0].text] = replies[i].elements[1].text;
  std::vector<StoreFinding> out = judge(facts);
  if (connection->logged_in() == RedisConnection::LoggedIn::as_default_instead)
    out.push_back({StoreFinding::Severity::warning,
                   "Redis does not take our user (" + connection->login_refusal() +
                       "), so its default user is used; add the users that 'countersign config "
                       "init' prints"});
  return out;
}

}  // namespace countersign
