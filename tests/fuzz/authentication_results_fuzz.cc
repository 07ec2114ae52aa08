// SPDX-License-Identifier: Apache-2.0
//
// The value of an Authentication-Results field: what is read survives being written again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "mail/authentication_results.h"

using namespace countersign;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

std::string quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string written(const AuthenticationResults& field) {
  std::string text = quoted(field.authserv_id) + " 1";
  if (field.results.empty()) return text + "; none";
  for (const AuthResult& result : field.results) {
    text += "; " + result.method + "=" + result.result;
    if (!result.reason.empty()) text += " reason=" + quoted(result.reason);
    for (const AuthProperty& p : result.properties)
      text += ' ' + p.ptype + '.' + p.property + '=' + quoted(p.value);
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view value(reinterpret_cast<const char*>(data), size);
  const auto field = parse_authentication_results(value);
  if (!field) return 0;
  const std::string text = written(*field);
  const auto again = parse_authentication_results(text);
  require(bool(again));
  require(written(*again) == text);
  require(again->results.size() == field->results.size());
  return 0;
}
