// SPDX-License-Identifier: Apache-2.0
//
// What it comes to that a recipient, or an operator for him, lets in the author of a held message
// from now on. The one way to a network fingerprint (design section 4, Identity): an answer makes
// contacts of authenticated authors alone. Thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "holding/history.h"
#include "spool/spool.h"
#include "tokenstore/contacts.h"

namespace countersign {

/// Returns what to log so that the message may go to these of its recipients, in one slot where
/// they are all: by an answer (`text`: its proof), or by approval (`text`: whose).
std::vector<HeldEvent> words_of_leave(const HeldEnvelope& envelope,
                                      const std::vector<std::uint32_t>& recipients,
                                      History::Leave leave, const std::string& text, WallTime now);

/// Returns what to log when the author answered: it may go to all but those of the owners `silent`,
/// for whom it waits on as if nothing had been said.
std::vector<HeldEvent> words_of_answer(const HeldMessage& message,
                                       const std::set<std::string>& silent,
                                       const std::string& proof, WallTime now);
/// Returns what to log when `recipient`, or all, want it no more.
HeldEvent word_of_drop(std::optional<std::uint32_t> recipient, const std::string& who,
                       WallTime now);

/// Returns what to log to let the message in for recipient `recipient`, or for all: but where some
/// (`blocking`: owners) block its author by now and others do not, not for those who block him:
/// they are to say so themselves (law 3), and as little for who has dropped it. Empty: it is let in
/// already.
std::vector<HeldEvent> words_of_approval(const HeldMessage& message,
                                         std::optional<std::uint32_t> recipient,
                                         const std::set<std::string>& blocking,
                                         const std::string& who, WallTime now);
/// Whether it matters to a word for all who blocks the author: it is for several.
bool asks_who_blocks(const HeldEnvelope& envelope, std::optional<std::uint32_t> recipient);

/// Makes the author a contact of those for whom it is let in so, by what authenticated it, else by
/// his network fingerprint if he has one, else by his address alone: such mail is not let in yet.
/// Repeating it changes nothing. Returns the entry that was approved.
/// Errors: invalid (the message has no one author), unavailable (of some owners he may be one).
Result<ContactEntry> approve_author(const HeldMessage& message,
                                    std::optional<std::uint32_t> recipient,
                                    const std::set<std::string>& blocking, Contacts& contacts,
                                    WallTime now, Deadline deadline);

}  // namespace countersign
