// SPDX-License-Identifier: Apache-2.0
//
// When notices go out, and how often: challenges by mail once, the report of a failure once, the
// digest once a day for each mailbox, a leak once a day for each token. What they say is in
// notices.h.
//
// Before a challenge or digest is given to the MTA it is claimed in the outbox, and a challenge is
// logged in the spool, so that a crash in between costs a notice, never sends two. The report of a
// failure is owed by law 1 and is logged afterwards.
#pragma once

#include <set>
#include <string>

#include "base/guarded.h"
#include "base/keyring.h"
#include "base/metrics.h"
#include "holding/claims.h"
#include "holding/held_table.h"
#include "holding/notices.h"
#include "spool/owed_report.h"
#include "tokenstore/budgets.h"

namespace countersign {

struct AnnouncerParts {
  Spool& spool;
  HeldTable& table;
  Claims& claims;
  Outbox& outbox;
  Relay& notices;
  const Keyring& keys;
  const Clock& clock;
};

class Announcer {
 public:
  Announcer(AnnouncerParts parts, NoticeSettings settings, std::string reporting_mta)
      : parts_(parts), settings_(std::move(settings)), reporting_mta_(std::move(reporting_mta)) {}

  /// How notices are written from now on; at any time.
  void set(NoticeSettings settings) {
    settings_.with([&](NoticeSettings& now) { now = std::move(settings); });
  }

  /// Sends the challenge of a message that wants one by mail, once. Done when it was sent, is not
  /// wanted any more, or was refused for good. Errors: unavailable (try later).
  Status challenge(const HeldId& id);
  /// Reports to an authenticated author that recipients refused his message for good, once. The
  /// caller holds the claim. Errors: unavailable (try later).
  Status report_failure(const HeldMessage& message);
  /// Reports to the author that recipients were refused when his message came in. Twice after a
  /// crash in between. Done when it was sent, or refused for good. Errors: unavailable (try later).
  Status report_refusal(const OwedReport& report);
  /// Sends `owner` the list of all that is held for him here, and logs that it was announced.
  /// `claim` names this digest: the same name goes out once. Errors: unavailable (nothing is
  /// marked).
  Status digest(const std::string& owner, const std::string& claim);
  /// Tells the owner of a token that a stranger used it: once a day for each token, whichever node
  /// saw it. Done when it was sent, was told today already, or was refused for good. Errors:
  /// unavailable (try later).
  Status leak(const LeakAlarm& alarm);

 private:
  NoticeSettings settings() const {
    return settings_.with([](const NoticeSettings& now) { return now; });
  }
  Status send_failure(const HeldMessage& message, const std::string& head) const;
  Notice challenge_for(const HeldMessage& message, const std::string& token) const;
  Status mark(const HeldId& id, HeldEvent::Kind kind, std::string text,
              std::uint32_t recipient = 0);
  Status mark_announced(const HeldMessage& message, const std::string& owner);

  AnnouncerParts parts_;
  Guarded<NoticeSettings> settings_;
  std::string reporting_mta_;
};

}  // namespace countersign
