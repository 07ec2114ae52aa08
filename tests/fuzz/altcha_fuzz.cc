// SPDX-License-Identifier: Apache-2.0
//
// The form field `altcha`: as base64 from outside, and, since a fuzzer seldom makes base64, as the
// JSON in it. What is read must survive being written again, and nothing unsigned may pass.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "answering/altcha.h"
#include "base/encoding.h"

using namespace countersign;

namespace {

void check(std::string_view field) {
  const auto payload = altcha::parse_payload(field);
  if (!payload) return;
  const altcha::Keys keys{{"a secret that no corpus knows"}, {"nor this"}};
  if (altcha::verify(*payload, keys, WallTime(seconds(1)))) std::abort();
  const std::string again = altcha::challenge_json(payload->parameters, keys);
  const auto reread = altcha::parse_payload(base64_encode(
      "{\"challenge\":" + again + ",\"solution\":{\"counter\":" + std::to_string(payload->counter) +
      ",\"derivedKey\":\"" + payload->derived_key + "\"}}"));
  if (!reread || altcha::canonical_parameters(reread->parameters) !=
                     altcha::canonical_parameters(payload->parameters))
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check(bytes);
  if (size < 2000) check(base64_encode(bytes));
  return 0;
}
