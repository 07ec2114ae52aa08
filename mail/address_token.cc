// SPDX-License-Identifier: Apache-2.0
#include "mail/address_token.h"

#include "base/crypto.h"
#include "base/encoding.h"
#include "mail/unicode.h"

namespace countersign {
namespace {

constexpr std::size_t kPartBits = 40;
constexpr std::size_t kPartDigits = kPartBits / 5;
constexpr std::size_t kMostLabel = 30;
constexpr std::size_t kMostLocalPart = 64;

std::string digits_of(std::string_view bytes) {
  return ascii_lower(crockford_encode(bytes, kPartBits));
}

std::string tag_of(const Secret& key, const Mailbox& owner, std::string_view id) {
  return digits_of(hmac_sha256(key.bytes, framed("address token", owner.key(), id)));
}

/// Reads base32 digits of any case; a hyphen, which Crockford lets people write, is none.
std::optional<std::string> digits(std::string_view text) {
  if (text.find('-') != std::string_view::npos) return std::nullopt;
  const auto canonical = crockford_canonical(text);
  if (!canonical) return std::nullopt;
  return ascii_lower(*canonical);
}

/// What stands behind the label's dot.
struct Digits {
  std::string id;
  std::string tag;
};

std::optional<Digits> digits_at_end_of(std::string_view local) {
  constexpr std::size_t kBoth = 2 * kPartDigits;
  // A mailbox, a delimiter and a label of one character each, and the dot.
  if (local.size() < kBoth + 4 || local[local.size() - kBoth - 1] != '.') return std::nullopt;
  const auto both = digits(local.substr(local.size() - kBoth));
  if (!both) return std::nullopt;
  return Digits{both->substr(0, kPartDigits), both->substr(kPartDigits)};
}

}  // namespace

std::optional<AddressToken> find_address_token(const Mailbox& address, std::string_view delimiters,
                                               std::span<const Secret> keys,
                                               const OwnerOf& owner_of) {
  const auto end = digits_at_end_of(address.local());
  if (!end) return std::nullopt;
  // A label may hold a delimiter, a mailbox too: only the tag tells where one ends.
  for (const auto& [mailbox, detail] : address.readings(delimiters)) {
    if (detail.size() < 2 * kPartDigits + 2) break;
    const auto label = parse_token_label(detail.substr(0, detail.size() - 2 * kPartDigits - 1));
    if (!label) continue;
    const Mailbox owner = owner_of(mailbox);
    for (const Secret& key : keys)
      if (equal_in_constant_time(tag_of(key, owner, end->id), end->tag))
        return AddressToken{mailbox, owner, *label, end->id};
  }
  return std::nullopt;
}

Result<Mailbox> address_with_token(const AddressToken& token, char delimiter, const Secret& key) {
  // Behind nothing a delimiter is none (Mailbox::readings): it would not be found again.
  if (token.mailbox.local().empty())
    return Error{Errc::invalid, "a mailbox with nothing before '@' can have no details"};
  const std::string detail = token.label + "." + token.id + tag_of(key, token.owner, token.id);
  auto address = token.mailbox.with_detail(delimiter, detail);
  if (address) return address;
  const std::size_t others = token.mailbox.local().size() + 2 + 2 * kPartDigits;
  return Error{Errc::invalid,
               "the address would be longer than the 64 octets that RFC 5321 allows before '@'; " +
                   (others < kMostLocalPart
                        ? "left for the label: " + std::to_string(kMostLocalPart - others)
                        : std::string("there is no room for a token"))};
}

Result<std::string> parse_token_label(std::string_view text) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::string label = ascii_lower(text);
  const auto is_plain = [&](char c) { return kPlain.find(c) != std::string_view::npos; };
  bool good = !label.empty() && label.size() <= kMostLabel && is_plain(label.front()) &&
              is_plain(label.back());
  for (const char c : label) good = good && (is_plain(c) || c == '-' || c == '_');
  if (!good)
    return Error{
        Errc::invalid,
        "no label; allowed: 1 to 30 letters and digits of ASCII, '-' and '_' between them"};
  return label;
}

Result<std::string> parse_token_id(std::string_view text) {
  const auto id = digits(text);
  if (!id || id->size() != kPartDigits)
    return Error{Errc::invalid, "no id of a token; allowed: 8 base32 digits"};
  return *id;
}

std::string random_token_id() { return digits_of(random_bytes(kPartBits / 8)); }

}  // namespace countersign
