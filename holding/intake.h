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
#include "spool/spool.h"

namespace countersign {

/// What the sender's reply and the log need to know of a held message.
struct HeldReceipt {
  HeldId id;
  std::string url;  ///< of its page; "" when no challenge was made
  WallTime expires{};
  bool joined = false;  ///< it was held already, by an earlier try (perhaps on another node)
};

/// A message on its way into the spool. Not thread-safe. Destroyed without commit, it leaves
/// nothing.
class Intake {
 public:
  virtual ~Intake() = default;
  /// Appends a piece of the body. Errors: unavailable; invalid (too large, see Spool::Draft).
  virtual Status body(std::string_view bytes) = 0;
  /// Makes it durable, or joins the hold of an earlier try. After success the caller may say that
  /// the message is kept. Errors: unavailable: answer 451.
  virtual Result<HeldReceipt> commit(Deadline deadline) = 0;
};

/// Thread-safe.
class IntakeDesk {
 public:
  virtual ~IntakeDesk() = default;
  /// Starts a message: `envelope` complete but for id, node, arrived, expires, owners' views and
  /// retry_digest, which the desk sets; `header` is HeaderSection::bytes() of the message as
  /// received; `network` as Spool::begin. Errors: unavailable; invalid (over a share or cap).
  virtual Result<std::unique_ptr<Intake>> begin(HeldEnvelope envelope, std::string_view header,
                                                const std::string& network) = 0;
};

}  // namespace countersign
