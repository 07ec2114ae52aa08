// SPDX-License-Identifier: Apache-2.0
//
// What a held message's log comes to. Pure, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "screening/words.h"
#include "spool/spool.h"

namespace countersign {

struct History {
  HeldState state = HeldState::held;
  WallTime changed{};                      ///< when it came to that state
  std::vector<RecipientState> recipients;  ///< in the envelope's order
  std::vector<bool> announced;             ///< a digest listed it for this recipient's owner
  bool may_go = false;                     ///< answered or approved
  bool withdrawn = false;                  ///< taken back by its sender, and that not undone
  bool answered = false;  ///< by its author; else approved by recipient or operator
  std::string proof;      ///< of the answer
  std::string approved_by;
  int deferrals = 0;    ///< failed tries since it may go
  WallTime last_try{};  ///< of the last failed try
  bool contact_written = false;
  bool challenge_sending = false;  ///< the challenge mail was begun (perhaps sent)
  bool challenge_done = false;     ///< sent, or given up
  bool reported = false;           ///< the DSN to the author was taken, or refused for good
};

/// Returns what the events say. An approval after a refusal lets the refused recipients be tried
/// again, those that were declined too, and undoes that a message was taken back.
History history_of(const HeldMessage& message);

}  // namespace countersign
