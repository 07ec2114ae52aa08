// SPDX-License-Identifier: Apache-2.0
//
// Splits a peer's bytes into replies (RFC 5321 §4.2.1). Pure: no I/O. Not thread-safe.
//
// Taken besides the grammar: a bare LF as line end, a code without text, any text. Not taken: a
// first digit outside 2 to 5, another separator than blank and hyphen, lines of different codes in
// one reply, a line over 4096 or a reply over 65536 octets. Whoever sends that speaks no SMTP.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "relay/smtp_client.h"

namespace countersign {

class ReplyReader {
 public:
  void feed(std::string_view bytes) { pending_ += bytes; }

  /// Returns the next whole reply; nothing: feed more bytes. Errors: invalid (no SMTP reply); from
  /// then on every call says so.
  Result<std::optional<PeerReply>> next();

  /// Whether all that was fed has been returned: nobody spoke out of turn.
  bool empty() const { return pending_.empty() && !code_; }

 private:
  Result<bool> take_line(std::string_view line);

  std::string pending_;  ///< bytes not yet split into lines
  std::optional<int> code_;
  std::string text_;
  std::size_t octets_ = 0;  ///< of the reply so far
  bool broken_ = false;
};

/// Returns `text` fit for PeerReply::text: octets that are no printable ASCII become '?', but for
/// "\n"; at most 2000 octets.
std::string printable_reply(std::string_view text);

}  // namespace countersign
