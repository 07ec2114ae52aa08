// SPDX-License-Identifier: Apache-2.0
//
// What protected mailboxes sent: whom they wrote to becomes a contact, and what comes back can be
// told by the Message-ID that it names (rules 1, 12 and 13). Kept are keyed digests only
// (SentDigests), at most kMostSent a mailbox, the newest, for kSentLife. Thread-safe.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "tokenstore/contacts.h"

namespace countersign {

/// One message that a mailbox sent.
struct SentNote {
  std::string owner;  ///< Mailbox::key()
  /// Whom it went to: they become contacts as by Contacts::learn().
  std::vector<std::pair<Subject, ContactEntry>> contacts{};
  std::vector<std::string> digests{};  ///< SentDigests::of_sent()
  /// By which answers may come: remembered as by Asked::remember_ways(), for kSentLife.
  std::vector<std::string> ways{};
  WallTime now{};
};

/// One message that comes back. A mark is put down where its message was sent and the mark is not
/// there yet.
struct ReturnedNote {
  struct Mark {
    std::string sent;   ///< digest that must be there
    std::string taken;  ///< digest to put down
  };
  std::string owner;          ///< Mailbox::key()
  std::vector<Mark> named{};  ///< of recipients that it names
  /// Counts only where none of `named` was sent: the report names nobody, or whom the recipient's
  /// own site made of him. The first that can be is put down, no other.
  std::vector<Mark> unnamed{};
  WallTime now{};
};

class SentMail {
 public:
  virtual ~SentMail() = default;
  /// May be repeated. Errors: unavailable (some of it may then be written).
  virtual Status note(const SentNote& sent, Deadline deadline) = 0;
  /// Returns whether take_returned() would be true now; changes nothing. Errors: unavailable.
  virtual Result<bool> may_return(const ReturnedNote& returned, Deadline deadline) = 0;
  /// Puts the marks down, at once, and returns whether there was one: true once for
  /// each mark, whatever the number of nodes. Errors: unavailable (whether marks were put down is
  /// not known).
  virtual Result<bool> take_returned(const ReturnedNote& returned, Deadline deadline) = 0;
};

}  // namespace countersign
