// SPDX-License-Identifier: Apache-2.0
//
// What all sessions share, handed in by main().
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

#include "authentication/authenticator.h"
#include "base/clock.h"
#include "base/guarded.h"
#include "holding/asking.h"
#include "holding/intake.h"
#include "holding/leak_alarm.h"
#include "holding/reply_desk.h"
#include "milter/milter_metrics.h"
#include "milter/outgoing.h"
#include "milter/page_watch.h"
#include "milter/policy_memory.h"
#include "milter/settings.h"
#include "tokenstore/address_tokens.h"
#include "tokenstore/contacts.h"
#include "tokenstore/directory.h"

namespace countersign {

/// Thread-safe. All that is referred to must outlive libmilter's threads: for as long as the
/// process lives.
class Services {
 public:
  Services(Directory& directory_, Contacts& contacts_, AddressTokens& tokens_, IntakeDesk& intake_,
           AskingDesk& asking_, const Clock& clock_, MilterMetrics& metrics_,
           MilterSettings settings)
      : directory(directory_),
        contacts(contacts_),
        tokens(tokens_),
        intake(intake_),
        asking(asking_),
        clock(clock_),
        metrics(metrics_),
        page(clock_.steady()),
        settings_(std::make_shared<const MilterSettings>(std::move(settings))) {}

  /// The settings for a transaction that begins now.
  std::shared_ptr<const MilterSettings> settings() const {
    return settings_.with([](const auto& s) { return s; });
  }
  /// Replaces them: for transactions that begin from now on.
  void set_settings(MilterSettings settings) {
    auto fresh = std::make_shared<const MilterSettings>(std::move(settings));
    settings_.with([&](auto& s) { s = std::move(fresh); });
  }

  Directory& directory;
  Contacts& contacts;
  AddressTokens& tokens;
  IntakeDesk& intake;
  AskingDesk& asking;
  /// For the source `builtin`. Set before the first session; null: nobody looks.
  Authenticator* authenticator = nullptr;
  /// For challenge.answers. Set before the first session; null: no reply is an answer.
  ReplyDesk* replies = nullptr;
  /// What our users send, and what comes back of it. Set before the first session; null: nothing is
  /// learnt of it, and no bounce is known.
  OutgoingMail* outgoing = nullptr;
  SentMail* sent = nullptr;
  SentDigests sent_digests{{}};
  /// Told of each use of a token by a stranger, to tell its owner. Set before the first session;
  /// must not block. May be empty.
  std::function<void(const LeakAlarm&)> on_leak;
  /// Promises the author a report: ReportDesk::owe(). Set before the first session; empty: nobody
  /// is told.
  std::function<Status(const HeldEnvelope&, std::string_view header_section)> owe_report;
  const Clock& clock;
  MilterMetrics& metrics;
  PageWatch page;
  PolicyMemory modes;
  std::atomic<bool> paused{false};  ///< pass everything; kept up to date by main()

 private:
  Guarded<std::shared_ptr<const MilterSettings>> settings_;
};

}  // namespace countersign
