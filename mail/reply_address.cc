// SPDX-License-Identifier: Apache-2.0
#include "mail/reply_address.h"

#include "base/crypto.h"
#include "base/encoding.h"
#include "mail/unicode.h"

namespace countersign {
namespace {

constexpr std::size_t kPlaceBits = 80;
constexpr std::size_t kTagBits = 50;
constexpr std::size_t kPlaceDigits = kPlaceBits / 5;
constexpr std::size_t kTagDigits = kTagBits / 5;

std::string place_of(const Secret& key, const HeldId& id) {
  return ascii_lower(
      crockford_encode(hmac_sha256(key.bytes, framed("reply place", id.text())), kPlaceBits));
}

std::string tag_of(const Secret& key, const Mailbox& mailbox, std::string_view place) {
  return ascii_lower(crockford_encode(
      hmac_sha256(key.bytes, framed("reply address", mailbox.key(), place)), kTagBits));
}

}  // namespace

std::optional<ReplyAddress> find_reply_address(const Mailbox& address, std::string_view delimiters,
                                               std::span<const Secret> keys) {
  constexpr std::size_t kBoth = kPlaceDigits + kTagDigits;
  if (keys.empty() || address.local().size() < kBoth + 2) return std::nullopt;
  // A mailbox may hold a delimiter: only the tag tells where it ends.
  for (const auto& [mailbox, detail] : address.readings(delimiters)) {
    if (detail.size() != kBoth || detail.find('-') != std::string::npos) continue;
    const auto canonical = crockford_canonical(detail);
    if (!canonical) return std::nullopt;
    const std::string digits = ascii_lower(*canonical);
    const std::string place = digits.substr(0, kPlaceDigits);
    for (const Secret& key : keys)
      if (equal_in_constant_time(tag_of(key, mailbox, place), digits.substr(kPlaceDigits)))
        return ReplyAddress{mailbox, place};
  }
  return std::nullopt;
}

bool is_reply_place(std::span<const Secret> keys, const HeldId& id, std::string_view place) {
  bool good = false;
  for (const Secret& key : keys) good |= equal_in_constant_time(place_of(key, id), place);
  return good;
}

Result<Mailbox> reply_address(const Mailbox& mailbox, const HeldId& id, char delimiter,
                              const Secret& key) {
  const std::string place = place_of(key, id);
  return mailbox.with_detail(delimiter, place + tag_of(key, mailbox, place));
}

}  // namespace countersign
