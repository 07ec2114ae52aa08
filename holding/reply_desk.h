// SPDX-License-Identifier: Apache-2.0
//
// Answers by reply (design section 6, challenge.answers): the author of a held message, challenged
// by mail, writes to the address that the challenge named as Reply-To. Any node may see that reply;
// the one that holds the message hears of it by its stream, and judges (Desk::handle).
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/keyring.h"
#include "base/result.h"
#include "mail/mailbox.h"
#include "tokenstore/held_index.h"
#include "tokenstore/requests.h"

namespace countersign {

/// What the node is told as proof.
inline constexpr std::string_view kProofReply = "reply";

/// Thread-safe.
class ReplyDesk {
 public:
  virtual ~ReplyDesk() = default;
  /// Returns the message that `place` (ReplyAddress::place) stands for, if it is held for `owner`
  /// (Mailbox::key()) and can be answered by reply; else nothing. Errors: unavailable.
  virtual Result<std::optional<HeldView>> find(const std::string& owner, const std::string& place,
                                               Deadline deadline) = 0;
  /// Tells the node that holds it. The caller has checked that the reply is its author's own. May
  /// be repeated. Errors: unavailable.
  virtual Status answer(const HeldView& held, const std::string& place, Deadline deadline) = 0;
};

class StoreReplyDesk final : public ReplyDesk {
 public:
  /// All must outlive it.
  StoreReplyDesk(HeldIndex& index, Requests& requests, const Keyring& keys)
      : index_(index), requests_(requests), keys_(keys) {}

  Result<std::optional<HeldView>> find(const std::string& owner, const std::string& place,
                                       Deadline deadline) override;
  Status answer(const HeldView& held, const std::string& place, Deadline deadline) override;

 private:
  HeldIndex& index_;
  Requests& requests_;
  const Keyring& keys_;
};

/// Returns the address that a reply to the challenge of this message is to go to: that of its first
/// recipient with a place in the detail. None: there is no delimiter, no room in the local part, or
/// it is outside ASCII, which not every author's server takes.
std::optional<Mailbox> reply_address_of(const Keyring& keys, const HeldId& id,
                                        const std::optional<Mailbox>& recipient,
                                        std::string_view delimiters);

}  // namespace countersign
