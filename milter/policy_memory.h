// SPDX-License-Identifier: Apache-2.0
//
// Whose mode is which, as the store last said: what law 7 (watching is harmless) goes by while the
// store is out of service. The list of all modes that are set is read each second and outlives the
// daemon in the spool's folder; look-ups tell what is newer, bounded: the oldest are forgotten.
// Beside it, of whom the store has records of what they asked. Thread-safe.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "base/guarded.h"
#include "base/result.h"
#include "mail/mailbox.h"
#include "screening/words.h"
#include "tokenstore/contacts.h"

namespace countersign {

class PolicyMemory {
 public:
  explicit PolicyMemory(std::size_t most = 10'000) : most_(most) {}

  /// Takes a list that is newer than all that was remembered.
  void take(SetModes list);
  std::string version() const;
  /// Returns the list as lines "MODE NAME" and a line "end" (docs/spool-format.md).
  std::string text() const;
  /// Takes such lines. Errors: corrupt: some are none, or the end is missing; the others are taken.
  Status take_text(std::string_view text);

  /// Remembers what a look-up said of `owner`.
  void note(const Mailbox& owner, Mode mode, Mode configured);
  /// Returns the mode that `owner` has as far as is known.
  Mode recall(const Mailbox& owner, Mode configured) const;
  /// Remembers that there are records of what `owner` asked (Asked), whatever his mode.
  void note_asked(const Mailbox& owner);
  /// Whether there may well be such records: that was noted, or his mail is refused or deferred.
  bool may_have_asked(const Mailbox& owner, Mode configured) const;
  /// Whether any mailbox may be in mode defer: then RCPT is to be answered.
  bool any_defers(Mode configured) const;
  /// The same of a recipient of whom nothing is known.
  Mode recall_site(Mode configured) const;

 private:
  struct Seen {
    SetModes list;
    std::unordered_map<std::string, Mode> modes;  ///< where the list says something else
    bool any_defers = false;
    std::deque<std::string> order;          ///< oldest first; may name what is forgotten already
    std::unordered_set<std::string> asked;  ///< owners
    Mode listed(const Mailbox& owner, const std::string& key, Mode configured) const;
    Mode of(const Mailbox& owner, const std::string& key, Mode configured) const;
  };
  std::size_t most_;
  Guarded<Seen> seen_;
};

}  // namespace countersign
