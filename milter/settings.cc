// SPDX-License-Identifier: Apache-2.0
#include "milter/settings.h"

#include <algorithm>
#include <array>

#include "mail/folded_path.h"

namespace countersign {
namespace {

// RFC 2142 §4 to §6 and RFC 5321 §4.5.1, and what certificate authorities write to.
constexpr std::array<std::string_view, 7> kAlwaysReached = {
    "postmaster", "abuse", "hostmaster", "webmaster", "admin", "administrator", "security"};

constexpr std::string_view kAnyDomain = "@{domain}";

}  // namespace

bool MilterSettings::protects(const Mailbox& mailbox) const {
  return protected_domains.contains(mailbox.domain());
}

Mailbox MilterSettings::owner_of(const Mailbox& recipient) const {
  if (const auto it = owners.find(recipient); it != owners.end()) return it->second;
  // A bounce comes to the reverse-path as it was sent.
  const Mailbox bare = without_batv(recipient).without_detail(recipient_delimiters);
  const auto it = owners.find(bare);
  return it == owners.end() ? bare : it->second;
}

std::optional<AddressToken> MilterSettings::token_of(const Mailbox& recipient) const {
  if (owners.contains(recipient)) return std::nullopt;
  return find_address_token(recipient, recipient_delimiters, token_keys,
                            [this](const Mailbox& mailbox) { return owner_of(mailbox); });
}

bool MilterSettings::is_exempt(const Mailbox& recipient) const {
  const Mailbox bare = recipient.without_detail(recipient_delimiters);
  if (std::find(kAlwaysReached.begin(), kAlwaysReached.end(), bare.local()) != kAlwaysReached.end())
    return true;
  if (exempt.contains(recipient) || exempt.contains(bare)) return true;
  if (notices_from.ends_with(kAnyDomain))
    return bare.local() == notices_from.substr(0, notices_from.size() - kAnyDomain.size());
  return bare.address() == notices_from;
}

}  // namespace countersign
