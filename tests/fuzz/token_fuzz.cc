// SPDX-License-Identifier: Apache-2.0
//
// The answer token of a URL, the stamp of the proof `wait`, the id and the digits of a code: all
// come from anybody.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "answering/code.h"
#include "answering/token.h"
#include "answering/wait.h"

using namespace countersign;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static ManualClock clock;
  static const Keyring keys = *Keyring::parse("wait k1 " + std::string(64, '4') + "\n", "fuzz");
  static const auto wait = *Wait::make(keys, clock, {});
  static const auto codes = *Codes::make(keys, clock, {});
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (wait->check(text, "binding") || codes->check(text, "binding")) std::abort();
  const std::string digits = typed_digits(text);
  if (digits.size() > 12 || digits.find_first_not_of("0123456789") != digits.npos) std::abort();

  const auto token = parse_answer_token(text);
  if (!token) return 0;
  if (token->size() != 26 || *parse_answer_token(*token) != *token) std::abort();
  const std::string binding = proof_binding(*token);
  if (!wait->check(wait->issue(binding), binding)) std::abort();
  return 0;
}
