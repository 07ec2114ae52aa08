// SPDX-License-Identifier: Apache-2.0
//
// What a peer sends that may be no Redis: the reader of replies, fed in pieces whose sizes the
// first byte says, and everything that decodes what a reply holds.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tokenstore/records.h"
#include "tokenstore/redis_reply.h"
#include "tokenstore/reply_shape.h"
#include "tokenstore/site_guard.h"
#include "tokenstore/store_check.h"

using namespace countersign;

namespace {

std::size_t count(const RedisReply& reply) {
  std::size_t out = reply.elements.size();
  for (const RedisReply& element : reply.elements) out += count(element);
  return out;
}

void use(const RedisReply& reply) {
  static SiteGuard guard("");
  (void)bool(guard.admit(reply));
  (void)bool(expect_done(reply));
  (void)bool(integer_of(reply, "X"));
  if (const auto fields = texts_of(reply, "X")) {
    (void)bool(decode_held(*HeldId::parse(std::string(26, '0')), *fields));
    (void)decode_request(*fields);
  }
  if (reply.is_string()) {
    ServerFacts facts;
    add_info(facts, reply.text);
    (void)judge(facts);
    (void)bool(decode_contact("a:alice@example.com", reply.text));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr ReplyLimits kLimits{.bytes = 1 << 16, .elements = 1000};
  const std::size_t piece = data[0] == 0 ? size : data[0];
  std::string_view wire(reinterpret_cast<const char*>(data) + 1, size - 1);
  RedisReplyReader reader(kLimits);
  while (!wire.empty()) {
    reader.feed(wire.substr(0, piece));
    wire.remove_prefix(std::min(piece, wire.size()));
    while (true) {
      RedisReply reply;
      const auto is_whole = reader.next(reply);
      if (!is_whole) return 0;
      if (!*is_whole) break;
      if (count(reply) > kLimits.elements) std::abort();
      use(reply);
    }
  }
  return 0;
}
