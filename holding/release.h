// SPDX-License-Identifier: Apache-2.0
//
// Delivers an answered or approved message to the MTA's re-entry port, at least once and always
// with the same held id; the file goes only after the 250 for every recipient.
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/result.h"
#include "relay/smtp_client.h"
#include "spool/spool.h"

namespace countersign {

/// What a try came to.
struct ReleaseStep {
  bool finished = false;     ///< no recipient is left that may still be tried
  bool any_refused = false;  ///< the MTA refused a recipient for good
  seconds wait{0};           ///< until the next try, when not finished: 30 s, doubling to 1 h
};

/// Thread-safe for different messages.
class Releaser {
 public:
  /// All must outlive the releaser. `version` stands in our fields.
  Releaser(Spool& spool, Relay& relay, const Clock& clock);

  /// Tries the recipients that were neither taken nor refused yet, and logs each outcome. The
  /// message goes out as: `Countersign: released; ...`, our Received field, then the content as
  /// received without the Countersign fields that came in. Does not remove the message.
  /// Errors: not_found, corrupt (moved to damaged/), unavailable (the spool).
  Result<ReleaseStep> try_once(const HeldId& id);

 private:
  Spool& spool_;
  Relay& relay_;
  const Clock& clock_;
};

/// Returns the field that marks a released message, whole with CRLF (design section 4):
/// "Countersign: released; reason=answered; author=unverified; held=<id>; since=<date>; proof=..."
std::string released_field(const HeldMessage& message);

}  // namespace countersign
