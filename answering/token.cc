// SPDX-License-Identifier: Apache-2.0
#include "answering/token.h"

#include "base/crypto.h"
#include "base/encoding.h"

namespace countersign {
namespace {

constexpr std::size_t kDigits = 26;
// Every digit may be followed by a hyphen, and no more is ever read.
constexpr std::size_t kLongest = 2 * kDigits;
constexpr std::size_t kBindingBytes = 16;

}  // namespace

Result<std::string> parse_answer_token(std::string_view text) {
  if (text.size() < kDigits || text.size() > kLongest)
    return Error{Errc::invalid, "token of a wrong length"};
  CS_ASSIGN(std::string canonical, crockford_canonical(text));
  if (canonical.size() != kDigits) return Error{Errc::invalid, "token of a wrong length"};
  return canonical;
}

std::string proof_binding(const std::string& token) {
  return hex_encode(std::string_view(sha256(framed("proof", token))).substr(0, kBindingBytes));
}

}  // namespace countersign
