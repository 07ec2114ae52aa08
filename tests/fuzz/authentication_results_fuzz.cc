// SPDX-License-Identifier: Apache-2.0
//
// The value of an Authentication-Results field: what is read survives being written again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "mail/authentication_results.h"
#include "mail/authserv_id.h"

using namespace countersign;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view value(reinterpret_cast<const char*>(data), size);
  const auto field = parse_authentication_results(value);
  if (!field) return 0;
  const std::string text = write_authentication_results(*field);
  const auto again = parse_authentication_results(text);
  require(bool(again));
  require(write_authentication_results(*again) == text);
  require(again->results.size() == field->results.size());
  require(field->authserv_id.empty() || claims_authserv_id(value, field->authserv_id));
  return 0;
}
