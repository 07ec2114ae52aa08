// SPDX-License-Identifier: Apache-2.0
//
// Rule 1: what our own users send teaches whom they know. No fault of ours delays their mail (law
// 7): the store has a moment for it, and what it does not take in that moment is told to it later.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include "base/clock.h"
#include "mail/envelope.h"
#include "mail/header_section.h"
#include "milter/milter_metrics.h"
#include "milter/settings.h"
#include "tokenstore/directory.h"
#include "tokenstore/sent_digests.h"
#include "tokenstore/sent_mail.h"

namespace countersign {

/// Returns what a message of an authenticated client, or one in milter.submit_networks, teaches:
/// the addresses in To, Cc and the envelope that are in no protected domain become contacts, and
/// its Message-ID is bound to those in the envelope, by whose domains answers may come. Nothing if
/// author and reverse-path are not protected mailboxes of one owner, if a machine sent it
/// (machine_mark()), or if all recipients are our own. Of at most 1000 recipients. Pure.
std::optional<SentNote> gather_sent(const MilterSettings& settings, const SentDigests& digests,
                                    const Envelope& envelope, const HeaderSection& header,
                                    WallTime now);

/// Takes notes to the store. Thread-safe.
class OutgoingMail {
 public:
  /// All must outlive it. `most`: notes that wait while the store is out of service; the oldest are
  /// given up beyond that, and counted.
  OutgoingMail(SentMail& sent, const Directory& directory, const Clock& clock,
               MilterMetrics& metrics, std::size_t most = 10'000);
  ~OutgoingMail();
  OutgoingMail(const OutgoingMail&) = delete;
  OutgoingMail& operator=(const OutgoingMail&) = delete;

  /// Returns within a tenth of a second, whatever happens, and at once while the store is known to
  /// be down. If the store did not have the note by then, it gets it as soon as it is back.
  void note(SentNote sent);
  /// Number of notes that wait.
  std::size_t waiting() const;
  /// Tells the store what waits, if it is there, within a second; then nothing more. May be
  /// repeated.
  void stop();

 private:
  void work();
  bool tell(const SentNote& sent, milliseconds time);

  SentMail& sent_;
  const Directory& directory_;
  const Clock& clock_;
  MilterMetrics& metrics_;
  const std::size_t most_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<SentNote> waiting_;  ///< oldest first
  bool stopped_ = false;
  std::thread worker_;
};

}  // namespace countersign
