// SPDX-License-Identifier: Apache-2.0
//
// What one end of countersign-authenticate's sockets may hear from the other, and what DNS may
// tell.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "authentication/dns.h"
#include "authentication/frame.h"

using namespace countersign;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  FrameDecoder decoder;
  decoder.feed(bytes);
  for (;;) {
    const auto frame = decoder.next();
    if (!frame || !*frame) break;
    require((*frame)->payload.size() <= most_bytes((*frame)->kind));
    if ((*frame)->kind != FrameKind::origin) continue;
    const auto origin = decode_origin((*frame)->payload);
    if (origin) require(encode_origin(*origin) == (*frame)->payload);
  }
  if (const auto text = txt_of(bytes)) require(text->size() < bytes.size());
  for (const DnsType type : {DnsType::mx, DnsType::ptr})
    if (const auto name = name_of(bytes, type)) require(!name->empty() && name->size() <= 253);
  return 0;
}
