// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/redis_requests.h"

#include <algorithm>

#include "tokenstore/records.h"
#include "tokenstore/reply_shape.h"
#include "tokenstore/rules.h"

namespace countersign {
namespace {

/// ARGV: most entries of the stream, most bytes of one, how many the reader takes, and from where
/// on. XRANGE fails behind the last possible id.
constexpr std::string_view kTidy = R"lua(
redis.call('XTRIM', KEYS[1], 'MAXLEN', ARGV[1])
local good, from = 0, ARGV[4]
while good < tonumber(ARGV[3]) do
  local page = redis.pcall('XRANGE', KEYS[1], from, '+', 'COUNT', ARGV[3])
  if page.err or #page == 0 then break end
  for _, entry in ipairs(page) do
    local size = 0
    for _, text in ipairs(entry[2]) do size = size + string.len(text) end
    if size > tonumber(ARGV[2]) then redis.call('XDEL', KEYS[1], entry[1]) else good = good + 1 end
    from = '(' .. entry[1]
  end
end
if redis.call('EXISTS', KEYS[1]) == 1 and redis.call('XLEN', KEYS[1]) == 0 then
  redis.call('DEL', KEYS[1])
end
return 1
)lua";

constexpr std::string_view kMostEntries = "100000";
/// The store ends a wait up to 100 ms late; its answer then needs time too.
constexpr milliseconds kMargin{300};
/// For the names of the fields, beside their values.
constexpr std::size_t kNameBytes = 256;
constexpr std::size_t kMostReaders = 8;

/// How long the store may wait; at least 1 (0 would be for ever).
std::string wait_ms(Deadline deadline) {
  return std::to_string(std::max(poll_timeout(deadline), 1));
}

/// Reads the reply to XREAD of one stream: [[key, [[id, [name, value, ...]], ...]]], or nil.
Result<std::vector<RequestEntry>> read_entries(const RedisReply& reply) {
  std::vector<RequestEntry> out;
  if (reply.is_nil()) return out;
  CS_TRY(expect_array(reply, 1, "XREAD"));
  CS_TRY(expect_array(reply.elements[0], 2, "XREAD"));
  for (const RedisReply& entry : reply.elements[0].elements[1].elements) {
    CS_TRY(expect_array(entry, 2, "XREAD"));
    CS_ASSIGN(const Fields fields, texts_of(entry.elements[1], "XREAD"));
    out.push_back({entry.elements[0].text, decode_request(fields)});
  }
  return out;
}

}  // namespace

Status RedisRequests::append(const std::string& node, const Request& request, Deadline deadline) {
  if (request.mac_input("").size() > kRequestBytes)
    return Error{Errc::invalid, "request over " + std::to_string(kRequestBytes) + " bytes"};
  const std::string key = pool_.keys().requests(node);
  const Fields fields = encode_request(request);
  std::vector<std::string_view> words = {"XADD", key, "*"};
  words.insert(words.end(), fields.begin(), fields.end());
  RedisPipeline ask = pool_.pipeline();
  ask.add(words);
  CS_TRY(pool_.run(ask, deadline));
  return {};
}

Result<std::vector<RequestEntry>> RedisRequests::read(const std::string& node,
                                                      const std::string& after, Deadline deadline) {
  const std::string key = pool_.keys().requests(node);
  RedisPipeline ask = pool_.pipeline();
  ask.add({"EVAL", kTidy, "1", key, kMostEntries, std::to_string(kRequestBytes + kNameBytes),
           std::to_string(kRequestsAtOnce), after.empty() ? "-" : "(" + after});
  ask.add({"XREAD", "COUNT", std::to_string(kRequestsAtOnce), "BLOCK", wait_ms(deadline), "STREAMS",
           key, after.empty() ? "0" : after});
  auto reader = take_reader();
  auto replies = reader->run(ask, deadline + kMargin);
  give_back(std::move(reader));
  if (!replies) return replies.error();
  return read_entries((*replies)[1]);
}

Status RedisRequests::done(const std::string& node, const std::string& entry, Deadline deadline) {
  RedisPipeline ask = pool_.pipeline();
  ask.add({"XDEL", pool_.keys().requests(node), entry});
  CS_TRY(pool_.run(ask, deadline));
  return {};
}

std::unique_ptr<RedisPool::Own> RedisRequests::take_reader() {
  return readers_.with([&](auto& readers) {
    if (readers.empty()) return std::make_unique<RedisPool::Own>(pool_);
    auto out = std::move(readers.back());
    readers.pop_back();
    return out;
  });
}

void RedisRequests::give_back(std::unique_ptr<RedisPool::Own> reader) {
  readers_.with([&](auto& readers) {
    if (readers.size() < kMostReaders) readers.push_back(std::move(reader));
  });
}

}  // namespace countersign
