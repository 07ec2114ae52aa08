// SPDX-License-Identifier: Apache-2.0
#include "milter/settings.h"

#include <algorithm>
#include <array>
#include <set>

namespace countersign {
namespace {

// RFC 2142 §4 to §6 and RFC 5321 §4.5.1, and what certificate authorities write to.
constexpr std::array<std::string_view, 7> kAlwaysReached = {
    "postmaster", "abuse", "hostmaster", "webmaster", "admin", "administrator", "security"};

constexpr std::string_view kAnyDomain = "@{domain}";

}  // namespace

const ReplyTexts& MilterSettings::replies_for(std::string_view address) const {
  const auto own = domain_replies.find(address.substr(address.rfind('@') + 1));
  return own == domain_replies.end() ? replies : own->second;
}

bool MilterSettings::protects(const Mailbox& mailbox) const {
  return protected_domains.contains(mailbox.domain());
}

Result<std::vector<Ownership>> MilterSettings::ownership_of(const std::vector<Mailbox>& recipients,
                                                            milliseconds time) const {
  std::vector<Ownership> out;
  if (owner_table == nullptr) {
    for (const Mailbox& recipient : recipients)
      out.push_back(owners.of(recipient, recipient_delimiters));
    return out;
  }
  std::set<std::string> keys;
  for (const Mailbox& recipient : recipients)
    for (std::string& key : OwnerMap::keys_of(recipient, recipient_delimiters))
      keys.insert(std::move(key));
  CS_ASSIGN(const auto found,
            owner_table->find({keys.begin(), keys.end()}, std::chrono::steady_clock::now() + time));
  for (const Mailbox& recipient : recipients) {
    out.push_back(owners.of(recipient, recipient_delimiters));
    for (const std::string& key : OwnerMap::keys_of(recipient, recipient_delimiters)) {
      const auto entry = found.find(key);
      if (entry == found.end()) continue;
      out.back() = OwnerMap::read(recipient, recipient_delimiters, entry->second);
      break;
    }
  }
  return out;
}

std::optional<AddressToken> MilterSettings::token_of(const Mailbox& recipient,
                                                     milliseconds time) const {
  if (owners.contains(recipient)) return std::nullopt;
  auto token =
      find_address_token(recipient, recipient_delimiters, token_keys, [&](const Mailbox& mailbox) {
        const auto found = ownership_of({mailbox}, time);
        return found ? found->front().owner : owner_of(mailbox);
      });
  return token && is_no_mailbox(recipient, time) ? token : std::nullopt;
}

std::optional<ReplyAddress> MilterSettings::reply_of(const Mailbox& recipient,
                                                     milliseconds time) const {
  if (owners.contains(recipient)) return std::nullopt;
  auto address = find_reply_address(recipient, recipient_delimiters, reply_keys);
  return address && is_no_mailbox(recipient, time) ? address : std::nullopt;
}

bool MilterSettings::is_no_mailbox(const Mailbox& recipient, milliseconds time) const {
  if (!owner_table) return true;
  const auto own =
      owner_table->find({recipient.address()}, std::chrono::steady_clock::now() + time);
  return own && own->empty();
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
