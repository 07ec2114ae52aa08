// SPDX-License-Identifier: Apache-2.0
//
// Digests of (Message-ID, recipient) by the key `sent` (design section 5, {m}:sent): who reads the
// store learns of nobody's mail. Of several keys the first makes, all are looked for. Immutable;
// thread-safe.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/keyring.h"
#include "mail/mailbox.h"
#include "mail/returned_mail.h"
#include "tokenstore/sent_mail.h"

namespace countersign {

class SentDigests {
 public:
  /// A site that hands mail on reports whom it went to there: as many of these as there were
  /// recipients, and never more than this.
  static constexpr std::size_t kMostStrangers = 8;

  /// `keys`: Keyring::all("sent"). Without any there are no digests.
  explicit SentDigests(std::span<const Secret> keys) : keys_(keys.begin(), keys.end()) {}

  /// Returns what to keep of a message that went to `recipients`: of each his address and his
  /// organizational domain; and a place for each, up to kMostStrangers, that a report on somebody
  /// else can have. 16 bytes each.
  std::vector<std::string> of_sent(std::string_view message_id,
                                   std::span<const Mailbox> recipients) const;
  /// Returns what to look for when `author` answers `ids` (answered_ids()).
  std::vector<std::string> of_answer(std::span<const std::string> ids, const Mailbox& author) const;
  /// Sets the marks of a note by what a report returns.
  void mark_returned(const ReturnedMail& found, ReturnedNote& note) const;

 private:
  std::vector<Secret> keys_;
};

}  // namespace countersign
