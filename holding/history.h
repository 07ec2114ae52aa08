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
  /// By whose word the message may go to a recipient.
  enum class Leave {
    none,
    answer,   ///< its author answered
    approval  ///< recipient or operator let it in
  };

  HeldState state = HeldState::held;
  WallTime changed{};                      ///< when it came to that state
  std::vector<RecipientState> recipients;  ///< in the envelope's order
  std::vector<Leave> leaves;               ///< likewise
  std::vector<std::string> reasons;        ///< why it is held for each by now: words of Reason
  std::vector<bool> announced;             ///< a digest listed it for this recipient's owner
  bool may_go = false;                     ///< answered or approved, for all
  bool withdrawn = false;                  ///< taken back by its sender, and that not undone
  std::string taken_back;                  ///< how, if `withdrawn`: "withdraw" or "not-me"
  bool answered = false;                   ///< by its author, for all
  bool confirmed = false;                  ///< by its author, whomever that reached
  std::string proof;                       ///< of the answer, to this message or to another
  std::string approved_by;
  int deferrals = 0;    ///< failed tries since it may go
  WallTime last_try{};  ///< of the last failed try
  bool contact_written = false;
  bool challenge_sending = false;  ///< the challenge mail was begun (perhaps sent)
  bool challenge_done = false;     ///< sent, or given up
  bool challenge_failed = false;   ///< given up
  bool reported = false;           ///< the DSN to the author was taken, or refused for good

  /// Whether it is on its way to recipient `i`.
  bool goes_to(std::size_t i) const {
    return leaves[i] != Leave::none && recipients[i] == RecipientState::waiting;
  }
  /// Whether recipient `i` neither has it nor has dropped it.
  bool is_kept_for(std::size_t i) const {
    return recipients[i] != RecipientState::taken && recipients[i] != RecipientState::dropped;
  }
  /// Whether it is on its way to anybody; in state `held` it waits for the others.
  bool is_under_way() const;
};

/// Returns what the events say. An approval after a refusal lets the refused recipients be tried
/// again, those that were declined too, and undoes that a message was taken back. Where only some
/// recipients may have it the state stays `held`, until they all have it or may.
History history_of(const HeldMessage& message);

}  // namespace countersign
