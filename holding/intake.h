// SPDX-License-Identifier: Apache-2.0
//
// Takes a message into the spool: durable first, then known to the other nodes and to the web.
// Order of writes: spool (fsync), held:, {m}:held, answer:, retry:, notice (design section 5).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "mail/header_section.h"
#include "spool/spool.h"

namespace countersign {

/// What the sender's reply and the log need to know of a held message.
struct HeldReceipt {
  HeldId id;
  std::string url;  ///< of its page; "" when no challenge was made
  WallTime expires{};
  /// The challenge goes by mail: answer by discard, not by 554. May be false although the envelope
  /// asked for it: when a budget is used up, the challenge falls back to the reply.
  bool by_mail = false;
  bool joined = false;  ///< it was held already, by an earlier try (perhaps on another node)
};

/// A message on its way into the spool. Not thread-safe. Destroyed without commit, it leaves
/// nothing.
class Intake {
 public:
  virtual ~Intake() = default;
  /// Appends a piece of the body. Errors: unavailable; invalid (too large, see Spool::Draft).
  virtual Status body(std::string_view bytes) = 0;
  /// Whether body() failed as there is no more room for such mail: as `invalid` of begin().
  virtual bool over_share() const { return false; }
  /// Makes it durable, or joins the hold of an earlier try. After success the caller may say that
  /// the message is kept. Errors: unavailable: answer 451.
  virtual Result<HeldReceipt> commit(Deadline deadline) = 0;
};

/// Thread-safe.
class IntakeDesk {
 public:
  virtual ~IntakeDesk() = default;
  /// Starts a message: `envelope` complete (its id a new one) but for node, arrived, expires,
  /// kept_since and retry_digest, which the desk sets; `received` has the word "{id}" where that is
  /// to stand. `header` is that of the message as received; `network` as in Spool::begin. May ask
  /// the store once, for a by_mail budget, until `deadline`. Errors: unavailable; invalid (over a
  /// share or cap).
  virtual Result<std::unique_ptr<Intake>> begin(HeldEnvelope envelope, const HeaderSection& header,
                                                const std::string& network, Deadline deadline) = 0;
};

}  // namespace countersign
