// SPDX-License-Identifier: Apache-2.0
#include "mail/held_id.h"

#include "base/crypto.h"
#include "base/encoding.h"

namespace countersign {
namespace {
constexpr std::size_t kBits = 130;
constexpr std::size_t kSize = kBits / 5;
}  // namespace

HeldId HeldId::random() {
  std::string text = crockford_encode(random_bytes(17), kBits);
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return HeldId(std::move(text));
}

Result<HeldId> HeldId::parse(std::string_view text) {
  if (text.size() != kSize ||
      text.find_first_not_of("0123456789abcdefghjkmnpqrstvwxyz") != std::string_view::npos)
    return Error{Errc::invalid,
                 "not a held id: expected 26 characters of 0-9 and a-z without i l o u"};
  return HeldId(std::string(text));
}

}  // namespace countersign
