// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/redis_sent_mail.h"

#include "tokenstore/mortal_set.h"
#include "tokenstore/redis_contacts.h"
#include "tokenstore/reply_shape.h"
#include "tokenstore/rules.h"

namespace countersign {
namespace {

// ARGV: now, "1" to put marks down or "" to look only, number of named marks, then pairs of (sent,
// taken): named, unnamed.
constexpr std::string_view kTake = R"lua(
local known, taken = false, 0
local function mark(i)
  local till = redis.call('ZSCORE', KEYS[1], ARGV[i])
  if till and tonumber(till) > tonumber(ARGV[1]) then
    known = true
    if ARGV[2] == '1' then
      taken = taken + redis.call('ZADD', KEYS[1], 'NX', till, ARGV[i + 1])
    elseif not redis.call('ZSCORE', KEYS[1], ARGV[i + 1]) then
      taken = taken + 1
    end
  end
end
local named = 3 + 2 * tonumber(ARGV[3])
for i = 4, named, 2 do mark(i) end
if not known then
  for i = named + 1, #ARGV, 2 do
    if taken == 0 then mark(i) end
  end
end
return taken
)lua";

}  // namespace

Status RedisSentMail::note(const SentNote& sent, Deadline deadline) {
  const Scope scope{Level::mailbox, sent.owner};
  const std::string contacts = pool_.keys().contacts(scope);
  RedisPipeline ask = pool_.pipeline();
  if (!sent.contacts.empty()) add_learning(ask, contacts, sent.contacts);
  if (!sent.digests.empty())
    add_mortals(ask, {pool_.keys().sent(sent.owner), kMostSent, kSentLife}, sent.digests, sent.now,
                kSentLife);
  if (!sent.ways.empty())
    add_mortals(ask, {pool_.keys().ways(sent.owner), kMostWays, kWayLife}, sent.ways, sent.now,
                kSentLife);
  if (ask.size() == pool_.pipeline().size()) return {};
  CS_TRY(pool_.run(ask, deadline));
  return {};
}

Result<bool> RedisSentMail::may_return(const ReturnedNote& returned, Deadline deadline) {
  return mark(returned, "", deadline);
}

Result<bool> RedisSentMail::take_returned(const ReturnedNote& returned, Deadline deadline) {
  return mark(returned, "1", deadline);
}

Result<bool> RedisSentMail::mark(const ReturnedNote& returned, std::string_view take,
                                 Deadline deadline) {
  if (returned.named.empty() && returned.unnamed.empty()) return false;
  const std::string key = pool_.keys().sent(returned.owner);
  const std::string now = std::to_string(to_epoch_ms(returned.now));
  const std::string named = std::to_string(returned.named.size());
  std::vector<std::string_view> words = {"EVAL", kTake, "1", key, now, take, named};
  for (const auto* marks : {&returned.named, &returned.unnamed})
    for (const ReturnedNote::Mark& mark : *marks) {
      words.push_back(mark.sent);
      words.push_back(mark.taken);
    }
  RedisPipeline ask = pool_.pipeline();
  ask.add(words);
  CS_ASSIGN(const auto replies, pool_.run(ask, deadline));
  CS_ASSIGN(const long long taken, integer_of(replies[0], "EVAL"));
  return taken > 0;
}

}  // namespace countersign
