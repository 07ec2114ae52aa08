// SPDX-License-Identifier: Apache-2.0
//
// Records of the store, and the URL that says where it is. What decodes must encode to something
// that decodes to the same.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tokenstore/record.h"
#include "tokenstore/records.h"
#include "tokenstore/redis_address.h"

using namespace countersign;

namespace {

void records(std::string_view text) {
  if (const auto record = Record::decode(text)) {
    const auto again = Record::decode(record->encode());
    if (!again || again->encode() != record->encode()) std::abort();
  }
  for (const Subject subject : {"a:alice@lists.example.com", "d:.example.com", "l:{x}", "?"})
    if (const auto entry = decode_contact(subject, text)) {
      const auto again = decode_contact(subject, encode_contact(subject, *entry));
      if (!again || !(*again == *entry)) std::abort();
    }
  if (const auto token = decode_token(text)) {
    const auto again = decode_token(encode_token(*token));
    if (!again || again->id != token->id || again->node != token->node) std::abort();
  }
  if (const auto id = decode_retry(text))
    if (*decode_retry(encode_retry(*id)) != *id) std::abort();
  (void)bool(decode_held_mark(text));
  if (const auto list = split_list(text)) {
    const auto again = split_list(join_list(*list));
    // An empty text at either end is not told from none: no list of ours has one.
    if (!again || again->size() > list->size()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  records(text);
  if (const auto address = RedisAddress::parse(text)) {
    if (address->host.empty() == address->path.empty()) std::abort();
    if (address->port < 1 || address->port > 65535) std::abort();
  }
  return 0;
}
