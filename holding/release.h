// SPDX-License-Identifier: Apache-2.0
//
// Delivers an answered or approved message to the MTA's re-entry port, at least once and always
// with the same held id; the file goes only after the 250 for every recipient.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "holding/history.h"
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
  /// All must outlive the releaser.
  Releaser(Spool& spool, Relay& relay, const Clock& clock)
      : spool_(spool), relay_(relay), clock_(clock) {}

  /// Tries the recipients to whom it is on its way (History::goes_to()), and logs each that now
  /// was; a try that left some over is logged as one `deferred`. The message goes out as:
  /// `Countersign: released; ...`, our Received field, then the content as received without the
  /// Countersign fields that came in; with the reverse-path and the ESMTP parameters it came with.
  /// Does not remove the message.
  ///
  /// When a recipient was taken and that cannot be logged, this process remembers it and logs it
  /// before the next try; only a crash in between makes the MTA get it twice, with the same held
  /// id. Errors: not_found; corrupt (moved to damaged/); unavailable (the spool); invalid (nobody
  /// answered for it or let it in, or it was dropped or is expired: not sent).
  Result<ReleaseStep> try_once(const HeldId& id);

 private:
  Status try_for(const HeldMessage& message, const History& before, History::Leave leave,
                 ReleaseStep& step);
  Status log_remembered(const HeldId& id);
  Status log_outcome(const HeldMessage& message, const std::vector<std::uint32_t>& tried,
                     const DeliveryOutcome& outcome);

  Spool& spool_;
  Relay& relay_;
  const Clock& clock_;
  /// What became of recipients and is not in the spool's log yet.
  Guarded<std::map<HeldId, std::vector<HeldEvent>>> unlogged_;
};

/// Returns the field that marks a released message, whole with CRLF (design section 4):
/// "Countersign: released; reason=answered; author=unverified; held=<id>; since=<date>; proof=..."
/// `author` is the fingerprint of an authenticated author. With `leave` approval, not answer:
/// "reason=released", and "by=recipient" or "by=operator" in place of the proof; who it was is not
/// told to those whom the message goes on to.
std::string released_field(const HeldEnvelope& envelope, const History& history,
                           History::Leave leave);

/// Returns the most bytes of the fields that stand on top of a message when it is released: that
/// field, and `envelope.received`.
std::size_t most_release_fields(const HeldEnvelope& envelope);

}  // namespace countersign
