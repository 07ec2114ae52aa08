// SPDX-License-Identifier: Apache-2.0
//
// The milter's settings as plain values: an immutable snapshot, made by main() from the
// configuration. A transaction keeps the one it began with, whatever is reloaded meanwhile.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/keyring.h"
#include "mail/address_token.h"
#include "mail/mailbox.h"
#include "mail/network.h"
#include "mail/owner_map.h"
#include "mail/reply_address.h"
#include "screening/authentication.h"
#include "screening/facts.h"
#include "screening/replies.h"
#include "screening/verdicts.h"

namespace countersign {

struct MilterSettings {
  std::set<std::string, std::less<>> protected_domains;  ///< A-labels
  OwnerMap owners;                                       ///< protect.mailboxes, if it can be listed
  std::shared_ptr<OwnerTable> owner_table;  ///< protect.mailboxes, if it cannot; else null
  std::set<Mailbox> exempt;                 ///< protect.exempt
  std::string notices_from = "countersign@{domain}";  ///< {domain}: any protected domain
  std::string recipient_delimiters = "+";
  std::vector<Secret> token_keys;  ///< purpose "token": by which address tokens are known
  bool strip_tokens = false;       ///< the MTA is to deliver to the address without the token
  /// Purpose "answer": by which the addresses of replies are known; none: nobody may answer so.
  std::vector<Secret> reply_keys;
  NetworkList submit_networks;
  NetworkList relays;
  Policy defaults;                               ///< first_contact.*: where the store sets nothing
  seconds ask_after = std::chrono::minutes(30);  ///< how long mode defer leaves mail where it is
  AuthenticationSettings authentication;
  VerdictSettings verdicts;
  std::string buffer_folder = "/tmp";            ///< for bodies that come before the decision
  bool mail_channel = false;                     ///< challenge.channels has "mail"
  std::uint64_t max_message_bytes = 25'000'000;  ///< of header section and body, to be held
  ReplyTexts replies;                            ///< of the site
  std::map<std::string, ReplyTexts, std::less<>> domain_replies;  ///< by domain in A-labels

  /// What the sender of mail to this address is told.
  const ReplyTexts& replies_for(std::string_view address) const;

  bool protects(const Mailbox& mailbox) const;
  /// Whose lists count for a recipient (design section 5, `m`): by `owners`, the full address first
  /// and then without its detail; else the address without detail. `owner_table` is not asked.
  Mailbox owner_of(const Mailbox& recipient) const {
    return owners.of(recipient, recipient_delimiters).owner;
  }
  /// The same of several, by `owner_table` if there is one. Errors: unavailable.
  Result<std::vector<Ownership>> ownership_of(const std::vector<Mailbox>& recipients,
                                              milliseconds time) const;
  /// The token that a recipient's address carries; none where the full address is a mailbox of its
  /// own. `time`: as by ownership_of().
  std::optional<AddressToken> token_of(const Mailbox& recipient,
                                       milliseconds time = milliseconds(0)) const;
  /// What the recipient's address says if a challenge named it as Reply-To; as token_of().
  std::optional<ReplyAddress> reply_of(const Mailbox& recipient,
                                       milliseconds time = milliseconds(0)) const;
  /// The addresses that must always be reached: postmaster, abuse, hostmaster, webmaster (RFC
  /// 2142), admin, administrator, security, our notice address, and those listed; a detail does not
  /// matter. Asked only for protected domains.
  bool is_exempt(const Mailbox& recipient) const;

 private:
  bool is_no_mailbox(const Mailbox& recipient, milliseconds time) const;
};

}  // namespace countersign
